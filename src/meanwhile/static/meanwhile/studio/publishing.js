// @ts-check
/** Publishing a draft: a dialog with a comment, which is kept until it is used. */

import { el, fill, icon } from "./dom.js";
import { toast } from "./tell.js";

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {string} place where the comment is kept
 * @property {() => Promise<void>} whenSaved
 * @property {() => any[]} problems
 * @property {(comment: string) => Promise<any>} publish
 * @property {(answer: any) => void} onAnswer
 */

/** @param {Parts} parts */
export function createPublishing({ texts, place, whenSaved, problems, publish, onAnswer }) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("mw-publish"));
  const comment = /** @type {HTMLInputElement | null} */ (dialog?.querySelector("[name=comment]"));
  let canPublish = false;

  async function open() {
    if (!dialog || !comment) return;
    await whenSaved();
    const errors = problems().filter((one) => one.level === "error").length;
    canPublish = !errors;
    dialog.querySelector("[data-part=publish-problems]")?.replaceChildren(errors ? el("div", { class: "mw-note mw-note--bad" }, icon("failed"), el("div", {}, fill(texts.publishErrors, { NUMBER: errors }))) : "");
    dialog.querySelector('[data-do="publish-now"]')?.setAttribute("aria-disabled", String(!canPublish));
    comment.value = sessionStorage.getItem(place) ?? "";
    dialog.showModal();
    comment.focus();
  }

  async function now() {
    if (!dialog || !comment || !canPublish) return;
    try {
      await whenSaved();
      const answer = await publish(comment.value);
      dialog.close();
      onAnswer(answer);
      if (answer.conflict) toast(answer.conflict.message, "warning");
      else if (answer.errors) toast(fill(texts.publishErrors, { NUMBER: answer.errors }), "error");
      else {
        sessionStorage.removeItem(place);
        toast(answer.state.label);
      }
    } catch (error) {
      dialog.close();
      toast(/** @type {Error} */ (error).message, "error");
    }
    /** @type {HTMLElement | null} */ (document.querySelector('[data-do="publish"]'))?.focus();
  }

  comment?.addEventListener("input", () => sessionStorage.setItem(place, comment.value));
  comment?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void now();
  });

  return { open, now };
}
