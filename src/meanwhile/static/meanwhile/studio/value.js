// @ts-check
/** Where a value comes from, and what it is. */

import { el, select } from "./dom.js";
import { fieldPicker } from "./field_picker.js";
import { freshLiteral, literalControl } from "./literal.js";
import { amountsOf, spanControl } from "./span.js";
import { templateControl } from "./template.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {import("./control.js").Facts} Facts */

const UNITS = ["minutes", "hours", "days", "weeks"];

/**
 * @param {Context} context
 * @param {any} value its JSON; nothing where the value is left to the function that takes it
 * @param {Change} change told null where the value is left out
 * @param {Facts & {optional?: boolean}} facts
 */
export function valueControl(context, value, change, facts) {
  const { texts } = context;
  const { label, id, optional = false } = facts;
  const holder = el("div", { class: "mw-value" });
  let current = value && typeof value === "object" ? value : optional ? null : literal(undefined);
  /** @type {Record<string, any>} what it was as each kind, for who goes through the kinds by keys */
  const known = {};

  /** @param {any} old what was typed before */
  function literal(old) {
    const text = typeof old === "string" && !facts.dataType?.match(/yes_no|relation/) ? old : undefined;
    const fresh = facts.shape === "pair" ? ["", ""] : facts.shape === "list" ? [] : (text ?? freshLiteral(facts));
    return { value: "literal", literal: fresh };
  }

  function kindNow() {
    if (!current) return "";
    return current.value === "literal" && current.literal === null ? "nothing" : current.value;
  }

  function draw(focus = false) {
    /** @type {[string, string][]} */
    const kinds = [...(optional ? [/** @type {[string, string]} */ (["", texts.asUsual])] : []), ...context.kinds, ["nothing", texts.nothing]];
    const kind = select(kinds, kindNow(), { class: "mw-value__kind", id: `${id}-kind`, "aria-label": `${label}: ${texts.valueKind}` });
    kind.addEventListener("change", () => {
      known[kindNow()] = current;
      current = kind.value === "" ? null : (known[kind.value] ?? fresh(kind.value));
      draw(true);
      change(current);
    });
    holder.replaceChildren(kind, ...inner());
    if (focus) kind.focus();
  }

  /** @param {string} kind */
  function fresh(kind) {
    const text = typeof current?.literal === "string" ? current.literal : (current?.template ?? "");
    const parts = /** @type {Record<string, any>} */ ({ field: { field: "" }, template: { template: text }, param: { param: "" } });
    if (kind === "nothing") return { value: "literal", literal: null };
    return kind === "literal" ? literal(text || undefined) : { value: kind, ...parts[kind] };
  }

  /** @param {any} next @param {boolean} [typing] */
  function give(next, typing = false) {
    current = next;
    change(next, { typing });
  }

  /** @returns {Node[]} */
  function inner() {
    switch (kindNow()) {
      case "field":
        return [fieldPicker(context, context.model, current.field ?? "", (field) => give({ value: "field", field }), { label, id })];
      case "template":
        return [templateControl(context, current.template ?? "", (template, how) => give({ value: "template", template }, how?.typing), { label, id })];
      case "now":
        return [spanOfNow(texts, current, give, { label, id })];
      case "param": {
        const names = Object.keys(context.parameters).map((name) => /** @type {[string, string]} */ ([name, name]));
        const control = select(names, current.param ?? "", { "aria-label": label, id }, texts.choose);
        control.addEventListener("change", () => give({ value: "param", param: control.value }));
        return [control];
      }
      case "literal":
        return [literalControl(context, current.literal, (written, how) => give({ value: "literal", literal: written }, how?.typing), facts)];
      default:
        return [];
    }
  }

  draw();
  return holder;
}

/**
 * @param {Record<string, string>} texts
 * @param {any} value
 * @param {(next: any, typing?: boolean) => void} give
 * @param {{label: string, id: string}} about
 */
function spanOfNow(texts, value, give, { label, id }) {
  const given = amountsOf(value, UNITS);
  const isPast = Object.values(given).length > 0 && Object.values(given).every((number) => number < 0);
  let span = isPast ? Object.fromEntries(Object.entries(given).map(([unit, number]) => [unit, -number])) : given;
  const holder = el("span", { class: "mw-moment__line" });
  const side = select([["", texts.exactly], ["-", texts.ago], ["+", texts.fromNow]], isPast ? "-" : Object.keys(given).length ? "+" : "", { "aria-label": `${label}: ${texts.shift}`, id });
  const tell = (typing = false) => {
    const amounts = Object.entries(Object.keys(span).length ? span : { days: 1 });
    const signed = Object.fromEntries(amounts.map(([unit, number]) => [unit, side.value === "-" ? -number : number]));
    give({ value: "now", ...(side.value ? signed : {}) }, typing);
  };
  const draw = () => {
    const spans = spanControl(texts, UNITS, span, (next, how) => {
      span = next;
      tell(how?.typing);
    }, { label, id: `${id}-span` });
    holder.replaceChildren(...(side.value ? [spans] : []), side);
  };
  side.addEventListener("change", () => {
    draw();
    side.focus();
    tell();
  });
  draw();
  return holder;
}
