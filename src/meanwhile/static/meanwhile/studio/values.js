// @ts-check
/** The values of several fields or parameters, each with its name above it. */

import { factsOf, idFor } from "./control.js";
import { el, fill, icon } from "./dom.js";
import { focusOn } from "./list.js";
import { freshLiteral } from "./literal.js";
import { openMenu } from "./popup.js";
import { say } from "./say.js";
import { valueControl } from "./value.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./form.js").FormField} FormField */
/** @typedef {(key: string, value: any, options?: {typing?: boolean}) => void} Set */

/**
 * @param {Context} context
 * @param {FormField} field its rows are what is set, its options what can be set besides
 * @param {Set} set
 * @param {string} id
 */
export function valuesControl(context, field, set, id) {
  const { texts } = context;
  const holder = el("div", { class: "mw-values", id });
  const isOpen = field.key === "set";
  let rows = field.rows ?? [];

  function draw(focus = "") {
    const none = isOpen ? null : el("p", { class: "mw-soft mw-small" }, texts.nothingToSet);
    holder.replaceChildren(...(rows.length || !none ? rows.map(line) : [none]), ...(isOpen ? [adder()] : []));
    if (focus) focusOn(holder, focus);
  }

  /** @param {FormField} row */
  function line(row) {
    const here = idFor(row.key);
    const put = (/** @type {any} */ value, /** @type {{typing?: boolean} | undefined} */ how) => {
      rows = rows.map((one) => (one.key === row.key ? { ...one, value } : one));
      set(row.key, value, how);
    };
    const control = valueControl(context, row.value, put, {
      label: row.label, id: here, dataType: row.data_type, choices: row.choices, relation: row.relation, shape: row.many ? "list" : undefined, optional: !isOpen && !row.required,
    });
    const remove = isOpen ? el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: row.label }), onclick: () => {
      rows = rows.filter((one) => one.key !== row.key);
      draw(`${id}-add`);
      set(row.key, null);
      say(fill(texts.remove, { NAME: row.label }));
    } }, icon("close")) : null;
    return el("div", { class: "mw-values__row" }, el("label", { class: "mw-label", for: here }, row.label), control, remove, row.help ? el("p", { class: "mw-help" }, row.help) : null);
  }

  function adder() {
    const given = new Set(rows.map((row) => row.key.slice(row.key.indexOf(".") + 1)));
    const left = (field.options ?? []).filter((one) => !given.has(one.name));
    const button = el("button", { type: "button", id: `${id}-add`, class: "mw-button mw-values__add", "aria-haspopup": "menu", onclick: () => {
      const box = button.getBoundingClientRect();
      openMenu(left.map((one) => ({ label: one.label, help: one.name, run: () => add(one) })), { x: box.left, y: box.bottom + 4, label: texts.addField, back: () => button.focus() });
    } }, icon("plus"), texts.addField);
    return button;
  }

  /** @param {import("./control.js").FieldChoice} one */
  function add(one) {
    const key = `${field.key}.${one.name}`;
    const { dataType, ...facts } = factsOf(one);
    const value = { value: "literal", literal: one.many ? [] : freshLiteral(factsOf(one)) };
    rows = [...rows, { ...facts, key, label: one.label, type: "value", value, data_type: dataType, many: one.many }];
    draw(idFor(key));
    set(key, value);
  }

  draw();
  return holder;
}
