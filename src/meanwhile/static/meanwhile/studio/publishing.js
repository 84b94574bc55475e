// @ts-check
/** Publishing a draft: a dialog with a comment, which is kept until it is used. */

import { el, icon } from "./dom.js";
import { countOf, errorsIn, problemButton, problemList } from "./problem_list.js";
import { toast } from "./tell.js";

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
 */

/** @param {Parts} parts */
export function createPublishing({ texts, place, whenSaved, problems, titleOf, onProblem, publish, onAnswer, onFailed }) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("mw-publish"));
  const comment = /** @type {HTMLInputElement | null} */ (dialog?.querySelector("[name=comment]"));
  let canPublish = false;

  async function open() {
    if (!dialog || !comment) return;
    await whenSaved();
    canPublish = !errorsIn(problems());
    dialog.querySelector("[data-part=publish-problems]")?.replaceChildren(...told(dialog, problems()));
    dialog.querySelector('[data-do="publish-now"]')?.setAttribute("aria-disabled", String(!canPublish));
    comment.value = sessionStorage.getItem(place) ?? "";
    dialog.showModal();
    comment.focus();
  }

  /** How many problems there are of each kind, and which. @param {HTMLDialogElement} shown @param {import("./problem_list.js").Problem[]} all */
  function told(shown, all) {
    if (!all.length) return [];
    /** @param {import("./problem_list.js").Problem} one */
    const go = (one) => {
      shown.close();
      onProblem(one.path);
    };
    const list = problemList(all, (one) => el("li", { class: `mw-problem mw-problem--${one.level}` }, problemButton(one, titleOf(one.path), () => go(one))));
    const words = canPublish ? texts.warningsOnly : texts.publishErrors;
    return [
      el("div", { class: `mw-note mw-note--${canPublish ? "warning" : "bad"}` }, icon(canPublish ? "warning" : "failed"),
        el("div", { class: "mw-publish__problems" }, el("p", {}, el("strong", {}, countOf(texts, all)), ". ", words), list)),
    ];
  }

  async function now() {
    if (!dialog || !comment || !canPublish) return;
    try {
      await whenSaved();
      const answer = await publish(comment.value);
      dialog.close();
      onAnswer(answer);
      if (answer.conflict) toast(answer.conflict.message, "warning");
      else if (answer.errors) toast(texts.publishErrors, "error");
      else {
        sessionStorage.removeItem(place);
        toast(answer.state.label);
      }
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

  return { open, now };
}
