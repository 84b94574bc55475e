// @ts-check
/** Sends to the server, with the CSRF token, and understands a refusal. */

import { problem } from "./action.js";

/** @typedef {import("./action.js").Problem} Problem */
/** @typedef {(url: string, init?: RequestInit) => Promise<Response>} Fetch */

/** What a refusal that says no code of its own means. */
const CODES = /** @type {Record<number, string>} */ ({
  401: "login_required",
  403: "forbidden",
  404: "not_found",
  413: "too_large",
  429: "too_many",
});

/**
 * @param {Response} response
 * @returns {Promise<Problem & {token?: string}>}
 */
export async function refusal(response) {
  const { status } = response;
  /** @type {any} */
  let error;
  try {
    error = JSON.parse(await response.text()).error;
  } catch {
    // A proxy's page says no more than its status. A redirect is the way to a login.
  }
  const code = status < 400 ? "login_required" : (CODES[status] ?? (status < 500 ? "protocol" : "server_error"));
  return { ...problem("ERROR", code, `HTTP ${status}`, error), token: error?.token };
}

/** @param {{fetch?: Fetch, csrf?: string | (() => string)}} options of the queue */
export function createPost({ fetch = globalThis.fetch, csrf = "" }) {
  let token = "";

  /**
   * A token that the server no longer takes is renewed from its refusal, and the same request sent again, once.
   *
   * @param {string} url
   * @param {string} body
   * @param {AbortSignal} [signal]
   * @param {boolean} [renewed]
   * @returns {Promise<{response: Response, refused?: Problem}>}
   */
  return async function post(url, body, signal, renewed) {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": token || (typeof csrf === "function" ? csrf() : csrf),
      },
      body,
      signal,
      redirect: "manual",
    });
    if (response.ok) return { response };
    const refused = await refusal(response);
    if (refused.code !== "csrf" || renewed || signal?.aborted) return { response, refused };
    token = refused.token ?? "";
    return post(url, body, signal, true);
  };
}
