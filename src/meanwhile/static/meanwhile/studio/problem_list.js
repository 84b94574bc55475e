// @ts-check
/** Problems as people read them: how many there are of each kind, and each with the node that it is about. */

import { el, fill, icon } from "./dom.js";

export const MOST_PROBLEMS = 50;

/**
 * A problem as the server tells it.
 *
 * @typedef {object} Problem
 * @property {string} path of its node, "" for the tree
 * @property {string} [place] in the node
 * @property {"error" | "warning"} level
 * @property {string} message
 * @property {any} [fix]
 * @property {string} [fix_label]
 */

/** @param {Problem[]} problems */
export function errorsIn(problems) {
  return problems.filter((one) => one.level === "error").length;
}

/** How many errors and how many warnings there are: `2 errors, 1 warning`. @param {Record<string, string>} texts @param {Problem[]} problems */
export function countOf(texts, problems) {
  const errors = errorsIn(problems);
  const warnings = problems.length - errors;
  const parts = [
    errors ? (errors === 1 ? texts.oneError : fill(texts.errors, { NUMBER: errors })) : "",
    warnings ? (warnings === 1 ? texts.oneWarning : fill(texts.warnings, { NUMBER: warnings })) : "",
  ];
  return parts.filter(Boolean).join(", ") || texts.noProblems;
}

/**
 * @param {Problem[]} problems
 * @param {(problem: Problem) => HTMLElement} line
 */
export function problemList(problems, line) {
  return el("ul", { class: "mw-problems__list" }, problems.slice(0, MOST_PROBLEMS).map(line));
}

/**
 * A problem as a button that leads to its node. Where in the node it is stands in its title.
 *
 * @param {Problem} problem
 * @param {string} title of the node
 * @param {() => void} go
 */
export function problemButton(problem, title, go) {
  const picture = icon(problem.level === "error" ? "failed" : "warning");
  const place = [problem.path, problem.place].filter(Boolean).join(" › ");
  return el("button", { type: "button", class: "mw-problem__where", title: place || null, onclick: go }, picture, el("span", {}, title, title ? ": " : "", problem.message));
}
