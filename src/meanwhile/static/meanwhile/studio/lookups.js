// @ts-check
/** The rules of a query, all of which must hold: a field, what is asked of it, and a value. */

import { factsOf } from "./control.js";
import { el, fill, icon, select } from "./dom.js";
import { fieldPicker } from "./field_picker.js";
import { focusOn } from "./list.js";
import { valueControl } from "./value.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */
/** @typedef {import("./control.js").FieldChoice} FieldChoice */
/** @typedef {import("./control.js").Lookup} Lookup */

/** A rule while it is edited: `ask` is the key of a `Lookup`. @typedef {{path: string, ask: string, value: any, field: FieldChoice | null}} Rule */

/**
 * What a date has in it, as Django's lookups name it.
 *
 * @param {Record<string, string>} texts
 * @param {FieldChoice} field
 * @returns {FieldChoice[]}
 */
export function partsOf(texts, field) {
  if (field.type !== "date" && field.type !== "datetime") return [];
  const numbers = ["year", "month", "day"].map((name) => ({ name, label: texts[name], type: "number" }));
  return field.type === "date" ? numbers : [{ name: "date", label: texts.date, type: "date" }, ...numbers];
}

/**
 * A key of `where`, such as `seat__price__gte`, as the path of a field and what is asked of it.
 *
 * @param {Pick<Context, "fields" | "texts">} context
 * @param {string} model
 * @param {string} key
 * @returns {Promise<{path: string, rest: string, field: FieldChoice | null}>}
 */
export async function readKey(context, model, key) {
  const words = key.split("__");
  /** @type {string[]} */
  const path = [];
  /** @type {FieldChoice | null} */
  let field = null;
  let here = model;
  while (words.length) {
    /** @type {FieldChoice[]} */
    const known = here ? await context.fields(here) : field ? partsOf(context.texts, field) : [];
    const next = known.find((one) => one.name === words[0]) ?? null;
    if (!next) break;
    path.push(words.shift() ?? "");
    field = next;
    here = next.relation ?? "";
  }
  return { path: path.join("."), rest: words.join("__"), field };
}

/**
 * The rules as they are written; those that are not complete yet are left out.
 *
 * @param {Rule[]} rules
 * @param {(rule: Rule) => Lookup} lookupOf
 */
export function writtenRules(rules, lookupOf) {
  /** @type {Record<string, any>} */
  const where = {};
  for (const rule of rules) {
    if (!rule.path) continue;
    const { name, literal } = lookupOf(rule);
    where[[...rule.path.split("."), name].filter(Boolean).join("__")] = literal === null ? rule.value : { value: "literal", literal };
  }
  return where;
}

/**
 * @param {Context} context
 * @param {string} model whose records are asked for
 * @param {Record<string, any>} where
 * @param {Change} change
 * @param {{label: string, id: string}} about
 */
export function lookupsControl(context, model, where, change, { label, id }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-lookups", role: "group", "aria-label": label, id, tabindex: "-1" });
  /** @type {Rule[]} */
  let rules = [];

  /** @param {Rule} rule @returns {Lookup[]} */
  const lookupsOf = (rule) => context.lookups[rule.field?.type ?? "other"] ?? context.lookups.other;

  /** @param {Rule} rule @returns {Lookup} one that is not offered is written as it is */
  const lookupOf = (rule) => lookupsOf(rule).find((one) => one.key === rule.ask) ?? { key: rule.ask, name: rule.ask, words: rule.ask, takes: "value", literal: null };

  async function read() {
    rules = await Promise.all(Object.entries(where).map(async ([key, value]) => {
      const { path, rest, field } = await readKey(context, model, key);
      const rule = { path, ask: rest, value, field };
      const isFixed = rest === "isnull" && typeof value?.literal === "boolean";
      return isFixed ? { ...rule, ask: value.literal ? "empty" : "not_empty" } : rule;
    }));
    draw();
  }

  function tell(typing = false) {
    const keys = rules.map((rule) => `${rule.path} ${lookupOf(rule).name}`);
    rules.forEach((rule, index) => holder.querySelector(`#${CSS.escape(`${id}-${index}-ask`)}`)?.setAttribute("aria-invalid", String(!!rule.path && keys.indexOf(keys[index]) < index)));
    change(writtenRules(rules, lookupOf), { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    const add = el("button", { type: "button", class: "mw-button mw-button--small", id: `${id}-add`, onclick: () => {
      rules.push({ path: "", ask: "", value: { value: "literal", literal: "" }, field: null });
      draw(`${id}-${rules.length - 1}-field`);
    } }, icon("plus"), texts.addLookup);
    holder.replaceChildren(...rules.map(row), add);
    if (focus) requestAnimationFrame(() => focusOn(holder, focus)); // the fields may be known a moment later
  }

  /** @param {Rule} rule @param {number} index */
  function row(rule, index) {
    const here = `${id}-${index}`;
    const name = `${label} ${index + 1}`;
    const rest = el("div", { class: "mw-condition__rest" });
    const picker = fieldPicker(context, model, rule.path, (path) => {
      rule.path = path;
      tell();
    }, { label: `${name}: ${texts.field}`, id: `${here}-field`, many: true, names: false, parts: (field) => partsOf(texts, field), onField: (field) => {
      const isOther = field?.name !== rule.field?.name || field?.type !== rule.field?.type;
      rule.field = field;
      if (isOther && !lookupsOf(rule).some((one) => one.key === rule.ask)) rule.ask = "";
      if (isOther) drawRest();
    } });

    function drawRest(focus = "") {
      const asked = lookupOf(rule);
      const ask = select(lookupsOf(rule).map((one) => /** @type {[string, string]} */ ([one.key, one.words])), rule.ask, { "aria-label": `${name}: ${texts.operator}`, id: `${here}-ask` });
      ask.addEventListener("change", () => {
        const before = lookupOf(rule).takes;
        rule.ask = ask.value;
        const { takes } = lookupOf(rule);
        if (takes !== before) rule.value = { value: "literal", literal: takes === "pair" ? ["", ""] : takes === "list" ? [] : "" };
        drawRest(`${here}-ask`);
        tell();
      });
      const shape = asked.takes === "list" || asked.takes === "pair" ? asked.takes : undefined;
      const value = asked.takes === "nothing" ? [] : [valueControl(context, rule.value, (next, how) => {
        rule.value = next;
        tell(how?.typing);
      }, { label: `${name}: ${texts.value}`, id: `${here}-value`, shape, ...factsOf(rule.field) })];
      rest.replaceChildren(ask, ...value);
      if (focus) focusOn(rest, focus);
    }

    drawRest();
    const remove = el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: name }), onclick: () => {
      rules.splice(index, 1);
      draw(`${id}-add`);
      tell();
    } }, icon("close"));
    return el("div", { class: "mw-lookup" }, picker, remove, rest);
  }

  draw();
  void read();
  return holder;
}
