// @ts-check
/**
 * The waiting page: asks its own address for the state until the flag is set, shows what changed, and moves on.
 *
 * The server does all the thinking and sends HTML; an unchanged state costs an empty 304. A hidden tab asks five times
 * less often and once at once when it is shown again. Without this module the page refreshes by itself.
 */

import { morph } from "./morph.js";

const LONGEST_PAUSE = 30; // seconds between two tries without a connection
const SLOWER_WHEN_HIDDEN = 5;
const TOO_LONG = 15; // seconds after which a try counts as no connection

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
    this.every = Number(root.dataset.every) || 2;
    this.etag = root.dataset.etag ?? "";
    this.failures = 0;
    this.live = root.dataset.live === "yes";
    /** @type {number | undefined} */
    this.timer = undefined;
    this.asking = false;
  }

  start() {
    if (!this.live) return;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.live) void this.ask();
    });
    window.addEventListener("online", () => this.live && void this.ask());
    this.plan(this.every);
  }

  /** @param {number} seconds */
  plan(seconds) {
    clearTimeout(this.timer);
    const factor = document.hidden ? SLOWER_WHEN_HIDDEN : 1;
    this.timer = setTimeout(() => void this.ask(), seconds * factor * 1000);
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    clearTimeout(this.timer);
    try {
      const response = await fetch(location.href, {
        headers: { Accept: "application/json", "If-None-Match": this.etag },
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(TOO_LONG * 1000),
      });
      await this.hear(response);
    } catch {
      this.missed();
    } finally {
      this.asking = false;
    }
  }

  /** @param {Response} response */
  async hear(response) {
    if (response.status >= 500) return this.missed();
    if (response.status === 304) {
      this.reached();
    } else if (response.ok) {
      /** @type {Answer} */
      const answer = await response.json();
      this.etag = response.headers.get("ETag") ?? "";
      this.reached();
      this.show(answer);
    } else {
      // Logged out, or the record is gone: the page itself says which.
      this.live = false;
      location.reload();
    }
    if (this.live) this.plan(this.every);
  }

  /** @param {Answer} answer */
  show(answer) {
    this.live = answer.live;
    if (answer.url) {
      this.live = false;
      location.replace(answer.url);
      return;
    }
    const shown = this.part("state");
    const next = document.createElement("template");
    next.innerHTML = answer.html;
    if (shown) morph(shown, next.content);
    this.say(this.part("summary")?.textContent ?? "");
    if (answer.phase !== "waiting") this.say(shown?.querySelector("h1")?.textContent ?? "");
  }

  reached() {
    this.failures = 0;
    const offline = this.part("offline");
    if (offline?.textContent) offline.textContent = "";
  }

  missed() {
    this.failures += 1;
    const pause = Math.min(LONGEST_PAUSE, this.every * 2 ** this.failures);
    const offline = this.part("offline");
    const text = this.root.dataset.offlineText ?? "";
    if (offline) offline.textContent = text.replace("SECONDS", String(Math.ceil(pause)));
    this.plan(pause);
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

for (const root of document.querySelectorAll("[data-meanwhile-waiting]")) {
  if (root instanceof HTMLElement) new Waiting(root).start();
}
