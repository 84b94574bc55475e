// @ts-check
/** The pane with the form of the selected node: asked for when it is needed, held while the tree is on its way. */

import { el, icon } from "./dom.js";
import { createForm } from "./form.js";
import { LOST } from "./saving.js";

const NARROW = "(max-width: 60rem)";
const ANSWER_WITHIN = 20_000; // milliseconds

/** @typedef {import("./form.js").Form} Form */

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {boolean} edits
 * @property {any} page what the server wrote into it
 * @property {HTMLElement} root
 * @property {HTMLElement} element
 * @property {any} server
 * @property {{selected: string, focus: () => void}} tree
 * @property {() => any} state the server's, as it is shown
 * @property {() => ReturnType<typeof import("./saving.js").createSaving>} saving
 * @property {(operation: any, options?: {typing?: boolean}) => void} onSet
 * @property {(operation: any) => void} onFix
 * @property {() => Promise<boolean>} onNews looks whether others changed the tree
 * @property {() => void} onAgain the tree has changed: the form is to be shown anew
 */

/** @param {Parts} parts */
export function createFormPane(parts) {
  const { texts, edits, page, root, element, server, tree } = parts;
  /** What is done when the form is there. @type {(() => void) | null} */
  let whenShown = null;
  /** The node whose form was asked for. */
  let place = "";
  /** @type {Map<string, Promise<any[]>>} the fields of record types */
  const known = new Map();

  const form = createForm(element, {
    sources: {
      texts,
      people: page.people,
      operators: page.operators,
      lookups: page.lookups,
      fields,
      records: (model, search) => server.studio.records({ model, search }),
      recordNames: (model, keys) => server.studio.record_names({ model, keys }),
      persons: (kind, search) => server.studio.people({ kind, search }),
    },
    edits,
    matching: (condition) => server.studio.matching.background({ tree: page.tree, condition: JSON.stringify(condition) }),
    asks: {
      coming: (times) => server.studio.coming.background({ tree: page.tree, times: JSON.stringify(times) }),
      wouldFire: (where) => server.studio.would_fire.background({ tree: page.tree, where: JSON.stringify(where) }),
    },
    preview: async (kind, path, record) => {
      await parts.saving().flush();
      return kind === "send_email" ? server.studio.preview_mail({ tree: page.tree, path, record }) : server.studio.preview_webhook({ tree: page.tree, path, record });
    },
    onSet: (key, value, options) => parts.onSet({ op: "set_value", path: form.path ?? "", key, value }, options),
    onFix: (problem) => parts.onFix(problem.fix),
    onBack: close,
  });

  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });

  /** @param {string} model @returns {Promise<any[]>} */
  function fields(model) {
    if (!model) return Promise.resolve([]);
    const found = known.get(model);
    if (found) return found;
    /** @type {Promise<any[]>} */
    const asked = server.studio.fields({ model }).catch(() => {
      known.delete(model);
      return [];
    });
    known.set(model, asked);
    return asked;
  }

  /** @param {Form} next @param {{own?: boolean, refocuses?: boolean}} [options] as the form's */
  function show(next, options = {}) {
    const { model, kinds, parameters, problems } = parts.state();
    const facts = { model, kinds, parameters, problems: problems.filter((/** @type {any} */ one) => one.path === next.path) };
    form.show(next, facts, { ...options, typed: parts.saving().typed(next.path) });
    element.inert = false;
    const run = whenShown;
    whenShown = null;
    run?.();
  }

  /** @param {string} path */
  async function ask(path) {
    place = path;
    if (form.path !== path) hold();
    try {
      const shown = parts.state().revision;
      const { form: next, revision } = await server.studio.form({ tree: page.tree, path, revision: shown }, { timeout: ANSWER_WITHIN });
      if (place !== path || tree.selected !== path) return;
      const saving = parts.saving();
      const isOther = revision !== parts.state().revision || saving.shown.some((one) => one.operation?.op !== "set_value");
      if (!isOther) show(next);
      else if (saving.waiting.length) return; // it is asked for again when the tree is as it is shown
      else if (await parts.onNews()) parts.onAgain();
      else fail({ message: texts.formLater });
    } catch (error) {
      if (place === path) fail(/** @type {any} */ (error));
    }
  }

  /** The form is that of another place until an answer is there; then the focus is where it was. */
  function hold() {
    if (element.contains(document.activeElement)) whenShown ??= () => document.getElementById("mw-form-title")?.focus();
    element.inert = true;
  }

  /** @param {{code?: string, message: string}} error */
  function fail(error) {
    element.inert = false;
    const note = error.code === "login_required" ? texts.loggedOut : LOST.has(error.code ?? "") ? texts.formLater : error.message;
    const again = el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => ask(tree.selected) }, texts.again);
    const back = el("button", { type: "button", class: "mw-button mw-button--small mw-form__back", onclick: close }, icon("back"), texts.back);
    element.replaceChildren(back, el("div", { class: "mw-note mw-note--warning" }, icon("warning"), el("div", {}, el("p", {}, note), again)));
    form.forget();
  }

  /** Does something with the form of the selected node, at once or when it is there. @param {() => void} run */
  function withForm(run) {
    root.dataset.view = "node";
    if (form.path === tree.selected && !element.inert) run();
    else whenShown = run;
  }

  function close() {
    delete root.dataset.view;
    tree.focus();
  }

  return {
    form,
    show,
    ask,
    hold,
    fail,
    close,

    release() {
      element.inert = false;
    },

    get isHeld() {
      return element.inert;
    },

    /** Whether the form is shown instead of the tree. */
    get isNarrow() {
      return root.dataset.view === "node" && matchMedia(NARROW).matches;
    },

    open: () => withForm(() => form.focus()),
    rename: () => withForm(() => form.focusName()),

    /** Where there is no room for both, a touch on a node leads to its form. */
    openIfNarrow() {
      if (matchMedia(NARROW).matches) withForm(() => document.getElementById("mw-form-title")?.focus());
    },
  };
}
