// @ts-check
/**
 * Keeps answers of storable actions: in memory until the page is left, or in `sessionStorage` across pages.
 *
 * A session storage outlives a logout: give it a `prefix` that is another one for each person.
 */

/** @typedef {import("./queue.js").AnswerStore} AnswerStore */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Area */

/** @returns {Area} */
function memory() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, text) => void items.set(key, text),
    removeItem: (key) => void items.delete(key),
    key: (index) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}

/**
 * @param {object} [options]
 * @param {Area} [options.area] for example `sessionStorage`
 * @param {string} [options.prefix] of the keys in the area
 * @param {number} [options.expire] seconds after which an answer is as good as not stored (900)
 * @param {number} [options.most] answers that are kept; the oldest make room (200)
 * @param {() => number} [options.now] milliseconds
 * @returns {AnswerStore & {clear(): void}}
 */
export function createStorage({
  area = memory(),
  prefix = "meanwhile:",
  expire = 900,
  most = 200,
  now = Date.now,
} = {}) {
  const keys = () =>
    Array.from({ length: area.length }, (_, index) => area.key(index) ?? "").filter((key) => key.startsWith(prefix));

  /** @param {string} key @returns {{at: number, value: unknown} | undefined} */
  const read = (key) => {
    try {
      return JSON.parse(area.getItem(key) ?? "") ?? undefined;
    } catch {
      return undefined;
    }
  };

  /** @param {number} number of the oldest that go */
  const makeRoom = (number) => {
    const byAge = keys().sort((one, other) => (read(one)?.at ?? 0) - (read(other)?.at ?? 0));
    for (const key of byAge.slice(0, number)) area.removeItem(key);
  };

  return {
    get(key) {
      const item = read(prefix + key);
      if (!item) return undefined;
      const age = (now() - item.at) / 1000;
      if (age < expire) return { value: item.value, age };
      area.removeItem(prefix + key);
      return undefined;
    },

    set(key, value) {
      const text = JSON.stringify({ at: now(), value });
      area.removeItem(prefix + key);
      const kept = keys().length;
      if (kept >= most) makeRoom(kept - most + 1);
      try {
        area.setItem(prefix + key, text);
      } catch {
        // The browser's own limit: half of them go, and if that is not enough it is not stored.
        makeRoom(Math.ceil(kept / 2));
        try {
          area.setItem(prefix + key, text);
        } catch {
          return;
        }
      }
    },

    delete(key) {
      area.removeItem(prefix + key);
    },

    clear() {
      for (const key of keys()) area.removeItem(key);
    },
  };
}
