// @ts-check
/**
 * The queue of a page's calls to the server: foreground actions in one request, one request at a time, in order;
 * background actions one request each, three at a time. Every enqueued action ends and calls back.
 *
 * No DOM in here: the network, the clock, timers and storage are passed in, and all but the endpoint have a default.
 */

import { Action, ActionError, problem, reportError } from "./action.js";
import { canonical, depth, isObject } from "./json.js";
import { readLines } from "./lines.js";
import { createPost } from "./post.js";

export { Action, ActionError };

/** How many requests of a lane are in flight at most. The server keeps to the same numbers. */
const SLOTS = { foreground: 1, background: 3 };
/** @type {Lane[]} the foreground leaves first */
const LANES = ["foreground", "background"];
/** How many ended actions `snapshot().done` remembers. */
const REMEMBERED = 50;
/** After how many refusals with 429 an action ends in an error. */
const MOST_REFUSALS = 100;
/** Longest time, in seconds, that a `Retry-After` is obeyed for. */
const LONGEST_PAUSE = 60;
/** Milliseconds, about what a timer can wait: one of more would run at once. */
const LONGEST_TIMER = 2e9;
/** Bytes of a request beside its actions, and the levels of nesting around their parameters. */
const ENVELOPE_BYTES = 64;
const ENVELOPE_DEPTH = 3;

/** The last number given: to an action (so that ids are unique in a page), a call or a request. */
let last = 0;

/** @typedef {import("./action.js").Problem} Problem */
/** @typedef {import("./action.js").State} State */
/** @typedef {import("./action.js").ActionOptions} ActionOptions */
/** @typedef {import("./action.js").Listener} Listener */
/** @typedef {import("./durable.js").Durable} Durable */
/** @typedef {"foreground" | "background"} Lane */

/**
 * A request to the endpoint. Times are of the queue's clock, in milliseconds. The rest is the queue's own.
 *
 * @typedef {object} RequestInfo
 * @property {number} id
 * @property {Lane} lane
 * @property {Action[]} actions
 * @property {number} sentAt
 * @property {number} [endedAt]
 * @property {number} [status] of HTTP; missing when there was no answer
 * @property {Call[]} calls
 * @property {AbortController} controller
 * @property {any} [silence] the timer that gives it up
 * @property {boolean} [done]
 * @property {string} [code] of what it leaves unanswered: a line could not be read
 */

/**
 * What is sent once: one action, or several identical storable ones.
 *
 * @typedef {object} Call
 * @property {number} order
 * @property {string} id
 * @property {string} text its JSON
 * @property {number} bytes
 * @property {string} key of the storage; "" when it isn't storable
 * @property {Action[]} actions who want the answer; the first one decides on the lane
 * @property {string} refresh the canonical text of the stored answer that was given already; "" if none was
 * @property {boolean} [answered]
 * @property {number} broken how often its connection broke
 * @property {number} refusals with 429
 * @property {RequestInfo} [sent]
 */

/**
 * @typedef {{type: "enqueued" | "sent" | "progress" | "settled", action: Action}
 *   | {type: "request" | "response", request: RequestInfo}
 *   | {type: "connection", online: boolean}
 *   | {type: "login_required", error: Problem}} QueueEvent
 */

/**
 * Where answers of storable actions are kept; see storage.js.
 *
 * @typedef {object} AnswerStore
 * @property {(key: string) => {value: unknown, age: number} | undefined} get `age` in seconds
 * @property {(key: string, value: unknown) => void} set
 * @property {(key: string) => void} delete
 */

/**
 * @typedef {object} QueueOptions
 * @property {string} endpoint
 * @property {import("./post.js").Fetch} [fetch]
 * @property {string | (() => string)} [csrf] the token, or where to read it each time
 * @property {(run: () => void) => void} [schedule] runs at the end of the turn; a macrotask
 * @property {() => number} [now] milliseconds
 * @property {(run: () => void, milliseconds: number) => any} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 * @property {AnswerStore} [storage]
 * @property {(error: unknown) => void} [report] told what a callback threw; by default it reaches `window.onerror`, and
 *   the console where there is none
 * @property {{actions?: number, bytes?: number, depth?: number}} [limits] of one request, as the server told them
 * @property {number} [silence] milliseconds without a line after which a request is given up (120 000)
 * @property {() => boolean} [online]
 * @property {Pick<EventTarget, "addEventListener" | "removeEventListener">} [events] tells `online` and `offline`; by
 *   default the window
 * @property {number} [every] milliseconds between two looks at a durable action
 */

/** @typedef {ReturnType<typeof createQueue>} Queue */

/**
 * A macrotask that tabs in the background don't throttle. It keeps Node alive only until it ran.
 *
 * @param {() => void} run
 */
function macrotask(run) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(0);
}

const aborted = () => problem("ABORTED", "aborted", "Aborted");
const late = () => problem("INCOMPLETE", "timeout", "No answer");

/** @param {QueueOptions} options */
export function createQueue(options) {
  const {
    endpoint,
    schedule = macrotask,
    now = Date.now,
    setTimer = setTimeout,
    clearTimer = clearTimeout,
    storage,
    report = reportError,
    limits: { actions: mostActions = 100, bytes: mostBytes = 1e6, depth: deepest = 32 } = {},
    silence = 120_000,
    online = () => globalThis.navigator?.onLine !== false,
    events = /** @type {any} */ (globalThis),
  } = options;
  const post = createPost(options);
  let connected = true;
  let loggedIn = true;
  let woken = false;
  /** @type {Action[]} enqueued since the last flush */
  let newcomers = [];
  /** @type {Call[]} in the order of their enqueueing */
  let waiting = [];
  /** @type {Record<Lane, Set<RequestInfo>>} */
  const busy = { foreground: new Set(), background: new Set() };
  /** @type {Partial<Record<Lane, any>>} timers of lanes that were refused with 429 */
  const paused = {};
  /** @type {Set<Action>} durable actions that are followed */
  const followed = new Set();
  /** @type {Action[]} */
  const done = [];
  /** @type {Set<(event: QueueEvent) => void>} */
  const subscribers = new Set();

  /**
   * Runs what the page gave us; what it throws stops nothing here.
   *
   * @template T
   * @param {() => T} run
   * @returns {T | undefined}
   */
  function safely(run) {
    try {
      return run();
    } catch (error) {
      queueMicrotask(() => report(error));
    }
  }

  /** @param {QueueEvent} event */
  function emit(event) {
    for (const subscriber of [...subscribers]) safely(() => subscriber(event));
  }

  /**
   * @param {"enqueued" | "sent" | "progress" | "settled"} type
   * @param {Action} action
   */
  function tell(type, action) {
    for (const listener of [...(action.listeners[type] ?? [])]) safely(() => listener(action));
    emit({ type, action });
  }

  /** @param {boolean} is */
  function connection(is) {
    if (connected !== is) emit({ type: "connection", online: (connected = is) });
  }

  function wake() {
    if (woken) return;
    woken = true;
    schedule(flush);
  }

  // --- an action ---

  /** @param {Action} action */
  function gone({ owner }) {
    return safely(() => owner?.isValid()) === false;
  }

  /**
   * @param {Action} action is watched over from its enqueueing on
   */
  function guard(action) {
    const { signal, timeout, abort, undo } = action;
    action.enqueuedAt = now();
    signal?.addEventListener("abort", abort);
    undo.push(() => signal?.removeEventListener("abort", abort));
    if (!timeout || timeout > LONGEST_TIMER) return;
    const timer = setTimer(() => settle(action, undefined, late()), timeout);
    undo.push(() => clearTimer(timer));
  }

  /** @param {Action} action */
  function start(action) {
    if (action.isFinal) return;
    action.state = "RUNNING";
    action.sentAt = now();
    tell("sent", action);
  }

  /**
   * @param {Action} action
   * @param {number | null} [fraction]
   * @param {string} [text]
   */
  function progress(action, fraction = null, text = "") {
    action.progress = fraction;
    action.text = text;
    safely(() => action.onProgress?.(fraction, text));
    tell("progress", action);
  }

  /**
   * Ends an action, or gives one that was served from the storage what the refresh brought.
   *
   * @param {Action} action
   * @param {unknown} value
   * @param {Problem | null} [error]
   */
  function settle(action, value, error = null) {
    const again = action.isFinal;
    leave(action, error?.code === "timeout");
    const lost = gone(action);
    if (again && (error || lost)) return;
    if (lost) error = { ...(error ?? aborted()), state: "ABORTED" };
    action.state = error?.state ?? "SUCCESS";
    action.value = value;
    action.error = error;
    action.settledAt = now();
    if (!again) done.splice(0, done.push(action) - REMEMBERED);
    const out = error?.code === "login_required";
    if (error && out && loggedIn) emit({ type: "login_required", error });
    loggedIn = !out;
    tell("settled", action);
  }

  /** @param {Action} action */
  function abort(action) {
    settle(action, undefined, aborted());
  }

  /**
   * @param {Action} action wants no answer any more
   * @param {boolean} isLate whether it has waited in vain
   */
  function leave(action, isLate) {
    const { call } = action;
    for (const each of action.undo.splice(0)) each();
    followed.delete(action);
    action.call = undefined;
    newcomers = newcomers.filter((other) => other !== action);
    if (!call || call.answered) return;
    call.actions = call.actions.filter((other) => other !== action);
    waiting = waiting.filter(isWanted);
    // An aborted foreground request keeps its slot: the server may be at it, and what comes next must not overtake it.
    const { sent } = call;
    if (sent && (isLate || sent.lane === "background") && !sent.calls.some(isWanted)) giveUp(sent);
  }

  /** @param {Call} call */
  function isWanted({ answered, actions }) {
    return !answered && actions.length;
  }

  // --- the lanes ---

  /** @param {Action} action @returns {Lane} */
  function laneOf({ background }) {
    return background ? "background" : "foreground";
  }

  function waiters() {
    return [...waiting.flatMap((call) => call.actions), ...newcomers];
  }

  /** @param {Lane} lane */
  function unanswered(lane) {
    return [...busy[lane]].flatMap((sent) => sent.calls.filter((call) => !call.answered));
  }

  // --- a request ---

  function flush() {
    woken = false;
    for (const action of waiters()) if (action.abortable && gone(action)) abort(action);
    for (const action of newcomers.splice(0)) if (!action.isFinal) admit(action);
    for (const lane of LANES) {
      let batch;
      while (!paused[lane] && busy[lane].size < SLOTS[lane] && (batch = take(lane)).length) void send(lane, batch);
    }
  }

  /** @param {Action} action becomes a call, or a part of one, or ends without */
  function admit(action) {
    const { id, name, params, storable, signal } = action;
    if (signal?.aborted) return abort(action);
    let text = "";
    let key = "";
    try {
      const plain = JSON.parse(JSON.stringify(params));
      const fits = isObject(plain) && depth(plain) + ENVELOPE_DEPTH <= deepest;
      if (!fits) throw TypeError("No object, or too deep");
      text = JSON.stringify({ id, action: name, params: plain });
      if (storable) key = name + canonical(plain);
    } catch (error) {
      return settle(action, undefined, problem("ERROR", "serialization", "" + error));
    }
    const bytes = new TextEncoder().encode(text).length + 1;
    if (bytes + ENVELOPE_BYTES > mostBytes) {
      return settle(action, undefined, problem("ERROR", "too_large", "Too large"));
    }
    const { fresh = 30, ignoreExisting } = Object(storable);
    const stored = key && !ignoreExisting && safely(() => structuredClone(storage?.get(key)));
    const refresh = stored ? canonical(stored.value) : "";
    if (stored) {
      settle(action, stored.value);
      if (stored.age <= fresh) return;
    } else if (key) {
      const same = [...waiting, ...LANES.flatMap(unanswered)].find((call) => call.key === key && !call.refresh);
      if (same) {
        action.call = same;
        same.actions.push(action);
        same.sent?.actions.push(action);
        if (same.sent) start(action);
        return;
      }
    }
    action.call = {
      order: ++last,
      id,
      text,
      bytes,
      key,
      actions: [action],
      refresh,
      broken: 0,
      refusals: 0,
    };
    waiting.push(action.call);
  }

  /**
   * Takes from the waiting what goes in the next request of a lane.
   *
   * @param {Lane} lane
   */
  function take(lane) {
    let bytes = ENVELOPE_BYTES;
    const batch = waiting
      .filter((call) => laneOf(call.actions[0]) === lane && (bytes += call.bytes) <= mostBytes)
      .slice(0, lane === "background" ? 1 : mostActions);
    waiting = waiting.filter((call) => !batch.includes(call));
    return batch;
  }

  /**
   * @param {Lane} lane
   * @param {Call[]} calls
   */
  async function send(lane, calls) {
    const controller = new AbortController();
    const actions = calls.flatMap((call) => call.actions);
    /** @type {RequestInfo} */
    const sent = { id: ++last, lane, actions, sentAt: now(), calls, controller };
    busy[lane].add(sent);
    for (const call of calls) call.sent = sent;
    emit({ type: "request", request: sent });
    for (const action of [...actions]) start(action);
    if (sent.done) return;
    listen(sent);
    try {
      const body = `{"lane":"${lane}","actions":[${calls.map((call) => call.text)}]}`;
      const { response, refused } = await post(endpoint, body, controller.signal);
      connection(true);
      sent.status = response.status;
      if (sent.done) return;
      if (!refused) await readLines(response, (line) => hear(sent, line));
      finish(sent, refused, refused ? sent.status === 429 && pause(lane, response) : isUnbroken);
    } catch (error) {
      if (sent.done) return;
      const is = online();
      connection(false);
      finish(sent, problem("INCOMPLETE", is ? "network" : "offline", "" + error), is && isUnbroken);
    }
  }

  /** @param {RequestInfo} sent is given up when nothing more is heard for too long */
  function listen(sent) {
    clearTimer(sent.silence);
    sent.silence = setTimer(() => giveUp(sent, late()), silence);
    // A request that is under way keeps Node alive by itself.
    sent.silence?.unref?.();
  }

  /**
   * @param {RequestInfo} sent
   * @param {string} text one line of the answer
   */
  function hear(sent, text) {
    if (sent.done) return;
    listen(sent);
    // Read anew for each who wants it, so that each has a copy of its own.
    const read = () => Object(JSON.parse(text));
    /** @type {any} */
    let line = {};
    try {
      line = read();
    } catch {
      sent.code = "protocol";
    }
    if (line.end) finish(sent);
    const call = sent.calls.find((each) => each.id === line.id && !each.answered);
    if (!call) return;
    const { state } = line;
    if (state === "SUCCESS") answer(call, () => [read().value]);
    else if (state === "ERROR") answer(call, () => [undefined, problem(state, "server_error", "", read().error)]);
    else if (line.durable) {
      call.answered = true;
      for (const action of call.actions) track(action, line.durable);
      if (sent.lane === "background") finish(sent);
    } else if ("progress" in line) for (const action of call.actions) progress(action, line.progress, line.text);
  }

  /**
   * @param {Call} call
   * @param {() => [unknown, Problem?]} make the value or the problem, another copy each time
   */
  function answer(call, make) {
    const { key, actions, refresh } = call;
    call.answered = true;
    const [value, error] = make();
    if (key && !error) safely(() => storage?.set(key, value));
    const differs = refresh && !error && safely(() => canonical(value)) !== refresh;
    for (const action of actions) if (refresh ? differs : !action.isFinal) settle(action, ...make());
  }

  /** @param {Call} call may be sent again, once, though the server may have run it */
  function isUnbroken(call) {
    return (call.key || call.actions[0].idempotent) && !call.broken++;
  }

  /**
   * The server ran nothing and says when to come again.
   *
   * @param {Lane} lane
   * @param {Response} response
   * @returns {(call: Call) => boolean} whether a call may be sent again
   */
  function pause(lane, response) {
    const seconds = Number(response.headers?.get("Retry-After"));
    clearTimer(paused[lane]);
    paused[lane] = setTimer(
      () => {
        paused[lane] = undefined;
        wake();
      },
      Math.min(LONGEST_PAUSE, seconds > 1 ? seconds : 1) * 1000,
    );
    return (call) => call.refusals++ < MOST_REFUSALS;
  }

  /**
   * @param {RequestInfo} sent
   * @param {Problem} [error]
   */
  function giveUp(sent, error) {
    finish(sent, error);
    sent.controller.abort();
  }

  /**
   * The one end of a request: frees its slot, and gives an end to what it left unanswered.
   *
   * @param {RequestInfo} sent
   * @param {Problem} [error]
   * @param {false | ((call: Call) => unknown)} [again] whether a call goes back to its place among the waiting
   */
  function finish(sent, error, again) {
    if (sent.done) return;
    error ??= problem("ERROR", sent.code ?? "incomplete_answer", "No answer");
    sent.done = true;
    sent.endedAt = now();
    clearTimer(sent.silence);
    busy[sent.lane].delete(sent);
    emit({ type: "response", request: sent });
    wake();
    for (const call of sent.calls) {
      if (isWanted(call) && again && again(call)) {
        call.sent = undefined;
        for (const action of call.actions) if (!action.isFinal) action.state = "NEW";
        waiting.push(call);
      } else if (!call.answered) answer(call, () => [undefined, { ...error }]);
    }
    waiting.sort((one, other) => one.order - other.order);
  }

  // --- durable actions ---

  /** They are many bytes for few pages, so they come when they are needed. */
  async function durables() {
    return (await import("./durable.js")).durables(options, post, settle, progress);
  }

  /**
   * @param {Action} action
   * @param {string} id
   */
  async function track(action, id) {
    if (action.isFinal) return;
    action.durable = id;
    // One open answer leaves connections for the rest; the others are asked for.
    const stream = !followed.size;
    followed.add(action);
    safely(() => action.onDurable?.(id));
    try {
      (await durables()).track(action, stream);
    } catch (error) {
      settle(action, undefined, problem("INCOMPLETE", "network", "" + error));
    }
  }

  // --- what the page sees ---

  /** @param {Lane} lane */
  function look(lane) {
    return {
      waiting: waiters().filter((action) => laneOf(action) === lane),
      inFlight: unanswered(lane).flatMap((call) => call.actions),
    };
  }

  /**
   * @param {string} name `<controller>.<method>`
   * @param {object} [params]
   * @param {ActionOptions} [options]
   */
  function action(name, params = {}, options = {}) {
    return new Action(`${++last}`, name, params, options, abort);
  }

  events.addEventListener?.("online", () => connection(true));
  events.addEventListener?.("offline", () => connection(false));

  return {
    action,

    /**
     * Puts an action in the queue; sends nothing before the end of the turn.
     *
     * @param {Action} action
     * @param {{callbacks?: Listener[]}} [options] like as many `action.on("settled", …)`
     * @throws {Error} when it was enqueued or has ended before
     */
    enqueue(action, { callbacks = [] } = {}) {
      if (action.enqueuedAt !== undefined || action.isFinal) throw new Error(`${action.name} was enqueued before`);
      for (const listener of callbacks) action.on("settled", listener);
      guard(action);
      newcomers.push(action);
      wake();
      tell("enqueued", action);
      return action;
    },

    /**
     * Follows a durable action that was started before, for example before a reload.
     *
     * @param {string} id
     * @param {ActionOptions & {name?: string}} [options]
     * @returns {Action} a running action that ends when the durable one does
     */
    follow(id, { name = "", ...options } = {}) {
      const followed = action(name, {}, options);
      followed.setBackground();
      guard(followed);
      start(followed);
      if (options.signal?.aborted) abort(followed);
      void track(followed, id);
      return followed;
    },

    /**
     * @param {string} [name] `<controller>.<method>`; all without it
     * @returns {Promise<Durable[]>} this person's durable actions, newest first
     * @throws {ActionError}
     */
    durable: async (name) => (await durables()).list(name),

    /**
     * Cancels a durable action on the server.
     *
     * @param {string} id
     * @throws {ActionError}
     */
    cancel: async (id) => (await durables()).cancel(id),

    /** What waits, what is in flight, what is followed and what ended last. */
    snapshot: () => ({
      foreground: look("foreground"),
      background: look("background"),
      durable: [...followed],
      done: [...done],
    }),

    /**
     * @param {(event: QueueEvent) => void} subscriber
     * @returns {() => void} ends it
     */
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
  };
}
