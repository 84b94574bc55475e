// @ts-check
/** The form of the selected node, made from what the server says its parameters are. Every change is told at once. */

import { conditionControl } from "./condition.js";
import { fieldPicker, idFor, jsonControl, momentControl, recipientsControl, recordPicker, templateControl, valueControl } from "./controls.js";
import { el, fill, icon, select } from "./dom.js";
import { openMenu } from "./popup.js";

/** @typedef {import("./controls.js").Context} Context */

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
 * @property {[string, string][]} [kinds]
 * @property {string} [model]
 * @property {string} [data_type]
 * @property {FormField[]} [rows]
 * @property {import("./controls.js").FieldChoice[]} [options]
 */

/** @typedef {{path: string, kind: string, title: string, icon: string, when: string, fields: FormField[], names: Record<string, string>}} Form */

/**
 * @typedef {object} FormParts
 * @property {Record<string, string>} texts
 * @property {boolean} edits
 * @property {(model: string) => Promise<any[]>} fields
 * @property {(model: string, search: string) => Promise<[string, string][]>} records
 * @property {Record<string, [string, string][]>} operators
 * @property {(key: string, value: any, options?: {typing?: boolean}) => void} onSet
 * @property {(condition: any) => Promise<{text: string, complete: boolean}>} matching
 * @property {(path: string, record: string) => Promise<any>} preview
 * @property {(problem: any) => void} onFix
 * @property {() => void} onBack
 */

const MATCH_AFTER = 300; // milliseconds after the last change of a condition

/**
 * @param {HTMLElement} root
 * @param {FormParts} parts
 */
export function createForm(root, parts) {
  const { texts } = parts;
  /** @type {Form | null} */
  let form = null;
  let shape = "";
  let model = "";
  /** @type {[string, string][]} the kinds of values */
  let kinds = [];
  /** @type {Record<string, string>} */
  let parameters = {};
  let isMoreOpen = false;

  /**
   * @param {Form} next
   * @param {{model: string, problems: any[], parameters: Record<string, string>, kinds: [string, string][], own?: boolean, typed?: Record<string, any>}} facts
   *   `own` says that it is the answer to what was done in this form
   */
  function show(next, { problems, typed = {}, own = false, ...facts }) {
    const nextShape = shapeOf(next, facts.model);
    const isSame = own && form?.path === next.path && shape === nextShape;
    model = facts.model;
    parameters = facts.parameters;
    kinds = facts.kinds;
    form = next;
    shape = nextShape;
    if (isSame) {
      tellProblems(problems);
      head();
      return;
    }
    const focused = root.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    const place = focused ? { id: focused.id, from: /** @type {any} */ (focused).selectionStart, to: /** @type {any} */ (focused).selectionEnd } : null;
    draw(typed);
    tellProblems(problems);
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

  /** @param {Form} one @param {string} on what of a form makes it look another way, without what people type */
  function shapeOf(one, on) {
    /** @param {FormField} field @returns {any} */
    const bare = (field) => {
      const { value, rows, ...rest } = field;
      const kind = field.type === "value" ? [value?.value, value?.literal === null] : field.type === "recipients" ? (value ?? []).map((/** @type {any} */ each) => each.recipients) : field.type === "field" ? value : null;
      return [rest, kind, rows?.map(bare)];
    };
    return JSON.stringify([one.path, one.kind, on, one.names, one.fields.map(bare)]);
  }

  function context() {
    return { texts, model, parameters, names: form?.names ?? {}, operators: parts.operators, fields: parts.fields, records: parts.records };
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
    const plain = fields.filter((field) => !field.advanced);
    const advanced = fields.filter((field) => field.advanced);
    const more = advanced.length
      ? /** @type {HTMLDetailsElement} */ (el("details", { class: "mw-more", open: isMoreOpen, ontoggle: () => (isMoreOpen = more?.open ?? false) }, el("summary", {}, texts.more), el("div", { class: "mw-form" }, advanced.map(fieldset))))
      : null;
    root.replaceChildren(
      el("button", { type: "button", class: "mw-button mw-button--small mw-form__back", onclick: parts.onBack }, icon("back"), texts.back),
      el("header", { "data-form-head": true, class: "mw-form__head" }),
      el("div", { "data-form-problems": true, class: "mw-form__problems" }),
      el("fieldset", { class: "mw-form mw-form__fields", disabled: !parts.edits, "aria-labelledby": "mw-form-title" },
        plain.map(fieldset), form.kind === "send_email" && parts.edits ? preview() : null, more),
    );
    head();
  }

  /** @param {FormField} field @param {Record<string, any>} typed @returns {FormField} */
  function withTyped(field, typed) {
    const own = field.key in typed ? { ...field, value: typed[field.key] } : field;
    return own.rows ? { ...own, rows: own.rows.map((row) => withTyped(row, typed)) } : own;
  }

  /** @param {any[]} problems */
  function tellProblems(problems) {
    const place = root.querySelector("[data-form-problems]");
    for (const one of root.querySelectorAll('[aria-invalid="true"]')) one.removeAttribute("aria-invalid");
    for (const { place: key } of problems) {
      const control = key ? document.getElementById(idFor(key)) ?? document.getElementById(idFor(key.split(".").slice(0, 2).join("."))) : null;
      if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement) control.setAttribute("aria-invalid", "true");
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

  /** @param {FormField} field */
  function fieldset(field) {
    const id = idFor(field.key);
    const help = field.help ? el("p", { class: "mw-help", id: `${id}-help` }, field.help) : null;
    if (field.type === "yes_no") {
      const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", id, checked: field.value === true, "aria-describedby": help ? `${id}-help` : null }));
      box.addEventListener("change", () => parts.onSet(field.key, box.checked || null));
      return el("div", { class: "mw-field" }, el("label", { class: "mw-check" }, box, field.label), help);
    }
    const label = `${field.label}`;
    const caption = field.type === "condition" || field.type === "values" || field.type === "recipients" || field.type === "fields"
      ? el("div", { class: "mw-label" }, label) : el("label", { for: id, class: "mw-label" }, label);
    if (field.required) caption.append(" ", el("span", { class: "mw-soft mw-plain" }, `(${texts.required})`));
    return el("div", { class: `mw-field mw-field--${field.type}` }, caption, control(field, id), help);
  }

  /** @param {FormField} field @param {string} id @returns {Node} */
  function control(field, id) {
    /** @type {import("./controls.js").Change} */
    const set = (value, options) => parts.onSet(field.key, value, options);
    const label = field.label;
    switch (field.type) {
      case "text":
      case "textarea":
      case "number":
        return textControl(field, id);
      case "template":
        return templateControl(context(), String(field.value ?? ""), set, { label, id });
      case "template_area":
        return templateControl(context(), String(field.value ?? ""), (value, options) => set(value || (field.key === "body" ? "" : null), options), { label, id, rows: 7 });
      case "choice":
      case "record_type":
      case "tree":
      case "function": {
        const made = select([...(field.choices ?? [])], field.value ?? "", { id }, field.required || field.type === "record_type" ? texts.choose : undefined);
        made.addEventListener("change", () => set(made.value || null));
        return made;
      }
      case "field":
        return fieldControl(field, id);
      case "fields":
        return checkboxes(field, id);
      case "values":
        return valuesControl(field, id);
      case "value":
        return valueControl(context(), field.value, set, { label, id, kinds: field.kinds ?? [], dataType: field.data_type, choices: field.choices });
      case "condition":
        return conditionField(field, id);
      case "moment":
        return momentControl(context(), field.value, set, { label, id });
      case "recipients":
        return recipientsControl(context(), field.value ?? [], set, { label, id, choices: /** @type {[string, string][]} */ (field.choices ?? []) });
      case "retry":
        return retryControl(field, id);
      case "parameters":
        return parametersControl(field, id);
      case "query":
        return queryControl(field, id);
      default:
        return jsonControl(field.value ?? null, set, label, id);
    }
  }

  /** @param {FormField} field @param {string} id */
  function textControl(field, id) {
    const isArea = field.type === "textarea";
    const made = /** @type {HTMLInputElement} */ (el(isArea ? "textarea" : "input", {
      id, type: isArea ? null : "text", inputmode: field.type === "number" ? "decimal" : null, value: String(field.value ?? ""), autocomplete: "off",
      "aria-describedby": field.help ? `${id}-help` : null,
    }));
    const read = () => {
      const text = made.value;
      if (field.type !== "number") return text === "" && field.key !== "name" ? null : text;
      if (text.trim() === "") return null;
      const number = Number(text.replace(",", "."));
      return Number.isFinite(number) ? (field.data_type === "integer" ? Math.trunc(number) : number) : text;
    };
    made.addEventListener("input", () => parts.onSet(field.key, read(), { typing: true }));
    made.addEventListener("change", () => parts.onSet(field.key, read()));
    return made;
  }

  /** @param {FormField} field @param {string} id */
  function fieldControl(field, id) {
    if (field.choices?.length) {
      const made = select([...field.choices], field.value ?? "", { id });
      made.addEventListener("change", () => parts.onSet(field.key, made.value || null));
      return made;
    }
    return fieldPicker(context(), field.model ?? "", String(field.value ?? ""), (path) => parts.onSet(field.key, path || null), { label: field.label, id });
  }

  /** @param {FormField} field @param {string} id */
  function checkboxes(field, id) {
    const chosen = new Set(Array.isArray(field.value) ? field.value : []);
    return el("div", { class: "mw-checks", role: "group", "aria-label": field.label, id }, (field.options ?? []).map((one) => {
      const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: chosen.has(one.name), id: `${id}-${one.name}` }));
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(one.name);
        else chosen.delete(one.name);
        parts.onSet(field.key, (field.options ?? []).map((each) => each.name).filter((name) => chosen.has(name)));
      });
      return el("label", { class: "mw-check" }, box, one.label);
    }));
  }

  /** @param {FormField} field @param {string} id */
  function valuesControl(field, id) {
    const rows = (field.rows ?? []).map((row) => {
      const name = row.key.slice(row.key.indexOf(".") + 1);
      const inner = idFor(row.key);
      const canGo = !row.required || field.key === "set";
      return el("div", { class: "mw-values__row" },
        el("label", { class: "mw-label", for: inner }, row.label),
        control({ ...row, value: row.value ?? (field.key === "set" ? undefined : { value: "literal", literal: "" }) }, inner),
        canGo && field.key === "set" ? el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: row.label }), onclick: () => {
          const add = document.getElementById(`${id}-add`);
          add?.focus();
          parts.onSet(`set.${name}`, null);
        } }, icon("close")) : null,
      );
    });
    if (field.key !== "set") return el("div", { class: "mw-values", id }, rows.length ? rows : el("p", { class: "mw-soft mw-small" }, texts.nothingToSet));
    const given = new Set((field.rows ?? []).map((row) => row.key.slice(4)));
    const left = (field.options ?? []).filter((one) => !given.has(one.name));
    const add = el("button", { type: "button", id: `${id}-add`, class: "mw-button mw-values__add", "aria-haspopup": "menu", onclick: () => {
      const box = add.getBoundingClientRect();
      const items = left.map((one) => ({ label: one.label, help: one.name, run: () => {
        wanted = idFor(`set.${one.name}`);
        parts.onSet(`set.${one.name}`, { value: "literal", literal: one.type === "yes_no" ? true : one.choices?.[0]?.[0] ?? "" });
      } }));
      openMenu(items, { x: box.left, y: box.bottom + 4, label: texts.addField, back: () => add.focus() });
    } }, icon("plus"), texts.addField);
    return el("div", { class: "mw-values", id }, rows, add);
  }

  /** The control that gets the focus when it is there: that of a field which was just added. */
  let wanted = "";

  /** @param {FormField} field @param {string} id */
  function conditionField(field, id) {
    const told = el("p", { class: "mw-matching", role: "status" });
    /** @type {any} */
    let timer;
    let asked = 0;
    const ask = (/** @type {any} */ condition, /** @type {number} */ after) => {
      clearTimeout(timer);
      if (!model || !parts.edits) return;
      timer = setTimeout(async () => {
        const mine = ++asked;
        try {
          const { text, complete } = await parts.matching(condition);
          if (mine !== asked) return;
          told.className = `mw-matching${complete ? "" : " mw-matching--not-yet"}`;
          if (told.textContent !== text) told.replaceChildren(text);
        } catch {
          told.replaceChildren("");
        }
      }, after);
    };
    const made = conditionControl({ ...context(), kinds }, field.value, (condition, options) => {
      parts.onSet(field.key, condition, options);
      ask(condition, MATCH_AFTER);
    }, { label: field.label, id });
    ask(field.value, 0);
    return el("div", {}, made, told);
  }

  /** @param {FormField} field @param {string} id */
  function retryControl(field, id) {
    const value = field.value && typeof field.value === "object" ? { ...field.value } : null;
    const holder = el("div", { class: "mw-retry" });
    const which = select([["", texts.asUsual], ["own", texts.ownRule]], value ? "own" : "", { id });
    which.addEventListener("change", () => {
      parts.onSet(field.key, which.value ? { max_attempts: 5 } : null);
    });
    holder.append(which);
    if (value) {
      for (const [key, label, usual] of /** @type {[string, string, number][]} */ ([["max_attempts", texts.tries, 5], ["first", texts.firstWait, 2], ["factor", texts.factor, 3]])) {
        const number = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: key === "first" ? "0" : "1", step: key === "max_attempts" ? "1" : "any", value: String(value[key] ?? usual), id: `${id}-${key}` }));
        number.addEventListener("input", () => parts.onSet(`${field.key}.${key}`, Number(number.value), { typing: true }));
        holder.append(el("label", { class: "mw-label", for: `${id}-${key}` }, label), number);
      }
    }
    return holder;
  }

  /** @param {FormField} field @param {string} id */
  function parametersControl(field, id) {
    const given = Object.entries(field.value && typeof field.value === "object" ? field.value : {});
    const types = /** @type {[string, string][]} */ (field.choices ?? []);
    const tell = (/** @type {[string, any][]} */ next) => parts.onSet(field.key, Object.fromEntries(next));
    const rows = given.map(([name, type], index) => {
      const names = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: name, "aria-label": `${texts.name} ${index + 1}`, id: `${id}-${index}` }));
      names.addEventListener("change", () => tell(given.map((one, at) => (at === index ? [names.value.trim() || name, one[1]] : one))));
      const kinds = select(types, type, { "aria-label": `${texts.type}: ${name}`, id: `${id}-${index}-type` });
      kinds.addEventListener("change", () => tell(given.map((one, at) => (at === index ? [one[0], kinds.value] : one))));
      return el("div", { class: "mw-values__row" }, names, kinds, el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: name }), onclick: () => tell(given.filter((_, at) => at !== index)) }, icon("close")));
    });
    return el("div", { class: "mw-values", id }, rows, el("button", { type: "button", class: "mw-button mw-button--small", id: `${id}-add`, onclick: () => {
      let name = "value";
      for (let number = 2; given.some(([one]) => one === name); number += 1) name = `value_${number}`;
      wanted = `${id}-${given.length}`;
      tell([...given, [name, "str"]]);
    } }, icon("plus"), texts.addParameter));
  }

  /** @param {FormField} field @param {string} id */
  function queryControl(field, id) {
    const value = field.value && typeof field.value === "object" ? field.value : null;
    const which = select([["", texts.notForEach], ["each", texts.forEach]], value ? "each" : "", { id });
    which.addEventListener("change", () => parts.onSet(field.key, which.value ? { model, where: {} } : null));
    const set = (/** @type {any} */ next) => parts.onSet(field.key, next);
    return el("div", { class: "mw-retry" }, which, value ? jsonControl(value, set, field.label, `${id}-query`) : null);
  }

  function preview() {
    const out = el("div", { class: "mw-mail", role: "status" });
    let record = "";
    const path = form?.path ?? "";
    const picker = recordPicker(context(), model, (key) => (record = key), { label: texts.previewFor, id: "mw-preview-record" });
    const run = async () => {
      try {
        out.replaceChildren(mail(await parts.preview(path, record)));
      } catch (error) {
        out.replaceChildren(el("p", { class: "mw-error" }, /** @type {Error} */ (error).message));
      }
    };
    return el("details", { class: "mw-more" }, el("summary", {}, texts.preview),
      el("div", { class: "mw-form" },
        el("div", { class: "mw-field" }, el("label", { class: "mw-label", for: "mw-preview-record" }, texts.previewFor), el("div", { class: "mw-line" }, picker, el("button", { type: "button", class: "mw-button", onclick: run }, icon("eye"), texts.show))),
        out));
  }

  /** @param {any} one */
  function mail(one) {
    const lines = /** @type {[string, string][]} */ ([[texts.from, one.from_email], [texts.to, one.to.join(", ") || texts.nobody], [texts.cc, one.cc.join(", ")], [texts.bcc, one.bcc.join(", ")], [texts.subject, one.subject]]);
    return el("div", { class: "mw-card mw-card--padded" },
      el("dl", { class: "mw-facts" }, lines.filter(([, text]) => text).flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])),
      el("pre", { class: "mw-mail__body" }, one.body || one.html));
  }

  return {
    /** @type {typeof show} */
    show(next, facts) {
      show(next, facts);
      const target = wanted ? document.getElementById(wanted) ?? document.getElementById(`${wanted}-kind`) : null;
      if (target && root.contains(target)) {
        wanted = "";
        target.focus();
      }
    },
    focus() {
      /** @type {HTMLElement | null} */ (root.querySelector(".mw-form__fields :is(input, select, textarea, button):not([hidden])"))?.focus();
    },
    focusName() {
      const name = /** @type {HTMLInputElement | null} */ (root.querySelector(`#${idFor("label")}`) ?? root.querySelector(`#${idFor("name")}`));
      name?.focus();
      name?.select();
    },
    get path() {
      return form?.path ?? null;
    },
  };
}

