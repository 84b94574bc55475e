// @ts-check
/** One call of a controller's method, as the page holds it, and what it may end in. */

/** @typedef {"NEW" | "RUNNING" | "SUCCESS" | "ERROR" | "INCOMPLETE" | "ABORTED"} State */

/**
 * What went wrong: `code` is for the program, `message` for the person, `fields` names each wrong parameter.
 *
 * @typedef {object} Problem
 * @property {State} state
 * @property {string} code from the server, or `network`, `timeout`, `offline`, `serialization`, `incomplete_answer`,
 *   `aborted`, `protocol`
 * @property {string} message
 * @property {Record<string, string[]>} fields
 */

/**
 * @typedef {object} ActionOptions
 * @property {boolean} [abortable] dropped before it is sent when its owner is gone by then
 * @property {boolean | {fresh?: number, ignoreExisting?: boolean}} [storable] an idempotent read: asked once for
 *   identical calls, and given from the storage; `fresh` is the age in seconds up to which a stored answer needs no
 *   refresh (30), `ignoreExisting` takes none from there but stores the new one
 * @property {boolean} [idempotent] may be sent again, once, when the connection broke; a storable one always may
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] milliseconds from the enqueueing after which it ends INCOMPLETE
 * @property {{isValid(): boolean}} [owner] who asked; an answer for one that is gone ends ABORTED
 * @property {(fraction: number | null, text: string) => void} [onProgress]
 * @property {(id: string) => void} [onDurable] told the id by which a durable action can be followed after a reload
 */

/** @typedef {(action: Action) => void} Listener */

/** Made by `queue.action`, sent after `queue.enqueue`. */
export class Action {
  /** @type {State} */
  state = "NEW";
  background = false;
  /** @type {any} what the server's method returned */
  value;
  /** @type {Problem | null} */
  error = null;
  /** @type {number | null} 0 to 1, as the server told last */
  progress = null;
  /** What the server told with the progress. */
  text = "";
  /** @type {string | null} the id by which a durable action is followed */
  durable = null;
  /** @type {number | undefined} milliseconds of the queue's clock */
  enqueuedAt;
  /** @type {number | undefined} */
  sentAt;
  /** @type {number | undefined} */
  settledAt;

  abortable = false;
  /** @type {ActionOptions["storable"]} */
  storable = false;
  idempotent = false;
  /** @type {ActionOptions["signal"]} */
  signal;
  /** @type {ActionOptions["timeout"]} */
  timeout;
  /** @type {ActionOptions["owner"]} */
  owner;
  /** @type {ActionOptions["onProgress"]} */
  onProgress;
  /** @type {ActionOptions["onDurable"]} */
  onDurable;

  /** @type {Record<string, Set<Listener>>} */
  listeners = { settled: new Set(), progress: new Set() };
  /** @type {(() => void)[]} the queue's own: what to undo when it ends */
  undo = [];
  /** @type {import("./queue.js").Call | undefined} the queue's own: what it is sent with */
  call;

  /**
   * @param {string} id
   * @param {string} name `<controller>.<method>`
   * @param {object} params
   * @param {ActionOptions} options
   * @param {(action: Action) => void} abort
   */
  constructor(id, name, params, options, abort) {
    Object.assign(this, options);
    this.id = id;
    this.name = name;
    this.params = params;
    /** Ends it ABORTED at once, whether it waits or runs. What the server has begun goes on there. */
    this.abort = () => abort(this);
    /** @type {Promise<Action>} fulfilled when it has ended, in whatever state */
    this.settled = new Promise((resolve) => this.on("settled", resolve));
  }

  /** Makes it a background action; there is no way back. Counts until the request is built. */
  setBackground() {
    this.background = true;
  }

  /** Whether it has ended. */
  get isFinal() {
    return this.settledAt !== undefined;
  }

  /**
   * @param {"settled" | "progress"} type
   * @param {Listener} listener called in the order of registration; for `settled` once, and once more when a storable
   *   action was refreshed to another value
   * @returns {() => void} takes the listener away
   */
  on(type, listener) {
    this.listeners[type].add(listener);
    return () => void this.listeners[type].delete(listener);
  }
}

/** What the promise face rejects with: a problem that can be thrown. */
export class ActionError extends Error {
  name = "ActionError";

  /** @param {Problem} problem */
  constructor({ state, code, message, fields }) {
    super(message);
    this.state = state;
    this.code = code;
    this.fields = fields;
  }
}

/**
 * What a callback threw reaches `window.onerror`, or the console where there is none.
 *
 * @param {unknown} error
 */
export const reportError = (error) => (globalThis.reportError ?? console.error)(error);

/**
 * @param {State} state
 * @param {string} code
 * @param {string} message
 * @param {any} [error] what the server wrote, whatever that is; what it says of itself goes before
 * @returns {Problem}
 */
export function problem(state, code, message, error) {
  return { state, code: error?.code ?? code, message: error?.message ?? message, fields: error?.fields ?? {} };
}
