// @ts-check
/**
 * Publishing a draft: a dialog with a comment, which is kept until it is used. What others do to the tree while it is
 * open is told in it, and it stays: nobody publishes what they were not told of.
 */

import { el, icon } from "./dom.js";
import { countOf, errorsIn, problemButton, problemList } from "./problem_list.js";
import { say, toast } from "./tell.js";

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {string} place where the comment is kept
 * @property {() => Promise<void>} whenSaved
 * @property {() => import("./problem_list.js").Problem[]} problems
 * @property {(path: string) => string} titleOf what people read for a node
 * @property {(path: string) => void} onProblem
 * @property {(comment: string) => Promise<any>} publish
 * @property {(answer: any) => void} onAnswer
 * @property {(error: any) => void} onFailed
 * @property {(others: any) => string} words what others did
 */

/** @param {Parts} parts */
export function createPublishing({ texts, place, whenSaved, problems, titleOf, onProblem, publish, onAnswer, onFailed, words }) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("mw-publish"));
  const comment = /** @type {HTMLInputElement | null} */ (dialog?.querySelector("[name=comment]"));
  let canPublish = false;

  async function open() {
    if (!dialog || !comment) return;
    await whenSaved();
    tell("");
    draw();
    comment.value = sessionStorage.getItem(place) ?? "";
    dialog.showModal();
    comment.focus();
  }

  /** Shows the problems that the draft has now. */
  function draw() {
    const list = dialog?.querySelector("[data-part=publish-problems]");
    if (!dialog || !list) return;
    const hadFocus = list.contains(document.activeElement);
    canPublish = !errorsIn(problems());
    list.replaceChildren(...told(dialog, problems()));
    dialog.querySelector('[data-do="publish-now"]')?.setAttribute("aria-disabled", String(!canPublish));
    if (hadFocus) comment?.focus();
  }

  /** Says in the dialog, which lies over everything else, what others did. @param {string} text */
  function tell(text) {
    const note = text ? [el("div", { class: "mw-note mw-note--warning" }, icon("person"), el("div", {}, text))] : [];
    dialog?.querySelector("[data-part=publish-news]")?.replaceChildren(...note);
    if (text) say(text);
  }

  /** Others have changed the draft, which the page shows as it is now. @param {string} text what they did, in words */
  function changed(text) {
    if (!dialog?.open) return;
    draw();
    tell(`${text} ${texts.publishAgain}`);
  }

  /** How many problems there are of each kind, and which. @param {HTMLDialogElement} shown @param {import("./problem_list.js").Problem[]} all */
  function told(shown, all) {
    if (!all.length) return [];
    /** @param {import("./problem_list.js").Problem} one */
    const go = (one) => {
      shown.close();
      onProblem(one.path);
    };
    const list = problemList(texts, all, (one) => el("li", { class: `mw-problem mw-problem--${one.level}` }, problemButton(one, titleOf(one.path), () => go(one))));
    const outcome = canPublish ? texts.warningsOnly : texts.publishErrors;
    return [
      el("div", { class: `mw-note mw-note--${canPublish ? "warning" : "bad"}` }, icon(canPublish ? "warning" : "failed"),
        el("div", { class: "mw-publish__problems" }, el("p", {}, el("strong", {}, countOf(texts, all)), ". ", outcome), list)),
    ];
  }

  async function now() {
    if (!dialog || !comment || !canPublish) return;
    try {
      await whenSaved();
      const answer = await publish(comment.value);
      onAnswer(answer);
      if (answer.conflict) return changed(words(answer.conflict));
      if (answer.errors) {
        draw();
        return say(texts.publishErrors);
      }
      dialog.close();
      sessionStorage.removeItem(place);
      toast(answer.state.label);
    } catch (error) {
      dialog.close();
      onFailed(error);
    }
    /** @type {HTMLElement | null} */ (document.querySelector('[data-do="publish"]'))?.focus();
  }

  comment?.addEventListener("input", () => sessionStorage.setItem(place, comment.value));
  comment?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void now();
  });

  return { open, now, changed };
}
