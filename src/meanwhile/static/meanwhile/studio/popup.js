// @ts-check
/** A menu that opens where it is asked for, with menus in it: by mouse, by touch, by keyboard (ARIA's menu pattern). */

import { el, icon } from "./dom.js";

/**
 * @typedef {object} Item
 * @property {string} [label]
 * @property {string} [icon]
 * @property {string} [help]
 * @property {string} [keys] the keys that do the same
 * @property {boolean} [disabled]
 * @property {boolean} [checked] makes it one of several choices
 * @property {boolean} [final]
 * @property {boolean} [line] a line between two parts
 * @property {string} [heading] words above a part
 * @property {Item[]} [items] a menu in the menu
 * @property {() => void} [run]
 */

/** @type {{panels: HTMLElement[], back: () => void} | null} */
let shown = null;

const TYPE_AHEAD = 700; // milliseconds between two letters of one word
let word = "";
let wordAt = 0;

/**
 * @param {Item[]} items
 * @param {{x: number, y: number, label: string, back?: () => void}} options where, its name, what gets the focus then
 */
export function openMenu(items, { x, y, label, back = () => {} }) {
  listen();
  closeMenu(false);
  shown = { panels: [], back };
  openPanel(items, label, x, y, null);
}

export function isMenuOpen() {
  return shown !== null;
}

/** @param {boolean} [refocus] */
export function closeMenu(refocus = true) {
  if (!shown) return;
  const { panels, back } = shown;
  shown = null;
  for (const panel of panels) panel.remove();
  if (refocus) back();
}

/**
 * @param {Item[]} items
 * @param {string} label
 * @param {number} x
 * @param {number} y
 * @param {HTMLElement | null} opener the entry of the menu above
 */
function openPanel(items, label, x, y, opener) {
  if (!shown) return;
  const panel = el("div", { class: "mw-pop", role: "menu", "aria-label": label, tabindex: "-1" }, items.map(entry));
  word = "";
  shown.panels.push(panel);
  document.body.append(panel);
  place(panel, x, y, opener);
  panel.addEventListener("keydown", (event) => onKey(event, panel, opener));
  panel.addEventListener("contextmenu", (event) => event.preventDefault());
  focusables(panel)[0]?.focus();
}

/** @param {Item} item */
function entry(item) {
  if (item.line) return el("hr", { class: "mw-menu__line" });
  if (item.heading !== undefined) return el("div", { class: "mw-pop__heading", role: "presentation" }, item.heading);
  const isChoice = item.checked !== undefined;
  const made = el(
    "button",
    {
      type: "button",
      class: `mw-menu__item${item.final ? " mw-menu__item--final" : ""}`,
      role: isChoice ? "menuitemradio" : "menuitem",
      tabindex: "-1",
      "aria-checked": isChoice ? String(item.checked) : null,
      "aria-disabled": item.disabled ? "true" : null,
      "aria-haspopup": item.items ? "menu" : null,
      "aria-expanded": item.items ? "false" : null,
      title: item.help,
      onclick: () => choose(made, item),
      onpointerenter: (/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && hover(made, item),
    },
    item.icon ? icon(item.icon) : isChoice ? icon(item.checked ? "done" : "empty") : null,
    el("span", { class: "mw-pop__label" }, item.label ?? ""),
    item.keys ? el("span", { class: "mw-menu__keys", "aria-hidden": "true" }, item.keys) : null,
    item.items ? icon("chevron") : null,
  );
  if (isChoice && !item.checked) made.querySelector("svg")?.classList.add("mw-pop__none");
  /** @type {any} */ (made).mwItem = item;
  return made;
}

/** @param {HTMLElement} button @param {Item} item */
function choose(button, item) {
  if (item.disabled) return;
  if (item.items) return button.getAttribute("aria-expanded") === "true" ? enterSub(button) : openSub(button, item);
  closeMenu(true);
  item.run?.();
}

/** @param {HTMLElement} button whose menu is open already */
function enterSub(button) {
  const below = shown?.panels[shown.panels.indexOf(panelOf(button)) + 1];
  if (below) focusables(below)[0]?.focus();
}

/** @param {HTMLElement} button @param {Item} item */
function hover(button, item) {
  if (button.getAttribute("aria-expanded") === "true") return;
  closeBelow(panelOf(button));
  button.focus({ preventScroll: true });
  if (item.items && !item.disabled && !matchMedia("(max-width: 40rem)").matches) openSub(button, item, false);
}

/** @param {HTMLElement} button @param {Item} item @param {boolean} [enter] */
function openSub(button, item, enter = true) {
  const panel = panelOf(button);
  closeBelow(panel);
  const box = button.getBoundingClientRect();
  button.setAttribute("aria-expanded", "true");
  openPanel(item.items ?? [], item.label ?? "", box.right, box.top - 8, button);
  if (!enter) button.focus({ preventScroll: true });
}

/** @param {HTMLElement} button @returns {HTMLElement} */
function panelOf(button) {
  return /** @type {HTMLElement} */ (button.closest(".mw-pop"));
}

/** @param {HTMLElement} panel */
function closeBelow(panel) {
  if (!shown) return;
  for (const one of panel.querySelectorAll('[aria-expanded="true"]')) one.setAttribute("aria-expanded", "false");
  const number = shown.panels.indexOf(panel);
  for (const below of shown.panels.splice(number + 1)) below.remove();
}

/** @param {HTMLElement} panel @returns {HTMLElement[]} */
function focusables(panel) {
  return [...panel.querySelectorAll(":scope > button")].filter((one) => one instanceof HTMLElement);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} panel
 * @param {HTMLElement | null} opener
 */
function onKey(event, panel, opener) {
  const all = focusables(panel);
  const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const item = /** @type {any} */ (all[here])?.mwItem;
  const rtl = document.documentElement.dir === "rtl";
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => all[(here + 1) % all.length]?.focus(),
    ArrowUp: () => all[(here - 1 + all.length) % all.length]?.focus(),
    Home: () => all[0]?.focus(),
    End: () => all.at(-1)?.focus(),
    [rtl ? "ArrowLeft" : "ArrowRight"]: () => item?.items && !item.disabled && openSub(all[here], item),
    [rtl ? "ArrowRight" : "ArrowLeft"]: () => leave(panel, opener, false),
    Escape: () => leave(panel, opener, true),
    Tab: () => closeMenu(true),
  };
  if (event.key in keys) keys[event.key]();
  else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey) {
    const now = performance.now();
    word = now - wordAt < TYPE_AHEAD ? word + event.key.toLowerCase() : event.key.toLowerCase();
    wordAt = now;
    const from = word.length > 1 ? here : here + 1;
    const next = [...all.slice(from), ...all.slice(0, from)];
    next.find((one) => one.textContent?.trim().toLowerCase().startsWith(word))?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {HTMLElement} panel @param {HTMLElement | null} opener @param {boolean} all whether the first one closes, too */
function leave(panel, opener, all) {
  if (!opener) {
    if (all) closeMenu(true);
    return;
  }
  closeBelow(panelOf(opener));
  opener.focus();
}

/**
 * @param {HTMLElement} panel
 * @param {number} x
 * @param {number} y
 * @param {HTMLElement | null} opener
 */
function place(panel, x, y, opener) {
  const { width, height } = panel.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  let left = x;
  if (left + width > room - 8) left = opener ? opener.getBoundingClientRect().left - width : room - width - 8;
  let top = y;
  if (left < 8) {
    // No room beside it: below the entry that opened it, which stays in sight.
    left = Math.max(8, Math.min(x - width / 2, room - width - 8));
    if (opener) top = opener.getBoundingClientRect().bottom;
  }
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
}

let isListening = false;

/** What closes the menu from outside; from the first menu on. */
function listen() {
  if (isListening) return;
  isListening = true;
  document.addEventListener("pointerdown", (event) => {
    if (shown && !(event.target instanceof Element && event.target.closest(".mw-pop"))) closeMenu(false);
  });
  addEventListener("blur", () => closeMenu(false));
  addEventListener("resize", () => closeMenu(false));
}
