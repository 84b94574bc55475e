// @ts-check
/** What stands above the tree: that something is not saved yet, and that somebody else was faster. */

import { keepCopied } from "./clipboard.js";
import { el, fill, icon } from "./dom.js";
import { say, toast } from "./tell.js";

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {{status: HTMLElement, unsaved: HTMLElement, conflict: HTMLElement}} places
 * @property {string} login the address of the page to log in
 * @property {() => void} onAgain
 * @property {(operation: any) => void} onDecided told the operation to do now, nothing for none
 */

/** @param {Parts} parts */
export function createNotes({ texts, places, login, onAgain, onDecided }) {
  /**
   * @param {import("./saving.js").Status} status
   * @param {number} waiting
   */
  function tellStatus(status, waiting) {
    const banner = places.unsaved;
    const word = status === "saved" ? texts.saved : status === "saving" ? texts.saving : "";
    if (places.status.textContent !== word) places.status.textContent = word;
    const isStuck = status === "offline" || status === "login" || status === "stuck";
    if (!isStuck && banner.dataset.status && status === "saved") toast(texts["back online"]);
    if (!isStuck) {
      if (status !== "saving" || !banner.dataset.status) {
        delete banner.dataset.status;
        banner.replaceChildren();
      }
      return;
    }
    const key = `${status} ${waiting}`;
    if (banner.dataset.status === key) return;
    const text = status === "login" ? texts.loggedOut : fill(texts.offline, { NUMBER: waiting });
    const isNew = !banner.dataset.status?.startsWith(status);
    banner.dataset.status = key;
    const hadFocus = banner.contains(document.activeElement);
    const again = el("button", { type: "button", class: "mw-button mw-button--small", onclick: onAgain }, texts.again);
    banner.replaceChildren(note("warning", text,
      status === "login" ? wayToLogIn() : null, again));
    if (hadFocus) again.focus();
    if (isNew) say(text);
  }

  /** What was asked for at once was not done; what is typed is where it was. @param {any} error */
  function tellFailed(error) {
    toast(error.message, "error", error.code === "login_required" ? wayToLogIn() : null);
  }

  function wayToLogIn() {
    return el("a", { class: "mw-button mw-button--small", href: login, target: "_blank", rel: "noopener" }, icon("external"), texts.logIn);
  }

  /** @param {{mine: boolean, by: string}} who */
  function person({ mine, by }) {
    return mine ? texts.you : by || texts.somebody;
  }

  /** @param {string[]} labels */
  function done(labels) {
    return labels.length ? labels.join("; ") : texts.aChange;
  }

  /**
   * @param {any} conflict what the server says
   * @param {boolean} isEdit
   * @param {any} operation what the person did
   * @param {boolean} focuses
   */
  function tellConflict(conflict, isEdit, operation, focuses) {
    const words = conflict.operation || !isEdit ? texts.conflict : texts.conflictGone;
    const text = fill(words, { PERSON: person(conflict), DONE: done(conflict.done), MINE: conflict.label || texts.aChange });
    const decide = (/** @type {any} */ operation) => {
      places.conflict.replaceChildren();
      onDecided(operation);
    };
    places.conflict.replaceChildren(note("person", text,
      ...(conflict.operation || !isEdit ? [] : kept(operation)),
      conflict.operation ? el("button", { type: "button", class: "mw-button mw-button--primary mw-button--small", onclick: () => decide(JSON.parse(conflict.operation)) }, texts.doMine) : null,
      el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => decide(null) }, texts.dropMine)));
    say(text);
    if (focuses) /** @type {HTMLElement | null} */ (places.conflict.querySelector("button"))?.focus();
  }

  /** What can't be put back to its place is shown in full, so that it can be put elsewhere. @param {any} operation */
  function kept(operation) {
    const node = operation?.node ?? operation?.nodes?.[0];
    if (node) {
      return [el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => {
        keepCopied({ title: node.label || node.kind, node });
        toast(fill(texts.copied, { NAME: node.label || node.kind }));
      } }, icon("copy"), texts.copy)];
    }
    const { value } = operation ?? {};
    const words = value?.literal ?? value?.template ?? value;
    if (words === null || words === undefined || words === "") return [];
    return [el("textarea", { class: "mw-mine", readonly: true, rows: "3", "aria-label": texts.aChange, value: typeof words === "string" ? words : JSON.stringify(words) })];
  }

  /** @param {string} words @param {{mine: boolean, by: string, done: string[]}} others what they did */
  function wordsOf(words, others) {
    return fill(words, { PERSON: person(others), DONE: done(others.done) });
  }

  /** @param {string} words @param {{mine: boolean, by: string, done: string[]}} others what they did */
  function tellOthers(words, others) {
    toast(wordsOf(words, others), "info");
  }

  return { tellStatus, tellFailed, tellConflict, tellOthers, wordsOf };
}

/** @param {string} picture @param {string} text @param {...(HTMLElement | null)} buttons */
function note(picture, text, ...buttons) {
  return el("div", { class: "mw-note mw-note--warning", role: "group" }, icon(picture), el("div", {}, el("p", {}, text), el("div", { class: "mw-buttons" }, buttons)));
}
