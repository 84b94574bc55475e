// @ts-check
/**
 * The waiting page: asks its own address for the state until the flag is set, shows what changed, and moves on.
 *
 * The server does all the thinking and sends HTML; an unchanged state costs an empty 304. A hidden tab asks five times
 * less often and once at once when it is shown again. Without this module the page refreshes by itself.
 */

import { follow } from "./follow.js";
import { morph } from "./morph.js";

/**
 * @typedef {object} Answer
 * @property {"waiting" | "done" | "failed" | "late"} phase
 * @property {boolean} live whether to go on asking
 * @property {string | null} url where to move on to
 * @property {string} html what the page shows now
 */

export class Waiting {
  /** @param {HTMLElement} root the element with `data-meanwhile-waiting` */
  constructor(root) {
    this.root = root;
  }

  start() {
    const { live, every, etag } = this.root.dataset;
    if (live !== "yes") return;
    follow({
      url: location.href,
      every: (Number(every) || 2) * 1000,
      etag,
      now: false,
      onAnswer: (answer) => this.show(answer),
      onReached: () => this.reached(),
      onMissed: (pause) => this.missed(pause),
      // Logged out, or the record is gone: the page itself says which.
      onRefused: () => location.reload(),
    });
  }

  /**
   * @param {Answer} answer
   * @returns {boolean} whether to go on asking
   */
  show(answer) {
    if (answer.url) {
      location.replace(answer.url);
      return false;
    }
    const shown = this.part("state");
    const next = document.createElement("template");
    next.innerHTML = answer.html;
    if (shown) morph(shown, next.content);
    this.say(this.part("summary")?.textContent ?? "");
    if (answer.phase !== "waiting") this.say(shown?.querySelector("h1")?.textContent ?? "");
    return answer.live;
  }

  reached() {
    const offline = this.part("offline");
    if (offline?.textContent) offline.textContent = "";
  }

  /** @param {number} pause milliseconds to the next try */
  missed(pause) {
    const offline = this.part("offline");
    const text = this.root.dataset.offlineText ?? "";
    if (offline) offline.textContent = text.replace("SECONDS", String(Math.ceil(pause / 1000)));
  }

  /** @param {string} text what a screen reader says, politely and once */
  say(text) {
    const said = this.part("said");
    if (said && said.textContent !== text.trim()) said.textContent = text.trim();
  }

  /**
   * @param {string} name
   * @returns {HTMLElement | null}
   */
  part(name) {
    return this.root.querySelector(`[data-meanwhile-${name}]`);
  }
}

// Node imports this module too, where there is no page.
for (const root of globalThis.document?.querySelectorAll("[data-meanwhile-waiting]") ?? []) {
  if (root instanceof HTMLElement) new Waiting(root).start();
}
