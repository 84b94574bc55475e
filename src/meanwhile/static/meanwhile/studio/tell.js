// @ts-check
/**
 * Tells a person what was done: to the eyes as a toast (`<meanwhile-toast>`), to a screen reader as one sentence. A
 * toast stands in an answer of the server, or is made here.
 */

import { say } from "./say.js";

export { say };

const SHOWN_FOR = 8000; // milliseconds; a toast about something that went wrong stays until it is closed

/**
 * @param {string} text
 * @param {string} level `success`, `info`, `warning` or `error`
 * @param {HTMLElement | null} way what leads out of it, such as a link to log in
 */
export function toast(text, level = "success", way = null) {
  const place = document.getElementById("mw-toasts");
  if (!place) return;
  const shown = document.createElement("meanwhile-toast");
  shown.className = `mw-toast mw-toast--${level}`;
  shown.dataset.level = level;
  const words = document.createElement("span");
  words.textContent = text;
  shown.append(words);
  if (way) shown.append(way);
  place.append(shown);
}

/** @type {string[]} what stands in the toasts that came together */
let together = [];

export class MeanwhileToast extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("button")) return;
    this.append(closer(() => this.close()));
    if (this.dataset.level === "success" || this.dataset.level === "info") vanish(this);
    together.push(this.firstElementChild?.textContent ?? "");
    say(together.join(" "));
    setTimeout(() => (together = []));
  }

  close() {
    if (this.contains(document.activeElement)) document.getElementById("content")?.focus({ preventScroll: true });
    this.remove();
  }
}

/** @param {() => void} close */
function closer(close) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "mw-button mw-button--quiet mw-button--small";
  button.textContent = document.getElementById("mw-toasts")?.dataset.close ?? "×";
  button.addEventListener("click", close);
  return button;
}

/** @param {HTMLElement} shown */
function vanish(shown) {
  let timer = setTimeout(() => shown.remove(), SHOWN_FOR);
  const hold = () => clearTimeout(timer);
  const go = () => (timer = setTimeout(() => shown.remove(), SHOWN_FOR));
  for (const event of ["pointerenter", "focusin"]) shown.addEventListener(event, hold);
  for (const event of ["pointerleave", "focusout"]) shown.addEventListener(event, go);
}

customElements.define("meanwhile-toast", MeanwhileToast);
