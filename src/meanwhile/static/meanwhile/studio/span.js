// @ts-check
/** A span of time: numbers, each with its unit. */

import { el, fill, icon, select } from "./dom.js";
import { focusOn } from "./list.js";

/** @typedef {Record<string, number>} Span */

/**
 * The amounts of a span that are not nothing.
 *
 * @param {Record<string, any>} part
 * @param {string[]} units
 * @returns {Span}
 */
export function amountsOf(part, units) {
  return Object.fromEntries(units.filter((unit) => part[unit]).map((unit) => [unit, part[unit]]));
}

/**
 * @param {Record<string, string>} texts
 * @param {string[]} units that can be chosen
 * @param {Span} span
 * @param {(span: Span, options?: {typing?: boolean}) => void} change
 * @param {{label: string, id: string}} options
 */
export function spanControl(texts, units, span, change, { label, id }) {
  const holder = el("span", { class: "mw-spans", role: "group", "aria-label": label, id });
  const usual = units.includes("days") ? "days" : units[0];
  /** @type {[string, number][]} */
  let current = Object.entries(Object.keys(span).length ? span : { [usual]: 1 });

  function tell(typing = false) {
    change(Object.fromEntries(current), { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    const left = units.filter((unit) => !current.some(([one]) => one === unit));
    const rows = current.map(([unit, number], index) => {
      const name = current.length > 1 ? `${label} ${index + 1}` : label;
      const count = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: number < 0 ? null : "1", step: "1", value: String(number), "aria-label": `${name}: ${texts.number}`, id: `${id}-${index}-number` }));
      const choice = select(units.filter((one) => one === unit || left.includes(one)).map((one) => [one, texts[one]]), unit, { "aria-label": `${name}: ${texts.unit}`, id: `${id}-${index}-unit` });
      count.addEventListener("input", () => {
        const typed = Math.trunc(Number(count.value)) || 1;
        current[index] = [unit, number < 0 ? typed : Math.max(1, typed)];
        tell(true);
      });
      choice.addEventListener("change", () => {
        current[index] = [choice.value, current[index][1]];
        draw(`${id}-${index}-unit`);
        tell();
      });
      const remove = current.length > 1 ? el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: `${number} ${texts[unit]}` }), onclick: () => {
        current = current.filter((_, at) => at !== index);
        draw(`${id}-0-number`);
        tell();
      } }, icon("close")) : null;
      return el("span", { class: "mw-span" }, count, choice, remove);
    });
    const add = left.length ? el("button", { type: "button", class: "mw-insert", id: `${id}-add`, onclick: () => {
      const at = units.indexOf(current.at(-1)?.[0] ?? usual);
      const next = left.includes(units[at - 1]) ? units[at - 1] : left[0]; // days, and hours
      current = [...current, [next, 1]];
      draw(`${id}-${current.length - 1}-number`);
      tell();
    } }, icon("plus"), texts.addUnit) : null;
    holder.replaceChildren(...rows, ...(add ? [add] : []));
    if (focus) focusOn(holder, focus);
  }

  draw();
  return holder;
}
