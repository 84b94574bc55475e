// @ts-check
/**
 * What a person changed goes to the server one after the other, and is kept in the browser until it is there: over a
 * lost connection, an ended session, a reload. No DOM.
 *
 * The places in a change are those of what the page showed when it was made: the draft at a revision, with the changes
 * before it done. Where the draft went another way meanwhile, the server is told both, and finds the place anew.
 */

/**
 * @typedef {object} Change
 * @property {"edit" | "undo" | "redo" | "discard"} call
 * @property {any} [operation] of an edit
 * @property {boolean} [focus] whether the tree gets the focus when it is done
 * @property {boolean} [fix] whether it came from a button and not from the form
 */

/**
 * A change that is not on the server yet.
 *
 * @typedef {Change & {
 *   id: string,
 *   on: number,
 *   view: string,
 *   asked?: number,
 *   now?: number,
 *   meant?: any,
 *   sent?: boolean,
 * }} Waiting `on` is the revision that it was made on, `view` names what was shown then; `asked` is the revision at which
 *   the person was asked what to do about it, and, once that is decided, `now` the one that the operation is for, and
 *   `meant` what the person did at first; `sent` says that the server may have it
 */

/** A change that was sent, on which others that wait were made. @typedef {{view: string, operation: any}} Made */

/** @typedef {"saved" | "saving" | "offline" | "login" | "conflict" | "stuck"} Status */

/**
 * How a change ended: `quiet` says that nobody but this page changed the draft, `exact` that it was made on just what the
 * page showed.
 *
 * @typedef {{quiet: boolean, exact: boolean}} Ended
 */

/**
 * @typedef {object} Parts
 * @property {any} server
 * @property {string} tree
 * @property {string} person
 * @property {number} revision
 * @property {any} document the draft at that revision
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
 * @property {() => string} selected
 * @property {(answer: any, change: Change, ended: Ended) => void} onAnswer
 * @property {(status: Status, waiting: number) => void} onStatus
 * @property {(conflict: any, change: Change) => void} onConflict
 * @property {(message: string, change: Change) => void} onRefused
 * @property {(run: () => void, milliseconds: number) => any} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 * @property {() => string} [newId]
 */

/** Codes of errors that say that the server was not reached, or its answer not. */
export const LOST = new Set(["network", "timeout", "offline", "incomplete_answer", "aborted", "too_many"]);
const REFUSED = new Set(["user_error", "forbidden", "not_found", "invalid", "too_large", "serialization"]);
const TYPING = 350; // milliseconds without a key before it is sent
const LONGEST_WAIT = 30_000;
const ANSWER_WITHIN = 20_000;

let ids = 0;
const anyId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${++ids}`;

/** @param {Parts} parts */
export function createSaving(parts) {
  const { server, tree, person, storage, setTimer = setTimeout, clearTimer = clearTimeout, newId = anyId } = parts;
  const place = `mw-studio:${person}:${tree}`;
  /** @type {Waiting[]} */
  let waiting = [];
  /** @type {Made[]} */
  let made = [];
  /** The revision that the page shows. */
  let revision = parts.revision;
  /** What the draft said at the revisions that changes were made on. @type {Map<number, any>} */
  const views = new Map();
  let keptViews = "";
  /** Revisions that this page has made. @type {Set<number>} */
  const own = new Set();
  let busy = false;
  let failures = 0;
  /** @type {Status} */
  let status = "saved";
  /** @type {any} */
  let timer;

  const hasLeft = restore();
  views.set(revision, parts.document);

  function restore() {
    try {
      const found = JSON.parse(storage.getItem(place) ?? "null");
      if (!found?.waiting?.length) return false;
      waiting = found.waiting;
      made = found.made ?? [];
      for (const [number, document] of JSON.parse(storage.getItem(`${place}:views`) ?? "[]")) views.set(number, document);
      return true;
    } catch {
      return false;
    }
  }

  function keep() {
    const used = new Set([revision, ...waiting.flatMap(({ on, asked, now }) => [on, asked, now])]);
    for (const number of views.keys()) if (!used.has(number)) views.delete(number);
    made = made.filter(({ view }) => waiting.some((one) => one.view === view));
    try {
      if (!waiting.length) {
        storage.removeItem(place);
        storage.removeItem(`${place}:views`);
        keptViews = "";
        return;
      }
      storage.setItem(place, JSON.stringify({ waiting, made }));
      const which = [...views.keys()].join();
      if (which !== keptViews) storage.setItem(`${place}:views`, JSON.stringify([...views]));
      keptViews = which;
    } catch {
      // A browser without room: it is still sent, only a reload in between would lose it.
    }
  }

  /** @param {Status} next */
  function tell(next) {
    status = next;
    parts.onStatus(next, waiting.length);
  }

  /** @param {any} state the server's */
  function know(state) {
    revision = state.revision;
    views.set(revision, state.document);
  }

  /** @param {Change} change @param {Waiting | undefined} last */
  function isSamePlace(change, last) {
    const [one, other] = [change.operation, last?.operation];
    if (!one || !other || !last || last.sent || last.meant || last.view !== String(revision) || one.op !== other.op) return false;
    return one.op === "set_value" && one.path === other.path && one.key === other.key;
  }

  /** @param {number} milliseconds */
  function plan(milliseconds) {
    clearTimer(timer);
    timer = setTimer(() => void flush(), milliseconds);
  }

  /** @param {Waiting} change @param {boolean} [withView] */
  function paramsOf(change, withView = false) {
    const common = { tree, person, revision };
    if (change.call === "discard") return common;
    if (change.call !== "edit") return { ...common, select: parts.selected() };
    const before = change.now === undefined ? made.filter(({ view }) => view === change.view).map(({ operation }) => operation) : [];
    return {
      ...common,
      revision: change.now ?? change.on,
      operation: JSON.stringify(change.operation),
      id: change.id,
      ...(before.length ? { before: JSON.stringify(before) } : {}),
      ...(withView ? { view: JSON.stringify(views.get(change.now ?? change.on) ?? {}) } : {}),
    };
  }

  async function flush() {
    clearTimer(timer);
    if (busy || !waiting.length || status === "conflict") return;
    busy = true;
    const change = waiting[0];
    change.sent = true;
    keep();
    tell("saving");
    try {
      const call = (/** @type {boolean} */ withView) => server.studio[change.call](paramsOf(change, withView), { timeout: ANSWER_WITHIN });
      let answer = await call(false);
      if (answer.wanted) answer = await call(true);
      failures = 0;
      busy = false;
      if (answer.conflict) return stopped(answer, change);
      const ended = settle(change, answer);
      parts.onAnswer(answer, change, ended);
      if (waiting.length) return void flush();
      tell("saved");
    } catch (error) {
      busy = false;
      failed(/** @type {any} */ (error), change);
    }
  }

  /** @param {Waiting} change @param {any} answer @returns {Ended} */
  function settle(change, answer) {
    waiting.shift();
    const isDirect = change.now === undefined && !made.some(({ view }) => view === change.view);
    const isExact = change.call === "edit" && isDirect && !answer.merged && !answer.beside;
    const since = change.call === "edit" ? change.on : revision;
    let quiet = true;
    for (let number = since + 1; number < answer.state.revision; number += 1) quiet &&= own.has(number);
    if (isExact) {
      for (const one of waiting) if (one.view === change.view) Object.assign(one, { on: answer.state.revision, view: String(answer.state.revision) });
    } else if (change.call === "edit") leaveBehind(change);
    know(answer.state);
    own.add(revision);
    keep();
    return { quiet, exact: isExact };
  }

  /** Others were made on what the page showed with this change done. @param {Waiting} change */
  function leaveBehind(change) {
    made.push({ view: change.view, operation: change.meant ?? change.operation });
  }

  /** @param {any} answer @param {Waiting} change */
  function stopped(answer, change) {
    know(answer.state);
    change.asked = revision;
    keep();
    tell("conflict");
    parts.onConflict(answer, change);
  }

  /** @param {{code?: string, message: string}} error @param {Waiting} change */
  function failed(error, change) {
    const code = error.code ?? "";
    if (REFUSED.has(code)) {
      waiting.shift();
      if (change.call === "edit") {
        // The page goes on with what the server has, which those that were made on this change don't fit any more.
        const view = `${change.view}+`;
        for (const one of [...waiting, ...made]) if (one.view === change.view) one.view = view;
        leaveBehind({ ...change, view });
      }
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

    /** What the server said last, when nothing waits. @param {any} state */
    know(state) {
      if (waiting.length) return;
      know(state);
      keep();
    },

    get waiting() {
      return waiting;
    },

    get status() {
      return status;
    },

    /** Whether nothing gets through, or the person has to decide first. */
    get isStuck() {
      return status === "offline" || status === "login" || status === "stuck" || status === "conflict";
    },

    /** The changes that were made on what the page shows, in their order. */
    get shown() {
      return waiting.filter((one) => one.view === String(revision) && one.now === undefined);
    },

    /** Whether changes were left from before the page was loaded. */
    hasLeft,

    /**
     * @param {Change} change
     * @param {{typing?: boolean}} [options] whether more of the same is likely to come
     */
    put(change, { typing = false } = {}) {
      const last = waiting.at(-1);
      if (isSamePlace(change, last)) /** @type {Waiting} */ (last).operation = change.operation;
      else waiting.push({ ...change, id: newId(), on: revision, view: String(revision) });
      keep();
      tell(status === "saved" ? "saving" : status);
      if (status === "conflict" || busy) return;
      if (failures && status !== "saving") return;
      if (typing) plan(TYPING);
      else void flush();
    },

    /** Takes the last change back that the server can't have yet; there may be none. @returns {Change | null} */
    takeBack() {
      const last = waiting.at(-1);
      if (!last || last.sent || last.call !== "edit" || busy) return null;
      waiting.pop();
      keep();
      tell(status);
      const { call, operation, focus, fix } = last;
      return { call, operation, focus, fix };
    },

    flush,

    /** Goes on after a conflict: with the change as it is now, or without it. @param {any} operation */
    resolve(operation) {
      const change = waiting[0];
      if (operation) Object.assign(change, { operation, meant: change.meant ?? change.operation, now: change.asked, sent: false });
      else {
        waiting.shift();
        if (change.call === "edit") leaveBehind(change);
      }
      keep();
      tell(waiting.length ? "saving" : "saved");
      void flush();
    },

    /** Values that were typed and are not on the server yet. @param {string} path @returns {Record<string, any>} */
    typed(path) {
      const found = this.shown.filter(({ operation: one }) => one?.op === "set_value" && one.path === path);
      return Object.fromEntries(found.map(({ operation }) => [operation.key, operation.value]));
    },
  };
}
