// @ts-check
/**
 * The classic face: component code written for the 2015 Lightning component guide's controllers and helpers runs on the
 * queue as it is.
 *
 *     const cmp = createComponent({ server: "echo", controller, helper, attributes: { echoes: [] } });
 *     cmp.invoke("doForeground");
 *
 * Such code finds `$A` as a global, so importing this module makes it one where there is none yet.
 */

import { reportError } from "./action.js";
import { ClassicAction } from "./classic_action.js";
import { ClassicEvent } from "./classic_event.js";
import { parse, read, write } from "./classic_path.js";
import { util } from "./classic_util.js";
import { queue as pageQueue } from "./client.js";

/** @typedef {import("./queue.js").Queue} Queue */
/** @typedef {Record<string, (cmp: Component, event: any, helper: any) => any>} Controller */
/** @typedef {{value: string, method: (event: ClassicEvent) => void}} ValueHandler */
/** @typedef {(event: ClassicEvent) => void} Handler */

/**
 * @typedef {object} ComponentOptions
 * @property {string} [server] the Python controller's name, for `c.` names that the own controller hasn't
 * @property {Controller} [controller] functions called as `f(cmp, event, helper)`
 * @property {Record<string, any>} [helper]
 * @property {Record<string, any>} [attributes] what `v.` names are at first
 * @property {Queue} [queue] the page's own without it
 * @property {(id: string) => any} [find] what `cmp.find(id)` gives: there is no markup to look in
 */

let lastComponent = 0;

class Component {
  #valid = true;
  #id = `${++lastComponent}:0`;
  #server;
  #controller;
  #helper;
  #attributes;
  #find;
  /** @type {ValueHandler[]} */
  #watchers = [];
  /** @type {Record<string, Handler[]>} */
  #handlers = {};

  /** @param {ComponentOptions} options */
  constructor({ server, controller = {}, helper = {}, attributes = {}, queue = pageQueue, find = () => undefined }) {
    this.queue = queue;
    this.#server = server;
    this.#controller = controller;
    this.#helper = helper;
    this.#attributes = { ...attributes };
    this.#find = find;
  }

  /**
   * @param {string} expression `v.path.to.value`, or `c.name` for a new action: of the own controller if that has such a
   *   function, of the server's otherwise
   * @returns {any}
   */
  get(expression) {
    const [root, ...path] = parse(expression);
    if (root === "v") return read(this.#attributes, path);
    if (root === "c" && path.length === 1) return this.#action(path[0]);
    throw new Error(`A component has v.attributes and c.actions, not "${expression}".`);
  }

  /** @param {string} expression `v.path.to.value` @param {any} value */
  set(expression, value) {
    const [root, ...path] = parse(expression);
    if (root !== "v" || !path.length) throw new Error(`A component has v.attributes to set, not "${expression}".`);
    if (!this.#valid) return;
    const oldValue = read(this.#attributes, path);
    write(this.#attributes, path, value);
    const changed = `v.${path.join(".")}.`;
    for (const { value: watched, method } of [...this.#watchers]) {
      const concerned = `${parse(watched).join(".")}.`;
      if (!changed.startsWith(concerned) && !concerned.startsWith(changed)) continue;
      method(new ClassicEvent("change", this).setParams({ expression, value: this.get(watched), oldValue }));
    }
  }

  /**
   * Calls a function of the own controller, as a click on a page would.
   *
   * @param {string} name
   * @param {any} [event]
   * @returns {any} what the function returned; what it throws passes
   */
  invoke(name, event = new ClassicEvent(name, this)) {
    if (!this.#has(name)) throw new Error(`The controller has no function "${name}".`);
    return this.#controller[name](this, event, this.#helper);
  }

  /** Ends its life: its abortable actions that were not sent are dropped, the others end ABORTED. */
  destroy() {
    this.#valid = false;
    this.#watchers = [];
    this.#handlers = {};
  }

  isValid() {
    return this.#valid;
  }

  /** @param {string} id */
  find(id) {
    return this.#find(id);
  }

  /** @param {ValueHandler} handler its `method` is called after each `set` of `value`, of a part of it or of what holds it */
  addValueHandler(handler) {
    this.#watchers.push(handler);
  }

  /** @param {ValueHandler} handler */
  removeValueHandler(handler) {
    this.#watchers = this.#watchers.filter((other) => other !== handler);
  }

  /** @param {string} name @returns {ClassicEvent} one that calls those who listen here when it is fired */
  getEvent(name) {
    return new ClassicEvent(name, this, (event) => deliver(this.#handlers[name], event));
  }

  /**
   * @param {string} name of the event
   * @param {Component} provider whose controller handles it
   * @param {string | Handler} handler `c.name`, or a function
   */
  addHandler(name, provider, handler) {
    const handle = typeof handler === "string" ? (/** @type {ClassicEvent} */ event) => provider.get(handler).run(event) : handler;
    (this.#handlers[name] ??= []).push(handle);
  }

  /** There is no inheritance: a component is its own concrete one. */
  getConcreteComponent() {
    return this;
  }

  isConcrete() {
    return true;
  }

  getSuper() {
    return null;
  }

  getGlobalId() {
    return this.#id;
  }

  getLocalId() {
    return undefined;
  }

  getName() {
    return this.#server;
  }

  /** @param {string} name */
  #has(name) {
    return typeof this.#controller[name] === "function" && !(name in Object.prototype);
  }

  /** @param {string} name */
  #action(name) {
    if (this.#has(name)) {
      return new ClassicAction(this, name, {
        id: `${this.#id};${name}`,
        params: {},
        state: "NEW",
        value: undefined,
        error: null,
        background: false,
        abortable: false,
        storable: false,
        setBackground() {
          this.background = true;
        },
        run: (event) => this.invoke(name, event),
      });
    }
    if (!this.#server) throw new Error(`Unknown controller action "${name}": the component has no server.`);
    return new ClassicAction(this, name, this.queue.action(`${this.#server}.${name}`, {}, { owner: this }));
  }
}

/** @param {Handler[] | undefined} handlers @param {ClassicEvent} event */
function deliver(handlers, event) {
  for (const handler of [...(handlers ?? [])]) handler(event);
}

/** @param {ComponentOptions} options @returns {Component} */
export function createComponent(options = {}) {
  return new Component(options);
}

/** @type {Record<string, Handler[]>} of application events */
const handlers = {};
/** @type {Record<string, any>} the values of global providers such as `$Label` */
const globals = {};

/** An error that component code throws on purpose. */
class auraError extends Error {
  name = "auraError";
}

export const $A = {
  util,
  auraError,
  auraFriendlyError: auraError,

  /**
   * Puts an action in the queue; nothing is sent before the end of the turn.
   *
   * @param {any} action from `cmp.get("c.name")`
   * @param {boolean} [background] true is like `action.setBackground()` before
   * @throws {Error} when the action was enqueued before
   */
  enqueueAction(action, background) {
    if (background === true) action.setBackground();
    ClassicAction.enqueue(action);
  },

  /**
   * Gives the function back: enqueueing works from everywhere, a timer or another library's callback too.
   *
   * @template {Function} F
   * @param {F} callback
   * @returns {F}
   */
  getCallback(callback) {
    $A.assert(util.isFunction(callback), "$A.getCallback takes a function.");
    return /** @type {any} */ (
      /** @this {any} @param {any[]} all */
      function (...all) {
        return callback.apply(this, all);
      }
    );
  },

  /** @template T @param {() => T} run @returns {T} */
  run: (run) => run(),

  /** @param {string} expression `$Label.section.key`, or `e.name` for a new application event; undefined if unknown */
  get(expression) {
    const [root, ...path] = parse(expression);
    if (root !== "e") return read(globals[root], path);
    const name = path.join(".");
    return handlers[name]?.length ? new ClassicEvent(name, null, (event) => deliver(handlers[name], event)) : undefined;
  },

  /** @param {string} expression `$Provider.path` @param {any} value */
  set: (expression, value) => write(globals, parse(expression), value),

  eventService: {
    /** @param {{event: string, handler: Handler}} config hears the application event of this name */
    addHandler: ({ event, handler }) => void (handlers[event] ??= []).push(handler),
    /** @param {{event: string, handler: Handler}} config */
    removeHandler({ event, handler }) {
      handlers[event] = (handlers[event] ?? []).filter((other) => other !== handler);
    },
  },

  /**
   * There is no markup to make a component of; the callback is told so, as of any failure.
   *
   * @param {string} type
   * @param {any} _attributes
   * @param {(cmp: null, status: string, message: string) => void} [callback]
   */
  createComponent(type, _attributes, callback) {
    queueMicrotask(() => callback?.(null, "ERROR", `There is no markup of ${type}.`));
  },

  /** @param {any[]} all */
  log: (...all) => console.log(...all),
  /** @param {any[]} all */
  warning: (...all) => console.warn(...all),
  /** @param {any[]} all logs; it does not throw */
  error: (...all) => console.error(...all),
  /** @param {string} message @param {unknown} [error] */
  reportError: (message, error) => reportError(error ?? new auraError(message)),

  /** @param {unknown} condition @param {string} [message] @throws {Error} unless the condition holds */
  assert(condition, message = "Assertion failed.") {
    if (!condition) throw new auraError(message);
  },
};

/** @type {any} */ (globalThis).$A ??= $A;
