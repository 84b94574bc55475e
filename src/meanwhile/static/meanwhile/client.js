// @ts-check
/// <reference path="./controllers.d.ts" />
/**
 * The page's own queue and server, from what `{% meanwhile_actions %}` puts in the head. Both are made at their first
 * use, so that importing this module needs no page.
 */

import { createQueue } from "./queue.js";
import { createServer } from "./server.js";
import { createStorage } from "./storage.js";

export { Action, ActionError, createQueue } from "./queue.js";
export { createServer } from "./server.js";
export { createStorage } from "./storage.js";

/** @typedef {import("./queue.js").Queue} Queue */

/**
 * The controllers that `server` has. The file of `manage.py meanwhile_types` fills it in.
 *
 * @typedef {keyof Meanwhile.Controllers extends never ? import("./server.js").AnyServer : Meanwhile.Controllers} Server
 */

/** @param {string} name */
const meta = (name) => document.querySelector(`meta[name="meanwhile-${name}"]`)?.getAttribute("content") ?? "";

/** @param {string} name */
const number = (name) => Number(meta(name)) || undefined;

function pageQueue() {
  const endpoint = meta("endpoint");
  if (!endpoint) throw new Error("This page has no {% meanwhile_actions %} in its head, which says where actions go.");
  return createQueue({
    endpoint,
    csrf: meta("csrf"),
    storage: createStorage(),
    limits: { actions: number("max-actions"), bytes: number("max-body"), depth: number("max-depth") },
  });
}

/**
 * @template {object} T
 * @param {() => T} make
 * @returns {T}
 */
function lazy(make) {
  /** @type {any} */
  let made;
  return /** @type {T} */ (new Proxy({}, { get: (_, name) => (made ??= make())[name] }));
}

/** @type {Queue} */
export const queue = lazy(pageQueue);

/** @type {Server} */
export const server = lazy(() => createServer(queue));
