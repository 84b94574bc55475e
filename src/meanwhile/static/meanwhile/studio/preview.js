// @ts-check
/** An e-mail as it would be written, or a request as it would be sent, for a chosen record. */

import { el, icon } from "./dom.js";
import { recordPicker } from "./record_picker.js";

/** What can be looked at beforehand, by the kind of node. */
export const PREVIEWED = new Set(["send_email", "call_webhook"]);

/**
 * @param {import("./control.js").Context} context
 * @param {string} kind of the node
 * @param {(record: string) => Promise<any>} ask
 */
export function previewControl(context, kind, ask) {
  const { texts } = context;
  const [words, show] = kind === "send_email" ? [texts.previewFor, mail] : [texts.requestFor, request];
  const out = el("div", { class: "mw-mail", role: "status" });
  let record = "";
  const picker = recordPicker(context, context.model, (key) => (record = key), { label: words, id: "mw-preview-record", first: true });
  const run = async () => {
    if (!record) return out.replaceChildren(el("p", { class: "mw-soft" }, texts.chooseRecord));
    try {
      out.replaceChildren(show(texts, await ask(record)));
    } catch (error) {
      out.replaceChildren(el("p", { class: "mw-error" }, /** @type {Error} */ (error).message));
    }
  };
  return el("details", { class: "mw-more" }, el("summary", { id: "mw-preview" }, texts.preview),
    el("div", { class: "mw-form" },
      el("div", { class: "mw-field" }, el("label", { class: "mw-label", for: "mw-preview-record" }, words),
        el("div", { class: "mw-line" }, picker, el("button", { type: "button", id: "mw-preview-show", class: "mw-button", onclick: run }, icon("eye"), texts.show))),
      out));
}

/** @param {Record<string, string>} texts @param {any} one */
function mail(texts, one) {
  const lines = /** @type {[string, string][]} */ ([
    [texts.from, one.from_email], [texts.to, one.to.join(", ") || texts.nobody], [texts.cc, one.cc.join(", ")], [texts.bcc, one.bcc.join(", ")],
    [texts.replyTo, one.reply_to.join(", ")], [texts.subject, one.subject],
  ]);
  return el("div", { class: "mw-card mw-card--padded" },
    el("dl", { class: "mw-facts" }, lines.filter(([, text]) => text).flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])),
    el("pre", { class: "mw-mail__body" }, one.body),
    one.html ? el("details", { class: "mw-more" }, el("summary", {}, texts.html), el("pre", { class: "mw-mail__body mw-mono" }, one.html)) : null);
}

/** @param {Record<string, string>} texts @param {any} one */
function request(texts, one) {
  return el("div", { class: "mw-card mw-card--padded mw-request" },
    el("p", { class: "mw-request__line" }, el("span", { class: "mw-strong" }, one.method), " ", el("code", {}, one.url)),
    one.body ? el("pre", { class: "mw-mail__body mw-mono" }, one.body) : null,
    el("details", { class: "mw-more" }, el("summary", {}, texts.headers),
      el("dl", { class: "mw-facts" }, one.headers.flatMap((/** @type {[string, string]} */ [name, value]) => [el("dt", {}, name), el("dd", {}, value)]))));
}
