// @ts-check
/** The search for an airport: every key asks, and only what is wanted still is sent. */

import { queue, server } from "../../meanwhile/client.js";
import "../../meanwhile/inspector.js";
import { Combobox } from "./combobox.js";
import { part, text as pageText, watch } from "./page.js";

const FRESH = 300; // seconds in which an airport does not move

const form = part(document, "airports");
const field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
const counts = { keys: 0, requests: 0, dropped: 0, stored: 0 };
let asked = "";

/** @type {Combobox<Meanwhile.Airport>} */
const combobox = new Combobox(field, {
  label: ({ city, code }) => `${city} (${code})`,
  detail: ({ country }) => country,
  onType: (text) => void suggest(text.trim()),
  onChoose: ({ city, code, country }) => {
    part(form, "chosen").textContent = `${code}: ${city}, ${country}`;
    part(form, "chosen").hidden = false;
    say("");
  },
});

watch();
form.addEventListener("submit", (event) => event.preventDefault());
queue.subscribe((event) => {
  if (event.type === "request") counts.requests += 1;
  if (event.type === "settled" && event.action.state === "ABORTED" && !event.action.sentAt) counts.dropped += 1;
  if (event.type === "settled" && event.action.state === "SUCCESS" && !event.action.sentAt) counts.stored += 1;
  showCounts();
});

/** @param {string} text */
async function suggest(text) {
  asked = text;
  counts.keys += 1;
  showCounts();
  if (!text) {
    combobox.show([]);
    say("");
    return;
  }
  // Who asks is gone as soon as something else is typed.
  const owner = { isValid: () => asked === text };
  try {
    const found = await server.airport.search({ text }, { abortable: true, storable: { fresh: FRESH }, owner });
    combobox.show(found);
    say(found.length ? pageText(found.length === 1 ? "oneAirport" : "airports", { NUMBER: found.length }) : pageText("noAirport", { TEXT: text }));
  } catch (error) {
    const { state, message } = /** @type {{state: string, message: string}} */ (error);
    if (state !== "ABORTED") say(pageText("searchFailed", { REASON: message }));
  }
}

/** @param {string} said for everybody, also who can't see the list */
function say(said) {
  part(form, "total").textContent = said;
}

function showCounts() {
  for (const [name, count] of Object.entries(counts)) part(document, `count="${name}"`).textContent = String(count);
}
