// @ts-check
/** What the inspector shows, worked out from a queue's events and its snapshot. No DOM in here. */

/** @typedef {Pick<import("./queue.js").Queue, "snapshot" | "subscribe">} Watched */
/** @typedef {import("./action.js").Action} Action */
/** @typedef {import("./action.js").State} State */
/** @typedef {import("./queue.js").RequestInfo} RequestInfo */
/** @typedef {import("./queue.js").Lane} Lane */

/**
 * One action. Times are in milliseconds.
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name
 * @property {string} detail its parameters, shortened
 * @property {Lane} lane
 * @property {State} state
 * @property {number | undefined} waited until it was sent, or until now; missing when it was only followed
 * @property {number | undefined} took since it was sent; missing when it was not
 * @property {number | null} progress 0 to 1
 * @property {string} text the progress's or the error's
 * @property {string} code the error's, "" without one
 * @property {boolean} stored whether its value came from the storage
 */

/**
 * One request on the timeline. `from`, `to` and `at` are fractions of the shown span.
 *
 * @typedef {object} Bar
 * @property {number} id
 * @property {Lane} lane
 * @property {string[]} names of its actions
 * @property {number} from
 * @property {number} to
 * @property {number} took milliseconds
 * @property {boolean} open whether it is in flight
 * @property {boolean} failed whether it was refused or broke off
 * @property {number | undefined} status of HTTP
 * @property {{at: number, state: State}[]} marks where its actions ended
 */

/**
 * @typedef {object} LaneView
 * @property {Lane} lane
 * @property {number} slots
 * @property {number} busy requests in flight
 * @property {Row[]} inFlight
 * @property {Row[]} waiting
 * @property {Row[]} followed durable ones that the server runs
 */

/**
 * @typedef {object} View
 * @property {boolean} online
 * @property {boolean} live whether something waits or runs
 * @property {LaneView[]} lanes
 * @property {Row[]} done newest first
 * @property {Bar[]} bars oldest first
 * @property {{at: number, after: number}[]} ticks of the timeline, `after` in milliseconds
 */

const SLOTS = /** @type {const} */ ({ foreground: 1, background: 3 });
/** Requests on the timeline at most. */
const MOST_BARS = 12;
/** A pause of so many milliseconds begins a new timeline. */
const PAUSE = 5000;
const LONGEST_DETAIL = 80;
const STEPS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000];
const MOST_TICKS = 5;

/** @param {RequestInfo} request */
const isOpen = (request) => request.endedAt === undefined;

/** @param {RequestInfo} request @param {number} index @param {RequestInfo[]} all */
const isKept = (request, index, all) => isOpen(request) || index > all.length - MOST_BARS;

/** @param {object} params */
function shorten(params) {
  try {
    const text = JSON.stringify(params) ?? "";
    return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL - 1)}…` : text;
  } catch {
    return "…";
  }
}

/** @param {Action} action @param {number} now @returns {Row} */
function row(action, now) {
  const { id, name, params, state, background, enqueuedAt = now, sentAt, settledAt, progress, text, error } = action;
  return {
    id,
    name,
    detail: shorten(params),
    lane: background ? "background" : "foreground",
    state,
    waited: (sentAt ?? settledAt ?? now) - enqueuedAt,
    took: sentAt === undefined ? undefined : (settledAt ?? now) - sentAt,
    progress,
    text: error?.message ?? (state === "RUNNING" ? text : ""),
    code: error?.code ?? "",
    stored: state === "SUCCESS" && sentAt === undefined,
  };
}

/**
 * The newest requests that belong together: no pause between them, and not too many.
 *
 * @param {RequestInfo[]} requests in the order they were sent
 * @param {number} now
 */
function lately(requests, now) {
  /** @type {RequestInfo[]} */
  const shown = [];
  let earliest = Infinity;
  for (const request of [...requests].reverse()) {
    if (shown.length === MOST_BARS || (shown.length && earliest - (request.endedAt ?? now) > PAUSE)) break;
    shown.unshift(request);
    earliest = Math.min(earliest, request.sentAt);
  }
  return shown;
}

/** @param {RequestInfo[]} requests @param {number} now @returns {Pick<View, "bars" | "ticks">} */
function timeline(requests, now) {
  const shown = lately(requests, now);
  const start = Math.min(...shown.map(({ sentAt }) => sentAt));
  const span = Math.max(STEPS[0], ...shown.map(({ endedAt = now }) => endedAt - start));
  const step = STEPS.find((each) => span / each < MOST_TICKS) ?? span;
  const place = (/** @type {number} */ time) => Math.min(1, Math.max(0, (time - start) / span));
  return {
    bars: shown.map(({ id, lane, actions, sentAt, endedAt, status }) => ({
      id,
      lane,
      names: actions.map(({ name }) => name),
      from: place(sentAt),
      to: place(endedAt ?? now),
      took: (endedAt ?? now) - sentAt,
      open: endedAt === undefined,
      failed: endedAt !== undefined && !(status && status < 400),
      status,
      marks: actions.flatMap(({ settledAt, state }) =>
        settledAt === undefined || settledAt > (endedAt ?? now) ? [] : [{ at: place(settledAt), state }],
      ),
    })),
    ticks: shown.length ? Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => ({ at: (index * step) / span, after: index * step })) : [],
  };
}

/**
 * @param {Watched} queue
 * @param {object} [options]
 * @param {() => number} [options.now] the queue's clock
 * @param {() => void} [options.onChange] called after everything that happens in the queue
 */
export function createModel(queue, { now = Date.now, onChange = () => {} } = {}) {
  /** @type {RequestInfo[]} */
  let requests = [];
  /** @type {Set<Action>} ended ones that are no longer shown */
  let cleared = new Set();
  let online = true;
  let news = { came: 0, failed: 0 };

  const unsubscribe = queue.subscribe((event) => {
    if (event.type === "connection") online = event.online;
    else if (event.type === "request") requests = [...requests.filter(isKept), event.request];
    else if (event.type === "settled") {
      news.came += 1;
      if (event.action.state !== "SUCCESS") news.failed += 1;
    }
    onChange();
  });

  return {
    /** @returns {View} */
    view() {
      const at = now();
      const { foreground, background, durable, done } = queue.snapshot();
      const rows = (/** @type {Action[]} */ actions) => actions.map((action) => row(action, at));
      const lanes = Object.entries({ foreground, background }).map(([name, { inFlight, waiting }]) => {
        const lane = /** @type {Lane} */ (name);
        return {
          lane,
          slots: SLOTS[lane],
          // What was sent before this model was made is known by its actions alone.
          busy: Math.max(requests.filter((each) => each.lane === lane && isOpen(each)).length, Math.min(SLOTS[lane], inFlight.length)),
          inFlight: rows(inFlight),
          waiting: rows(waiting),
          followed: rows(durable.filter((action) => action.background === (lane === "background"))),
        };
      });
      return {
        online,
        live: lanes.some((lane) => lane.busy || lane.waiting.length || lane.followed.length),
        lanes,
        done: rows(done.filter((action) => !cleared.has(action))).reverse(),
        ...timeline(requests, at),
      };
    },

    /** Forgets what has ended. */
    clear() {
      cleared = new Set(queue.snapshot().done);
      requests = requests.filter(isOpen);
      onChange();
    },

    /** @returns {{came: number, failed: number}} how many came back since the last call, and how many of them not with SUCCESS */
    takeNews() {
      const taken = news;
      news = { came: 0, failed: 0 };
      return taken;
    },

    stop: unsubscribe,
  };
}

/**
 * @param {number} milliseconds
 * @param {string} [language]
 * @returns {string} `850ms`, `1.2s` or `3m`, in the language's way
 */
export function duration(milliseconds, language) {
  const [value, unit] =
    milliseconds < 1000 ? [milliseconds, "millisecond"] : milliseconds < 120_000 ? [milliseconds / 1000, "second"] : [milliseconds / 60_000, "minute"];
  const digits = unit === "second" && value < 10 ? 2 : unit === "millisecond" ? 0 : 1;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: digits }).format(value);
}
