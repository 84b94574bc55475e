// @ts-check
/** Buttons with `data-mw-copies` (the id of an element) copy its text; `data-mw-said` is what is said then. */

import { toast } from "./tell.js";

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-mw-copies]") : null;
  const source = button instanceof HTMLElement ? document.getElementById(button.dataset.mwCopies ?? "") : null;
  if (!(button instanceof HTMLElement) || !source) return;
  if (await copied(source)) toast(button.dataset.mwSaid ?? "");
});

/** @param {HTMLElement} source */
async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    // Without HTTPS, or without leave, there is no such clipboard: the text is marked, to be copied by key.
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}
