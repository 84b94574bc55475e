// @ts-check
/** The inspector's elements, made of a view. Nothing here has a style attribute, so no policy stops it. */

import { duration } from "./inspector_model.js";

/** @typedef {import("./inspector_model.js").Row} Row */
/** @typedef {import("./inspector_model.js").Bar} Bar */
/** @typedef {import("./inspector_model.js").View} View */
/** @typedef {import("./inspector_model.js").LaneView} LaneView */

/** Every word that the inspector says; `{name}` is filled in. */
export const TEXTS = {
  title: "Actions",
  summary: "{waiting} waiting, {inFlight} in flight",
  idle: "idle",
  offline: "no connection",
  clear: "Clear",
  foreground: "Foreground",
  background: "Background",
  slots: "{busy} of {slots} requests in flight",
  waiting: "Waiting",
  inFlight: "In flight",
  followed: "Running on the server",
  nothing: "nothing",
  requests: "Requests",
  open: "in flight",
  unanswered: "no answer",
  done: "Came back",
  waited: "waited {time}",
  took: "took {time}",
  soFar: "{time} so far",
  stored: "from the storage",
  news: "{came} came back",
  badNews: "{came} came back, {failed} of them without success",
  NEW: "waiting",
  RUNNING: "running",
  SUCCESS: "success",
  ERROR: "error",
  INCOMPLETE: "no answer",
  ABORTED: "aborted",
};

/** @typedef {typeof TEXTS} Texts */
/** @typedef {{texts: Texts, language: string | undefined}} Words */

/** @param {string} text @param {Record<string, unknown>} values */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag `svg:` before it makes an element of SVG
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const [name, svg] = [tag.replace("svg:", ""), tag.startsWith("svg:")];
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** @param {number} fraction */
const percent = (fraction) => `${Math.round(fraction * 10_000) / 100}%`;

/** @param {Row} row @param {Words} words */
export function rowItem(row, { texts, language }) {
  const time = (/** @type {number} */ milliseconds) => duration(milliseconds, language);
  const facts = [
    row.waited && row.state !== "NEW" ? fill(texts.waited, { time: time(row.waited) }) : "",
    row.state === "NEW" && row.waited ? fill(texts.soFar, { time: time(row.waited) }) : "",
    row.took === undefined ? "" : fill(row.state === "RUNNING" ? texts.soFar : texts.took, { time: time(row.took) }),
    row.stored ? texts.stored : "",
  ].filter(Boolean);
  const item = make("li", { class: "action", "data-state": row.state, "data-lane": row.lane });
  item.append(
    make("span", { class: "state" }, texts[row.state]),
    make("span", { class: "what" }, make("b", {}, row.name), " ", make("code", {}, row.detail)),
    make("span", { class: "times" }, facts.join(" · ")),
  );
  if (row.progress !== null && row.state === "RUNNING") {
    item.append(make("progress", { max: 1, value: row.progress, "aria-label": row.name }));
  }
  if (row.text) item.append(make("span", { class: "text" }, row.code ? `${row.code}: ${row.text}` : row.text));
  return item;
}

/** @param {Row[]} rows @param {string} title @param {Words} words */
function rowList(rows, title, words) {
  const list = rows.length ? make("ul", {}, ...rows.map((row) => rowItem(row, words))) : make("p", { class: "nothing" }, words.texts.nothing);
  return [make("h4", {}, title, rows.length ? ` (${rows.length})` : ""), list];
}

/** @param {LaneView} lane @param {Words} words */
export function laneSection({ lane, busy, slots, inFlight, waiting, followed }, words) {
  const { texts } = words;
  const pips = Array.from({ length: slots }, (_, index) => make("span", { class: index < busy ? "pip busy" : "pip" }));
  return make(
    "section",
    { class: "lane", "data-lane": lane, "aria-label": texts[lane] },
    make("h3", {}, texts[lane], make("span", { class: "pips", "aria-hidden": "true" }, ...pips)),
    make("p", { class: "slots" }, fill(texts.slots, { busy, slots })),
    ...rowList(inFlight, texts.inFlight, words),
    ...rowList(waiting, texts.waiting, words),
    ...(followed.length ? rowList(followed, texts.followed, words) : []),
  );
}

/** @param {string[]} names `echo.echo ×2`, each name once */
function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(", ");
}

/** @param {Bar} bar @param {Words} words */
function barItem(bar, { texts, language }) {
  const kind = bar.open ? "open" : bar.failed ? "failed" : "ended";
  const end = bar.open ? texts.open : bar.status ?? texts.unanswered;
  return make(
    "li",
    { class: "request", "data-lane": bar.lane, "data-kind": kind },
    make("span", { class: "names" }, make("span", { class: "lane-name" }, texts[bar.lane]), ` ${counted(bar.names)}`),
    make(
      "svg:svg",
      { class: "track", "aria-hidden": "true" },
      make("svg:rect", { class: "bar", x: percent(bar.from), width: percent(Math.max(0.004, bar.to - bar.from)), y: 4, height: 12, rx: 3 }),
      ...bar.marks.map(({ at, state }) => make("svg:rect", { class: "mark", "data-state": state, x: percent(at), width: 3, y: 0, height: 20, rx: 1.5 })),
    ),
    make("span", { class: "times" }, duration(bar.took, language), make("span", { class: "end" }, ` ${end}`)),
  );
}

/** @param {View} view @param {Words} words */
export function timeline({ bars, ticks }, words) {
  if (!bars.length) return [make("p", { class: "nothing" }, words.texts.nothing)];
  const labels = ticks.map(({ at, after }) =>
    make("svg:text", { x: percent(at), y: 12, "text-anchor": at < 0.05 ? "start" : at > 0.95 ? "end" : "middle" }, duration(after, words.language)),
  );
  return [
    make("ol", { class: "bars" }, ...bars.map((bar) => barItem(bar, words))),
    make("div", { class: "axis", "aria-hidden": "true" }, make("svg:svg", { class: "track" }, ...labels)),
  ];
}
