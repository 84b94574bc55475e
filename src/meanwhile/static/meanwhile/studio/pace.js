// @ts-check
/** When a live part may ask: seldom in a hidden tab, and ever more seldom while there is no connection. */

const SLOWER_WHEN_HIDDEN = 10;
const LONGEST_PAUSE = 60_000; // milliseconds between two tries without a connection
const SLACK = 0.5; // of the time between two ticks, which come a little early or late

/**
 * @param {{now?: () => number, hidden?: () => boolean}} [given] a clock in milliseconds, and whether nobody looks
 */
export function createPace({ now = () => performance.now(), hidden = () => document.hidden } = {}) {
  let asked = -Infinity;
  let next = -Infinity;
  let failures = 0;
  let stopped = false;
  return {
    /**
     * @param {number} every milliseconds between two ticks
     * @param {boolean} isTick false where something else than a tick asks, such as a person who is back
     */
    mayAsk(every, isTick) {
      const time = now() + every * SLACK;
      if (stopped || (isTick && time < next)) return false;
      if (hidden() && time < asked + every * SLOWER_WHEN_HIDDEN) return false;
      asked = now();
      return true;
    },

    /** There was an answer. */
    heard() {
      failures = 0;
      next = -Infinity;
      stopped = false;
    },

    /**
     * There was none.
     *
     * @param {number} every
     * @returns {number} milliseconds until the next try
     */
    missed(every) {
      failures += 1;
      const pause = Math.min(LONGEST_PAUSE, Math.max(every, 1000) * 2 ** failures);
      next = now() + pause;
      return pause;
    },

    /** There will be none any more. */
    stop() {
      stopped = true;
    },
  };
}
