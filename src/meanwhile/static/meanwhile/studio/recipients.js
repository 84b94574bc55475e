// @ts-check
/** Who gets an e-mail: addresses with values in them, users, groups. */

import { asKey } from "./control.js";
import { combobox } from "./combobox.js";
import { el, select } from "./dom.js";
import { focusOn, listControl } from "./list.js";
import { templateControl } from "./template.js";

/** @typedef {import("./control.js").Context} Context */
/** @typedef {import("./control.js").Change} Change */

/**
 * @param {Context} context
 * @param {any} list
 * @param {Change} change
 * @param {{label: string, id: string, choices: [string, string][]}} options
 */
export function recipientsControl(context, list, change, { label, id, choices }) {
  const { texts } = context;
  return listControl(Array.isArray(list) ? list : [], change, {
    texts, label, id, add: texts.addRecipients, fresh: () => ({ recipients: "addresses", addresses: "" }),
    row: (one, put, about) => recipient(context, one, put, about, choices),
  });
}

/**
 * @param {Context} context
 * @param {any} given
 * @param {(next: any, typing?: boolean) => void} put
 * @param {{label: string, id: string}} about
 * @param {[string, string][]} choices
 */
function recipient(context, given, put, { label, id }, choices) {
  const { texts } = context;
  const holder = el("div", { class: "mw-recipient" });
  let one = given && typeof given === "object" ? given : { recipients: "addresses", addresses: "" };

  function draw(focus = "") {
    const kind = one.recipients ?? "addresses";
    const kinds = select(choices, kind, { "aria-label": `${label}: ${texts.type}`, id: `${id}-kind` });
    kinds.addEventListener("change", () => {
      one = kinds.value === "addresses" ? { recipients: "addresses", addresses: "" } : { recipients: kinds.value, [kinds.value]: [] };
      put(one);
      draw(`${id}-kind`);
    });
    const control = kind === "addresses"
      ? templateControl(context, one.addresses ?? "", (addresses, how) => put({ recipients: "addresses", addresses }, how?.typing), { label, id })
      : people(context, kind, one[kind] ?? [], (names, how) => put({ recipients: kind, [kind]: names.filter((/** @type {any} */ name) => name !== "") }, how?.typing), { label, id });
    holder.replaceChildren(kinds, control);
    if (focus) focusOn(holder, focus);
  }

  draw();
  return holder;
}

/**
 * Names of users or groups. What is typed counts, too: who may not see the users can still name them.
 *
 * @param {Context} context
 * @param {string} kind `users` or `groups`
 * @param {(string | number)[]} names
 * @param {Change} change
 * @param {{label: string, id: string}} about
 */
function people(context, kind, names, change, { label, id }) {
  const { texts } = context;
  return listControl(names.length ? names : [""], change, {
    texts, label, id, add: texts.addValue, fresh: () => "",
    row: (name, put, about) => combobox({
      texts, ...about, value: String(name), free: true, placeholder: kind === "users" ? texts.users : texts.groups,
      look: (search) => context.persons(kind, search),
      // A whole number that is typed is a key; one that is chosen is the name of a user who is called so.
      onChoose: (key, how) => put(kind === "users" && how?.typing ? asKey(key) : key, how?.typing),
    }).element,
  });
}
