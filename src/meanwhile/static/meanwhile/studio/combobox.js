// @ts-check
/** A search box that offers what fits (ARIA's combobox pattern with a list): by keys, by mouse, by touch. */

import { el } from "./dom.js";

const AFTER = 200; // milliseconds after the last key before it is looked for
const MOVES = ["scroll", "resize"];
const MARGIN = 8; // pixels to the edge of the window
let number = 0;

/**
 * Keys and titles, and a note where not all there is was searched.
 *
 * @typedef {{found: [string, string][], note: string}} Offer
 */

/**
 * @typedef {object} Options
 * @property {Record<string, string>} texts
 * @property {string} label
 * @property {string} id
 * @property {string} [value] the key that is chosen
 * @property {string} [title] what people read for it
 * @property {boolean} [free] whether what is typed may stand for itself
 * @property {string} [placeholder]
 * @property {(search: string) => Promise<Offer>} look
 * @property {(key: string, options?: {typing?: boolean}) => void} onChoose
 */

/** @param {Options} options @returns {{element: HTMLElement, name: (title: string) => void, choose: (key: string, title: string) => void}} */
export function combobox({ texts, label, id, value = "", title = value, free = false, placeholder, look, onChoose }) {
  const listId = `mw-combo-${++number}`;
  const list = el("div", { class: "mw-combo__list", role: "listbox", id: listId, "aria-label": label });
  list.hidden = true;
  const input = /** @type {HTMLInputElement} */ (el("input", {
    type: "text", id, role: "combobox", "aria-label": label, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId,
    autocomplete: "off", spellcheck: "false", value: title, placeholder,
  }));
  const note = el("p", { class: "mw-help", role: "status" });
  /** @type {[string, string][]} */
  let offered = [];
  let active = -1;
  let chosen = { key: value, title };
  let asked = 0;
  let isFree = free;
  let isRefused = false;
  /** @type {any} */
  let timer;

  async function offer() {
    const mine = ++asked;
    const search = input.value === chosen.title ? "" : input.value;
    try {
      const { found, note: words } = await look(search);
      if (mine !== asked || document.activeElement !== input) return;
      offered = found;
      isRefused = false;
      note.textContent = words;
    } catch (error) {
      if (mine !== asked) return;
      offered = [];
      isRefused = isFree = true; // who may not see the records can still write a key
      note.textContent = /** @type {Error} */ (error).message;
    }
    show();
  }

  function show() {
    active = -1;
    list.replaceChildren(...offered.map(([key, text], index) => el("div", {
      class: "mw-combo__option", role: "option", id: `${listId}-${index}`, "aria-selected": String(key === chosen.key),
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), // the focus stays in the box
      onclick: () => choose(index),
    }, el("span", {}, text), key === text ? null : el("span", { class: "mw-soft mw-small" }, key))));
    if (!offered.length && !isRefused) list.replaceChildren(el("div", { class: "mw-combo__none" }, texts.nothingFound));
    const isOpen = document.activeElement === input && (offered.length > 0 || !isRefused);
    list.hidden = !isOpen;
    for (const event of MOVES) isOpen ? addEventListener(event, place, true) : removeEventListener(event, place, true);
    input.setAttribute("aria-expanded", String(isOpen && offered.length > 0));
    place();
    point(-1);
  }

  /** Below the box, or above it where there is no room; nothing around it cuts it off. */
  function place() {
    if (list.hidden) return;
    const box = input.getBoundingClientRect();
    list.style.left = `${box.left}px`;
    list.style.width = `${box.width}px`;
    const { height } = list.getBoundingClientRect();
    const isBelow = box.bottom + height + MARGIN < innerHeight || box.top < height + MARGIN;
    list.style.top = `${isBelow ? box.bottom + 2 : box.top - height - 2}px`;
  }

  function close() {
    asked += 1;
    for (const event of MOVES) removeEventListener(event, place, true);
    clearTimeout(timer);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    point(-1);
  }

  /** @param {number} index */
  function point(index) {
    active = index;
    [...list.children].forEach((one, at) => one.classList.toggle("mw-combo__option--active", at === index));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${listId}-${index}`);
    list.children[index]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  function choose(index) {
    const [key, text] = offered[index];
    take(key, text);
    close();
  }

  /** @param {string} key @param {string} text */
  function take(key, text) {
    const isNew = key !== chosen.key;
    chosen = { key, title: text };
    input.value = text;
    if (isNew) onChoose(key);
  }

  /** What is typed and was not chosen: a key, a word that stands for itself, or nothing. */
  function leave() {
    const text = input.value.trim();
    const exact = offered.find(([key, title]) => key === text || title === text);
    if (text === chosen.title) input.value = chosen.title;
    else if (exact) take(...exact);
    else if (!text || isFree) take(text, text);
    else input.value = chosen.title;
    close();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void offer(), AFTER);
    if (isFree) {
      chosen = { key: input.value.trim(), title: input.value };
      onChoose(chosen.key, { typing: true });
    }
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && void offer());
  input.addEventListener("blur", leave);
  input.addEventListener("keydown", (event) => {
    const last = offered.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) void offer();
      else if (event.key === "ArrowDown") point(active < last ? active + 1 : 0);
      else point(active > 0 ? active - 1 : last);
    } else if (event.key === "Enter" && active >= 0) choose(active);
    else if (event.key === "Escape" && !list.hidden) {
      input.value = chosen.title;
      close();
    } else return;
    event.preventDefault();
  });

  const element = el("span", { class: "mw-combo" }, input, list, note);
  return {
    element,
    /** What people read for the key that is chosen, when that is known. */
    name(text) {
      if (input.value === chosen.title && document.activeElement !== input) input.value = text;
      chosen = { ...chosen, title: text };
    },
    /** Chooses one, unless somebody was faster. */
    choose(key, text) {
      if (!input.value && document.activeElement !== input) take(key, text);
    },
  };
}
