// @ts-check
/**
 * The questions about values that component code asks of `$A.util`, with the answers of 2015: an object without
 * properties is not empty, and `"false"` and `"f"` are false as booleans.
 */

/** @param {any} value */
const isString = (value) => typeof value === "string";
/** @param {any} value */
const isNumber = (value) => typeof value === "number";
/** @param {any} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {any} value */
const isUndefinedOrNull = (value) => value === undefined || value === null;

/** An element, or a component that stands for one, has classes. @param {any} target @returns {DOMTokenList} */
const classes = (target) => (target.getElement?.() ?? target).classList;

export const util = Object.freeze({
  isArray: Array.isArray,
  isObject,
  isString,
  isNumber,
  isUndefinedOrNull,
  /** @param {any} value */
  isFunction: (value) => typeof value === "function",
  /** @param {any} value */
  isError: (value) => value instanceof Error,
  /** @param {any} value */
  isPlainObject: (value) => isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value)),
  /** @param {any} value */
  isFiniteNumber: (value) => isNumber(value) && isFinite(value),
  /** @param {any} value */
  isBoolean: (value) => typeof value === "boolean",
  /** @param {any} value */
  isUndefined: (value) => value === undefined,
  /** @param {any} value undefined, null, "" and [] are empty */
  isEmpty: (value) => isUndefinedOrNull(value) || value === "" || (Array.isArray(value) && !value.length),
  /** @param {any} value */
  getBooleanValue: (value) => ![undefined, null, false, 0, "", "false", "f"].includes(value),
  /** @param {any} target @param {string} name */
  hasClass: (target, name) => classes(target).contains(name),
  /** @param {any} target @param {string} name */
  addClass: (target, name) => classes(target).add(name),
  /** @param {any} target @param {string} name */
  removeClass: (target, name) => classes(target).remove(name),
  /** @param {any} target @param {string} name */
  toggleClass: (target, name) => classes(target).toggle(name),
});
