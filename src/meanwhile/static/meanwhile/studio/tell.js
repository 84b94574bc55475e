// @ts-check
/** Tells a person what was done: to the eyes as a toast, to a screen reader as one sentence. */

const SHOWN_FOR = 8000; // milliseconds; a toast about something that went wrong stays until it is closed

/** @param {string} text what a screen reader says, politely */
export function say(text) {
  const said = document.getElementById("mw-said");
  if (!said) return;
  // The same sentence twice is two changes of the region, or it is not read again.
  said.textContent = "";
  setTimeout(() => (said.textContent = text.trim()), 50);
}

/**
 * @param {string} text
 * @param {string} level `success`, `info`, `warning` or `error`
 */
export function toast(text, level = "success") {
  const place = document.getElementById("mw-toasts");
  if (!place) return;
  const shown = document.createElement("div");
  shown.className = `mw-toast mw-toast--${level}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "mw-button mw-button--quiet mw-button--small";
  close.textContent = place.dataset.close ?? "×";
  close.addEventListener("click", () => shown.remove());
  shown.append(words, close);
  place.append(shown);
  say(text);
  if (level === "success" || level === "info") vanish(shown);
}

/** @param {HTMLElement} shown */
function vanish(shown) {
  let timer = setTimeout(() => shown.remove(), SHOWN_FOR);
  const hold = () => clearTimeout(timer);
  const go = () => (timer = setTimeout(() => shown.remove(), SHOWN_FOR));
  for (const event of ["pointerenter", "focusin"]) shown.addEventListener(event, hold);
  for (const event of ["pointerleave", "focusout"]) shown.addEventListener(event, go);
}
