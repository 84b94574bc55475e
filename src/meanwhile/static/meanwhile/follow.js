// @ts-check
/**
 * Asks one address until it says that nothing more will come: of a durable action, or of the waiting page.
 *
 * An unchanged state costs an empty 304. Where the server can keep the answer open, it is read line by line as it
 * comes. A hidden tab asks five times less often and once at once when it is shown again; without a connection the
 * pauses double up to half a minute.
 */

import { readLines } from "./lines.js";

const LONGEST_PAUSE = 30_000;
const SLOWER_WHEN_HIDDEN = 5;
/** Milliseconds without a word after which a try counts as no connection; an open answer may be silent for 30 s. */
const TOO_LONG = 15_000;
const TOO_LONG_OPEN = 45_000;

/**
 * @typedef {object} FollowOptions
 * @property {string} url
 * @property {number} every milliseconds from an answer to the next question
 * @property {(answer: any) => boolean | void} onAnswer told each new state; `false` ends it
 * @property {(response: Response) => void} onRefused told the answer (below 500, not 429) that ended it
 * @property {() => void} [onReached] told at each sign of life
 * @property {(pause: number, failures: number) => void} [onMissed] told each failure in a row, and the milliseconds to
 *   the next try
 * @property {boolean} [now] whether to ask at once
 * @property {boolean} [stream] whether to ask for an answer that stays open
 * @property {string} [etag] of the state that is known already
 * @property {(url: string, init?: RequestInit) => Promise<Response>} [fetch]
 * @property {(run: () => void, milliseconds: number) => any} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 * @property {Pick<EventTarget, "addEventListener" | "removeEventListener">} [events] tells `online` and
 *   `visibilitychange`; by default the window
 * @property {() => boolean} [hidden]
 */

/**
 * @param {FollowOptions} options
 * @returns {{ask: () => Promise<void>, stop: () => void}} `ask` asks at once, `stop` ends it for good
 */
export function follow({
  url,
  every,
  onAnswer,
  onRefused,
  onReached,
  onMissed,
  now = true,
  stream = false,
  etag = "",
  fetch = globalThis.fetch,
  setTimer = setTimeout,
  clearTimer = clearTimeout,
  events = /** @type {any} */ (globalThis),
  hidden = () => !!globalThis.document?.hidden,
}) {
  let failures = 0;
  let asking = false;
  let stopped = false;
  /** @type {any} */
  let timer;
  /** @type {AbortController | undefined} */
  let controller;

  /** @param {number} pause */
  const plan = (pause) => {
    clearTimer(timer);
    if (!stopped) timer = setTimer(() => void ask(), pause * (hidden() ? SLOWER_WHEN_HIDDEN : 1));
  };

  /** @param {Event} event */
  const awake = (event) => {
    if (event.type === "online" || !hidden()) void ask();
  };

  const stop = () => {
    stopped = true;
    clearTimer(timer);
    events.removeEventListener?.("visibilitychange", awake);
    events.removeEventListener?.("online", awake);
    controller?.abort();
  };

  const reached = () => {
    failures = 0;
    onReached?.();
  };

  /** @param {any} answer */
  const tell = (answer) => {
    if (!stopped && onAnswer(answer) === false) stop();
  };

  async function ask() {
    if (asking || stopped) return;
    asking = true;
    clearTimer(timer);
    const { signal } = (controller = new AbortController());
    /** @type {any} */
    let patience;
    /** @param {number} milliseconds */
    const wait = (milliseconds) => {
      clearTimer(patience);
      patience = setTimer(() => controller?.abort(), milliseconds);
    };
    let pause = every;
    try {
      wait(TOO_LONG);
      const accept = (stream ? "application/x-ndjson, " : "") + "application/json";
      const headers = { Accept: accept, "If-None-Match": etag };
      const response = await fetch(url, { headers, cache: "no-store", redirect: "manual", signal });
      if (stopped) return;
      const { status } = response;
      if (status >= 500 || status === 429) throw new Error(`HTTP ${status}`);
      if (response.ok) {
        etag = response.headers.get("ETag") ?? "";
        if (/ndjson/.test(response.headers.get("Content-Type") ?? "")) {
          reached();
          await readLines(response, (line) => {
            wait(TOO_LONG_OPEN);
            const answer = JSON.parse(line);
            if (answer.again) pause = 0;
            else tell(answer);
          });
        } else {
          const answer = await response.json();
          reached();
          tell(answer);
        }
      } else if (status === 304) {
        reached();
      } else {
        stop();
        onRefused(response);
      }
    } catch {
      if (!stopped) {
        pause = Math.min(LONGEST_PAUSE, every * 2 ** ++failures);
        onMissed?.(pause, failures);
      }
    } finally {
      clearTimer(patience);
      asking = false;
      plan(pause);
    }
  }

  events.addEventListener?.("visibilitychange", awake);
  events.addEventListener?.("online", awake);
  if (now) void ask();
  else plan(every);
  return { ask, stop };
}
