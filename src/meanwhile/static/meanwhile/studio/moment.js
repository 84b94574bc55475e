// @ts-check
/** The moment of a Delay: one of four kinds, moved earlier or later as often as it takes. */

import { el, fill, icon, select } from "./dom.js";
import { fieldPicker } from "./field_picker.js";
import { focusOn } from "./list.js";
import { amountsOf, spanControl } from "./span.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {{at: "before" | "after", span: import("./span.js").Span}} Shift */

const UNITS = ["minutes", "hours", "days", "weeks", "months", "years"];

/**
 * A moment as people say it: "2 hours before, 1 day after, `starts`"; the outermost shift comes first.
 *
 * @param {any} moment its JSON
 * @returns {{shifts: Shift[], base: any}}
 */
export function readMoment(moment) {
  /** @type {Shift[]} */
  const shifts = [];
  let base = moment;
  while (base && typeof base === "object" && (base.at === "before" || base.at === "after")) {
    shifts.push({ at: base.at, span: amountsOf(base, UNITS) });
    base = base.base;
  }
  return { shifts, base: base && typeof base === "object" ? base : { at: "now" } };
}

/** @param {Shift[]} shifts @param {any} base @returns {any} */
export function writtenMoment(shifts, base) {
  return shifts.reduceRight((inner, { at, span }) => ({ at, base: inner, ...(Object.keys(span).length ? span : { days: 1 }) }), base);
}

/**
 * @param {Context} context
 * @param {any} moment its JSON
 * @param {Change} change
 * @param {{label: string, id: string}} options
 */
export function momentControl(context, moment, change, { label, id }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-moment" });
  let { shifts, base } = readMoment(moment);

  function tell(typing = false) {
    change(writtenMoment(shifts, base), { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    const kinds = /** @type {[string, string][]} */ ([["now", texts.momentNow], ["datetime", texts.momentDate], ["start_of_next", texts.momentNext], ["field", texts.momentField]]);
    const what = select(kinds, base.at, { "aria-label": label, id });
    what.addEventListener("change", () => {
      base = { now: { at: "now" }, datetime: { at: "datetime", when: "" }, start_of_next: { at: "start_of_next", unit: "day" } }[what.value] ?? { at: "field", field: "" };
      draw(id);
      tell();
    });
    const add = el("button", { type: "button", class: "mw-insert", id: `${id}-add`, onclick: () => {
      shifts = [{ at: "after", span: { days: 1 } }, ...shifts];
      draw(`${id}-0-span-0-number`);
      tell();
    } }, icon("plus"), texts.shift);
    holder.replaceChildren(add, ...shifts.map(shift), el("div", { class: "mw-moment__line" }, what, detail()));
    if (focus) focusOn(holder, focus);
  }

  /** @param {Shift} one @param {number} index */
  function shift(one, index) {
    const name = shifts.length > 1 ? `${texts.shift} ${index + 1}` : texts.shift;
    const put = (/** @type {Partial<Shift>} */ next, typing = false) => {
      shifts = shifts.map((each, at) => (at === index ? { ...each, ...next } : each));
      tell(typing);
    };
    const side = select([["after", texts.afterMoment], ["before", texts.beforeMoment]], one.at, { "aria-label": name, id: `${id}-${index}-side` });
    side.addEventListener("change", () => put({ at: side.value === "before" ? "before" : "after" }));
    const remove = el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: name }), onclick: () => {
      shifts = shifts.filter((_, at) => at !== index);
      draw(`${id}-add`);
      tell();
    } }, icon("close"));
    const span = spanControl(texts, UNITS, one.span, (next, how) => put({ span: next }, how?.typing), { label: name, id: `${id}-${index}-span` });
    return el("div", { class: "mw-moment__shift" }, span, side, remove);
  }

  function detail() {
    if (base.at === "field") {
      return fieldPicker(context, context.model, base.field ?? "", (field) => {
        base = { at: "field", field };
        tell();
      }, { label: `${label}: ${texts.field}`, id: `${id}-field`, names: false, only: (field) => ["date", "datetime", "relation"].includes(field.type) });
    }
    if (base.at === "datetime") {
      const when = String(base.when ?? "");
      const isPlain = !when || /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(when);
      const control = /** @type {HTMLInputElement} */ (el("input", { type: isPlain ? "datetime-local" : "text", value: when, "aria-label": texts.momentDate, id: `${id}-when` }));
      control.addEventListener("input", () => {
        base = { at: "datetime", when: control.value };
        tell(true);
      });
      return control;
    }
    if (base.at !== "start_of_next") return null;
    const unit = select([["day", texts.day], ["month", texts.month], ["year", texts.year]], base.unit, { "aria-label": `${label}: ${texts.unit}`, id: `${id}-unit` });
    unit.addEventListener("change", () => {
      base = { at: "start_of_next", unit: unit.value };
      tell();
    });
    return unit;
  }

  draw();
  return holder;
}
