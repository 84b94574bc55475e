/** A page for the classic face: a real queue on a server of a few lines that answers when the test says so. */

import { createQueue } from "../../src/meanwhile/static/meanwhile/queue.js";

/** Lets everything happen that is due: the flush, the answers, the callbacks. */
export async function turn() {
  for (let round = 0; round < 6; round += 1) await new Promise((done) => setImmediate(done));
}

/** @param {object} [options] of the queue */
export function openPage(options = {}) {
  const requests = [];
  const reported = [];

  function fetch(url, { body, signal }) {
    const { lane, actions } = JSON.parse(body);
    return new Promise((resolve, reject) => {
      const request = { lane, actions, messages: actions.map((action) => action.params.message), done: false };
      const respond = (text, status = 200) => {
        request.done = true;
        resolve(new Response(text, { status }));
      };
      /** Answers all of it: `line` makes the line of one action. */
      request.answer = (line = ({ params }) => ({ state: "SUCCESS", value: params.message })) => {
        const lines = actions.map((action) => ({ id: action.id, ...line(action) }));
        respond([...lines, { end: true }].map((each) => JSON.stringify(each)).join("\n"));
      };
      request.fail = () => {
        request.done = true;
        reject(new TypeError("Failed to fetch"));
      };
      signal?.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
      requests.push(request);
    });
  }

  const queue = createQueue({
    endpoint: "/actions/",
    fetch,
    schedule: (run) => setImmediate(run),
    setTimer: () => null,
    clearTimer: () => {},
    online: () => true,
    report: (error) => reported.push(error),
    ...options,
  });
  const open = () => requests.filter((request) => !request.done);
  return { queue, requests, reported, open };
}
