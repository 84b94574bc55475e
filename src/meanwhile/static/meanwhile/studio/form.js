// @ts-check
/** The form of the selected node, made from what the server says its parameters are. Every change is told at once. */

import { idFor } from "./control.js";
import { el, icon } from "./dom.js";
import { formControl, GROUPS } from "./form_controls.js";
import { PREVIEWED, previewControl } from "./preview.js";

/** @typedef {import("./control.js").Context} Context */

/**
 * @typedef {object} FormField
 * @property {string} key
 * @property {string} label
 * @property {string} type
 * @property {any} [value]
 * @property {string} [help]
 * @property {boolean} [required]
 * @property {boolean} [advanced]
 * @property {[any, string][]} [choices]
 * @property {string} [model]
 * @property {string} [data_type]
 * @property {[string, string][]} [kinds]
 * @property {string} [relation]
 * @property {boolean} [many]
 * @property {FormField[]} [rows]
 * @property {import("./control.js").FieldChoice[]} [options]
 */

/** @typedef {{path: string, kind: string, title: string, icon: string, when: string, fields: FormField[], names: Record<string, string>}} Form */

/**
 * What the editor gives a form; the context without what depends on the node.
 *
 * @typedef {Omit<Context, "model" | "names" | "parameters" | "kinds">} Sources
 */

/**
 * @typedef {object} FormParts
 * @property {Sources} sources
 * @property {boolean} edits
 * @property {(key: string, value: any, options?: {typing?: boolean}) => void} onSet
 * @property {(condition: any) => Promise<{text: string, complete: boolean}>} matching
 * @property {{coming: import("./schedule.js").Ask, wouldFire: import("./schedule.js").Ask}} asks
 * @property {(kind: string, path: string, record: string) => Promise<any>} preview
 * @property {(problem: any) => void} onFix
 * @property {() => void} onBack
 */

/**
 * What holds for the whole tree.
 *
 * @typedef {{model: string, problems: any[], parameters: Record<string, string>, kinds: [string, string][]}} TreeFacts
 */

/** A value as text; the order of its keys, and what is empty in it, make no difference. @param {any} value */
function written(value) {
  const isEmpty = (/** @type {any} */ one) => one === null || one === "" || (typeof one === "object" && !Object.keys(one).length);
  return JSON.stringify(value ?? null, (_, one) => {
    if (!one || typeof one !== "object" || Array.isArray(one)) return one;
    return Object.fromEntries(Object.keys(one).filter((key) => !isEmpty(one[key])).sort().map((key) => [key, one[key]]));
  });
}

/**
 * @param {HTMLElement} root
 * @param {FormParts} parts
 */
export function createForm(root, parts) {
  const { texts } = parts.sources;
  /** @type {Form | null} */
  let form = null;
  /** @type {TreeFacts} */
  let facts = { model: "", problems: [], parameters: {}, kinds: [] };
  let shape = "";
  let isMoreOpen = false;
  /** What is drawn of each field. @type {Map<string, {drawn: string, value: string, element: HTMLElement}>} */
  let drawn = new Map();
  /** The fold with what would be sent, as it was left. @type {{of: string, element: HTMLElement} | null} */
  let preview = null;

  /**
   * @param {Form} next
   * @param {TreeFacts} nextFacts
   * @param {{own?: boolean, typed?: Record<string, any>, refocuses?: boolean}} [options] `own` says that it is the
   *   answer to what was done in this form; `refocuses` that the same control has the focus afterwards
   */
  function show(next, nextFacts, { own = false, typed = {}, refocuses = true } = {}) {
    const nextShape = shapeOf(next, nextFacts);
    const isOwn = own && form?.path === next.path;
    const isSame = isOwn && shape === nextShape;
    form = next;
    facts = nextFacts;
    shape = nextShape;
    if (!isOwn) drawn.clear();
    if (isSame) {
      tellProblems();
      head();
      return;
    }
    const focused = root.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    const place = focused ? { id: refocuses ? focused.id : "", from: /** @type {any} */ (focused).selectionStart, to: /** @type {any} */ (focused).selectionEnd } : null;
    draw(typed);
    tellProblems();
    if (place) refocus(place);
  }

  /** @param {{id: string, from: any, to: any}} place */
  function refocus({ id, from, to }) {
    const found = id ? document.getElementById(id) : null;
    const target = found && root.contains(found) ? found : document.getElementById("mw-form-title");
    target?.focus({ preventScroll: true });
    try {
      if (found && typeof from === "number") /** @type {HTMLInputElement} */ (found).setSelectionRange(from, to);
    } catch {
      // Not every control has a selection.
    }
  }

  /** What of a form makes it look another way, without what people type. @param {Form} one @param {TreeFacts} of */
  function shapeOf(one, of) {
    return JSON.stringify([one.path, one.kind, of.model, of.kinds, of.parameters, one.names, one.fields.map(bare)]);
  }

  /** A field without what people type. The rows of what is set come and go by the control that shows them. @param {FormField} field @returns {any} */
  function bare({ value, rows, ...rest }) {
    return [rest, rest.key === "set" ? null : rows?.map(bare)];
  }

  /** @returns {Context} */
  function context() {
    return { ...parts.sources, model: facts.model, parameters: facts.parameters, kinds: facts.kinds, names: form?.names ?? {} };
  }

  function head() {
    const place = root.querySelector("[data-form-head]");
    if (!form || !place) return;
    place.replaceChildren(
      el("h2", { class: "mw-form__title", tabindex: "-1", id: "mw-form-title" }, icon(form.icon), el("span", {}, form.title)),
      el("p", { class: "mw-form__when" }, form.when),
    );
  }

  /** @param {Record<string, any>} typed */
  function draw(typed) {
    if (!form) return;
    const fields = form.fields.map((field) => withTyped(field, typed));
    const before = drawn;
    drawn = new Map();
    /** @param {FormField} field */
    const part = (field) => partFor(field, before);
    const plain = fields.filter((field) => !field.advanced);
    const advanced = fields.filter((field) => field.advanced);
    const more = advanced.length
      ? /** @type {HTMLDetailsElement} */ (el("details", { class: "mw-more", open: isMoreOpen, ontoggle: () => (isMoreOpen = more?.open ?? false) }, el("summary", { id: "mw-more" }, texts.more), el("div", { class: "mw-form" }, advanced.map(part))))
      : null;
    root.replaceChildren(
      el("button", { type: "button", class: "mw-button mw-button--small mw-form__back", onclick: parts.onBack }, icon("back"), texts.back),
      el("header", { "data-form-head": true, class: "mw-form__head" }),
      el("div", { "data-form-problems": true, class: "mw-form__problems" }),
      el("fieldset", { class: "mw-form mw-form__fields", disabled: !parts.edits, "aria-labelledby": "mw-form-title" },
        plain.map(part), previewOf(form), more),
    );
    head();
  }

  /** Stays the same as long as the node is: what is open in it and chosen in it is kept. @param {Form} shown */
  function previewOf({ kind, path }) {
    if (!PREVIEWED.has(kind) || !parts.edits || !facts.model) return (preview = null);
    const of = `${path} ${facts.model}`;
    if (preview?.of !== of) preview = { of, element: previewControl(context(), kind, (record) => parts.preview(kind, form?.path ?? path, record)) };
    return preview.element;
  }

  /** @param {FormField} field @param {Record<string, any>} typed @returns {FormField} */
  function withTyped(field, typed) {
    const own = field.key in typed ? { ...field, value: typed[field.key] } : field;
    return own.rows ? { ...own, rows: own.rows.map((row) => withTyped(row, typed)) } : own;
  }

  function tellProblems() {
    const { problems } = facts;
    const place = root.querySelector("[data-form-problems]");
    for (const one of root.querySelectorAll('[aria-invalid="true"]')) one.removeAttribute("aria-invalid");
    for (const { place: key } of problems) {
      const control = key ? document.getElementById(idFor(key)) ?? document.getElementById(idFor(key.split(".").slice(0, 2).join("."))) : null;
      if (control?.matches("input, select, textarea")) control.setAttribute("aria-invalid", "true");
    }
    if (!place) return;
    const text = JSON.stringify(problems);
    if (/** @type {any} */ (place).mwText === text) return;
    /** @type {any} */ (place).mwText = text;
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...problems.map((problem) =>
      el("div", { class: `mw-note mw-note--${problem.level === "error" ? "bad" : "warning"}` }, icon("warning"),
        el("div", {}, el("p", {}, problem.message), problem.hint ? el("p", { class: "mw-help" }, problem.hint) : null,
          problem.fix && parts.edits ? el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => parts.onFix(problem) }, problem.fix_label || texts.fix) : null)),
    ));
    if (hadFocus) document.getElementById("mw-form-title")?.focus();
  }

  /**
   * A field that is as it was keeps its element, and with it what was begun in there and is not told yet: an answer that
   * makes another field come or go must not take it away.
   *
   * @param {FormField} field @param {typeof drawn} before
   */
  function partFor(field, before) {
    const looks = JSON.stringify([bare(field), facts.model, facts.kinds, facts.parameters, form?.names]);
    const value = written(field.value);
    const kept = field.rows ? undefined : before.get(field.key);
    const element = kept && kept.drawn === looks && kept.value === value ? kept.element : fieldset(field);
    drawn.set(field.key, { drawn: looks, value, element });
    return element;
  }

  /** @param {string} key @param {any} value @param {{typing?: boolean}} [options] */
  function set(key, value, options) {
    const known = drawn.get(key);
    if (known) known.value = written(value);
    parts.onSet(key, value, options);
  }

  /** @param {FormField} field */
  function fieldset(field) {
    const id = idFor(field.key);
    const help = field.help ? el("p", { class: "mw-help", id: `${id}-help` }, field.help) : null;
    if (field.type === "yes_no") {
      const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", id, checked: field.value === true, "aria-describedby": help ? `${id}-help` : null }));
      box.addEventListener("change", () => set(field.key, box.checked || null));
      return el("div", { class: "mw-field" }, el("label", { class: "mw-check" }, box, field.label), help);
    }
    const caption = GROUPS.has(field.type) ? el("div", { class: "mw-label" }, field.label) : el("label", { for: id, class: "mw-label" }, field.label);
    if (field.required) caption.append(" ", el("span", { class: "mw-soft mw-plain" }, `(${texts.required})`));
    return el("div", { class: `mw-field mw-field--${field.type}` }, caption, formControl(context(), field, id, set, parts.edits ? parts.matching : undefined, parts.edits ? parts.asks : { coming: parts.asks.coming }), help);
  }

  return {
    show,
    focus() {
      /** @type {HTMLElement | null} */ (root.querySelector(".mw-form__fields :is(input, select, textarea, button):not([hidden])"))?.focus();
    },
    focusName() {
      const name = /** @type {HTMLInputElement | null} */ (root.querySelector(`#${idFor("label")}`) ?? root.querySelector(`#${idFor("name")}`));
      name?.focus();
      name?.select();
    },
    /** The node stands elsewhere now. @param {string} path */
    goTo(path) {
      if (!form) return;
      if (preview) preview.of = `${path} ${facts.model}`;
      form = { ...form, path };
    },

    /** Another node is shown next, maybe at the same place: what was shown of this one is not about it. */
    leave() {
      preview = null;
    },

    /** Something else is shown instead. */
    forget() {
      form = null;
    },

    get path() {
      return form?.path ?? null;
    },
  };
}
