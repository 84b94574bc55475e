// @ts-check
/** One question of a condition about a field: what it is, was, or was changed to. */

import { factsOf } from "./control.js";
import { el, select } from "./dom.js";
import { fieldPicker } from "./field_picker.js";
import { focusOn } from "./list.js";
import { valueControl } from "./value.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").FieldChoice} FieldChoice */

const WITHOUT_VALUE = new Set(["empty", "not_empty"]);
const SHAPES = /** @type {Record<string, "list" | "pair">} */ ({ in: "list", not_in: "list", between: "pair" });

/**
 * @param {Context} context
 * @param {any} one the condition, which is changed in place
 * @param {(typing?: boolean) => void} tell
 * @param {string} here the beginning of its ids
 * @returns {Node[]}
 */
export function comparison(context, one, tell, here) {
  const { texts } = context;
  const isAboutChange = one.test === "changed_to";
  /** @type {FieldChoice | null} */
  let field = null;
  const rest = el("div", { class: "mw-condition__rest" });
  const picker = fieldPicker(context, context.model, one.field ?? "", (path) => {
    one.field = isAboutChange ? path.split(".")[0] : path;
    tell();
  }, {
    label: texts.field, id: `${here}-field`, names: !isAboutChange,
    onField: (found) => {
      if (found?.name === field?.name && found?.type === field?.type && rest.childNodes.length) return;
      field = found;
      drawRest();
    },
  });

  function drawRest(focus = "") {
    const op = select([...(context.operators[field?.type ?? "other"] ?? [])], one.op ?? "==", { "aria-label": texts.operator, id: `${here}-op` });
    op.addEventListener("change", () => {
      const before = SHAPES[one.op];
      one.op = op.value;
      if (WITHOUT_VALUE.has(op.value)) delete one.to;
      else if (!one.to || SHAPES[op.value] !== before) one.to = { value: "literal", literal: { list: [], pair: ["", ""] }[SHAPES[op.value]] ?? "" };
      drawRest(`${here}-op`);
      tell();
    });
    const value = WITHOUT_VALUE.has(one.op) ? [] : [valueControl(context, one.to, (next, how) => {
      one.to = next;
      tell(how?.typing);
    }, { label: texts.value, id: `${here}-to`, shape: SHAPES[one.op], ...factsOf(field) })];
    rest.replaceChildren(...(isAboutChange ? [] : [op]), ...value);
    if (focus) focusOn(rest, focus);
  }

  drawRest();
  return [picker, rest];
}
