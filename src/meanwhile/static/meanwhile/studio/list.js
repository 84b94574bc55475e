// @ts-check
/** Several of one kind below one another: added, removed, each with a control of its own. */

import { el, fill, icon } from "./dom.js";
import { say } from "./say.js";

/**
 * @template T
 * @typedef {object} Options
 * @property {Record<string, string>} texts
 * @property {string} label of the list; its items are counted
 * @property {string} id
 * @property {string} [add] the words of the button that adds one
 * @property {() => T} fresh what an added one begins with
 * @property {(item: T, put: (next: T, typing?: boolean) => void, about: {label: string, id: string}) => Node} row
 * @property {(items: T[]) => void} [onDrawn]
 */

/**
 * @template T
 * @param {T[]} items
 * @param {(items: T[], options?: {typing?: boolean}) => void} change
 * @param {Options<T>} options
 * @returns {HTMLElement}
 */
export function listControl(items, change, options) {
  const { texts, label, id } = options;
  const holder = el("div", { class: "mw-several", role: "group", "aria-label": label, id });
  let current = [...items];

  /** @param {string} [focus] the id of what gets the focus, or of what holds it */
  function draw(focus = "") {
    const rows = current.map((item, index) => {
      const name = `${label} ${index + 1}`;
      const put = (/** @type {T} */ next, typing = false) => {
        current = current.map((one, at) => (at === index ? next : one));
        change(current, { typing });
      };
      const remove = el("button", {
        type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", id: `${id}-${index}-remove`,
        "aria-label": fill(texts.remove, { NAME: name }), onclick: () => {
          current = current.filter((_, at) => at !== index);
          draw(`${id}-add`);
          change(current);
          say(fill(texts.remove, { NAME: name }));
        },
      }, icon("close"));
      return el("div", { class: "mw-several__row" }, options.row(item, put, { label: name, id: `${id}-${index}` }), remove);
    });
    const add = el("button", {
      type: "button", class: "mw-button mw-button--small", id: `${id}-add`, onclick: () => {
        current = [...current, options.fresh()];
        draw(`${id}-${current.length - 1}`);
        change(current);
      },
    }, icon("plus"), options.add ?? texts.addValue);
    holder.replaceChildren(...rows, add);
    if (focus) focusOn(holder, focus);
  }

  draw();
  return holder;
}

/** Gives the focus to a control, or to the first one inside. @param {HTMLElement} holder @param {string} id */
export function focusOn(holder, id) {
  const found = holder.querySelector(`#${CSS.escape(id)}`) ?? holder.querySelector(`[id^="${CSS.escape(id)}-"]`);
  const controls = "input, select, textarea, button";
  const control = found?.matches(controls) ? found : found?.querySelector(controls);
  if (control instanceof HTMLElement) control.focus();
}
