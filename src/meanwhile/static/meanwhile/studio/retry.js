// @ts-check
/** How often an action is tried again, and how long is waited: as usual, or by a rule of its own. */

import { el, select } from "./dom.js";
import { focusOn } from "./list.js";

/** The settings of a rule: the least, the step, the usual, and what they are called. @type {[string, string, string, number, string][]} */
const SETTINGS = [
  ["max_attempts", "1", "1", 5, "tries"],
  ["first", "0", "any", 2, "firstWait"],
  ["factor", "1", "any", 3, "factor"],
  ["longest", "0", "any", 3600, "longestWait"],
  ["jitter", "0", "any", 0.25, "jitter"],
];

/**
 * @param {Record<string, string>} texts
 * @param {any} rule its JSON, nothing for the usual one
 * @param {import("./control.js").Change} change
 * @param {{id: string}} options
 */
export function retryControl(texts, rule, change, { id }) {
  const holder = el("div", { class: "mw-retry" });
  let current = rule && typeof rule === "object" ? { ...rule } : null;

  function draw(focus = "") {
    const which = select([["", texts.asUsual], ["own", texts.ownRule]], current ? "own" : "", { id });
    which.addEventListener("change", () => {
      current = which.value ? { max_attempts: 5 } : null;
      draw(id);
      change(current);
    });
    holder.replaceChildren(which, ...(current ? SETTINGS.map(setting) : []));
    if (focus) focusOn(holder, focus);
  }

  /** @param {[string, string, string, number, string]} one */
  function setting([key, least, step, usual, word]) {
    const number = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: least, step, value: String(current?.[key] ?? usual), id: `${id}-${key}` }));
    number.addEventListener("input", () => {
      if (number.value === "") return;
      current = { ...current, [key]: step === "1" ? Math.trunc(Number(number.value)) : Number(number.value) };
      change(current, { typing: true });
    });
    return el("div", { class: "mw-retry__line" }, el("label", { class: "mw-label", for: `${id}-${key}` }, texts[word]), number);
  }

  draw();
  return holder;
}
