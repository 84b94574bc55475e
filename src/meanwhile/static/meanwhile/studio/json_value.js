// @ts-check
/** A value of several parts, as a field of JSON or a parameter of a function takes it: lists and named values. */

import { el, select } from "./dom.js";
import { focusOn, listControl } from "./list.js";

/** @typedef {import("./control.js").Change} Change */

/**
 * @param {Record<string, string>} texts
 * @param {any} value
 * @param {Change} change
 * @param {{label: string, id: string}} about
 * @returns {HTMLElement}
 */
export function jsonValue(texts, value, change, { label, id }) {
  const holder = el("div", { class: "mw-json-value" });
  let current = value === undefined ? "" : value;

  /** @param {any} next @param {boolean} [typing] */
  function give(next, typing = false) {
    current = next;
    change(next, { typing });
  }

  function draw(focus = "") {
    const kinds = /** @type {[string, string][]} */ ([["text", texts.aText], ["number", texts.aNumber], ["yes_no", texts.yesOrNo], ["nothing", texts.nothing], ["list", texts.aList], ["entries", texts.namedValues]]);
    const kind = select(kinds, kindOf(current), { "aria-label": `${label}: ${texts.type}`, id: `${id}-type` });
    kind.addEventListener("change", () => {
      give(fresh(kind.value, current));
      draw(`${id}-type`);
    });
    holder.replaceChildren(kind, ...inner());
    if (focus) focusOn(holder, focus);
  }

  /** @returns {HTMLElement[]} */
  function inner() {
    switch (kindOf(current)) {
      case "nothing":
        return [];
      case "yes_no": {
        const control = select([["true", texts.yes], ["false", texts.no]], String(current), { "aria-label": label, id });
        control.addEventListener("change", () => give(control.value === "true"));
        return [control];
      }
      case "list":
        return [listControl(current, (items, how) => give(items, how?.typing), {
          texts, label, id, fresh: () => "", row: (item, put, about) => jsonValue(texts, item, (next, how) => put(next, how?.typing), about),
        })];
      case "entries":
        return [entries()];
      default: {
        const isNumber = typeof current === "number";
        const control = /** @type {HTMLInputElement} */ (el("input", { type: isNumber ? "number" : "text", step: isNumber ? "any" : null, value: String(current), "aria-label": label, id }));
        control.addEventListener("input", () => give(isNumber ? Number(control.value) || 0 : control.value, true));
        return [control];
      }
    }
  }

  function entries() {
    return listControl(Object.entries(current), (items, how) => give(Object.fromEntries(items), how?.typing), {
      texts, label, id, fresh: () => /** @type {[string, any]} */ ([freeName(current), ""]),
      row: ([name, item], put, about) => {
        let now = name;
        let content = item;
        const key = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: name, "aria-label": `${about.label}: ${texts.name}`, id: `${about.id}-name` }));
        key.addEventListener("input", () => {
          const taken = key.value !== now && key.value in current;
          key.setAttribute("aria-invalid", String(taken || !key.value));
          if (taken || !key.value) return;
          now = key.value;
          put([now, content], true);
        });
        return el("div", { class: "mw-json-value__entry" }, key, jsonValue(texts, item, (next, how) => {
          content = next;
          put([now, next], how?.typing);
        }, about));
      },
    });
  }

  draw();
  return holder;
}

/** @param {any} value */
function kindOf(value) {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "list";
  return { boolean: "yes_no", number: "number", object: "entries" }[/** @type {string} */ (typeof value)] ?? "text";
}

/** @param {string} kind @param {any} old */
function fresh(kind, old) {
  switch (kind) {
    case "nothing":
      return null;
    case "list":
      return Array.isArray(old) ? old : old === "" || old === null ? [] : [old];
    case "entries":
      return {};
    case "yes_no":
      return true;
    case "number":
      return Number(old) || 0;
    default:
      return old === null || typeof old === "object" ? "" : String(old);
  }
}

/** @param {Record<string, any>} taken */
function freeName(taken) {
  let name = "name";
  for (let number = 2; name in taken; number += 1) name = `name${number}`;
  return name;
}
