// @ts-check
/**
 * What a person changed goes to the server one after the other, and is kept in the browser until it is there: over a
 * lost connection, an ended session, a reload. No DOM.
 */

/**
 * @typedef {object} Change
 * @property {"edit" | "undo" | "redo" | "discard"} call
 * @property {any} [operation] of an edit
 * @property {boolean} [focus] whether the tree gets the focus when it is done
 * @property {boolean} [fix] whether it came from a button and not from the form
 * @property {boolean} [sent] whether an answer is awaited, or was when the page was left
 */

/**
 * @typedef {"saved" | "saving" | "offline" | "login" | "conflict" | "stuck"} Status
 */

/**
 * @typedef {object} Parts
 * @property {any} server
 * @property {string} tree
 * @property {string} person
 * @property {number} revision
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
 * @property {() => string} selected
 * @property {(answer: any, change: Change) => void} onAnswer
 * @property {(status: Status, waiting: number) => void} onStatus
 * @property {(conflict: any, change: Change) => void} onConflict
 * @property {(message: string, change: Change) => void} onRefused
 * @property {(run: () => void, milliseconds: number) => any} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 */

const LOST = new Set(["network", "timeout", "offline", "incomplete_answer", "aborted", "too_many"]);
const REFUSED = new Set(["user_error", "forbidden", "not_found", "invalid", "too_large", "serialization"]);
const TYPING = 350; // milliseconds without a key before it is sent
const LONGEST_WAIT = 30_000;
const ANSWER_WITHIN = 20_000;

/** @param {Parts} parts */
export function createSaving(parts) {
  const { server, tree, person, storage, setTimer = setTimeout, clearTimer = clearTimeout } = parts;
  const place = `mw-studio:${person}:${tree}`;
  /** @type {Change[]} */
  let waiting = [];
  let revision = parts.revision;
  let busy = false;
  let failures = 0;
  /** @type {Status} */
  let status = "saved";
  /** @type {any} */
  let timer;

  const kept = read();
  if (kept) {
    waiting = kept.waiting;
    revision = kept.revision;
  }

  function read() {
    try {
      const found = JSON.parse(storage.getItem(place) ?? "null");
      return found?.waiting?.length ? found : null;
    } catch {
      return null;
    }
  }

  function keep() {
    try {
      if (waiting.length) storage.setItem(place, JSON.stringify({ revision, waiting }));
      else storage.removeItem(place);
    } catch {
      // A browser without room: it is still sent, only a reload in between would lose it.
    }
  }

  /** @param {Status} next */
  function tell(next) {
    status = next;
    parts.onStatus(next, waiting.length);
  }

  /** @param {Change} change @param {Change | undefined} last */
  function isSamePlace(change, last) {
    const [one, other] = [change.operation, last?.operation];
    if (!one || !other || last?.sent || one.op !== other.op) return false;
    return one.op === "set_value" && one.path === other.path && one.key === other.key;
  }

  /** @param {number} milliseconds */
  function plan(milliseconds) {
    clearTimer(timer);
    timer = setTimer(() => void flush(), milliseconds);
  }

  async function flush() {
    clearTimer(timer);
    if (busy || !waiting.length || status === "conflict") return;
    busy = true;
    const change = waiting[0];
    const selected = parts.selected();
    change.sent = true;
    keep();
    tell("saving");
    try {
      const common = { tree, revision, person };
      const params =
        change.call === "edit" ? { ...common, operation: JSON.stringify(change.operation) }
        : change.call === "discard" ? common
        : { ...common, select: selected };
      const answer = await server.studio[change.call](params, { timeout: ANSWER_WITHIN });
      failures = 0;
      busy = false;
      if (answer.conflict) return stopped(answer, change);
      waiting.shift();
      revision = answer.state.revision;
      keep();
      parts.onAnswer(answer, change);
      if (waiting.length) return void flush();
      tell("saved");
    } catch (error) {
      busy = false;
      failed(/** @type {any} */ (error), change);
    }
  }

  /** @param {any} answer @param {Change} change */
  function stopped(answer, change) {
    tell("conflict");
    parts.onConflict(answer, change);
  }

  /** @param {{code?: string, message: string}} error @param {Change} change */
  function failed(error, change) {
    const code = error.code ?? "";
    if (REFUSED.has(code)) {
      waiting.shift();
      keep();
      parts.onRefused(error.message, change);
      tell(waiting.length ? "saving" : "saved");
      if (waiting.length) void flush();
      return;
    }
    failures += 1;
    tell(code === "login_required" ? "login" : LOST.has(code) ? "offline" : "stuck");
    plan(Math.min(LONGEST_WAIT, 1000 * 2 ** failures));
  }

  return {
    get revision() {
      return revision;
    },

    /** What the server said last, when nothing waits. @param {number} known */
    know(known) {
      if (!waiting.length) revision = known;
    },

    get waiting() {
      return waiting;
    },

    get status() {
      return status;
    },

    /** Whether changes were left from before the page was loaded. */
    hasLeft: !!kept,

    /**
     * @param {Change} change
     * @param {{typing?: boolean}} [options] whether more of the same is likely to come
     */
    put(change, { typing = false } = {}) {
      const last = waiting.at(-1);
      if (last && isSamePlace(change, last)) last.operation = change.operation;
      else waiting.push(change);
      keep();
      tell(status === "saved" ? "saving" : status);
      if (status === "conflict" || busy) return;
      if (failures && status !== "saving") return;
      if (typing) plan(TYPING);
      else void flush();
    },

    flush,

    /** Goes on after a conflict: with the change as it is now, or without it. @param {any} operation @param {number} now */
    resolve(operation, now) {
      revision = now;
      if (operation) waiting[0] = { ...waiting[0], operation, sent: false };
      else waiting.shift();
      keep();
      tell(waiting.length ? "saving" : "saved");
      void flush();
    },

    /** Values that were typed and are not on the server yet. @param {string} path @returns {Record<string, any>} */
    typed(path) {
      const found = waiting.filter(({ operation: one }) => one?.op === "set_value" && one.path === path);
      return Object.fromEntries(found.map(({ operation }) => [operation.key, operation.value]));
    },
  };
}
