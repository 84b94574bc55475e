// @ts-check
/**
 * `<meanwhile-inspector>`: a panel that shows a queue's two lanes live. What waits, what is in flight, what came back and
 * how long each took. For development and for the curious; a page that wants it imports this module.
 *
 *     <meanwhile-inspector></meanwhile-inspector>          where it stands, on the page's own queue
 *     <meanwhile-inspector docked closed></…>              at the foot of the window, closed at first
 *
 * Attributes: `docked`, `closed`, `stylesheet` (an address, if inspector.css isn't beside this module) and `texts` (a JSON
 * object in place of words of `TEXTS`). Property: `queue`, set before the element is put on the page or at any time.
 */

import { queue as pageQueue } from "./client.js";
import { createModel } from "./inspector_model.js";
import { TEXTS, fill, laneSection, make, rowItem, timeline } from "./inspector_parts.js";
import { morph } from "./morph.js";

/** @typedef {import("./inspector_model.js").Watched} Watched */

const TICK = 200; // milliseconds between two looks while something runs
const QUIET = 1000; // milliseconds in which news gather before they are said

// Node imports this module too, where there are no elements.
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (class {}));

export class MeanwhileInspector extends Base {
  /** @type {Watched | undefined} */
  #queue;
  /** @type {ReturnType<typeof createModel> | undefined} */
  #model;
  /** @type {Record<string, HTMLElement> | undefined} */
  #parts;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tick;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #news;
  /** @type {string | undefined} what was said last of the connection */
  #connection;

  static observedAttributes = ["closed"];

  /** The queue that is watched; by default the page's own. */
  get queue() {
    return this.#queue ?? pageQueue;
  }

  set queue(queue) {
    this.#queue = queue;
    if (this.isConnected) this.connectedCallback();
  }

  connectedCallback() {
    this.#parts ??= this.#build();
    // The script that imports this module may give another queue before its turn is over.
    queueMicrotask(() => this.#watch());
  }

  disconnectedCallback() {
    this.#stop();
  }

  #watch() {
    this.#stop();
    if (!this.isConnected) return;
    this.#model = createModel(this.queue, { onChange: () => this.#changed() });
    this.#show();
  }

  #stop() {
    this.#model?.stop();
    this.#model = undefined;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    clearTimeout(this.#tick);
    clearTimeout(this.#news);
    this.#news = undefined;
  }

  attributeChangedCallback() {
    this.#parts?.toggle.setAttribute("aria-expanded", String(!this.hasAttribute("closed")));
    this.#look();
  }

  get #words() {
    const language = this.closest("[lang]")?.getAttribute("lang") || undefined;
    return { texts: { ...TEXTS, ...JSON.parse(this.getAttribute("texts") ?? "{}") }, language };
  }

  #build() {
    const { texts } = this.#words;
    const href = this.getAttribute("stylesheet") ?? new URL("inspector.css", import.meta.url).href;
    const parts = /** @type {Record<string, HTMLElement>} */ ({
      toggle: make("button", { type: "button", class: "toggle", "aria-controls": "body", "aria-expanded": String(!this.hasAttribute("closed")) }, texts.title),
      summary: make("span", { class: "summary" }),
      clear: make("button", { type: "button", class: "clear" }, texts.clear),
      lanes: make("div", { class: "lanes" }),
      requests: make("section", { class: "requests", "aria-labelledby": "requests" }),
      done: make("ol", { class: "done" }),
      said: make("p", { class: "said", role: "status", "aria-live": "polite" }),
    });
    parts.toggle.addEventListener("click", () => this.toggleAttribute("closed"));
    parts.clear.addEventListener("click", () => this.#model?.clear());
    const doneRegion = make("div", { class: "scroll", role: "region", tabindex: 0, "aria-labelledby": "done" }, parts.done);
    const body = make(
      "div",
      { id: "body", class: "body" },
      parts.lanes,
      make("h3", { id: "requests" }, texts.requests),
      parts.requests,
      make("div", { class: "row" }, make("h3", { id: "done" }, texts.done), parts.clear),
      doneRegion,
    );
    const panel = make("section", { class: "panel", "aria-label": texts.title });
    panel.append(make("h2", { class: "head" }, parts.toggle, parts.summary), body, parts.said);
    // Unstyled, a panel would flash over the page.
    panel.toggleAttribute("hidden", true);
    const sheet = make("link", { rel: "stylesheet", href });
    for (const type of ["load", "error"]) sheet.addEventListener(type, () => panel.removeAttribute("hidden"));
    this.attachShadow({ mode: "open" }).append(sheet, panel);
    return parts;
  }

  #changed() {
    this.#news ??= setTimeout(() => this.#say(), QUIET);
    this.#look();
  }

  #look() {
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#frame = 0;
    clearTimeout(this.#tick);
    if (!this.#model || !this.#parts) return;
    const { summary, lanes, requests, done } = this.#parts;
    const words = this.#words;
    const view = this.#model.view();
    const count = (/** @type {"waiting" | "inFlight"} */ key) => view.lanes.reduce((sum, lane) => sum + lane[key].length, 0);
    const state = view.live ? fill(words.texts.summary, { waiting: count("waiting"), inFlight: count("inFlight") }) : words.texts.idle;
    summary.textContent = view.online ? state : `${state}, ${words.texts.offline}`;
    summary.dataset.online = String(view.online);
    if (!this.hasAttribute("closed")) {
      morph(lanes, make("div", {}, ...view.lanes.map((lane) => laneSection(lane, words))));
      morph(requests, make("div", {}, ...timeline(view, words)));
      morph(done, make("div", {}, ...view.done.map((row) => rowItem(row, words))));
    }
    if (view.live) this.#tick = setTimeout(() => this.#look(), TICK);
  }

  #say() {
    this.#news = undefined;
    if (!this.#model || !this.#parts) return;
    const { texts } = this.#words;
    const news = this.#model.takeNews();
    const connection = this.#model.view().online ? "" : texts.offline;
    const sentences = [];
    if (news.came) sentences.push(fill(news.failed ? texts.badNews : texts.news, news));
    if (connection && connection !== this.#connection) sentences.push(connection);
    this.#connection = connection;
    if (sentences.length) this.#parts.said.textContent = sentences.join(", ");
  }
}

globalThis.customElements?.define("meanwhile-inspector", MeanwhileInspector);
