// @ts-check
/** Durable actions, which run on after the request: followed, listed and cancelled. Loaded when the first is met. */

import { ActionError, problem } from "./action.js";
import { follow } from "./follow.js";
import { refusal } from "./post.js";

/** After how many failures in a row an action is no longer followed; about nine minutes. */
const MOST_FAILURES = 20;

/** @typedef {import("./action.js").Action} Action */
/** @typedef {import("./action.js").Problem} Problem */

/**
 * The state of a durable action, as the server tells it.
 *
 * @typedef {object} Durable
 * @property {string} id
 * @property {string} action
 * @property {"WAITING" | "RUNNING" | "SUCCESS" | "ERROR" | "CANCELLED"} state
 * @property {number | null} progress
 * @property {string} text
 * @property {any} [value]
 * @property {Partial<Problem>} [error]
 * @property {object} [params]
 */

/**
 * @param {import("./queue.js").QueueOptions} options
 * @param {ReturnType<typeof import("./post.js").createPost>} post
 * @param {(action: Action, value: unknown, error?: Problem) => void} settle
 * @param {(action: Action, fraction: number | null, text: string) => void} progress
 */
export function durables(
  { endpoint, fetch = globalThis.fetch, every = 1000, setTimer, clearTimer, events },
  post,
  settle,
  progress,
) {
  const url = endpoint.replace(/\/?$/, "/durable/");
  /** @param {string} id */
  const place = (id) => `${url}${encodeURIComponent(id)}/`;

  return {
    /**
     * Brings an action its progress and its end.
     *
     * @param {Action} action
     * @param {boolean} stream whether the answer may stay open
     */
    track(action, stream) {
      if (action.isFinal) return;
      const { stop } = follow({
        url: place(action.durable ?? ""),
        every,
        stream,
        fetch,
        setTimer,
        clearTimer,
        events,
        onAnswer: (/** @type {Durable} */ { state, value, error, progress: fraction = null, text = "" }) => {
          if (state === "SUCCESS") settle(action, value);
          else if (state === "ERROR") settle(action, undefined, problem("ERROR", "server_error", "", error));
          else if (state === "CANCELLED") settle(action, undefined, problem("ERROR", "cancelled", "Cancelled", error));
          else if (fraction !== action.progress || text !== action.text) progress(action, fraction, text);
        },
        onRefused: async (response) => settle(action, undefined, await refusal(response)),
        onMissed: (_pause, failures) => {
          if (failures >= MOST_FAILURES) settle(action, undefined, problem("INCOMPLETE", "network", "No connection"));
        },
      });
      action.undo.push(stop);
    },

    /** @param {string} [name] @returns {Promise<Durable[]>} */
    async list(name = "") {
      const headers = { Accept: "application/json" };
      const response = await fetch(`${url}?action=${encodeURIComponent(name)}`, { headers });
      if (!response.ok) throw new ActionError(await refusal(response));
      return (await response.json()).durable;
    },

    /** @param {string} id */
    async cancel(id) {
      const { refused } = await post(`${place(id)}cancel/`, "{}");
      if (refused) throw new ActionError(refused);
    },
  };
}
