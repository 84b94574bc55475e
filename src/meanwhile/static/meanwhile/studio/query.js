// @ts-check
/** The records of a query: of one type, all that fit its rules. */

import { el, select } from "./dom.js";
import { focusOn } from "./list.js";
import { lookupsControl } from "./lookups.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */

/**
 * @param {Context} context
 * @param {any} query its JSON, nothing for none
 * @param {Change} change
 * @param {{label: string, id: string, types: [string, string][]}} options
 */
export function queryControl(context, query, change, { label, id, types }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-query" });
  let current = query && typeof query === "object" ? query : null;

  function draw(focus = "") {
    const which = select([["", texts.notForEach], ["each", texts.forEach]], current ? "each" : "", { id });
    which.addEventListener("change", () => {
      current = which.value ? { model: types.some(([name]) => name === context.model) ? context.model : "", where: {} } : null;
      draw(id);
      change(current);
    });
    holder.replaceChildren(which, ...(current ? [typeOf(), rules()] : []));
    if (focus) focusOn(holder, focus);
  }

  function typeOf() {
    const type = select([...types], current.model ?? "", { "aria-label": texts.recordType, id: `${id}-model` }, texts.choose);
    type.addEventListener("change", () => {
      current = { model: type.value, where: {} };
      draw(`${id}-model`);
      change(current);
    });
    return type;
  }

  function rules() {
    return lookupsControl(context, current.model ?? "", current.where ?? {}, (where, how) => {
      current = { ...current, where };
      change(current, how);
    }, { label: texts.rule, id: `${id}-where` });
  }

  draw();
  return holder;
}
