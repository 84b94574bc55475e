// @ts-check
/** The control of each field of a form, by its type. */

import { conditionControl } from "./condition.js";
import { el, select } from "./dom.js";
import { fieldPicker } from "./field_picker.js";
import { jsonValue } from "./json_value.js";
import { mappingControl } from "./mapping.js";
import { momentControl } from "./moment.js";
import { bodyControl, headersControl } from "./named.js";
import { parametersControl } from "./parameters.js";
import { queryControl } from "./query.js";
import { recipientsControl } from "./recipients.js";
import { retryControl } from "./retry.js";
import { scheduleControl, whereControl } from "./schedule.js";
import { templateControl } from "./template.js";
import { valueControl } from "./value.js";
import { valuesControl } from "./values.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./form.js").FormField} FormField */
/** @typedef {(key: string, value: any, options?: {typing?: boolean}) => void} Set */

const MATCH_AFTER = 300; // milliseconds after the last change of a condition

/** Types whose label is no `<label>`: they are groups, or tick boxes with words of their own. */
export const GROUPS = new Set(["condition", "values", "recipients", "fields", "parameters", "body", "headers", "where", "mapping"]);

/**
 * @param {Context} context
 * @param {FormField} field
 * @param {string} id
 * @param {Set} put
 * @param {(condition: any) => Promise<{text: string, complete: boolean}>} [matching]
 * @param {{coming?: import("./schedule.js").Ask, wouldFire?: import("./schedule.js").Ask}} [asks]
 * @returns {Node}
 */
export function formControl(context, field, id, put, matching, asks) {
  /** @type {import("./control.js").Change} */
  const set = (value, options) => put(field.key, value, options);
  const { label, value } = field;
  const choices = field.choices ?? [];
  switch (field.type) {
    case "text":
    case "textarea":
    case "number":
      return textControl(field, id, set);
    case "template":
      return templateControl(context, String(value ?? ""), set, { label, id });
    case "template_area":
      return templateControl(context, String(value ?? ""), (text, options) => set(text || (field.key === "body" ? "" : null), options), { label, id, rows: 7 });
    case "choice":
    case "record_type":
    case "tree":
    case "function": {
      const made = select([...choices], value ?? "", { id }, field.required || field.type === "record_type" ? context.texts.choose : undefined);
      made.addEventListener("change", () => set(made.value || null));
      return made;
    }
    case "target":
      return fieldPicker(context, field.model ?? "", String(value ?? ""), (path) => set(path || null), {
        label, id, names: false, roots: choices, only: (one) => !!one.relation,
      });
    case "fields":
      return checkboxes(field, id, set);
    case "values":
      return valuesControl(context, field, put, id);
    case "value":
      return valueControl(context, value, set, { label, id, dataType: field.data_type, choices, relation: field.relation });
    case "condition":
      return conditionField(context, field, id, set, matching);
    case "moment":
      return momentControl(context, value, set, { label, id });
    case "recipients":
      return recipientsControl(context, value, set, { label, id, choices });
    case "retry":
      return retryControl(context.texts, value, set, { id });
    case "mapping":
      return mappingControl(context.texts, value, set, { label, id, options: field.options, rows: field.choices });
    case "either": {
      const made = select(choices.map(([one, words]) => [String(one), words]), String(value), { id });
      made.addEventListener("change", () => {
        const index = choices.findIndex(([one]) => String(one) === made.value);
        set(index > 0 ? choices[index][0] : null); // the first one is what stands nowhere
      });
      return made;
    }
    case "parameters":
      return parametersControl(context.texts, value, set, { label, id, types: choices });
    case "body":
      return bodyControl(context, value, set, { label, id });
    case "headers":
      return headersControl(context, value, set, { label, id });
    case "schedule":
      return scheduleControl(context, value, set, { label, id, ask: asks?.coming });
    case "where":
      return whereControl(context, field.model ?? "", value, set, { label, id, kinds: field.kinds ?? [], ask: asks?.wouldFire });
    case "query":
      return queryControl(context, value, set, { label, id, types: choices });
    default:
      return jsonValue(context.texts, value ?? null, set, { label, id });
  }
}

/** @param {FormField} field @param {string} id @param {import("./control.js").Change} set */
function textControl(field, id, set) {
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
  made.addEventListener("input", () => set(read(), { typing: true }));
  made.addEventListener("change", () => set(read()));
  return made;
}

/** @param {FormField} field @param {string} id @param {import("./control.js").Change} set */
function checkboxes(field, id, set) {
  const chosen = new Set(Array.isArray(field.value) ? field.value : []);
  return el("div", { class: "mw-checks", role: "group", "aria-label": field.label, id }, (field.options ?? []).map((one) => {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: chosen.has(one.name), id: `${id}-${one.name}` }));
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(one.name);
      else chosen.delete(one.name);
      set((field.options ?? []).map((each) => each.name).filter((name) => chosen.has(name)));
    });
    return el("label", { class: "mw-check" }, box, one.label);
  }));
}

/**
 * A condition, with how many records would match.
 *
 * @param {Context} context
 * @param {FormField} field
 * @param {string} id
 * @param {import("./control.js").Change} set
 * @param {(condition: any) => Promise<{text: string, complete: boolean}>} [matching]
 */
function conditionField(context, field, id, set, matching) {
  const told = el("p", { class: "mw-matching", role: "status" });
  /** @type {any} */
  let timer;
  let asked = 0;
  const ask = (/** @type {any} */ condition, /** @type {number} */ after) => {
    clearTimeout(timer);
    if (!context.model || !matching) return;
    timer = setTimeout(async () => {
      const mine = ++asked;
      try {
        const { text, complete } = await matching(condition);
        if (mine !== asked) return;
        told.className = `mw-matching${complete ? "" : " mw-matching--not-yet"}`;
        if (told.textContent !== text) told.replaceChildren(text);
      } catch {
        told.replaceChildren("");
      }
    }, after);
  };
  const made = conditionControl(context, field.value, (condition, options) => {
    set(condition, options);
    ask(condition, MATCH_AFTER);
  }, { label: field.label, id, types: field.choices ?? [] });
  ask(field.value, 0);
  return el("div", {}, made, told);
}
