// @ts-check
/** Expressions such as `v.order.lines[0].price`, read and written. `{!v.order}` is `v.order`. */

/** @param {string} expression @returns {string[]} */
export const parse = (expression) =>
  expression
    .replace(/^\{[!#](.*)\}$/, "$1")
    .replace(/\[(\w+)\]/g, ".$1")
    .split(".");

/**
 * @param {any} target
 * @param {string[]} path
 * @returns {any} undefined where the path ends early
 */
export const read = (target, path) => path.reduce((value, step) => value?.[step], target);

/**
 * Makes what is missing on the way: an array where the next step is a number, an object elsewhere.
 *
 * @param {any} target
 * @param {string[]} path
 * @param {any} value
 */
export function write(target, path, value) {
  path.slice(0, -1).forEach((step, index) => {
    target = target[step] ??= /^\d+$/.test(path[index + 1]) ? [] : {};
  });
  target[path[path.length - 1]] = value;
}
