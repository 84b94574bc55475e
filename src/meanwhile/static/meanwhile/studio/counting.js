// @ts-check
/** One question of a condition: how many records there are behind a relation, or of a type, that fit some rules. */

import { el, select } from "./dom.js";
import { lookupsControl } from "./lookups.js";

/** @typedef {import("./control.js").Context} Context */

const ORDERINGS = ["==", "!=", "<", "<=", ">", ">="];

/**
 * @param {Context} context
 * @param {any} one the condition, which is changed in place
 * @param {(typing?: boolean) => void} tell
 * @param {string} here the beginning of its ids
 * @param {[string, string][]} types of records
 * @returns {Node[]}
 */
export function counting(context, one, tell, here, types) {
  const { texts } = context;
  const of = el("span", { class: "mw-picker" });
  const where = el("div", { class: "mw-lookups" });
  const op = select((context.operators.number ?? []).filter(([name]) => ORDERINGS.includes(name)), one.op ?? "==", { "aria-label": texts.operator, id: `${here}-op` });
  op.addEventListener("change", () => {
    one.op = op.value;
    tell();
  });
  const number = /** @type {HTMLInputElement} */ (el("input", { type: "number", step: "1", value: String(one.number ?? 1), "aria-label": texts.number, id: `${here}-number` }));
  number.addEventListener("input", () => {
    one.number = Math.trunc(Number(number.value)) || 0;
    tell(true);
  });

  async function draw() {
    const related = (await context.fields(context.model)).filter((field) => field.many);
    const relations = related.map((field) => /** @type {[string, string]} */ ([field.name, field.label]));
    const control = select([...relations, ...types], one.of ?? "", { "aria-label": texts.ofWhat, id: `${here}-of` }, texts.choose);
    control.addEventListener("change", () => {
      one.of = control.value;
      delete one.where;
      drawRules();
      tell();
    });
    of.replaceChildren(control);
    drawRules();

    function drawRules() {
      const model = related.find((field) => field.name === one.of)?.relation ?? (String(one.of ?? "").includes(".") ? one.of : "");
      where.replaceChildren(...(model ? [lookupsControl(context, model, one.where ?? {}, (rules, how) => {
        if (Object.keys(rules).length) one.where = rules;
        else delete one.where;
        tell(how?.typing);
      }, { label: texts.rule, id: `${here}-where` })] : []));
    }
  }

  void draw();
  return [el("div", { class: "mw-condition__rest" }, of, op, number), where];
}
