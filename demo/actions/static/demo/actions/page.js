// @ts-check
/** What all pages with actions have in common: their parts and texts, and saying when the way to the server is closed. */

import { queue } from "../../meanwhile/client.js";

/** @type {Record<string, string>} what the page says, in the language of whoever reads */
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

/**
 * @param {string} name of a text
 * @param {Record<string, string | number>} [facts] what is put in the place of NUMBER and the like
 */
export function text(name, facts = {}) {
  return (texts[name] ?? name).replace(/\b[A-Z]{2,}\b/g, (word) => String(facts[word] ?? word));
}

/** @param {number} number */
export function decimal(number) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return number.toLocaleString(document.documentElement.lang, digits);
}

/**
 * @param {ParentNode} root
 * @param {string} name of the `data-` attribute, with a value if need be (`face="classic"`)
 * @returns {HTMLElement}
 */
export function part(root, name) {
  const found = root.querySelector(`[data-${name}]`);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no [data-${name}].`);
  return found;
}

/** Says on the page when the connection is lost, or the login. */
export function watch() {
  const notice = part(document, "notice");
  const say = (/** @type {string} */ said) => {
    notice.textContent = said;
    notice.hidden = !said;
  };
  queue.subscribe((event) => {
    if (event.type === "connection") say(event.online ? "" : text("noConnection"));
    if (event.type === "login_required") say(text("loggedOut"));
  });
}
