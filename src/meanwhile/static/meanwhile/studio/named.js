// @ts-check
/** What a webhook sends: values and headers, each under a name that people write themselves. */

import { el } from "./dom.js";
import { listControl } from "./list.js";
import { templateControl } from "./template.js";
import { valueControl } from "./value.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */

/**
 * The values of a body, by key.
 *
 * @param {Context} context
 * @param {any} given
 * @param {Change} change
 * @param {{label: string, id: string}} about
 */
export function bodyControl(context, given, change, about) {
  return named(given, change, {
    ...about, texts: context.texts, add: context.texts.addValue, name: "name", fresh: { value: "literal", literal: "" },
    control: (value, put, { label, id }) => valueControl(context, value, put, { label, id }),
  });
}

/**
 * The templates of headers, by name.
 *
 * @param {Context} context
 * @param {any} given
 * @param {Change} change
 * @param {{label: string, id: string}} about
 */
export function headersControl(context, given, change, about) {
  return named(given, change, {
    ...about, texts: context.texts, add: context.texts.addHeader, name: "X-Name", fresh: "",
    control: (text, put, { label, id }) => templateControl(context, String(text ?? ""), put, { label, id }),
  });
}

/**
 * @typedef {object} Kind
 * @property {Record<string, string>} texts
 * @property {string} label
 * @property {string} id
 * @property {string} add the words of the button that adds one
 * @property {string} name what a new one is called
 * @property {any} fresh what a new one is
 * @property {(value: any, put: Change, about: {label: string, id: string}) => Node} control
 */

/** @param {any} given @param {Change} change @param {Kind} kind */
function named(given, change, { texts, label, id, add, name, fresh, control }) {
  /** @type {[string, any][]} */
  let current = Object.entries(given && typeof given === "object" ? given : {});
  return listControl(current, (items, how) => {
    current = items;
    change(items.length ? Object.fromEntries(items) : null, how);
  }, {
    texts, label, id, add,
    fresh: () => /** @type {[string, any]} */ ([freeName(name, current.map(([one]) => one)), fresh]),
    row: ([key, value], put, about) => {
      let now = { key, value };
      const names = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: key, id: about.id, "aria-label": `${about.label}: ${texts.name}`, autocomplete: "off", spellcheck: false }));
      names.addEventListener("input", () => {
        const wanted = names.value.trim();
        const isTaken = wanted !== now.key && current.some(([one]) => one === wanted);
        names.setAttribute("aria-invalid", String(isTaken || !wanted));
        if (isTaken || !wanted) return;
        now = { ...now, key: wanted };
        put([now.key, now.value], true);
      });
      const values = control(value, (next, how) => {
        now = { ...now, value: next };
        put([now.key, next], how?.typing);
      }, { label: `${about.label}: ${texts.value}`, id: `${about.id}-value` });
      return el("div", { class: "mw-named" }, names, values);
    },
  });
}

/** @param {string} name @param {string[]} taken */
function freeName(name, taken) {
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) free = `${name}${number}`;
  return free;
}
