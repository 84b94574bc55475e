// @ts-check
/**
 * @param {any} value as JSON makes it
 * @returns {boolean} whether it has names: no list, no plain value
 */
export function isObject(value) {
  return Object(value) === value && !Array.isArray(value);
}

/**
 * JSON with the keys in order, so that equal values have equal texts.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  return JSON.stringify(value, (_key, part) =>
    isObject(part) ? Object.fromEntries(Object.keys(part).sort().map((key) => [key, part[key]])) : part,
  );
}

/**
 * @param {any} value as JSON makes it
 * @returns {number} levels of objects and lists
 */
export function depth(value) {
  return Object(value) === value ? 1 + Object.values(value).reduce((most, part) => Math.max(most, depth(part)), 0) : 0;
}
