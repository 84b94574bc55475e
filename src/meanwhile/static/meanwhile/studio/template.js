// @ts-check
/** A text with values in it: a menu puts a field in where the cursor is. */

import { el, icon } from "./dom.js";
import { openMenu } from "./popup.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {import("./control.js").FieldChoice} FieldChoice */
/** @typedef {import("./popup.js").Item} Item */

/**
 * @param {Context} context
 * @param {string} text
 * @param {Change} change
 * @param {{label: string, id: string, rows?: number, described?: string}} options
 */
export function templateControl(context, text, change, { label, id, rows = 1, described }) {
  const { texts } = context;
  const control = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (
    el(rows > 1 ? "textarea" : "input", { "aria-label": label, id, rows: rows > 1 ? rows : null, type: rows > 1 ? null : "text", value: text, spellcheck: rows > 1, class: "mw-template", "aria-describedby": described })
  );
  control.addEventListener("input", () => change(control.value, { typing: true }));
  control.addEventListener("change", () => change(control.value));
  const insert = el("button", { type: "button", class: "mw-insert", "aria-haspopup": "menu", "aria-label": `${label}: ${texts.insertField}`, onclick: () => void offer() }, icon("plus"), texts.insertField);

  /** @param {string} path */
  function put(path) {
    const from = control.selectionStart ?? control.value.length;
    control.setRangeText(`{{ ${path} }}`, from, control.selectionEnd ?? from, "end");
    control.focus();
    change(control.value);
  }

  async function offer() {
    const items = await itemsOf(context, put);
    const box = insert.getBoundingClientRect();
    openMenu(items, { x: box.left, y: box.bottom + 4, label: texts.insertField, back: () => insert.focus() });
  }

  return el("div", { class: "mw-templated" }, control, insert);
}

/** @param {Context} context @param {(path: string) => void} put @returns {Promise<Item[]>} */
async function itemsOf(context, put) {
  const { texts } = context;
  const plain = async (/** @type {string} */ model) => (await context.fields(model)).filter((one) => !one.many && !one.relation);
  /** @param {FieldChoice[]} fields @param {string} above @returns {Item[]} */
  const entries = (fields, above) => fields.map((one) => ({ label: one.label, run: () => put(`${above}.${one.name}`) }));
  const own = (context.model ? await context.fields(context.model) : []).filter((one) => !one.many);
  const direct = own.filter((one) => !one.relation);
  /** @type {Item[]} */
  const items = entries(direct, "record");
  for (const one of own.filter((field) => field.relation)) {
    const itself = { label: texts.everything, run: () => put(`record.${one.name}`) };
    items.push({ label: one.label, items: [itself, ...entries(await plain(one.relation ?? ""), `record.${one.name}`)] });
  }
  for (const [name, model] of Object.entries(context.names)) items.push({ label: name, items: entries(await plain(model), name) });
  for (const name of Object.keys(context.parameters)) items.push({ label: name, run: () => put(`params.${name}`) });
  items.push({ line: true });
  if (direct.length) items.push({ label: texts.was, items: entries(direct, "event.old") });
  const person = await plain(context.people);
  items.push({ label: texts.person, items: [{ label: texts.everything, run: () => put("actor") }, ...entries(person, "actor")] });
  items.push({ label: texts.momentNow, run: () => put("now") });
  return items;
}
