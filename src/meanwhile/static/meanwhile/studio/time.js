// @ts-check
/**
 * `<meanwhile-time>`: says how long ago its `<time>` was, or how long it is until then. The moment itself stays in the
 * page (and is what is shown without JavaScript).
 */

const SIZES = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
]);
const DAYS_FROM = 2 * 86_400;

/** @type {Set<MeanwhileTime>} */
const shown = new Set();
/** @type {number | undefined} */
let timer;

export class MeanwhileTime extends HTMLElement {
  connectedCallback() {
    this.place = this.place ?? this.attachShadow({ mode: "open" }).appendChild(document.createElement("span"));
    shown.add(this);
    this.tell();
    timer ??= setInterval(() => document.hidden || shown.forEach((one) => one.tell()), 1000);
  }

  disconnectedCallback() {
    shown.delete(this);
    if (!shown.size) {
      clearInterval(timer);
      timer = undefined;
    }
  }

  tell() {
    const time = this.querySelector("time");
    if (!time || !this.place) return;
    const text = relative((Date.parse(time.dateTime) - Date.now()) / 1000);
    if (this.place.textContent !== text) this.place.textContent = text;
    // Not on the element itself: an attribute that the server does not know goes with the next change of the page.
    if (this.place.title !== time.title) this.place.title = time.title;
  }
}

/** @param {number} seconds */
export function relative(seconds) {
  const far = Math.abs(seconds);
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto", style: "short" });
  for (const [unit, size] of SIZES) {
    const from = unit === "day" ? DAYS_FROM : size;
    if (far >= from || size === 1) return words.format(Math.trunc(seconds / size) || 0, unit);
  }
  return "";
}

customElements.define("meanwhile-time", MeanwhileTime);
