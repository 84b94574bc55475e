// @ts-check
/** The controls of a node's form that stand for one thing: a field of a record, a value, a moment, recipients. */

import { el, fill, icon, select } from "./dom.js";
import { openMenu } from "./popup.js";

/**
 * @typedef {object} FieldChoice
 * @property {string} name
 * @property {string} label
 * @property {string} type
 * @property {string} [relation]
 * @property {boolean} [many]
 * @property {boolean} [settable]
 * @property {[any, string][]} [choices]
 */

/**
 * What all controls are given.
 *
 * @typedef {object} Context
 * @property {Record<string, string>} texts
 * @property {string} model the record type that the tree is on
 * @property {Record<string, string>} names records made above: name and model
 * @property {Record<string, string>} parameters
 * @property {Record<string, [string, string][]>} operators
 * @property {(model: string) => Promise<FieldChoice[]>} fields
 * @property {(model: string, search: string) => Promise<[string, string][]>} records
 */

/** @typedef {(value: any, options?: {typing?: boolean}) => void} Change */

/** @param {string} key */
export const idFor = (key) => `mw-f-${key.replaceAll(/[^\w-]/g, "-")}`;

const UNITS = ["minutes", "hours", "days", "weeks", "months", "years"];

/**
 * A path of fields, as selects one after the other: the second has the fields of what the first leads to.
 *
 * @param {Context} context
 * @param {string} model
 * @param {string} path
 * @param {Change} change
 * @param {{label: string, id?: string, many?: boolean, names?: boolean, onField?: (field: FieldChoice | null) => void}} options
 */
export function fieldPicker(context, model, path, change, options) {
  const { texts } = context;
  const holder = el("span", { class: "mw-picker" });
  /** @type {string[]} */
  let parts = path ? path.split(".") : [];

  async function draw(/** @type {number} */ focusAt = -1) {
    /** @type {HTMLElement[]} */
    const made = [];
    let here = model;
    /** @type {FieldChoice | null} */
    let found = null;
    for (let depth = 0; depth <= parts.length && depth < 6; depth += 1) {
      if (depth > 0 && !here) break;
      const known = here ? await context.fields(here) : [];
      const offered = known.filter((one) => options.many || !one.many);
      /** @type {[string, string][]} */
      const choices = offered.map((one) => [one.name, one.label]);
      if (depth === 0 && options.names !== false) {
        for (const name of Object.keys(context.names)) choices.unshift([name, `${name} ↑`]);
      }
      if (depth > 0 && !choices.length) break;
      const at = depth;
      const empty = depth === 0 ? texts.choose : texts.everything;
      const label = depth === 0 ? options.label : fill(texts.fieldOf, { NAME: found?.label ?? parts[depth - 1] });
      const control = select(choices, parts[depth] ?? "", { "aria-label": label, id: depth === 0 ? options.id : null }, empty);
      control.addEventListener("change", () => {
        parts = [...parts.slice(0, at), ...(control.value ? [control.value] : [])];
        void draw(at);
        change(parts.join("."));
      });
      made.push(control);
      const name = parts[depth];
      if (!name) break;
      found = known.find((one) => one.name === name) ?? null;
      here = depth === 0 && context.names[name] ? context.names[name] : (found?.relation ?? "");
      if (found?.many) break;
    }
    options.onField?.(found);
    holder.replaceChildren(...made);
    if (focusAt >= 0) /** @type {HTMLElement | undefined} */ (made[focusAt])?.focus();
  }

  void draw();
  return holder;
}

/**
 * Where a value comes from, and what it is.
 *
 * @param {Context} context
 * @param {any} value its JSON
 * @param {Change} change
 * @param {{label: string, id: string, kinds: [string, string][], dataType?: string, choices?: [any, string][], model?: string}} options
 */
export function valueControl(context, value, change, options) {
  const { texts } = context;
  const holder = el("div", { class: "mw-value" });
  let current = value && typeof value === "object" ? value : { value: "literal", literal: "" };
  /** @type {Record<string, any>} what it was as each kind, for who goes through the kinds by keys */
  const known = {};

  function draw(focus = false) {
    const isNothing = current.value === "literal" && current.literal === null;
    const kinds = [...options.kinds, ["nothing", texts.nothing]];
    const kind = select(/** @type {any} */ (kinds), isNothing ? "nothing" : current.value, {
      class: "mw-value__kind",
      id: `${options.id}-kind`,
      "aria-label": `${options.label}: ${texts.valueKind}`,
    });
    kind.addEventListener("change", () => {
      known[isNothing ? "nothing" : current.value] = current;
      current = known[kind.value] ?? fresh(kind.value, current);
      draw(true);
      change(current);
    });
    holder.replaceChildren(kind, ...inner());
    if (focus) kind.focus();
  }

  /** @param {any} next @param {boolean} [typing] */
  function give(next, typing = false) {
    current = next;
    change(next, { typing });
  }

  /** @returns {Node[]} */
  function inner() {
    const label = options.label;
    switch (current.value) {
      case "field":
        return [fieldPicker(context, context.model, current.field ?? "", (field) => give({ value: "field", field }), { label, id: options.id })];
      case "template":
        return [templateControl(context, current.template ?? "", (template, how) => give({ value: "template", template }, how?.typing), { label, id: options.id })];
      case "now":
        return [spanOfNow(context, current, give, label)];
      case "param":
        return [paramPicker()];
      case "actor":
        return [];
      default:
        return current.literal === null && current.value === "literal" ? [] : [literalControl(context, current.literal, (literal, how) => give({ value: "literal", literal }, how?.typing), options)];
    }
  }

  function paramPicker() {
    /** @type {[string, string][]} */
    const names = Object.keys(context.parameters).map((name) => [name, name]);
    const control = select(names, current.param ?? "", { "aria-label": options.label, id: options.id }, texts.choose);
    control.addEventListener("change", () => give({ value: "param", param: control.value }));
    return control;
  }

  draw();
  return holder;
}

/** @param {string} kind @param {any} old */
function fresh(kind, old) {
  const text = typeof old.literal === "string" ? old.literal : (old.template ?? "");
  switch (kind) {
    case "field":
      return { value: "field", field: "" };
    case "template":
      return { value: "template", template: text };
    case "now":
      return { value: "now" };
    case "actor":
      return { value: "actor" };
    case "param":
      return { value: "param", param: "" };
    case "nothing":
      return { value: "literal", literal: null };
    default:
      return { value: "literal", literal: text };
  }
}

/**
 * A fixed value, with the control that fits its type.
 *
 * @param {Context} context
 * @param {any} literal
 * @param {Change} change
 * @param {{label: string, id?: string, dataType?: string, choices?: [any, string][], model?: string}} options
 * @returns {HTMLElement}
 */
export function literalControl(context, literal, change, { label, id, dataType = "", choices = [] }) {
  const { texts } = context;
  const shared = { "aria-label": label, id };
  if (choices.length) {
    const control = select(choices, literal, shared, texts.choose);
    control.addEventListener("change", () => change(choices.find(([one]) => String(one) === control.value)?.[0] ?? control.value));
    return control;
  }
  if (dataType === "yes_no") {
    const control = select([["true", texts.yes], ["false", texts.no]], literal === true || literal === "true" ? "true" : literal === "" ? "" : "false", shared, literal === "" ? texts.choose : undefined);
    control.addEventListener("change", () => change(control.value === "true"));
    return control;
  }
  const types = /** @type {Record<string, string>} */ ({ date: "date", datetime: "datetime-local" });
  const type = types[dataType] && (!literal || isDate(literal, dataType)) ? types[dataType] : "text";
  const isComplex = literal !== null && typeof literal === "object";
  const control = /** @type {HTMLInputElement} */ (el("input", {
    ...shared,
    type,
    value: isComplex ? JSON.stringify(literal) : String(literal ?? ""),
    inputmode: dataType === "number" ? "decimal" : null,
    placeholder: dataType === "relation" ? texts.recordKey : null,
  }));
  const give = (/** @type {boolean} */ typing) => change(written(control.value, dataType, isComplex), { typing });
  control.addEventListener("input", () => give(true));
  control.addEventListener("change", () => give(false));
  return control;
}

/** @param {any} literal @param {string} type */
function isDate(literal, type) {
  return type === "date" ? /^\d{4}-\d\d-\d\d$/.test(literal) : /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(literal);
}

/** @param {string} text @param {string} type @param {boolean} isComplex */
function written(text, type, isComplex) {
  if (isComplex) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  if (type === "number" || type === "relation") return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text.trim();
  return text;
}

/**
 * A text with values in it: a select puts a field in where the cursor is.
 *
 * @param {Context} context
 * @param {string} text
 * @param {Change} change
 * @param {{label: string, id?: string, rows?: number, described?: string}} options
 */
export function templateControl(context, text, change, { label, id, rows = 1, described }) {
  const { texts } = context;
  const control = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (
    el(rows > 1 ? "textarea" : "input", { "aria-label": label, id, rows: rows > 1 ? rows : null, type: rows > 1 ? null : "text", value: text, spellcheck: rows > 1, class: "mw-template", "aria-describedby": described })
  );
  control.addEventListener("input", () => change(control.value, { typing: true }));
  control.addEventListener("change", () => change(control.value));
  const insert = el("button", { type: "button", class: "mw-insert", "aria-haspopup": "menu", "aria-label": `${label}: ${texts.insertField}`, onclick: () => void offer() }, icon("plus"), texts.insertField);

  /** @param {string} path */
  function put(path) {
    const from = control.selectionStart ?? control.value.length;
    control.setRangeText(`{{ ${path} }}`, from, control.selectionEnd ?? from, "end");
    control.focus();
    change(control.value);
  }

  async function offer() {
    /** @param {FieldChoice} one @param {string} path @returns {import("./popup.js").Item} */
    const entry = (one, path) => ({ label: one.label, run: () => put(path) });
    const own = (context.model ? await context.fields(context.model) : []).filter((one) => !one.many);
    const items = own.filter((one) => !one.relation).map((one) => entry(one, `record.${one.name}`));
    for (const one of own.filter((field) => field.relation)) {
      const known = (await context.fields(one.relation ?? "")).filter((field) => !field.many && !field.relation);
      items.push({ label: one.label, items: [{ label: texts.everything, run: () => put(`record.${one.name}`) }, ...known.map((field) => entry(field, `record.${one.name}.${field.name}`))] });
    }
    for (const [name, model] of Object.entries(context.names)) {
      const known = (await context.fields(model)).filter((one) => !one.many);
      items.push({ label: name, items: known.map((one) => entry(one, `${name}.${one.name}`)) });
    }
    for (const name of Object.keys(context.parameters)) items.push({ label: name, run: () => put(`params.${name}`) });
    const box = insert.getBoundingClientRect();
    openMenu(items, { x: box.left, y: box.bottom + 4, label: texts.insertField, back: () => insert.focus() });
  }

  return el("div", { class: "mw-templated" }, control, insert);
}

/** @param {Context} context @param {any} value @param {(next: any, typing?: boolean) => void} give @param {string} label */
function spanOfNow({ texts }, value, give, label) {
  const unit = ["minutes", "hours", "days", "weeks"].find((one) => value[one]) ?? "days";
  const number = value[unit] ?? 0;
  const side = select([["", texts.exactly], ["-", texts.ago], ["+", texts.fromNow]], number === 0 ? "" : number < 0 ? "-" : "+", { "aria-label": `${label}: ${texts.shift}` });
  const count = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: "1", value: String(Math.abs(number) || 1), "aria-label": `${label}: ${texts.number}` }));
  const units = select(["minutes", "hours", "days", "weeks"].map((one) => [one, texts[one]]), unit, { "aria-label": `${label}: ${texts.unit}` });
  const hide = () => {
    count.hidden = units.hidden = !side.value;
  };
  const tell = (/** @type {boolean} */ typing) => {
    hide();
    const amount = Math.max(1, Math.trunc(Number(count.value)) || 1);
    give(side.value ? { value: "now", [units.value]: side.value === "-" ? -amount : amount } : { value: "now" }, typing);
  };
  for (const one of [side, units]) one.addEventListener("change", () => tell(false));
  count.addEventListener("input", () => tell(true));
  hide();
  return el("span", { class: "mw-span" }, count, units, side);
}

/**
 * The moment of a Delay.
 *
 * @param {Context} context
 * @param {any} moment its JSON
 * @param {Change} change
 * @param {{label: string, id: string}} options
 */
export function momentControl(context, moment, change, { label, id }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-moment" });
  const given = moment && typeof moment === "object" ? moment : { at: "now" };
  let side = given.at === "before" || given.at === "after" ? given.at : "";
  let base = side ? (given.base ?? { at: "now" }) : given;
  /** @type {Record<string, number>} */
  let span = Object.fromEntries(UNITS.filter((unit) => given[unit]).map((unit) => [unit, given[unit]]));
  const isNested = base.at === "before" || base.at === "after";

  function tell(typing = false) {
    const amounts = Object.keys(span).length ? span : { days: 1 };
    change(side ? { at: side, base, ...amounts } : base, { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    const what = select(
      [["now", texts.momentNow], ["datetime", texts.momentDate], ["start_of_next", texts.momentNext], ["field", texts.momentField]],
      base.at, { "aria-label": label, id });
    what.addEventListener("change", () => {
      base = { now: { at: "now" }, datetime: { at: "datetime", when: "" }, start_of_next: { at: "start_of_next", unit: "day" } }[what.value] ?? { at: "field", field: "" };
      draw(id);
      tell();
    });
    const shift = select([["", texts.atMoment], ["after", texts.afterMoment], ["before", texts.beforeMoment]], side, { "aria-label": texts.shift, id: `${id}-shift` });
    shift.addEventListener("change", () => {
      side = shift.value;
      if (side && !Object.keys(span).length) span = { days: 1 };
      draw(`${id}-shift`);
      tell();
    });
    holder.replaceChildren(
      el("div", { class: "mw-moment__line" }, ...(side ? amounts() : []), shift),
      el("div", { class: "mw-moment__line" }, what, detail()),
    );
    if (focus) /** @type {HTMLElement | null} */ (holder.querySelector(`#${CSS.escape(focus)}`))?.focus();
  }

  function amounts() {
    return Object.entries(span).map(([unit, number]) => {
      const count = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: "1", step: "1", value: String(number), "aria-label": texts.number }));
      const units = select(UNITS.filter((one) => one === unit || !(one in span)).map((one) => [one, texts[one]]), unit, { "aria-label": texts.unit, id: `${id}-unit` });
      count.addEventListener("input", () => {
        span = { ...span, [unit]: Math.max(1, Math.trunc(Number(count.value)) || 1) };
        tell(true);
      });
      units.addEventListener("change", () => {
        span = Object.fromEntries(Object.entries(span).map(([one, amount]) => [one === unit ? units.value : one, amount]));
        draw(`${id}-unit`);
        tell();
      });
      return el("span", { class: "mw-span" }, count, units);
    });
  }

  function detail() {
    if (base.at === "field") {
      return fieldPicker(context, context.model, base.field ?? "", (field) => {
        base = { at: "field", field };
        tell();
      }, { label: `${label}: ${texts.field}` });
    }
    if (base.at === "datetime") {
      const when = String(base.when ?? "");
      const control = /** @type {HTMLInputElement} */ (el("input", { type: isDate(when, "datetime") || !when ? "datetime-local" : "text", value: when, "aria-label": texts.momentDate }));
      control.addEventListener("change", () => {
        base = { at: "datetime", when: control.value };
        tell();
      });
      return control;
    }
    if (base.at === "start_of_next") {
      const unit = select(["day", "month", "year"].map((one) => [one, texts[one]]), base.unit, { "aria-label": texts.unit });
      unit.addEventListener("change", () => {
        base = { at: "start_of_next", unit: unit.value };
        tell();
      });
      return unit;
    }
    return null;
  }

  if (isNested) return jsonControl(moment, change, label, id); // two shifts within one another: only Python writes that
  draw();
  return holder;
}

/** What has no control of its own is shown as it is written. @param {any} value @param {Change} change @param {string} label @param {string} id */
export function jsonControl(value, change, label, id) {
  const control = /** @type {HTMLTextAreaElement} */ (el("textarea", { "aria-label": label, id, class: "mw-mono", spellcheck: "false", value: JSON.stringify(value, null, 2) }));
  control.addEventListener("change", () => {
    try {
      const next = JSON.parse(control.value);
      control.removeAttribute("aria-invalid");
      change(next);
    } catch {
      control.setAttribute("aria-invalid", "true");
    }
  });
  return control;
}

/**
 * @param {Context} context
 * @param {any[]} list
 * @param {Change} change
 * @param {{label: string, id: string, choices: [string, string][]}} options
 */
export function recipientsControl(context, list, change, { label, id, choices }) {
  const { texts } = context;
  const holder = el("div", { class: "mw-recipients" });
  /** @type {any[]} */
  let current = Array.isArray(list) ? [...list] : [];

  /** @param {number} index @param {any} next @param {boolean} [typing] */
  function put(index, next, typing = false) {
    current = current.map((one, at) => (at === index ? next : one));
    change(current, { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    const rows = current.map((one, index) => {
      const kind = one.recipients ?? "addresses";
      const name = `${label} ${index + 1}`;
      const kinds = select(choices, kind, { "aria-label": `${name}: ${texts.type}`, id: `${id}-${index}-kind` });
      kinds.addEventListener("change", () => {
        put(index, kinds.value === "addresses" ? { recipients: "addresses", addresses: "" } : { recipients: kinds.value, [kinds.value]: [] });
        draw(`${id}-${index}-kind`);
      });
      const control = kind === "addresses"
        ? templateControl(context, one.addresses ?? "", (addresses, how) => put(index, { recipients: "addresses", addresses }, how?.typing), { label: name, id: `${id}-${index}` })
        : namesControl(one[kind] ?? [], (names, how) => put(index, { recipients: kind, [kind]: names }, how?.typing), name, `${id}-${index}`, kind === "users");
      const remove = el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: name }), onclick: () => {
        current = current.filter((_, at) => at !== index);
        change(current);
        draw(`${id}-add`);
      } }, icon("close"));
      return el("div", { class: "mw-recipient" }, kinds, control, remove);
    });
    const add = el("button", { type: "button", class: "mw-button mw-button--small", id: `${id}-add`, onclick: () => {
      current = [...current, { recipients: "addresses", addresses: "" }];
      draw(`${id}-${current.length - 1}`);
      change(current);
    } }, icon("plus"), texts.addRecipients);
    holder.replaceChildren(...rows, add);
    if (focus) /** @type {HTMLElement | null} */ (holder.querySelector(`#${CSS.escape(focus)}`))?.focus();
  }
  draw();
  return holder;
}

/** @param {any[]} names @param {Change} change @param {string} label @param {string} id @param {boolean} keys whether whole numbers are keys */
export function namesControl(names, change, label, id, keys) {
  const control = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: names.join(", "), "aria-label": label, id }));
  const read = () => control.value.split(",").map((one) => one.trim()).filter(Boolean).map((one) => (keys && /^\d{1,15}$/.test(one) ? Number(one) : one));
  control.addEventListener("input", () => change(read(), { typing: true }));
  control.addEventListener("change", () => change(read()));
  return control;
}

/**
 * Chooses a record by typing a part of its name.
 *
 * @param {Context} context
 * @param {string} model
 * @param {(key: string) => void} change
 * @param {{label: string, id: string, value?: string}} options
 */
export function recordPicker(context, model, change, { label, id, value = "" }) {
  const list = el("datalist", { id: `${id}-list` });
  const control = /** @type {HTMLInputElement} */ (el("input", { type: "text", id, list: `${id}-list`, value, "aria-label": label, autocomplete: "off" }));
  /** @type {Map<string, string>} */
  const keys = new Map();
  async function look() {
    try {
      const found = await context.records(model, control.value.split(" · ")[0]);
      for (const [key, title] of found) keys.set(`${title} · ${key}`, key);
      list.replaceChildren(...found.map(([key, title]) => el("option", { value: `${title} · ${key}` })));
      if (!control.value && found[0] && document.activeElement !== control) {
        control.value = `${found[0][1]} · ${found[0][0]}`;
        change(found[0][0]);
      }
    } catch (error) {
      control.placeholder = /** @type {Error} */ (error).message;
    }
  }
  /** @type {any} */
  let timer;
  control.addEventListener("input", () => {
    const key = keys.get(control.value) ?? (/^\d+$/.test(control.value.trim()) ? control.value.trim() : "");
    if (key) change(key);
    clearTimeout(timer);
    timer = setTimeout(look, 250);
  });
  control.addEventListener("focus", () => control.select());
  void look();
  return el("span", { class: "mw-record-picker" }, control, list);
}

