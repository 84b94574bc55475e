// @ts-check
/** `<meanwhile-editor>`: the tree, the form of its selected node, and everything that can be done to them. */

import { createQueue } from "../queue.js";
import { createServer } from "../server.js";
import { createAround } from "./around.js";
import { copied, keepCopied } from "./clipboard.js";
import { fill } from "./dom.js";
import { foresee } from "./foresee.js";
import { createFormPane } from "./form_pane.js";
import { createMenus } from "./menus.js";
import { createNotes } from "./notes.js";
import { openMenu } from "./popup.js";
import { createPublishing } from "./publishing.js";
import { createSaving } from "./saving.js";
import { actionOf, operationFor, travelOf } from "./shortcuts.js";
import { say, toast } from "./tell.js";
import { createTravel } from "./travel.js";
import { createTree } from "./tree.js";
import { placesFor } from "./tree_rows.js";
import { nodesOf, whereIs } from "./whereabouts.js";

/** @typedef {import("./tree_rows.js").Row} Row */
/** @typedef {import("./saving.js").Change} Change */
/** @typedef {import("./popup.js").Item} Item */

const LOOK_EVERY = 4000; // milliseconds between two looks for what others did
const STOOD = "mw-studio:stood";

class Editor {
  /** @type {any} */
  timer;
  /** The rows as they are shown, with what was not answered yet. @type {Row[]} */
  rows = [];
  resent = false;
  /** What was done while an undo was on its way. @type {{operation: any, options: any, seen: string}[]} */
  held = [];

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
    const { texts, edits } = this;
    /** @type {any} */
    this.server = createServer(createQueue({ endpoint: root.dataset.actions ?? "", csrf: page.csrf, limits: page.limits }));
    this.travels = createTravel();
    this.tree = createTree(this.piece("tree"), {
      texts,
      edits,
      onSelect: (path, { open }) => this.selected(path, open),
      onMenu: (path, x, y) => this.menu(x, y),
      onKey: (event, path) => this.key(event, path),
      onMove: (path, to) => this.edit({ op: "move", path, to }),
      onEnter: () => this.pane.open(),
    });
    this.menus = createMenus({
      texts,
      menu: page.menu,
      rows: () => this.tree.rows,
      row: () => this.row(),
      event: () => this.state.eventKind,
      onNew: (part, at) => this.edit({ op: "insert", at, node: structuredClone(part) }),
      onEvent: (part) => this.edit({ op: "set_event", event: { ...part, ...(this.state.model ? { model: this.state.model } : {}) } }),
      onDo: (what) => this.do(what),
      onMoveTo: (row) => void this.moveTo(row),
      onOpen: (items) => this.openAt(items, texts.new),
    });
    this.around = createAround({
      texts,
      edits,
      piece: (name) => this.piece(name),
      row: (path) => this.tree.row(path),
      onProblem: (path) => this.tree.select(path, { focus: true, open: true }),
      onFix: (operation) => this.edit(operation),
      onLost: () => this.tree.focus(),
    });
    this.notes = createNotes({
      texts,
      places: { status: this.piece("status"), unsaved: this.piece("unsaved"), conflict: this.piece("conflict") },
      login: root.dataset.login ?? "",
      onAgain: () => void this.saving.flush(),
      onDecided: (operation) => {
        this.saving.resolve(operation);
        this.tree.focus();
      },
    });
    this.pane = createFormPane({
      texts,
      edits,
      page,
      root,
      element: this.piece("form"),
      server: this.server,
      tree: this.tree,
      state: () => this.state,
      saving: () => this.saving,
      onSet: (operation, options) => this.typed(operation, options),
      onFix: (operation) => this.edit(operation, { focus: false }),
      onNews: () => this.look(),
      onAgain: () => this.selected(this.tree.selected),
    });
    this.saving = createSaving({
      server: this.server,
      tree: page.tree,
      person: page.person,
      revision: this.state.revision,
      document: this.state.document,
      storage: sessionStorage,
      selected: () => this.tree.selected,
      onAnswer: (answer, change, ended) => this.answered(answer, change, ended),
      onStatus: (status, waiting) => this.notes.tellStatus(status, waiting),
      onConflict: (answer, change) => this.conflicted(answer, change),
      onRefused: (message, change) => this.refused(message, change),
    });
    this.publishing = createPublishing({
      texts,
      place: `mw-studio:${page.person}:${page.tree}:comment`,
      whenSaved: () => this.whenSaved(),
      problems: () => this.state.problems,
      titleOf: (path) => this.tree.row(path)?.title ?? "",
      onProblem: (path) => this.tree.select(path, { focus: true, open: true }),
      publish: (comment) => this.server.studio.publish({ tree: page.tree, revision: this.saving.revision, comment, person: page.person, select: this.tree.selected }),
      onAnswer: (answer) => {
        this.saving.know(answer.state);
        this.take(answer.state, { own: !answer.conflict, others: !!answer.conflict }); // the draft is as it was
      },
      onFailed: (error) => this.notes.tellFailed(error),
      words: (others) => this.notes.wordsOf(this.texts.changedByOther, others),
    });
    this.listen();
    this.take(page.state, { first: true });
    this.resent = this.saving.hasLeft;
    void this.saving.flush();
    this.lookLater();
    this.tellStood();
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
    document.addEventListener("keydown", (event) => {
      const isText = event.target instanceof Element && event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
      const way = travelOf(event);
      if (event.defaultPrevented || isText || !this.edits || !way) return;
      event.preventDefault();
      this.travel(way);
    });
    addEventListener("online", () => {
      void this.saving.flush();
      if (this.pane.form.path === null) void this.pane.ask(this.tree.selected);
    });
    addEventListener("focus", () => void this.saving.flush());
    addEventListener("pageshow", () => void this.saving.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return void this.saving.flush();
      void this.look();
    });
  }

  // --- what the server says ---

  /** @param {any} answer @param {Change} change @param {import("./saving.js").Ended} ended */
  answered(answer, change, { quiet, exact }) {
    const isTyped = change.operation?.op === "set_value";
    const isTravel = change.call !== "edit";
    if (isTravel) this.travels.arrived();
    else if (!exact) this.travels.forget();
    else this.travels.remember(this.state.rows, isTyped ? `${change.operation.path}:${change.operation.key}` : "");
    const isHere = isTyped && this.tree.selected === change.operation.path;
    const isMove = change.call === "edit" && ["move", "shift"].includes(change.operation.op);
    this.take(answer.state, { moved: isMove ? change.operation.path : undefined, own: isTyped && exact && !change.fix, follow: !isTyped || change.fix || (isHere && !quiet), others: isTravel || !quiet });
    if (answer.merged && !quiet) this.tellOthers(this.texts.merged, answer.merged);
    else if (this.resent) {
      toast(this.texts.resent);
      this.resent = false;
    } else if (change.call === "undo") say(fill(this.texts.undone, { NAME: answer.state.label }));
    else if (change.call === "redo") say(fill(this.texts.redone, { NAME: answer.state.label }));
    else if (!isTyped || change.fix) say(answer.state.label);
    if (change.focus && !this.pane.isNarrow) this.tree.focus();
    if (isTravel) this.release();
  }

  /**
   * Shows a draft, with what is not on the server yet.
   *
   * @param {any} state
   * @param {{first?: boolean, own?: boolean, follow?: boolean, others?: boolean, moved?: string}} [options] `own`: what
   *   was done in the form is answered; `follow`: what the server selects is selected; `others`: nodes may stand
   *   elsewhere; `moved`: where the node was that the server selects
   */
  take(state, { first = false, own = false, follow = false, others = false, moved } = {}) {
    const before = this.state;
    const shown = this.saving.shown;
    const structure = shown.some((one) => one.operation?.op !== "set_value");
    const selected = this.tree.selected;
    this.state = state;
    this.rows = state.rows.map((/** @type {any} */ row) => ({ ...row, path: row.path ?? "" }));
    for (const { operation } of shown) if (operation) this.rows = this.foreseen(operation)?.rows ?? this.rows;
    const hadFocus = this.piece("tree").contains(document.activeElement); // the row that has it may be drawn away
    this.drawTree();
    let path = selected;
    if (first || (follow && !structure)) path = state.select;
    else if (others && !structure) path = whereIs(before.document, state.document, selected);
    if (!this.tree.row(path)) path = "";
    if (!own) this.follow(before, state, moved, structure ? null : path);
    this.tree.select(path, { quiet: true, focus: hadFocus && !this.pane.isNarrow });
    this.address(path);
    const isGone = others && selected !== "" && path === "";
    if (structure && !this.saving.isStuck) this.pane.hold();
    else if (structure) this.pane.release();
    else if (state.form.path === path) this.pane.show(state.form, { own, refocuses: !isGone });
    else void this.pane.ask(path);
    this.around.draw(state);
  }

  /**
   * What is open in the form stays with its node, wherever that is now, and goes where another one is shown.
   *
   * @param {any} before @param {any} state @param {string | undefined} moved where the selected node was
   * @param {string | null} path of the node that is shown next, null if that is not known yet
   */
  follow(before, state, moved, path) {
    const { form } = this.pane;
    if (form.path === null) return;
    const place = form.path && form.path === moved ? state.select : whereIs(before.document, state.document, form.path);
    if (place) form.goTo(place);
    if (path !== null && place !== path) form.leave();
  }

  drawTree() {
    const { state } = this;
    const own = state.problems.filter((/** @type {any} */ one) => !one.path);
    const root = { path: "", title: state.name, kind: "tree", icon: "event", level: 1, details: state.event, expandable: true, children: this.rows.length, setsize: 1, posinset: 1, problems: own.length, worst: own.some((/** @type {any} */ one) => one.level === "error") ? "error" : "warning" };
    const empty = this.piece("empty");
    if (empty) empty.hidden = this.rows.length > 0;
    const receiving = this.piece("receiving");
    if (receiving) receiving.hidden = state.eventKind !== "received";
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

  /** What a reload, or the way back to this page, selects. @param {string} path */
  address(path) {
    history.replaceState(null, "", path ? `?node=${path}` : location.pathname);
  }

  /** @param {string} path @param {boolean} [open] */
  selected(path, open = false) {
    this.address(path);
    const isSettled = !this.saving.shown.some((one) => one.operation?.op !== "set_value");
    if (this.state.form.path === path && isSettled) this.pane.show(this.state.form);
    else if (this.pane.form.path !== path || this.pane.isHeld) void this.pane.ask(path);
    if (open) this.pane.openIfNarrow();
  }

  /** @param {any} answer @param {Change} change */
  conflicted(answer, change) {
    const isTyping = document.activeElement?.matches("input, textarea") ?? false;
    this.travels.forget();
    this.take(answer.state, { others: true });
    this.notes.tellConflict(answer.conflict, change.call === "edit", change.operation, !isTyping);
    if (change.call !== "edit") this.release();
  }

  /** @param {string} message @param {Change} change */
  refused(message, change) {
    toast(fill(this.texts.refused, { REASON: message }), "error");
    if (change.operation?.op === "set_value" && !change.fix) return; // what is typed stays where it was typed
    this.travels.forget();
    this.take(this.state);
    this.tree.focus();
    this.release();
  }

  lookLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY);
  }

  /** @returns {Promise<boolean>} whether there was something new */
  async look() {
    const isIdle = () => this.saving.status === "saved" && !this.saving.waiting.length;
    let isNew = false;
    if (!document.hidden && isIdle()) {
      try {
        const revision = this.state.revision;
        const news = await this.server.studio.news.background({ tree: this.page.tree, revision, select: this.tree.selected });
        if (news.state && isIdle() && this.state.revision === revision) {
          isNew = true;
          this.travels.forget();
          this.saving.know(news.state);
          this.take(news.state, { others: true });
          this.tellOthers(this.texts.changedByOther, { mine: news.mine, by: news.state.edited.by, done: news.done });
        }
      } catch {
        // The next look, or the next change, will tell.
      }
    }
    this.lookLater();
    return isNew;
  }

  /** @param {string} words @param {{mine: boolean, by: string, done: string[]}} others what they did */
  tellOthers(words, others) {
    this.notes.tellOthers(words, others);
    this.publishing.changed(this.notes.wordsOf(words, others));
  }

  // --- what people do ---

  /** @param {any} operation of a form @param {{typing?: boolean}} [options] */
  typed(operation, options) {
    this.saving.put({ call: "edit", operation }, options);
    const next = this.foreseen(operation);
    if (!next) return;
    this.rows = next.rows;
    this.drawTree();
  }

  /** @param {any} operation @param {{focus?: boolean}} [options] */
  edit(operation, options = {}) {
    if (!this.edits) return;
    if (this.travels.isAway && this.saving.isStuck) return toast(this.texts.waitsForConnection, "warning");
    if (this.travels.isAway) return void this.held.push({ operation, options, seen: this.seen(operation) });
    const { focus = true } = options;
    const next = this.foreseen(operation);
    const isTyped = operation.op === "set_value";
    this.saving.put({ call: "edit", operation, focus, fix: isTyped });
    if (!next || isTyped) return;
    this.rows = next.rows;
    this.drawTree();
    this.tree.select(next.select, { quiet: true, focus: focus && !this.pane.isNarrow });
    this.address(next.select);
    if (!this.saving.isStuck) this.pane.hold();
    else if (["move", "shift", "disable"].includes(operation.op) && this.pane.form.path === operation.path) this.pane.form.goTo(next.select);
    else this.pane.fail({ message: this.texts.formLater });
  }

  /** What an operation is about, as the page shows it. @param {any} operation */
  seen(operation) {
    const row = this.tree.row(operation.path ?? "");
    return `${row?.kind} ${row?.title}`;
  }

  /** Does what was asked for while an undo was on its way, where it is still about the same. */
  release() {
    const held = this.held;
    this.held = [];
    for (const { operation, options, seen } of held) if (this.seen(operation) === seen) this.edit(operation, options);
  }

  /** @param {"undo" | "redo"} way */
  travel(way) {
    if (!this.edits) return;
    if (this.saving.isStuck) {
      const change = way === "undo" ? this.travels.tookBack(this.saving.takeBack()) : this.travels.putBack();
      if (!change) return toast(this.texts.waitsForConnection, "warning");
      if (way === "redo") this.saving.put(change);
      this.take(this.state);
      return say(fill(this.texts[way === "undo" ? "undone" : "redone"], { NAME: this.texts.aChange }));
    }
    if (!this.state[way] && !this.saving.waiting.length) return say(this.texts[way === "undo" ? "nothingToUndo" : "nothingToRedo"]);
    const rows = this.saving.waiting.length ? null : this.travels.leave(way, this.state.rows);
    this.saving.put({ call: way });
    this.pane.hold();
    if (!rows) return;
    const hadFocus = this.piece("tree").contains(document.activeElement); // the row that has it may be drawn away
    this.rows = rows.map((row) => ({ ...row, path: row.path ?? "" }));
    this.drawTree();
    this.tree.select(this.tree.row(this.tree.selected) ? this.tree.selected : "", { quiet: true, focus: hadFocus && !this.pane.isNarrow });
  }

  /** @param {string} what @param {HTMLElement} button */
  act(what, button) {
    const box = button.getBoundingClientRect();
    const below = { x: box.left, y: box.bottom + 4, back: () => button.focus() };
    if (what === "new") openMenu(this.menus.newItems(), { ...below, label: this.texts.new });
    else if (what === "menu") openMenu(this.menus.items(), { ...below, label: button.getAttribute("aria-label") ?? "" });
    else if (what === "undo" || what === "redo") this.travel(what);
    else if (what === "discard") this.discard();
    else if (what === "publish") void this.publishing.open();
    else if (what === "publish-now") void this.publishing.now();
    else if (what === "enable" || what === "disable") void this.stand("set_enabled", { enabled: what === "enable" }, button);
    else if (what === "retire" || what === "bring-back") void this.stand("set_retired", { retired: what === "retire" }, button);
    else this.do(what);
  }

  discard() {
    if (this.saving.isStuck) return toast(this.texts.waitsForConnection, "warning");
    this.travels.leave("discard", this.state.rows);
    this.saving.put({ call: "discard" });
    this.pane.hold();
  }

  /** @param {string} what on the selected node */
  do(what) {
    const row = this.row();
    if (what === "paste") return this.paste();
    if (what === "rename") return this.pane.rename();
    if (!row) return;
    if (what === "copy" || what === "cut") return void this.copy(row, what === "cut");
    const operation = operationFor(what, row);
    if (operation) this.edit(operation);
  }

  /** @returns {Row | undefined} the selected node, none for the tree itself */
  row() {
    return this.tree.selected ? this.tree.row(this.tree.selected) : undefined;
  }

  /** @param {Row} row @param {boolean} cut */
  async copy(row, cut) {
    if (this.saving.waiting.length) await this.whenSaved();
    const node = this.saving.waiting.length ? null : nodesOf(this.state.document).get(row.path);
    if (!node) return toast(this.texts.waitsForConnection, "warning");
    keepCopied({ title: row.title, node });
    if (cut) this.edit({ op: "remove", path: row.path, cut: true });
    else say(fill(this.texts.copied, { NAME: row.title }));
  }

  paste() {
    const clip = copied();
    if (!clip) return say(this.texts.nothingCopied);
    this.edit({ op: "paste", at: placesFor(this.tree.rows, this.row())[0].at, nodes: [clip.node] });
  }

  /** @param {KeyboardEvent} event @param {string} path */
  key(event, path) {
    const what = actionOf(event);
    if (!what || (!this.edits && what !== "menu")) return false;
    const box = this.tree.box(path);
    if (what === "menu") this.menu(box.left + 48, box.bottom);
    else if (what === "new") this.openAt(this.menus.newItems(), this.texts.new);
    else if (path || what === "paste" || what === "rename") this.do(what);
    return true;
  }

  /** @param {number} x @param {number} y */
  menu(x, y) {
    if (!this.edits) return;
    const label = fill(this.texts.menuOf, { NAME: this.tree.row(this.tree.selected)?.title ?? "" });
    openMenu(this.menus.items(), { x, y, label, back: () => this.tree.focus() });
  }

  /** @param {Item[]} items @param {string} label */
  openAt(items, label) {
    const box = this.tree.box(this.tree.selected);
    openMenu(items, { x: box.left + 48, y: box.bottom, label, back: () => this.tree.focus() });
  }

  /** @param {Row} row */
  async moveTo(row) {
    await this.whenSaved();
    try {
      if (this.saving.waiting.length) throw new Error(this.texts.waitsForConnection);
      const targets = await this.server.studio.move_targets({ tree: this.page.tree, path: row.path });
      this.openAt(targets.map((/** @type {[string, string]} */ [to, label]) => ({ label, run: () => this.edit({ op: "move", path: row.path, to }) })), this.texts.moveTo);
    } catch (error) {
      this.notes.tellFailed(error);
      this.tree.focus();
    }
  }

  // --- the rest ---

  async whenSaved() {
    for (let tries = 0; this.saving.waiting.length && !this.saving.isStuck && tries < 40; tries += 1) {
      await this.saving.flush();
      if (this.saving.waiting.length) await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** @param {string} call @param {object} params @param {HTMLElement} button */
  async stand(call, params, button) {
    try {
      await this.server.studio[call]({ tree: this.page.tree, ...params });
      sessionStorage.setItem(STOOD, button.textContent ?? "");
      location.reload();
    } catch (error) {
      this.notes.tellFailed(error);
    }
  }

  /** What was done before the page was loaded anew: said, and the focus put where the person was. */
  tellStood() {
    const words = sessionStorage.getItem(STOOD);
    if (words === null) return;
    sessionStorage.removeItem(STOOD);
    /** @type {HTMLElement | null} */ (document.querySelector(".mw-head--editor summary"))?.focus();
    say(words);
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
