// @ts-check
/** A fixed value, with the control that fits its type. */

import { asKey } from "./control.js";
import { el, select } from "./dom.js";
import { jsonValue } from "./json_value.js";
import { listControl } from "./list.js";
import { recordPicker } from "./record_picker.js";
import { amountsOf, spanControl } from "./span.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {import("./control.js").Facts} Facts */

const IN_DURATION = ["minutes", "hours", "days"];
const TYPES = /** @type {Record<string, string>} */ ({ date: "date", datetime: "datetime-local", time: "time" });
const WRITTEN = /** @type {Record<string, RegExp>} */ ({
  date: /^\d{4}-\d\d-\d\d$/,
  datetime: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/,
  time: /^\d\d:\d\d(:\d\d)?$/,
});

/**
 * @param {Context} context
 * @param {any} literal
 * @param {Change} change
 * @param {Facts} facts
 * @returns {HTMLElement}
 */
export function literalControl(context, literal, change, facts) {
  const { texts } = context;
  const { label, id, dataType = "", choices = [], relation = "", shape } = facts;
  const one = { ...facts, shape: undefined };
  if (shape === "pair") return pair(context, literal, change, one);
  if (shape === "list") {
    const items = Array.isArray(literal) ? literal : literal === "" || literal === null || literal === undefined ? [] : [literal];
    return listControl(items, change, {
      texts, label, id, fresh: () => freshLiteral(facts),
      row: (item, put, about) => literalControl(context, item, (next, how) => put(next, how?.typing), { ...one, ...about }),
    });
  }
  if (choices.length) {
    const control = select(choices, literal, { "aria-label": label, id }, texts.choose);
    control.addEventListener("change", () => change(choices.find(([value]) => String(value) === control.value)?.[0] ?? control.value));
    return control;
  }
  if (dataType === "yes_no") {
    const control = select([["true", texts.yes], ["false", texts.no]], typeof literal === "boolean" ? String(literal) : String(literal ?? ""), { "aria-label": label, id }, typeof literal === "boolean" ? undefined : texts.choose);
    control.addEventListener("change", () => change(control.value === "" ? "" : control.value === "true"));
    return control;
  }
  if (relation && (typeof literal !== "object" || literal === null)) {
    return recordPicker(context, relation, (key) => change(key === "" ? "" : asKey(key)), { label, id, value: String(literal ?? "") });
  }
  if (dataType === "json" || (literal !== null && typeof literal === "object")) return jsonValue(texts, literal, change, { label, id });
  const span = dataType === "duration" ? readDuration(literal) : null;
  if (span) return spanControl(texts, IN_DURATION, span, (next, how) => change(writtenDuration(next), how), { label, id });
  return textual(facts, literal, change);
}

/** @param {Facts} facts @param {any} literal @param {Change} change */
function textual({ label, id, dataType = "" }, literal, change) {
  const text = String(literal ?? "");
  const type = TYPES[dataType] && (!text || WRITTEN[dataType].test(text)) ? TYPES[dataType] : "text";
  const isNumber = dataType === "number" || dataType === "float";
  const control = /** @type {HTMLInputElement} */ (el("input", { type, id, "aria-label": label, value: text, inputmode: isNumber ? "decimal" : null, autocomplete: "off" }));
  const give = (/** @type {boolean} */ typing) => change(written(control.value, dataType), { typing });
  control.addEventListener("input", () => give(true));
  control.addEventListener("change", () => give(false));
  return control;
}

/** @param {Context} context @param {any} literal @param {Change} change @param {Facts} facts */
function pair(context, literal, change, facts) {
  let both = Array.isArray(literal) ? [literal[0] ?? "", literal[1] ?? ""] : ["", ""];
  const side = (/** @type {number} */ at) =>
    literalControl(context, both[at], (value, how) => {
      both = both.map((one, index) => (index === at ? value : one));
      change(both, how);
    }, { ...facts, id: `${facts.id}-${at}`, label: at ? context.texts.andValue : facts.label });
  return el("span", { class: "mw-pair", id: facts.id }, side(0), el("span", { class: "mw-soft" }, context.texts.andValue), side(1));
}

/**
 * What a fixed value begins with.
 *
 * @param {{dataType?: string, choices?: [any, string][], shape?: "list" | "pair"}} facts
 */
export function freshLiteral({ dataType, choices }) {
  if (dataType === "yes_no") return true;
  return choices?.[0]?.[0] ?? "";
}

/**
 * A typed text as the document holds it: a decimal stays a text, so that none of its digits is lost.
 *
 * @param {string} typed
 * @param {string} dataType
 */
export function written(typed, dataType) {
  if (dataType !== "number" && dataType !== "float") return typed;
  const text = /^-?\d+,\d+$/.test(typed.trim()) ? typed.trim().replace(",", ".") : typed.trim();
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  return dataType === "float" && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** @param {any} literal @returns {Record<string, number> | null} null for a duration that is written in another way */
export function readDuration(literal) {
  if (literal === "" || literal === null || literal === undefined) return {};
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(String(literal));
  if (!found) return null;
  const [, days = "0", hours = "0", minutes = "0"] = found;
  return amountsOf({ days: Number(days), hours: Number(hours), minutes: Number(minutes) }, IN_DURATION);
}

/** @param {Record<string, number>} span */
export function writtenDuration({ days = 0, hours = 0, minutes = 0 }) {
  return `P${days}DT${hours}H${minutes}M`;
}
