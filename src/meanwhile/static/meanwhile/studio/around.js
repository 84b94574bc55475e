// @ts-check
/** What stands around the tree: its problems, how it stands, what undo would take back. */

import { el, fill, icon } from "./dom.js";
import { countOf, errorsIn, problemButton, problemList } from "./problem_list.js";

/** @typedef {import("./tree_rows.js").Row} Row */

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {boolean} edits
 * @property {(name: string) => HTMLElement} piece
 * @property {(path: string) => Row | undefined} row
 * @property {(path: string) => void} onProblem
 * @property {(operation: any) => void} onFix
 * @property {() => void} onLost the focus was in what is drawn anew
 */

/** @param {Parts} parts */
export function createAround({ texts, edits, piece, row, onProblem, onFix, onLost }) {
  /** @param {any} state the server's */
  function draw(state) {
    for (const one of document.querySelectorAll("[data-part=name]")) one.textContent = state.name;
    drawProblems(state.problems);
    drawStanding(state);
    drawTravel("undo", state.undo, texts.undo, texts.nothingToUndo);
    drawTravel("redo", state.redo, texts.redo, texts.nothingToRedo);
  }

  /** @param {string} name @param {string} label @param {string} words @param {string} nothing */
  function drawTravel(name, label, words, nothing) {
    for (const button of document.querySelectorAll(`[data-do="${name}"]`)) {
      button.setAttribute("aria-disabled", String(!label));
      button.setAttribute("title", label ? fill(words, { NAME: label }) : nothing);
    }
  }

  /** @param {any[]} problems */
  function drawProblems(problems) {
    const place = piece("problems");
    const text = JSON.stringify(problems.map((one) => [row(one.path)?.title, one]));
    if (!place || /** @type {any} */ (place).mwText === text) return;
    /** @type {any} */ (place).mwText = text;
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(
      el("h2", { class: `mw-problems__head${errorsIn(problems) ? " mw-bad" : ""}` }, icon(problems.length ? "warning" : "done"), countOf(texts, problems)),
      problems.length ? problemList(texts, problems, problemLine) : el("span"),
    );
    if (hadFocus) onLost();
  }

  /** @param {any} problem */
  function problemLine(problem) {
    return el("li", { class: `mw-problem mw-problem--${problem.level}` },
      problemButton(problem, row(problem.path)?.title ?? "", () => onProblem(problem.path)),
      problem.fix && edits ? el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => onFix(problem.fix) }, problem.fix_label || texts.fix) : null,
    );
  }

  /** @param {any} state */
  function drawStanding({ standing, edited }) {
    const place = piece("standing");
    if (!place) return;
    const text = !standing.number ? texts.draftOnly : fill(standing.changed ? texts.hasChanges : texts.published, { NUMBER: standing.number });
    const kind = standing.number && !standing.changed ? "published" : "draft";
    place.replaceChildren(
      el("span", { class: `mw-state mw-state--${kind}` }, icon(kind === "published" ? "done" : "update_field"), el("span", {}, text)),
      standing.retired ? el("span", { class: "mw-state" }, icon("cancelled"), texts.isRetired) : standing.enabled ? "" : el("span", { class: "mw-state" }, icon("off"), texts.isOff),
    );
    const last = piece("edited");
    if (last) last.textContent = fill(texts.lastEdit, { PERSON: edited.by || texts.somebody, WHEN: edited.text });
    document.querySelector('[data-do="publish"]')?.setAttribute("aria-disabled", String(!!standing.number && !standing.changed));
  }

  // One of the toolbar's buttons is in the order of Tab; arrows go to the others.
  const toolbar = piece("toolbar");
  toolbar?.addEventListener("keydown", (event) => {
    const all = /** @type {HTMLElement[]} */ ([...toolbar.querySelectorAll("button")]);
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });

  return { draw };
}
