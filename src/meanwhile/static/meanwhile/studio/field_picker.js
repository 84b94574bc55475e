// @ts-check
/** A path of fields, as selects one after the other: the second has the fields of what the first leads to. */

import { el, fill, select } from "./dom.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").FieldChoice} FieldChoice */

const LONGEST = 6;

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {string} [id] of the first select
 * @property {boolean} [many] whether relations to several records are offered, too
 * @property {[string, string][]} [roots] what else can stand first; the one without a name means "no path"
 * @property {boolean} [names] whether records made above can stand first
 * @property {(field: FieldChoice) => boolean} [only] which fields are offered
 * @property {(field: FieldChoice) => FieldChoice[]} [parts] what a plain field has in it
 * @property {(field: FieldChoice | null) => void} [onField] told which field is at the end of the path
 */

/**
 * @param {Context} context
 * @param {string} model where the path begins
 * @param {string} path
 * @param {(path: string) => void} change
 * @param {Options} options
 */
export function fieldPicker(context, model, path, change, options) {
  const { texts } = context;
  const holder = el("span", { class: "mw-picker" });
  let steps = path ? path.split(".") : [];
  let drawing = 0;

  /** @returns {[string, string][]} */
  function first() {
    const names = options.names === false ? [] : Object.keys(context.names).map((name) => /** @type {[string, string]} */ ([name, `${name} ↑`]));
    return [...(options.roots ?? []), ...names];
  }

  async function draw(/** @type {number} */ focusAt = -1) {
    const mine = ++drawing;
    /** @type {HTMLElement[]} */
    const made = [];
    let here = model;
    /** @type {FieldChoice | null} */
    let found = null;
    for (let depth = 0; depth <= steps.length && depth < LONGEST; depth += 1) {
      /** @type {FieldChoice[]} */
      const inner = found && !here ? (options.parts?.(found) ?? []) : [];
      if (depth && !here && !inner.length) break;
      /** @type {FieldChoice[]} */
      const known = here ? await context.fields(here) : inner;
      const offered = known.filter((one) => (options.many || !one.many) && (options.only?.(one) ?? true));
      const fields = offered.map((one) => /** @type {[string, string]} */ ([one.name, one.label]));
      if (depth && !fields.length && !steps[depth]) break;
      const choices = depth ? fields : [...first(), ...fields];
      const empty = depth ? texts.everything : choices.some(([name]) => name === "") ? undefined : texts.choose;
      const label = depth ? fill(texts.fieldOf, { NAME: found?.label ?? steps[depth - 1] }) : options.label;
      const control = select(choices, steps[depth] ?? "", { "aria-label": label, id: depth ? null : options.id }, empty);
      control.addEventListener("change", () => {
        steps = [...steps.slice(0, depth), ...(control.value ? [control.value] : [])];
        void draw(depth);
        change(steps.join("."));
      });
      made.push(control);
      const name = steps[depth];
      if (!name) break;
      found = known.find((one) => one.name === name) ?? null;
      here = !depth && name in context.names ? context.names[name] : (found?.relation ?? "");
      if (found?.many && !options.many) break;
    }
    if (mine !== drawing) return;
    options.onField?.(found);
    holder.replaceChildren(...made);
    if (focusAt >= 0) made[focusAt]?.focus();
  }

  void draw();
  return holder;
}
