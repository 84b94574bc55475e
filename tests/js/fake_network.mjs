/**
 * A queue in a world without chance: the network, the clock and the turns of the event loop are played by the test.
 */

import { createQueue } from "../../src/meanwhile/static/meanwhile/queue.js";

/** Lets all promises that can go on go on. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class FakeClock {
  time = 0;
  #timers = new Map();
  #last = 0;

  now = () => this.time;

  setTimer = (run, milliseconds) => {
    this.#timers.set(++this.#last, { run, at: this.time + milliseconds });
    return this.#last;
  };

  clearTimer = (timer) => void this.#timers.delete(timer);

  get pending() {
    return this.#timers.size;
  }

  /** Runs what is due until then, in order. */
  async advance(milliseconds) {
    const until = this.time + milliseconds;
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { at }]) => at <= until)
        .sort(([, one], [, other]) => one.at - other.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = due[1].at;
      due[1].run();
      await settled();
    }
    this.time = until;
  }
}

/** One request that the test answers, in pieces if it likes. */
export class FakeRequest {
  #chunks = [];
  #readers = [];
  #answer;
  #closed = false;
  /** Whether the browser gave it up. */
  aborted = false;
  /** Whether it holds a connection. */
  open = true;

  constructor(url, init = {}) {
    this.url = url;
    this.method = init.method ?? "GET";
    this.headers = init.headers ?? {};
    this.init = init;
    this.body = init.body === undefined ? undefined : JSON.parse(init.body);
    this.response = new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
    this.response.catch(() => {});
    init.signal?.addEventListener("abort", () => {
      if (!this.open) return;
      this.aborted = true;
      this.fail(init.signal.reason);
    });
  }

  get lane() {
    return this.body?.lane;
  }

  get ids() {
    return this.body.actions.map((action) => action.id);
  }

  /** What was asked for, short: the names of the actions. */
  get names() {
    return this.body.actions.map((action) => action.action);
  }

  idOf(name) {
    return this.body.actions.find((action) => action.action === name).id;
  }

  /** Sends status and headers. */
  begin(status = 200, headers = {}) {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    this.#answer?.resolve({
      ok: status >= 200 && status < 300,
      status,
      headers: { get: (name) => lower[name.toLowerCase()] ?? null },
      body: { getReader: () => ({ read: () => this.#read() }) },
      text: () => this.#text(),
      json: async () => JSON.parse(await this.#text()),
    });
    this.#answer = undefined;
    return this;
  }

  #read() {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#feed();
    });
  }

  async #text() {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await this.#read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
  }

  #feed() {
    while (this.#readers.length && (this.#chunks.length || this.#closed)) {
      const reader = this.#readers.shift();
      if (this.#chunks.length) {
        const chunk = this.#chunks.shift();
        if (chunk instanceof Uint8Array) reader.resolve({ done: false, value: chunk });
        else reader.reject(chunk);
      } else reader.resolve({ done: true, value: undefined });
    }
  }

  /** Sends bytes or text as they are. */
  raw(chunk) {
    if (!this.open) return this;
    this.begin();
    this.#chunks.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    this.#feed();
    return this;
  }

  line(line) {
    return this.raw(`${JSON.stringify(line)}\n`);
  }

  success(name, value = null) {
    return this.line({ id: this.idOf(name), state: "SUCCESS", value });
  }

  error(name, error = { code: "server_error", message: "" }) {
    return this.line({ id: this.idOf(name), state: "ERROR", error });
  }

  /** The regular end. */
  end() {
    return this.line({ end: true }).close();
  }

  /** Ends the body, regular or not. */
  close() {
    if (!this.open) return this;
    this.begin();
    this.open = false;
    this.#closed = true;
    this.#feed();
    return this;
  }

  /** The connection breaks, before or in the answer. */
  fail(reason = new TypeError("fetch failed")) {
    if (!this.open) return this;
    this.open = false;
    this.#answer?.reject(reason);
    this.#answer = undefined;
    this.#chunks.push(reason);
    this.#feed();
    return this;
  }

  /** Answers all its actions with their own parameters, and ends. */
  echo() {
    for (const { id, params } of this.body.actions) this.line({ id, state: "SUCCESS", value: params.message ?? null });
    return this.end();
  }

  /** A refusal of the whole. */
  refuse(status, error, headers = {}) {
    return this.begin(status, headers)
      .raw(error === undefined ? "" : JSON.stringify({ error }))
      .close();
  }

  json(status, value, headers = {}) {
    return this.begin(status, { "Content-Type": "application/json", ...headers })
      .raw(JSON.stringify(value))
      .close();
  }
}

export class FakeEvents extends EventTarget {
  tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

export class World {
  requests = [];
  reports = [];
  events = [];
  clock = new FakeClock();
  window = new FakeEvents();
  isOnline = true;
  #turns = [];

  constructor(options = {}) {
    this.queue = createQueue({
      endpoint: "/actions/",
      fetch: (url, init) => {
        if (init?.signal?.aborted) return Promise.reject(init.signal.reason);
        const request = new FakeRequest(url, init);
        this.requests.push(request);
        this.onRequest?.(request);
        return request.response;
      },
      csrf: "first-token",
      schedule: (run) => void this.#turns.push(run),
      now: this.clock.now,
      setTimer: this.clock.setTimer,
      clearTimer: this.clock.clearTimer,
      report: (error) => void this.reports.push(error),
      online: () => this.isOnline,
      events: this.window,
      ...options,
    });
    this.queue.subscribe((event) => void this.events.push(event));
  }

  /** The requests that have not ended. */
  get inFlight() {
    return this.requests.filter((request) => request.open);
  }

  last(lane) {
    return this.requests.filter((request) => request.lane === lane).at(-1);
  }

  /** Ends the turn of the event loop, and the turns that follow from it. */
  async turn() {
    await settled();
    while (this.#turns.length) {
      this.#turns.shift()();
      await settled();
    }
  }

  eventsOf(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** Makes an action that notes its calls back: `calls` holds the state and value of each. */
  action(name, params = { message: name }, options = {}) {
    const action = this.queue.action(name, params, options);
    action.calls = [];
    action.on("settled", () => void action.calls.push([action.state, action.value ?? action.error?.code]));
    return action;
  }

  foreground(name, params, options) {
    return this.queue.enqueue(this.action(name, params, options));
  }

  background(name, params, options) {
    const action = this.action(name, params, options);
    action.setBackground();
    return this.queue.enqueue(action);
  }
}
