// @ts-check
/**
 * `<meanwhile-live>`: a part of a page that follows what it shows.
 *
 * It asks the server every few seconds and sends the ETag of what it has; an unchanged part costs an empty 304. A hidden
 * tab asks ten times less often, and at once when it is looked at again. Buttons of a form with `data-mw-do` (the id of
 * a live part) are sent from here, so that the page stays where it is and the focus too.
 */

import { morph } from "./morph.js";
import { toast } from "./tell.js";

const HEADER = "X-Meanwhile-Live";
const AGAIN = "X-Meanwhile-Again";
const SLOWER_WHEN_HIDDEN = 10;
const LONGEST_PAUSE = 60; // seconds between two tries without a connection
const TOO_LONG = 20; // seconds after which a try counts as no connection

/**
 * @typedef {object} Answer what became of something that a person did
 * @property {string} html
 * @property {string} etag
 * @property {number} every
 * @property {{level: string, text: string}[]} told
 */

export class MeanwhileLive extends HTMLElement {
  connectedCallback() {
    this.every = Number(this.dataset.every);
    this.etag = this.dataset.etag ?? "";
    this.failures = 0;
    this.asking = false;
    this.seen = () => document.hidden || (this.every > 0 && void this.ask());
    document.addEventListener("visibilitychange", this.seen);
    addEventListener("online", this.seen);
    this.plan(this.every);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    if (this.seen) {
      document.removeEventListener("visibilitychange", this.seen);
      removeEventListener("online", this.seen);
    }
  }

  get source() {
    return this.dataset.src || location.pathname + location.search;
  }

  /** @param {number} seconds until it asks again; 0 for never */
  plan(seconds) {
    clearTimeout(this.timer);
    if (!(seconds > 0)) return;
    const factor = document.hidden ? SLOWER_WHEN_HIDDEN : 1;
    this.timer = setTimeout(() => void this.ask(), seconds * factor * 1000);
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    clearTimeout(this.timer);
    const source = this.source;
    try {
      const response = await fetch(source, {
        headers: { [HEADER]: "1", ...(this.etag ? { "If-None-Match": this.etag } : {}) },
        cache: "no-store",
        signal: AbortSignal.timeout(TOO_LONG * 1000),
      });
      if (source === this.source) await this.hear(response);
    } catch {
      this.missed();
    } finally {
      this.asking = false;
    }
  }

  /** @param {Response} response */
  async hear(response) {
    if (response.status >= 500) return this.missed();
    if (response.status === 200) this.show(await response.text(), response.headers.get("ETag") ?? "");
    else if (response.status !== 304) return this.stop(await refusal(response));
    this.failures = 0;
    this.offline("");
    this.every = Number(response.headers.get(AGAIN) ?? this.every);
    this.plan(this.every);
  }

  /**
   * @param {string} html
   * @param {string} etag
   */
  show(html, etag) {
    const next = document.createElement("template");
    next.innerHTML = html;
    // Custom elements in it get to know their classes before they are compared.
    morph(this, document.importNode(next.content, true));
    this.etag = etag;
  }

  missed() {
    this.failures += 1;
    const pause = Math.min(LONGEST_PAUSE, Math.max(this.every, 1) * 2 ** this.failures);
    this.offline((this.dataset.offline ?? "").replace("SECONDS", String(Math.ceil(pause))));
    this.plan(pause);
  }

  /** @param {string} text why nothing more is to be had */
  stop(text) {
    this.every = 0;
    this.offline(text || (this.dataset.gone ?? ""));
  }

  /** @param {string} text */
  offline(text) {
    const place = this.previousElementSibling;
    if (place?.classList.contains("mw-offline") && place.textContent !== text) place.textContent = text;
  }

  /**
   * Send what a person does, and show what became of it.
   *
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} button
   */
  async send(form, button) {
    clearTimeout(this.timer);
    button?.setAttribute("aria-disabled", "true");
    try {
      const response = await fetch(form.action, {
        method: "POST",
        headers: { [HEADER]: "1" },
        body: new FormData(form, button),
        signal: AbortSignal.timeout(TOO_LONG * 1000),
      });
      if (!response.ok) return toast((await refusal(response)) || (this.dataset.gone ?? ""), "error");
      /** @type {Answer} */
      const answer = await response.json();
      button?.closest("details")?.removeAttribute("open");
      this.show(answer.html, answer.etag);
      this.every = answer.every;
      for (const { level, text } of answer.told) toast(text, level);
    } catch {
      toast(this.dataset.unsent ?? "", "error");
    } finally {
      button?.removeAttribute("aria-disabled");
      this.plan(this.every || 0);
    }
  }
}

/** @param {Response} response */
async function refusal(response) {
  try {
    return String((await response.json()).error ?? "");
  } catch {
    return "";
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.mwDo) return;
  const live = document.getElementById(form.dataset.mwDo);
  if (!(live instanceof MeanwhileLive)) return;
  event.preventDefault();
  if (event.submitter?.getAttribute("aria-disabled") === "true") return;
  void live.send(form, event.submitter);
});

document.addEventListener("click", (event) => {
  // A link with `data-mw-part` (the id of a live part) shows its page in that part.
  const link = event.target instanceof Element ? event.target.closest("a[data-mw-part]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const live = document.getElementById(link.dataset.mwPart ?? "");
  if (!(live instanceof MeanwhileLive)) return;
  event.preventDefault();
  live.dataset.src = link.getAttribute("href") ?? "";
  live.etag = "";
  live.asking = false;
  void live.ask();
});

customElements.define("meanwhile-live", MeanwhileLive);
