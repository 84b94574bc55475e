// @ts-check
/**
 * The promise face: `await server.echo.echo({message})` calls the method `echo` of the controller named `echo`.
 */

import { ActionError } from "./queue.js";

export { ActionError };

/** @typedef {import("./queue.js").Queue} Queue */
/** @typedef {import("./queue.js").Action} Action */
/** @typedef {import("./queue.js").ActionOptions} ActionOptions */

/**
 * Beside those of an action: `onRefresh` is told the value when a stored answer was given first and another came.
 *
 * @typedef {ActionOptions & {onRefresh?: (value: any) => void}} CallOptions
 */

/**
 * One method of a controller. Called, it goes with the foreground; `background` sends it by itself; `resume` takes up a
 * durable action by its id. Each gives the returned value or rejects with an `ActionError`.
 *
 * @typedef {{
 *   (params?: object, options?: CallOptions): Promise<any>,
 *   background(params?: object, options?: CallOptions): Promise<any>,
 *   resume(id: string, options?: CallOptions): Promise<any>,
 * }} Method
 */

/** @typedef {Record<string, Record<string, Method>>} AnyServer */

/**
 * @param {Action} action
 * @param {CallOptions} options
 */
async function result(action, { onRefresh }) {
  await action.settled;
  if (action.error) throw new ActionError(action.error);
  if (onRefresh) action.on("settled", () => onRefresh(action.value));
  return action.value;
}

/**
 * An object that has whatever name it is asked for, made on the way. It is no promise, so it has no `then`.
 *
 * @param {(name: string) => unknown} make
 * @returns {any}
 */
function names(make) {
  return new Proxy({}, { get: (_, name) => (typeof name === "string" && name !== "then" ? make(name) : undefined) });
}

/**
 * @template [Server=AnyServer] the controllers' types, as `manage.py meanwhile_types` writes them
 * @param {Queue} queue
 * @returns {Server}
 */
export function createServer(queue) {
  /** @param {string} name @returns {Method} */
  const method = (name) => {
    /** @param {boolean} background @returns {(params?: object, options?: CallOptions) => Promise<any>} */
    const call =
      (background) =>
      (params, options = {}) => {
        const action = queue.action(name, params, options);
        if (background) action.setBackground();
        return result(queue.enqueue(action), options);
      };
    return Object.assign(call(false), {
      background: call(true),
      resume: (/** @type {string} */ id, /** @type {CallOptions} */ options = {}) =>
        result(queue.follow(id, { ...options, name }), options),
    });
  };
  return names((controller) => names((name) => method(`${controller}.${name}`)));
}
