// @ts-check
/** One report on the page: what it is, how far it is, what came of it. */

import { queue } from "../../meanwhile/client.js";
import { part, text as pageText } from "./page.js";

const COLOURS = { WAITING: "busy", RUNNING: "busy", SUCCESS: "good", ERROR: "bad", CANCELLED: "warn" };

/** @typedef {keyof typeof COLOURS} State */
/** @typedef {{by?: "row" | "flight"}} Wanted */

export class Card {
  root = /** @type {HTMLElement} */ (
    /** @type {HTMLTemplateElement} */ (part(document, "report")).content.firstElementChild?.cloneNode(true)
  );
  #id = "";

  /** @param {Wanted} wanted */
  constructor({ by = "row" }) {
    part(this.root, "title").textContent = pageText(by === "row" ? "byRow" : "byFlight");
    part(this.root, "cancel").addEventListener("click", () => void this.#cancel());
    this.#show("WAITING");
  }

  /** @param {Promise<Meanwhile.LoadReport>} report */
  async follow(report) {
    try {
      this.done(await report);
    } catch (error) {
      const { code, message } = /** @type {{code: string, message: string}} */ (error);
      if (code === "cancelled") this.ended("CANCELLED");
      else this.ended("ERROR", message);
    }
    part(document, "total").textContent = `${part(this.root, "title").textContent}: ${part(this.root, "state").textContent}`;
  }

  /** @param {string} id by which it can be cancelled */
  queued(id) {
    this.#id = id;
    part(this.root, "cancel").hidden = false;
  }

  progress = (/** @type {number | null} */ fraction, /** @type {string} */ text) => {
    const bar = /** @type {HTMLProgressElement} */ (part(this.root, "progress"));
    bar.setAttribute("aria-label", part(this.root, "title").textContent ?? "");
    if (fraction === null) bar.removeAttribute("value");
    else bar.value = fraction;
    part(this.root, "text").textContent = text;
    this.#show("RUNNING");
  };

  /** @param {Meanwhile.LoadReport} report */
  done({ built, flights }) {
    const result = /** @type {HTMLDetailsElement} */ (part(this.root, "result"));
    const at = new Date(built).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    const taken = flights.reduce((sum, flight) => sum + flight.taken, 0);
    part(result, "summary").textContent = pageText("summary", { TAKEN: taken, FLIGHTS: flights.length, WHEN: at });
    part(result, "rows").replaceChildren(...flights.map(row));
    result.hidden = false;
    this.ended("SUCCESS");
  }

  /** @param {State} state @param {string} [why] */
  ended(state, why = "") {
    part(this.root, "cancel").hidden = true;
    this.#complain(why);
    this.#show(state);
  }

  async #cancel() {
    try {
      await queue.cancel(this.#id);
    } catch (error) {
      this.#complain(pageText("notCancelled", { REASON: String(error) }));
    }
  }

  /** @param {string} why */
  #complain(why) {
    part(this.root, "error").textContent = why;
    part(this.root, "error").hidden = !why;
  }

  /** @param {State} state */
  #show(state) {
    const badge = part(this.root, "state");
    badge.textContent = pageText(state);
    badge.className = `badge badge--${COLOURS[state]}`;
    part(this.root, "running").hidden = state !== "RUNNING";
  }
}

/** @param {Meanwhile.FlightLoad} load */
function row({ flight, seats, taken, value }) {
  const line = document.createElement("tr");
  const worth = Number(value).toLocaleString(document.documentElement.lang, { style: "currency", currency: "EUR" });
  const cells = { flight, seats, taken, worth };
  for (const [label, text] of Object.entries(cells)) {
    const cell = line.insertCell();
    cell.dataset.label = pageText(label);
    cell.textContent = String(text);
  }
  return line;
}
