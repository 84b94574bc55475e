// @ts-check
/**
 * Undo and redo as far as the page knows them: what the tree looked like before each change of its own, so that going
 * back shows at once; and the changes taken back before the server had them. No DOM.
 */

/** @typedef {import("./tree_rows.js").Row} Row */
/** @typedef {import("./saving.js").Change} Change */

const MOST = 50;
const TYPED_WITHIN = 10_000; // milliseconds in which the server takes what is typed at one place for one change

/** @param {() => number} [clock] in milliseconds */
export function createTravel(clock = () => performance.now()) {
  /** @type {{rows: Row[], about: string, at: number}[]} */
  let past = [];
  /** @type {Row[][]} */
  let future = [];
  /** @type {Change[]} */
  let back = [];
  let isAway = false;

  return {
    /** Whether an undo is on its way. */
    get isAway() {
      return isAway;
    },

    /** A change of this page was made. @param {Row[]} rows those before it @param {string} about what was typed at, "" for another change */
    remember(rows, about) {
      const last = past.at(-1);
      const now = clock();
      future = [];
      back = [];
      if (about && last && last.about === about && now - last.at <= TYPED_WITHIN) last.at = now;
      else past = [...past.slice(1 - MOST), { rows, about, at: now }];
    },

    /** Somebody else changed the tree: what comes back is not known. */
    forget() {
      past = [];
      future = [];
      isAway = false;
    },

    /** @param {"undo" | "redo" | "discard"} way @param {Row[]} rows as they are @returns {Row[] | null} as they will be, if that is known */
    leave(way, rows) {
      isAway = true;
      if (way === "discard") {
        past = [];
        future = [];
        return null;
      }
      if (way === "redo") {
        const next = future.pop() ?? null;
        if (next) past.push({ rows, about: "", at: 0 });
        return next;
      }
      const last = past.pop();
      if (last) future.push(rows);
      return last?.rows ?? null;
    },

    arrived() {
      isAway = false;
    },

    /** @param {Change | null} change that the server never had */
    tookBack(change) {
      if (change) back.push(change);
      return change;
    },

    /** @returns {Change | null} the change to do again that was taken back last */
    putBack() {
      return back.pop() ?? null;
    },
  };
}
