// @ts-check
/** `<meanwhile-editor>`: the tree, the form of its selected node, and everything that can be done to them. */

import { createQueue } from "../queue.js";
import { createServer } from "../server.js";
import { el, fill, icon } from "./dom.js";
import { foresee } from "./foresee.js";
import { createForm } from "./form.js";
import { openMenu } from "./popup.js";
import { createSaving } from "./saving.js";
import { say, toast } from "./tell.js";
import { createTree } from "./tree.js";
import { placesFor } from "./tree_rows.js";

/** @typedef {import("./tree_rows.js").Row} Row */
/** @typedef {import("./popup.js").Item} Item */

const CLIPBOARD = "mw-studio:clipboard";
const LOOK_EVERY = 4000; // milliseconds between two looks for what others did
const MAC = /Mac|iP/.test(navigator.platform);
const CTRL = MAC ? "⌘" : "Ctrl+";
const ALT = MAC ? "⌥" : "Alt+";

class Editor {
  /** @type {any} */
  timer;
  /** The rows as they are shown, with what was not answered yet. @type {Row[]} */
  rows = [];
  /** Whether the form gets the focus when it is there. @type {(() => void) | null} */
  whenShown = null;
  /** Where something new is put. @type {string} */
  at = "";
  /** The node whose form was asked for. */
  place = "";
  resent = false;
  /** @type {Map<string, Promise<any[]>>} the fields of record types */
  known = new Map();

  /**
   * @param {HTMLElement} root
   * @param {any} page what the server wrote into it
   */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    /** @type {Record<string, string>} */
    this.texts = page.texts;
    this.state = page.state;
    this.edits = page.may.includes("edit") && !this.state.standing.retired;
    /** @type {any} */
    this.server = createServer(createQueue({ endpoint: root.dataset.actions ?? "", csrf: page.csrf, limits: page.limits }));
    const { texts } = this;
    this.tree = createTree(this.piece("tree"), {
      texts,
      edits: this.edits,
      onSelect: (path, { open }) => this.selected(path, open),
      onMenu: (path, x, y) => this.menu(x, y),
      onKey: (event, path) => this.key(event, path),
      onMove: (path, to) => this.edit({ op: "move", path, to }),
      onEnter: () => this.openForm(),
    });
    this.form = createForm(this.piece("form"), {
      texts,
      edits: this.edits,
      operators: this.page.operators,
      fields: (model) => this.fields(model),
      records: (model, search) => this.server.studio.records({ model, search }),
      matching: (condition) => this.server.studio.matching.background({ tree: this.page.tree, condition: JSON.stringify(condition) }),
      preview: async (path, record) => {
        await this.saving.flush();
        return this.server.studio.preview_mail({ tree: this.page.tree, path, record });
      },
      onSet: (key, value, options) => this.saving.put({ call: "edit", operation: { op: "set_value", path: this.form.path ?? "", key, value } }, options),
      onFix: (problem) => this.edit(problem.fix, { focus: false }),
      onBack: () => this.closeForm(),
    });
    this.saving = createSaving({
      server: this.server,
      tree: this.page.tree,
      person: this.page.person,
      revision: this.state.revision,
      storage: sessionStorage,
      selected: () => this.tree.selected,
      onAnswer: (answer, change) => this.answered(answer, change),
      onStatus: (status, waiting) => this.tellStatus(status, waiting),
      onConflict: (answer, change) => this.conflicted(answer, change),
      onRefused: (message, change) => this.refused(message, change),
    });
    this.listen();
    this.take(page.state, { first: true });
    this.resent = this.saving.hasLeft;
    void this.saving.flush();
    this.lookLater();
    root.setAttribute("data-ready", "");
  }

  /** @param {string} name @returns {HTMLElement} */
  piece(name) {
    return /** @type {HTMLElement} */ (this.root.querySelector(`[data-part="${name}"]`) ?? document.querySelector(`[data-part="${name}"]`));
  }

  listen() {
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
      if (button instanceof HTMLElement && button.getAttribute("aria-disabled") !== "true") this.act(button.dataset.do ?? "", button);
    });
    const toolbar = this.piece("toolbar");
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
    document.addEventListener("keydown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const isText = target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
      if (event.defaultPrevented || isText || !this.edits) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") {
        event.preventDefault();
        this.travel(event.shiftKey ? "redo" : "undo");
      } else if (event.ctrlKey && event.key.toLowerCase() === "y") {
        event.preventDefault();
        this.travel("redo");
      }
    });
    this.piece("form").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.closeForm();
    });
    addEventListener("online", () => void this.saving.flush());
    addEventListener("focus", () => void this.saving.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return void this.saving.flush();
      void this.look();
    });
  }

  // --- what the server says ---

  /** @param {any} answer @param {any} change */
  answered(answer, change) {
    const { operation } = change;
    const isTyped = operation?.op === "set_value";
    this.take(answer.state, { own: isTyped, follow: !isTyped || change.fix });
    if (answer.merged) {
      this.tellOthers(fill(this.texts.merged, { PERSON: this.person(answer.merged), DONE: this.done(answer.merged.done) }));
    } else if (this.resent) {
      toast(this.texts.resent);
      this.resent = false;
    } else if (change.call === "undo") say(fill(this.texts.undone, { NAME: answer.state.label }));
    else if (change.call === "redo") say(fill(this.texts.redone, { NAME: answer.state.label }));
    else if (!isTyped || change.fix) say(answer.state.label);
    if (change.focus && !this.isNarrowForm()) this.tree.focus();
  }

  /**
   * @param {any} state
   * @param {{first?: boolean, own?: boolean, follow?: boolean}} [options]
   */
  take(state, { first = false, own = false, follow = false } = {}) {
    this.state = state;
    this.rows = state.rows.map((/** @type {any} */ row) => ({ ...row, path: row.path ?? "" }));
    const open = this.saving.waiting.filter((one) => one.call === "edit");
    for (const { operation } of open) this.rows = this.foreseen(operation)?.rows ?? this.rows;
    this.drawTree();
    const path = first || (follow && !open.length) ? state.select : this.tree.row(this.tree.selected) ? this.tree.selected : "";
    this.tree.select(path, { quiet: true });
    if (state.form.path === this.tree.selected && !open.some((one) => one.operation.op !== "set_value")) this.showForm(state.form, own);
    else if (!open.length) void this.askForm(this.tree.selected);
    this.drawAround();
  }

  drawTree() {
    const { state } = this;
    const root = { path: "", title: state.name, kind: "tree", icon: "event", level: 1, details: state.event, expandable: true, children: this.rows.length, setsize: 1, posinset: 1, problems: state.problems.filter((/** @type {any} */ one) => !one.path).length, worst: "error" };
    this.tree.update([root, ...this.rows.map((row) => ({ ...row, level: row.level + 1 }))]);
  }

  /** @param {any} operation what the tree will look like after it */
  foreseen(operation) {
    return foresee(this.rows, operation, (node) => {
      const kinds = this.page.menu.flatMap((/** @type {any} */ group) => group.items);
      const kind = kinds.find((/** @type {any} */ one) => one.part.kind === node.kind && one.part.function === node.function);
      return { title: node.label || kind?.title || node.kind, icon: kind?.icon ?? "action", when: "…" };
    });
  }

  /** @param {any} form @param {boolean} [own] */
  showForm(form, own = false) {
    this.form.show(form, {
      own,
      model: this.state.model,
      kinds: this.state.kinds,
      parameters: this.state.parameters,
      problems: this.state.problems.filter((/** @type {any} */ one) => one.path === form.path),
      typed: this.saving.typed(form.path),
    });
    this.piece("form").inert = false;
    const run = this.whenShown;
    this.whenShown = null;
    run?.();
  }

  /** @param {string} path */
  async askForm(path) {
    this.place = path;
    if (this.form.path !== path) this.piece("form").inert = true;
    try {
      const { form } = await this.server.studio.form({ tree: this.page.tree, path }, { timeout: 20_000 });
      if (this.place === path && this.tree.selected === path) this.showForm(form);
    } catch (error) {
      if (this.place === path) this.unreachable(/** @type {any} */ (error));
    }
  }

  /** @param {any} error */
  unreachable(error) {
    this.piece("form").inert = false;
    const note = error.code === "login_required" ? this.texts.loggedOut : error.message;
    this.piece("form").replaceChildren(el("div", { class: "mw-note mw-note--warning" }, icon("warning"), el("div", {}, el("p", {}, note), el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => this.askForm(this.tree.selected) }, this.texts.again))));
  }

  /** @param {string} path @param {boolean} [open] */
  selected(path, open = false) {
    history.replaceState(null, "", path ? `?node=${path}` : location.pathname);
    if (this.state.form.path === path && this.state.revision === this.saving.revision) this.showForm(this.state.form);
    else if (this.form.path !== path || this.piece("form").inert) void this.askForm(path);
    if (open && matchMedia("(max-width: 60rem)").matches) this.openForm(true);
  }

  // --- around the tree ---

  drawAround() {
    const { state, texts } = this;
    for (const one of document.querySelectorAll("[data-part=name]")) one.textContent = state.name;
    this.drawProblems();
    this.drawStanding();
    for (const [name, label] of /** @type {[string, string][]} */ ([["undo", state.undo], ["redo", state.redo]])) {
      const button = this.root.querySelector(`[data-do="${name}"]`);
      button?.setAttribute("aria-disabled", String(!label));
      if (button instanceof HTMLElement) button.title = label ? fill(texts[name], { NAME: label }) : texts[name === "undo" ? "nothingToUndo" : "nothingToRedo"];
    }
  }

  drawProblems() {
    const { texts, state } = this;
    const place = this.piece("problems");
    const text = JSON.stringify(state.problems);
    if (!place || /** @type {any} */ (place).mwText === text) return;
    /** @type {any} */ (place).mwText = text;
    const hadFocus = place.contains(document.activeElement);
    const errors = state.problems.filter((/** @type {any} */ one) => one.level === "error").length;
    const number = state.problems.length;
    const heading = !number ? texts.noProblems : number === 1 ? texts.oneProblem : fill(texts.problems, { NUMBER: number });
    place.replaceChildren(
      el("h2", { class: `mw-problems__head${errors ? " mw-bad" : ""}` }, icon(number ? "warning" : "done"), heading),
      number ? el("ul", { class: "mw-problems__list" }, state.problems.slice(0, 50).map((/** @type {any} */ problem) => this.problem(problem))) : el("span"),
    );
    if (hadFocus) this.tree.focus();
  }

  /** @param {any} problem */
  problem(problem) {
    const row = this.tree.row(problem.path);
    return el("li", { class: `mw-problem mw-problem--${problem.level}` },
      el("button", { type: "button", class: "mw-problem__where", onclick: () => this.tree.select(problem.path, { focus: true, open: true }) }, icon(problem.level === "error" ? "failed" : "warning"), el("span", {}, row?.title ?? "", ": ", problem.message)),
      problem.fix && this.edits ? el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => this.edit(problem.fix) }, problem.fix_label || this.texts.fix) : null,
    );
  }

  drawStanding() {
    const { standing, edited } = this.state;
    const { texts } = this;
    const place = this.piece("standing");
    if (!place) return;
    const text = !standing.number ? texts.draftOnly : fill(standing.changed ? texts.hasChanges : texts.published, { NUMBER: standing.number });
    const kind = standing.number && !standing.changed ? "published" : "draft";
    place.replaceChildren(
      el("span", { class: `mw-state mw-state--${kind}` }, icon(kind === "published" ? "done" : "update_field"), el("span", {}, text)),
      standing.retired ? el("span", { class: "mw-state" }, icon("cancelled"), texts.isRetired) : standing.enabled ? "" : el("span", { class: "mw-state" }, icon("off"), texts.isOff),
    );
    const last = this.piece("edited");
    if (last) last.textContent = fill(texts.lastEdit, { PERSON: edited.by || texts.somebody, WHEN: edited.text });
    const button = document.querySelector('[data-do="publish"]');
    button?.setAttribute("aria-disabled", String(!!standing.number && !standing.changed));
  }

  /** @param {string} status @param {number} waiting */
  tellStatus(status, waiting) {
    const { texts } = this;
    const place = this.piece("status");
    const banner = this.piece("unsaved");
    const word = status === "saved" ? texts.saved : status === "saving" ? texts.saving : "";
    if (place.textContent !== word) place.textContent = word;
    const isStuck = status === "offline" || status === "login" || status === "stuck";
    if (!isStuck && banner.dataset.status && status === "saved") {
      toast(texts["back online"]);
    }
    if (!isStuck) {
      if (status !== "saving" || !banner.dataset.status) {
        delete banner.dataset.status;
        banner.replaceChildren();
      }
      return;
    }
    const text = status === "login" ? texts.loggedOut : fill(texts.offline, { NUMBER: waiting });
    const key = `${status} ${waiting}`;
    if (banner.dataset.status === key) return;
    const isNew = !banner.dataset.status?.startsWith(status);
    banner.dataset.status = key;
    const login = this.root.dataset.login ?? "";
    banner.replaceChildren(el("div", { class: "mw-note mw-note--warning" }, icon("warning"), el("div", {}, text,
      el("div", { class: "mw-buttons" },
        status === "login" ? el("a", { class: "mw-button mw-button--small", href: login, target: "_blank", rel: "noopener" }, icon("external"), texts.logIn) : null,
        el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => this.saving.flush() }, texts.again)))));
    if (isNew) say(text);
  }

  /** @param {{mine: boolean, by: string}} who */
  person({ mine, by }) {
    return mine ? this.texts.you : by || this.texts.somebody;
  }

  /** @param {string[]} labels */
  done(labels) {
    return labels.length ? labels.join("; ") : this.texts.aChange;
  }

  /** @param {any} answer @param {any} change */
  conflicted(answer, change) {
    const { texts } = this;
    const { conflict } = answer;
    this.take(answer.state);
    const banner = this.piece("conflict");
    const words = conflict.operation || change.call !== "edit" ? texts.conflict : texts.conflictGone;
    const text = fill(words, { PERSON: this.person(conflict), DONE: this.done(conflict.done), MINE: conflict.label || texts.aChange });
    const resolve = (/** @type {any} */ operation) => {
      banner.replaceChildren();
      this.saving.resolve(operation, answer.state.revision);
      this.tree.focus();
    };
    banner.replaceChildren(el("div", { class: "mw-note mw-note--warning", role: "group" }, icon("person"), el("div", {}, el("p", {}, text),
      el("div", { class: "mw-buttons" },
        conflict.operation ? el("button", { type: "button", class: "mw-button mw-button--primary mw-button--small", onclick: () => resolve(JSON.parse(conflict.operation)) }, texts.doMine) : null,
        el("button", { type: "button", class: "mw-button mw-button--small", onclick: () => resolve(null) }, texts.dropMine)))));
    say(text);
    /** @type {HTMLElement | null} */ (banner.querySelector("button"))?.focus();
  }

  /** @param {string} message @param {any} change */
  refused(message, change) {
    toast(fill(this.texts.refused, { REASON: message }), "error");
    this.take(this.state);
    if (change.operation?.op !== "set_value") this.tree.focus();
  }

  /** @param {string} text */
  tellOthers(text) {
    toast(text, "info");
  }

  lookLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY);
  }

  async look() {
    const isIdle = () => this.saving.status === "saved" && !this.saving.waiting.length;
    if (!document.hidden && isIdle()) {
      try {
        const revision = this.state.revision;
        const news = await this.server.studio.news.background({ tree: this.page.tree, revision, select: this.tree.selected });
        if (news.state && isIdle() && this.state.revision === revision) {
          this.saving.know(news.state.revision);
          this.take(news.state);
          this.tellOthers(fill(this.texts.changedByOther, { PERSON: this.person({ mine: news.mine, by: news.state.edited.by }), DONE: this.done(news.done) }));
        }
      } catch {
        // The next look, or the next change, will tell.
      }
    }
    this.lookLater();
  }

  // --- what people do ---

  /** @param {any} operation @param {{focus?: boolean}} [options] */
  edit(operation, { focus = true } = {}) {
    if (!this.edits) return;
    if (["offline", "login", "stuck", "conflict"].includes(this.saving.status)) {
      toast(this.texts.waitsForConnection, "warning");
      return;
    }
    const next = this.foreseen(operation);
    this.saving.put({ call: "edit", operation, focus, fix: operation.op === "set_value" });
    if (!next) return;
    this.rows = next.rows;
    this.drawTree();
    this.tree.select(next.select, { quiet: true, focus: focus && !this.isNarrowForm() });
    this.piece("form").inert = true; // it is that of another node, or of another place, until the answer is there
  }

  /** @param {"undo" | "redo"} way */
  travel(way) {
    if (!this.edits) return;
    if (!this.state[way] && !this.saving.waiting.length) return say(this.texts[way === "undo" ? "nothingToUndo" : "nothingToRedo"]);
    this.saving.put({ call: way });
  }

  /** @param {string} what @param {HTMLElement} button */
  act(what, button) {
    const box = button.getBoundingClientRect();
    const back = () => button.focus();
    if (what === "new") return openMenu(this.newItems(), { x: box.left, y: box.bottom + 4, label: this.texts.new, back });
    if (what === "menu") return openMenu(this.items(), { x: box.left, y: box.bottom + 4, label: button.getAttribute("aria-label") ?? "", back });
    if (what === "undo" || what === "redo") return this.travel(what);
    if (what === "discard") return this.saving.put({ call: "discard" });
    if (what === "publish") return void this.openPublish();
    if (what === "publish-now") return void this.publish();
    if (what === "enable" || what === "disable") return void this.standing("set_enabled", { enabled: what === "enable" });
    if (what === "retire" || what === "bring-back") return void this.standing("set_retired", { retired: what === "retire" });
    this.do(what);
  }

  /** @param {string} what on the selected node */
  do(what) {
    const row = this.row();
    if (what === "copy") return void this.copy();
    if (what === "cut") return void this.copy(true);
    if (what === "paste") return this.paste();
    if (what === "rename") return this.rename();
    if (!row) return;
    const operations = /** @type {Record<string, any>} */ ({
      delete: { op: "remove" },
      duplicate: { op: "duplicate" },
      toggle: { op: "disable", disabled: !row.disabled },
      up: { op: "shift", by: "up" },
      down: { op: "shift", by: "down" },
      in: { op: "shift", by: "in" },
      out: { op: "shift", by: "out" },
      background: { op: "wrap", in: "background" },
      delay: { op: "wrap", in: "delay" },
      if: { op: "wrap", in: "if" },
      unwrap: { op: "unwrap" },
    });
    if (operations[what]) this.edit({ ...operations[what], path: row.path });
  }

  /** @returns {Row | undefined} the selected node, none for the tree itself */
  row() {
    return this.tree.selected ? this.tree.row(this.tree.selected) : undefined;
  }

  rename() {
    this.root.dataset.view = "node";
    if (this.form.path === this.tree.selected && !this.piece("form").inert) this.form.focusName();
    else this.whenShown = () => this.form.focusName();
  }

  /** @param {boolean} [cut] */
  async copy(cut = false) {
    const row = this.row();
    if (!row) return;
    await this.saving.flush();
    try {
      const { node } = await this.server.studio.copy({ tree: this.page.tree, path: row.path });
      localStorage.setItem(CLIPBOARD, JSON.stringify({ title: row.title, node: JSON.parse(node) }));
    } catch (error) {
      toast(/** @type {Error} */ (error).message, "error");
      return;
    }
    if (cut) this.edit({ op: "remove", path: row.path });
    else say(fill(this.texts.copied, { NAME: row.title }));
  }

  clipboard() {
    try {
      return JSON.parse(localStorage.getItem(CLIPBOARD) ?? "null");
    } catch {
      return null;
    }
  }

  paste() {
    const clip = this.clipboard();
    if (!clip) return say(this.texts.nothingCopied);
    this.edit({ op: "paste", at: placesFor(this.tree.rows, this.row())[0].at, nodes: [clip.node] });
  }

  /** @param {KeyboardEvent} event @param {string} path */
  key(event, path) {
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      const box = this.tree.box(path);
      if (this.edits) this.menu(box.left + 48, box.bottom);
      return true;
    }
    if (!this.edits) return false;
    const plain = /** @type {Record<string, string>} */ ({ Delete: "delete", F2: "rename" })[event.key];
    const withCtrl = ctrl && !event.altKey && !event.shiftKey ? /** @type {Record<string, string>} */ ({ c: "copy", x: "cut", v: "paste", d: "duplicate" })[event.key.toLowerCase()] : "";
    const withAlt = event.altKey && !ctrl ? /** @type {Record<string, string>} */ ({ ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" })[event.key] : "";
    if (event.key === "Insert" && !ctrl) {
      const box = this.tree.box(path);
      openMenu(this.newItems(), { x: box.left + 48, y: box.bottom, label: this.texts.new, back: () => this.tree.focus() });
      return true;
    }
    const what = withCtrl || withAlt || (!ctrl && !event.altKey ? plain : "");
    if (!what) return false;
    if (path || what === "paste" || what === "rename") this.do(what);
    return true;
  }

  /** @param {number} x @param {number} y */
  menu(x, y) {
    if (!this.edits) return;
    const label = fill(this.texts.menuOf, { NAME: this.tree.row(this.tree.selected)?.title ?? "" });
    openMenu(this.items(), { x, y, label, back: () => this.tree.focus() });
  }

  /** @returns {Item[]} */
  newItems() {
    const { texts } = this;
    const row = this.row();
    const places = placesFor(this.tree.rows, row);
    if (!places.some((one) => one.at === this.at)) this.at = places[0].at;
    this.at = places[0].at;
    const choose = places.map((place) => ({
      label: fill(texts[place.word], { NAME: row?.title ?? "" }),
      checked: place.at === this.at,
      run: () => {
        this.at = place.at;
        const box = this.tree.box(this.tree.selected);
        openMenu(this.newItemsAt(), { x: box.left + 48, y: box.bottom, label: texts.new, back: () => this.tree.focus() });
      },
    }));
    return [...this.newItemsAt(), ...(places.length > 1 ? [{ line: true }, { label: texts.where, icon: "drag", items: choose }] : [])];
  }

  /** @returns {Item[]} */
  newItemsAt() {
    return this.page.menu.map((/** @type {any} */ group) => ({
      label: group.title,
      icon: { event: "event", action: "action", condition: "if", execution: "background" }[/** @type {string} */ (group.key)],
      items: group.items.map((/** @type {any} */ kind) => ({
        label: kind.title,
        icon: kind.icon,
        help: kind.help,
        ...(group.key === "event" ? { checked: this.state.eventKind === kind.key } : {}),
        run: () => (group.key === "event" ? this.setEvent(kind.part) : this.insert(kind.part)),
      })),
    }));
  }

  /** @param {any} part */
  setEvent(part) {
    const { model } = this.state;
    this.edit({ op: "set_event", event: { ...part, ...(model ? { model } : {}) } });
  }

  /** @param {any} part */
  insert(part) {
    this.edit({ op: "insert", at: this.at ?? placesFor(this.tree.rows, this.row())[0].at, node: structuredClone(part) });
  }

  /** @returns {Item[]} */
  items() {
    const { texts } = this;
    const row = this.row();
    /** @type {Item} */
    const make = { label: texts.new, icon: "plus", items: this.newItems() };
    /** @type {Item} */
    const paste = { label: texts.paste, icon: "paste", keys: `${CTRL}V`, disabled: !this.clipboard(), run: () => this.do("paste") };
    if (!row) return [make, { line: true }, paste, { label: texts.rename, icon: "update_field", keys: "F2", run: () => this.rename() }];
    /** @param {string} what @param {string} label @param {string} picture @param {string} [keys] */
    const item = (what, label, picture, keys) => ({ label, icon: picture, keys, run: () => this.do(what) });
    const holds = row.expandable;
    return [
      make,
      { line: true },
      item("cut", texts.cut, "cut", `${CTRL}X`),
      item("copy", texts.copy, "copy", `${CTRL}C`),
      paste,
      item("duplicate", texts.duplicate, "copy", `${CTRL}D`),
      { line: true },
      item("rename", texts.rename, "update_field", "F2"),
      item("toggle", row.disabled ? texts.switchOn : texts.switchOff, "off"),
      { label: texts.putUnder, icon: "background", items: ["background", "delay", "if"].map((kind) => item(kind, this.kindTitle(kind), kind)) },
      ...(holds ? [item("unwrap", texts.dissolve, "external")] : []),
      { line: true },
      item("up", texts.moveUp, "drag", `${ALT}↑`),
      item("down", texts.moveDown, "drag", `${ALT}↓`),
      item("in", texts.moveIn, "drag", `${ALT}→`),
      item("out", texts.moveOut, "drag", `${ALT}←`),
      { label: texts.moveTo, icon: "drag", run: () => this.moveTo(row) },
      { line: true },
      { ...item("delete", texts.delete, "delete", "Del"), final: true },
    ];
  }

  /** @param {string} kind */
  kindTitle(kind) {
    return this.page.menu.flatMap((/** @type {any} */ group) => group.items).find((/** @type {any} */ one) => one.key === kind)?.title ?? kind;
  }

  /** @param {Row} row */
  async moveTo(row) {
    await this.saving.flush();
    try {
      const targets = await this.server.studio.move_targets({ tree: this.page.tree, path: row.path });
      const box = this.tree.box(row.path);
      const items = targets.map((/** @type {[string, string]} */ [to, label]) => ({ label, run: () => this.edit({ op: "move", path: row.path, to }) }));
      openMenu(items, { x: box.left + 48, y: box.bottom, label: this.texts.moveTo, back: () => this.tree.focus() });
    } catch (error) {
      toast(/** @type {Error} */ (error).message, "error");
      this.tree.focus();
    }
  }

  // --- the form on a narrow page ---

  isNarrowForm() {
    return this.root.dataset.view === "node";
  }

  /** @param {boolean} [byTouch] */
  openForm(byTouch = false) {
    this.root.dataset.view = "node";
    const focus = () => (byTouch ? document.getElementById("mw-form-title")?.focus() : this.form.focus());
    if (this.form.path === this.tree.selected && !this.piece("form").inert) focus();
    else this.whenShown = focus;
  }

  closeForm() {
    delete this.root.dataset.view;
    this.tree.focus();
  }

  // --- publishing ---

  async openPublish() {
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("mw-publish"));
    await this.saving.flush();
    const errors = this.state.problems.filter((/** @type {any} */ one) => one.level === "error");
    const place = /** @type {HTMLElement} */ (dialog.querySelector("[data-part=publish-problems]"));
    place.replaceChildren(errors.length ? el("div", { class: "mw-note mw-note--bad" }, icon("failed"), el("div", {}, fill(this.texts.publishErrors, { NUMBER: errors.length }))) : "");
    dialog.querySelector('[data-do="publish-now"]')?.setAttribute("aria-disabled", String(errors.length > 0));
    const comment = /** @type {HTMLInputElement} */ (dialog.querySelector("[name=comment]"));
    comment.value = sessionStorage.getItem(this.commentKey()) ?? "";
    comment.oninput = () => sessionStorage.setItem(this.commentKey(), comment.value);
    comment.onkeydown = (event) => {
      if (event.key === "Enter" && !errors.length) void this.publish();
    };
    dialog.showModal();
    comment.focus();
  }

  commentKey() {
    return `mw-studio:${this.page.person}:${this.page.tree}:comment`;
  }

  async publish() {
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("mw-publish"));
    const comment = /** @type {HTMLInputElement} */ (dialog.querySelector("[name=comment]"));
    try {
      await this.whenSaved();
      const answer = await this.server.studio.publish({ tree: this.page.tree, revision: this.saving.revision, comment: comment.value, person: this.page.person });
      dialog.close();
      this.saving.know(answer.state.revision);
      this.take(answer.state);
      if (answer.conflict) return toast(answer.conflict.message, "warning");
      if (answer.errors) return toast(fill(this.texts.publishErrors, { NUMBER: answer.errors }), "error");
      sessionStorage.removeItem(this.commentKey());
      toast(answer.state.label);
    } catch (error) {
      dialog.close();
      toast(/** @type {Error} */ (error).message, "error");
    }
    /** @type {HTMLElement | null} */ (document.querySelector('[data-do="publish"]'))?.focus();
  }

  async whenSaved() {
    for (let tries = 0; this.saving.waiting.length && tries < 40; tries += 1) {
      await this.saving.flush();
      if (this.saving.waiting.length) await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** @param {string} call @param {object} params */
  async standing(call, params) {
    try {
      await this.server.studio[call]({ tree: this.page.tree, ...params });
      location.reload();
    } catch (error) {
      toast(/** @type {Error} */ (error).message, "error");
    }
  }

  /** @param {string} model @returns {Promise<any[]>} */
  fields(model) {
    if (!model) return Promise.resolve([]);
    const known = this.known.get(model);
    if (known) return known;
    /** @type {Promise<any[]>} */
    const asked = this.server.studio.fields({ model }).catch(() => {
      this.known.delete(model);
      return [];
    });
    this.known.set(model, asked);
    return asked;
  }
}

export class MeanwhileEditor extends HTMLElement {
  connectedCallback() {
    const data = document.getElementById("mw-page");
    if (!this.editor && data) this.editor = new Editor(this, JSON.parse(data.textContent ?? "{}"));
  }

  disconnectedCallback() {
    clearTimeout(this.editor?.timer);
  }
}

customElements.define("meanwhile-editor", MeanwhileEditor);
