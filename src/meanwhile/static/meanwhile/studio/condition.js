// @ts-check
/** The condition builder: conditions in groups, each a question about the record. */

import { comparison } from "./comparison.js";
import { counting } from "./counting.js";
import { el, icon, select } from "./dom.js";
import { listControl } from "./list.js";
import { say } from "./say.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */

const TESTS = ["is", "was", "changed", "changed_to", "is_new", "count"];

/**
 * @param {Context} context
 * @param {any} condition its JSON
 * @param {Change} change
 * @param {{label: string, id: string, types: [string, string][]}} options
 */
export function conditionControl(context, condition, change, { label, id, types }) {
  const { texts } = context;
  let last = 0;
  /** @type {any} what is edited: a group at the top, so that there is always one to add to */
  const top = asGroup(condition);
  const holder = el("div", { class: "mw-condition", role: "group", "aria-label": label, id, tabindex: "-1" });

  function tell(typing = false) {
    change(asWritten(top), { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    last = 0;
    holder.replaceChildren(group(top, null));
    if (focus) /** @type {HTMLElement | null} */ (holder.querySelector(`#${CSS.escape(focus)}`))?.focus();
  }

  /** @param {any} one @param {(() => void) | null} remove @returns {HTMLElement} */
  function group(one, remove) {
    const here = `${id}-${last++}`;
    const kind = select([["all", texts.allOf], ["any", texts.anyOf]], one.test, { "aria-label": texts.test, id: `${here}-kind` });
    kind.addEventListener("change", () => {
      one.test = kind.value;
      tell();
    });
    const inner = one.of.map((/** @type {any} */ child, /** @type {number} */ index) => line(child, one, index));
    return el("div", { class: "mw-condition__group", role: "group", "aria-label": one.test === "any" ? texts.anyOf : texts.allOf },
      el("div", { class: "mw-condition__head" }, notBox(one, here), kind, remove ? removeButton(remove) : null),
      el("div", { class: "mw-condition__list" }, inner),
      el("div", { class: "mw-buttons" },
        el("button", { type: "button", class: "mw-button mw-button--small", id: `${here}-add`, onclick: () => add(one, fresh("is")) }, icon("plus"), texts.addCondition),
        el("button", { type: "button", class: "mw-button mw-button--small mw-button--quiet", onclick: () => add(one, { test: one.test === "any" ? "all" : "any", of: [fresh("is")] }) }, icon("plus"), texts.addGroup),
      ),
    );
  }

  /** @param {any} owner @param {any} child */
  function add(owner, child) {
    owner.of.push(child);
    (child.of?.[0] ?? child).mwNew = true;
    draw();
    /** @type {HTMLElement | null} */ (holder.querySelector("[data-new]"))?.focus();
    delete (child.of?.[0] ?? child).mwNew;
    tell();
  }

  /** @param {() => void} run */
  function removeButton(run) {
    return el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": texts.removeCondition, onclick: run }, icon("close"));
  }

  /** @param {any} one @param {string} here */
  function notBox(one, here) {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: !!one.mwNot, id: `${here}-not` }));
    box.addEventListener("change", () => {
      one.mwNot = box.checked;
      tell();
    });
    return el("label", { class: "mw-condition__not", for: `${here}-not` }, box, texts.not);
  }

  /** @param {any} one @param {any} owner @param {number} index */
  function line(one, owner, index) {
    const remove = () => {
      owner.of.splice(index, 1);
      draw();
      (/** @type {HTMLElement | null} */ (holder.querySelector("button[id$='-add']")) ?? holder).focus();
      tell();
      say(texts.removeCondition);
    };
    if (one.test === "all" || one.test === "any") return group(one, remove);
    const here = `${id}-${last++}`;
    const test = select(TESTS.map((name) => [name, texts[name]]), one.test, { "aria-label": texts.test, id: here, "data-new": one.mwNew ? true : null });
    test.addEventListener("change", () => {
      const kept = keptOf(one, test.value);
      for (const key of Object.keys(one)) delete one[key];
      Object.assign(one, fresh(test.value), kept);
      draw(here);
      tell();
    });
    return el("div", { class: "mw-condition__line" }, el("div", { class: "mw-condition__head" }, notBox(one, here), test, removeButton(remove)), el("div", { class: "mw-condition__detail" }, ...detail(one, here)));
  }

  /** @param {any} one @param {string} here @returns {Node[]} */
  function detail(one, here) {
    switch (one.test) {
      case "is":
      case "was":
      case "changed_to":
        return comparison(context, one, tell, here);
      case "changed":
        return [changed(one, here)];
      case "count":
        return counting(context, one, tell, here, types);
      default:
        return [];
    }
  }

  /** @param {any} one @param {string} here */
  function changed(one, here) {
    const holderOfFields = el("div", {});
    void context.fields(context.model).then((known) => {
      const choices = known.filter((field) => !field.many).map((field) => /** @type {[string, string]} */ ([field.name, field.label]));
      holderOfFields.replaceChildren(listControl(one.fields?.length ? one.fields : [""], (fields) => {
        one.fields = [...new Set(fields.filter(Boolean))];
        tell();
      }, {
        texts, label: texts.field, id: `${here}-fields`, add: texts.orField, fresh: () => "",
        row: (name, put, about) => {
          const control = select([...choices], name, { "aria-label": about.label, id: about.id }, texts.choose);
          control.addEventListener("change", () => put(control.value));
          return control;
        },
      }));
    });
    return holderOfFields;
  }

  draw();
  return holder;
}

/** @param {string} test @returns {any} */
function fresh(test) {
  switch (test) {
    case "is_new":
      return { test };
    case "changed":
      return { test, fields: [] };
    case "changed_to":
      return { test, field: "", to: { value: "literal", literal: "" } };
    case "count":
      return { test, of: "", op: ">=", number: 1 };
    default:
      return { test, field: "", op: "==", to: { value: "literal", literal: "" } };
  }
}

/** What another test about the same field goes on with. @param {any} one @param {string} test */
function keptOf(one, test) {
  const not = one.mwNot ? { mwNot: true } : {};
  const compares = ["is", "was"];
  if (!compares.includes(one.test) || !compares.includes(test)) return not;
  return { ...not, field: one.field, op: one.op, ...(one.to ? { to: one.to } : {}) };
}

/** @param {any} condition @returns {any} */
export function asGroup(condition) {
  const read = asEdited(structuredClone(condition ?? { test: "all", of: [] }));
  return (read.test === "all" || read.test === "any") && !read.mwNot ? read : { test: "all", of: [read] };
}

/** A "not" becomes a mark of what it denies. @param {any} one @returns {any} */
function asEdited(one) {
  if (one?.test === "not") {
    const inner = asEdited(one.of ?? fresh("is"));
    return { ...inner, mwNot: !inner.mwNot };
  }
  if (Array.isArray(one?.of)) return { ...one, of: one.of.map(asEdited) };
  return one;
}

/** @param {any} top */
export function asWritten(top) {
  return top.of.length === 1 && !top.mwNot ? written(top.of[0]) : written(top);
}

/** @param {any} one @returns {any} */
function written(one) {
  const { mwNot, mwNew, ...rest } = one;
  const plain = Array.isArray(rest.of) ? { ...rest, of: rest.of.map(written) } : rest;
  return mwNot ? { test: "not", of: plain } : plain;
}
