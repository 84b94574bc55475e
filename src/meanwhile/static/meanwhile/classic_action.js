// @ts-check
/** An action as component code knows it: parameters, callbacks by state, flags. A thin face over one call. */

import { reportError } from "./action.js";
import { ClassicEvent } from "./classic_event.js";

/** @typedef {import("./queue.js").Action} QueueAction */
/** @typedef {import("./queue.js").State} State */
/** @typedef {(action: ClassicAction, component: any) => void} Callback */

/** States that a callback can be registered for; the first three are what none given stands for. */
const FINAL = /** @type {const} */ (["SUCCESS", "ERROR", "INCOMPLETE", "ABORTED"]);

/**
 * A call of a function of the component's own controller, in the shape of a call to the server.
 *
 * @typedef {object} ClientCall
 * @property {string} id
 * @property {any} params
 * @property {State} state
 * @property {any} value
 * @property {{message: string} | null} error
 * @property {boolean} background
 * @property {boolean} abortable
 * @property {any} storable
 * @property {() => void} setBackground
 * @property {(event?: any) => any} run
 */

export class ClassicAction {
  /** @type {Partial<Record<State, {scope: any, callback: Callback}>>} */
  #callbacks = {};
  #component;
  #name;
  /** @type {QueueAction | ClientCall} */
  #call;
  #ignoreExisting = false;
  #fromStorage = false;

  /**
   * @param {any} component
   * @param {string} name
   * @param {QueueAction | ClientCall} call
   */
  constructor(component, name, call) {
    this.#component = component;
    this.#name = name;
    this.#call = call;
  }

  /**
   * Hands it to the queue. Called by `$A.enqueueAction`, which component code uses.
   *
   * @param {any} action
   * @throws {TypeError} if it is no action
   * @throws {Error} if it was enqueued before; the first enqueueing is not harmed
   */
  static enqueue(action) {
    if (!(action instanceof ClassicAction)) throw new TypeError("This is no action: cmp.get(\"c.name\") gives one.");
    const call = action.#call;
    if (!("run" in call)) {
      action.#component.queue.enqueue(call, { callbacks: [() => action.#heard(call)] });
      return;
    }
    if (call.state !== "NEW") throw new Error(`${action.#name} was enqueued before: one action is one call.`);
    call.state = "RUNNING";
    queueMicrotask(() => {
      if (action.#component.isValid()) action.#runHere();
      else call.state = "ABORTED";
      try {
        action.#finish();
      } catch (error) {
        reportError(error);
      }
    });
  }

  getId() {
    return this.#call.id;
  }

  /** The method's name without its controller's. */
  getName() {
    return this.#name;
  }

  getComponent() {
    return this.#component;
  }

  /** @param {Record<string, any>} [params] replaces all that was set before */
  setParams(params) {
    if (typeof (params ?? {}) !== "object") throw new TypeError("Parameters are an object with a name for each.");
    this.#call.params = { ...params };
  }

  /** @param {string} name @param {any} value */
  setParam(name, value) {
    /** @type {any} */ (this.#call.params)[name] = value;
  }

  /** @param {string} name @returns {any} */
  getParam(name) {
    return /** @type {any} */ (this.#call.params)[name];
  }

  /** @returns {any} */
  getParams() {
    return this.#call.params;
  }

  /**
   * Registers what is called when the action has ended; the last registration for a state wins.
   *
   * @param {any} scope what `this` is in the callback
   * @param {Callback} callback
   * @param {string} [state] without one, or with "ALL": SUCCESS, ERROR and INCOMPLETE, not ABORTED
   * @throws {TypeError} if the callback is no function or there is no such state
   */
  setCallback(scope, callback, state = "ALL") {
    if (typeof callback !== "function") throw new TypeError("The callback is no function.");
    const known = FINAL.find((name) => name === state);
    if (!known && state !== "ALL") throw new TypeError(`There is no state "${state}" to call back for.`);
    for (const name of known ? [known] : FINAL.slice(0, 3)) this.#callbacks[name] = { scope, callback };
  }

  /** There is no way back: an argument is ignored. */
  setBackground() {
    this.#call.setBackground();
  }

  isBackground() {
    return this.#call.background;
  }

  /** @param {boolean} [abortable] without it, true */
  setAbortable(abortable) {
    this.#call.abortable = abortable ?? true;
  }

  isAbortable() {
    return this.#call.abortable;
  }

  /**
   * Marks it as an idempotent read; that makes it abortable too.
   *
   * @param {{refresh?: number, ignoreExisting?: boolean}} [config] `refresh`: seconds up to which a stored answer needs no
   *   refresh (30); `ignoreExisting`: asks the server in any case, and stores the answer
   */
  setStorable(config) {
    const { refresh, ignoreExisting } = config ?? {};
    this.#ignoreExisting = !!ignoreExisting;
    this.#call.storable = { fresh: refresh, ignoreExisting };
    this.setAbortable();
  }

  /** Whether a stored answer may be given. */
  isStorable() {
    return !!this.#call.storable && !this.#ignoreExisting;
  }

  /** Whether the value is a stored one. */
  isFromStorage() {
    return this.#fromStorage;
  }

  /** @returns {State} */
  getState() {
    return this.#call.state;
  }

  /** @returns {any} */
  getReturnValue() {
    return this.#call.value;
  }

  /** @returns {Array<{message: string, code?: string, fields?: Record<string, string[]>}>} empty if nothing went wrong */
  getError() {
    return this.#call.error ? [this.#call.error] : [];
  }

  /**
   * Runs a client-side action at once.
   *
   * @param {any} [event]
   * @throws {Error} for an action of the server's: those are enqueued
   */
  run(event) {
    if (!("run" in this.#call)) throw new Error(`${this.#name} runs on the server: enqueue it.`);
    this.#runHere(event);
  }

  /** @param {any} [event] */
  runDeprecated(event) {
    this.run(event);
  }

  /** @param {any} [event] */
  #runHere(event = new ClassicEvent(this.#name, this.#component).setParams(this.#call.params)) {
    const call = /** @type {ClientCall} */ (this.#call);
    try {
      call.value = call.run(event);
      call.state = "SUCCESS";
    } catch (error) {
      call.state = "ERROR";
      call.error = error instanceof Error ? error : { message: String(error) };
      reportError(error);
    }
  }

  /** @param {QueueAction} call */
  #heard(call) {
    // What was never sent came from the storage; when it calls back again it is the refreshed value.
    this.#fromStorage = !this.#fromStorage && call.state === "SUCCESS" && call.sentAt === undefined;
    this.#finish();
  }

  #finish() {
    const found = this.#callbacks[this.getState()];
    found?.callback.call(found.scope, this, this.#component);
  }
}
