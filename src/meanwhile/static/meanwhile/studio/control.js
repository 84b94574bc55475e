// @ts-check
/** What all controls of a node's form share. No DOM. */

/**
 * @typedef {object} FieldChoice
 * @property {string} name
 * @property {string} label
 * @property {string} type
 * @property {string} [relation] the record type behind it
 * @property {boolean} [many]
 * @property {boolean} [settable]
 * @property {[any, string][]} [choices]
 */

/**
 * One thing that a rule of a query can ask of a field.
 *
 * @typedef {{key: string, name: string, words: string, takes: "value" | "list" | "pair" | "nothing", literal: boolean | null}} Lookup
 */

/**
 * What all controls are given.
 *
 * @typedef {object} Context
 * @property {Record<string, string>} texts
 * @property {string} model the record type that the tree is on
 * @property {string} people the record type of persons
 * @property {Record<string, string>} names records made above: name and record type
 * @property {Record<string, string>} parameters
 * @property {Record<string, [string, string][]>} operators for each type of field
 * @property {Record<string, Lookup[]>} lookups for each type of field
 * @property {[string, string][]} kinds of values
 * @property {(model: string) => Promise<FieldChoice[]>} fields
 * @property {(model: string, search: string) => Promise<import("./combobox.js").Offer>} records
 * @property {(model: string, keys: string[]) => Promise<Record<string, string>>} recordNames
 * @property {(kind: string, search: string) => Promise<import("./combobox.js").Offer>} persons
 */

/** @typedef {(value: any, options?: {typing?: boolean}) => void} Change */

/**
 * What a fixed value must be like.
 *
 * @typedef {object} Facts
 * @property {string} label
 * @property {string} id
 * @property {string} [dataType] of the field
 * @property {[any, string][]} [choices]
 * @property {string} [relation] the record type whose records it is one of
 * @property {"list" | "pair"} [shape] of several values
 */

/** @param {string} key of a field of a form */
export const idFor = (key) => `mw-f-${key.replaceAll(/[^\w-]/g, "-")}`;

/** @param {FieldChoice | null | undefined} field @returns {{dataType?: string, choices?: [any, string][], relation?: string}} */
export function factsOf(field) {
  return { dataType: field?.type, choices: field?.choices, relation: field?.relation };
}

/** @param {string} key @returns {string | number} whole numbers are keys, as they come from the database */
export function asKey(key) {
  return /^-?(0|[1-9]\d{0,14})$/.test(key.trim()) ? Number(key) : key.trim();
}
