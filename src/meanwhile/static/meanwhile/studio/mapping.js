// @ts-check
/** Where values stand in the JSON that is sent: a place for each field, or for each parameter. */

import { el, fill, icon } from "./dom.js";
import { focusOn } from "./list.js";
import { openMenu } from "./popup.js";
import { say } from "./say.js";

/**
 * @param {Record<string, string>} texts
 * @param {any} given places by name
 * @param {import("./control.js").Change} change
 * @param {{label: string, id: string, options?: import("./control.js").FieldChoice[], rows?: [any, string][]}} about
 *   `options` are fields that can be added; without them `rows` are what there is, each at its own name if none is given
 */
export function mappingControl(texts, given, change, { label, id, options, rows }) {
  const isOpen = !rows?.length;
  const holder = el("div", { class: "mw-values mw-values--places", id, role: "group", "aria-label": label });
  /** @type {Record<string, string>} */
  let current = given && typeof given === "object" ? { ...given } : {};

  function draw(focus = "") {
    const names = isOpen ? Object.keys(current) : (rows ?? []).map(([name]) => String(name));
    holder.replaceChildren(...names.map(line), ...(isOpen ? [adder()] : []));
    if (focus) focusOn(holder, focus);
  }

  /** @param {string} name */
  function line(name) {
    const words = (isOpen ? options?.find((one) => one.name === name)?.label : rows?.find(([one]) => one === name)?.[1]) ?? name;
    const here = `${id}-${name}`;
    const place = /** @type {HTMLInputElement} */ (el("input", {
      type: "text", id: here, value: String(current[name] ?? ""), placeholder: name, autocomplete: "off", autocapitalize: "off", spellcheck: "false", class: "mw-place",
    }));
    const put = (typing = false) => {
      const wanted = place.value.trim();
      const { [name]: _before, ...others } = current;
      if (isOpen) current = { ...current, [name]: wanted || name };
      else current = wanted && wanted !== name ? { ...current, [name]: wanted } : others;
      change({ ...current }, { typing });
    };
    place.addEventListener("input", () => put(true));
    place.addEventListener("change", () => put());
    const remove = isOpen ? el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": fill(texts.remove, { NAME: words }), onclick: () => {
      const { [name]: _gone, ...others } = current;
      current = others;
      draw(`${id}-add`);
      change({ ...current });
      say(fill(texts.remove, { NAME: words }));
    } }, icon("close")) : null;
    return el("div", { class: "mw-values__row mw-values__row--place" }, el("label", { class: "mw-label", for: here }, words), place, remove);
  }

  function adder() {
    const left = (options ?? []).filter((one) => !(one.name in current));
    const button = el("button", { type: "button", id: `${id}-add`, class: "mw-button mw-values__add", "aria-haspopup": "menu", onclick: () => {
      const box = button.getBoundingClientRect();
      openMenu(left.map((one) => ({ label: one.label, help: one.name, run: () => add(one.name) })), { x: box.left, y: box.bottom + 4, label: texts.addField, back: () => button.focus() });
    } }, icon("plus"), texts.addField);
    return button;
  }

  /** @param {string} name */
  function add(name) {
    current = { ...current, [name]: name };
    draw(`${id}-${name}`);
    change({ ...current });
  }

  draw();
  return holder;
}
