// @ts-check
/** What all pages with actions have in common: finding their parts, and saying when the way to the server is closed. */

import { queue } from "../../meanwhile/client.js";

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
  const say = (/** @type {string} */ text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  queue.subscribe((event) => {
    if (event.type === "connection") say(event.online ? "" : "No connection to the server.");
    if (event.type === "login_required") say("You have been logged out. Log in, and try again.");
  });
}
