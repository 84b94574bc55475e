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
 * The problems in their order; of too many the errors first, and how many are not shown.
 *
 * @param {Record<string, string>} texts
 * @param {Problem[]} problems
 * @param {(problem: Problem) => HTMLElement} line
 */
export function problemList(texts, problems, line) {
  const { shown, left } = shownOf(problems);
  const rest = left ? el("li", { class: "mw-problem mw-soft" }, fill(texts.moreProblems, { NUMBER: left })) : null;
  return el("ul", { class: "mw-problems__list" }, shown.map(line), rest);
}

/** Which problems are shown, and how many are left. @param {Problem[]} problems */
export function shownOf(problems) {
  if (problems.length <= MOST_PROBLEMS) return { shown: problems, left: 0 };
  const errors = problems.filter((one) => one.level === "error");
  const others = problems.filter((one) => one.level !== "error");
  return { shown: [...errors, ...others].slice(0, MOST_PROBLEMS), left: problems.length - MOST_PROBLEMS };
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
