// @ts-check
/** When a scheduled tree fires: at times of the calendar, or again and again after a span; and for which records. */

import { idFor } from "./control.js";
import { el, select } from "./dom.js";
import { lookupsControl } from "./lookups.js";
import { amountsOf, spanControl } from "./span.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {{text: string, complete: boolean, times?: string[]}} Told */
/** @typedef {(asked: any) => Promise<Told>} Ask */

const UNITS = ["minutes", "hours", "days", "weeks", "months", "years"];
const ASK_AFTER = 300; // milliseconds after the last change
const USUAL = ["0 7 * * *", "0 7 * * mon-fri", "0 7 * * mon", "0 7 1 * *", "0 * * * *"];

/**
 * What the server says to what was written last, told politely.
 *
 * @param {Ask | undefined} ask
 * @returns {{told: HTMLElement, list: HTMLElement, about: (asked: any, after?: number) => void}}
 */
function telling(ask) {
  const told = el("p", { class: "mw-matching", role: "status" });
  const list = el("ul", { class: "mw-coming" });
  /** @type {any} */
  let timer;
  let asked = 0;
  const about = (/** @type {any} */ what, after = ASK_AFTER) => {
    clearTimeout(timer);
    if (!ask) return;
    timer = setTimeout(async () => {
      const mine = ++asked;
      try {
        const { text, complete, times = [] } = await ask(what);
        if (mine !== asked) return;
        told.className = `mw-matching${complete ? "" : " mw-matching--not-yet"}`;
        if (told.textContent !== text) told.replaceChildren(text);
        list.replaceChildren(...times.map((one) => el("li", {}, one)));
      } catch {
        told.replaceChildren("");
        list.replaceChildren();
      }
    }, after);
  };
  return { told, list, about };
}

/**
 * @param {Context} context
 * @param {any} times `cron`, or `every` and maybe `starting`
 * @param {Change} change
 * @param {{label: string, id: string, ask?: Ask}} options
 */
export function scheduleControl(context, times, change, { label, id, ask }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-schedule" });
  const coming = telling(ask);
  let current = times && typeof times === "object" ? times : {};
  /** @type {Record<string, any>} what it was the other way, for who goes there and back */
  const known = { cron: { cron: USUAL[0] }, every: { every: { hours: 1 } } };

  /** @param {any} next @param {boolean} [typing] */
  function give(next, typing = false) {
    current = next;
    change(next, { typing });
    coming.about(next);
  }

  function draw(focus = false) {
    const way = current.every ? "every" : "cron";
    const which = select([["cron", texts.atTimes], ["every", texts.againAfter]], way, { id, "aria-label": label });
    which.addEventListener("change", () => {
      known[way] = current;
      current = known[which.value];
      draw(true);
      give(current);
    });
    holder.replaceChildren(which, ...(way === "every" ? every() : cron()), coming.told, coming.list);
    if (focus) which.focus();
  }

  function cron() {
    const text = /** @type {HTMLInputElement} */ (el("input", { type: "text", id: idFor("on.cron"), class: "mw-schedule__cron", value: String(current.cron ?? ""), "aria-label": texts.cron, "aria-describedby": `${id}-fields`, autocomplete: "off", spellcheck: "false", list: `${id}-usual` }));
    text.addEventListener("input", () => give({ cron: text.value.trim() }, true));
    text.addEventListener("change", () => give({ cron: text.value.trim() }));
    const usual = el("datalist", { id: `${id}-usual` }, USUAL.map((one, at) => el("option", { value: one }, texts[`usual${at}`])));
    return [text, usual, el("p", { class: "mw-help", id: `${id}-fields` }, texts.cronFields)];
  }

  function every() {
    const starting = String(current.starting ?? "");
    const isPlain = !starting || /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(starting);
    const from = /** @type {HTMLInputElement} */ (el("input", { type: isPlain ? "datetime-local" : "text", value: starting, id: idFor("on.starting") }));
    const written = () => (from.value ? { starting: from.value } : {});
    const span = spanControl(texts, UNITS, amountsOf(current.every, UNITS), (next, how) => give({ every: next, ...written() }, how?.typing), { label, id: idFor("on.every") });
    from.addEventListener("input", () => give({ every: current.every, ...written() }, true));
    return [span, el("label", { class: "mw-label", for: from.id }, texts.countedFrom), from];
  }

  draw();
  coming.about(current, 0);
  return holder;
}

/**
 * @param {Context} context
 * @param {string} model whose records are asked for
 * @param {any} where
 * @param {Change} change
 * @param {{label: string, id: string, kinds: [string, string][], ask?: Ask}} options
 */
export function whereControl(context, model, where, change, { label, id, kinds, ask }) {
  const count = telling(ask);
  const given = where && typeof where === "object" ? where : {};
  const rules = lookupsControl({ ...context, kinds }, model, given, (next, how) => {
    change(next, how);
    count.about(next);
  }, { label, id });
  count.about(given, 0);
  return el("div", {}, rules, count.told);
}
