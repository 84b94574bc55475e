// @ts-check
/**
 * The tree on the page (ARIA's tree pattern): one tab stop, arrows, Home and End, type-ahead; and dragging. Rows that are
 * the same as before stay as they are, so that hundreds of them cost nothing.
 */

import { el, fill, icon } from "./dom.js";
import { behind, branches, compare, endOf, isInside, visible } from "./tree_rows.js";

/** @typedef {import("./tree_rows.js").Row} Row */

/**
 * @typedef {object} TreeParts
 * @property {Record<string, string>} texts
 * @property {(path: string, options: {open?: boolean}) => void} onSelect
 * @property {(path: string, x: number, y: number) => void} onMenu
 * @property {(event: KeyboardEvent, path: string) => boolean} onKey whether it was meant for the editor
 * @property {(path: string, to: string) => void} onMove
 * @property {() => void} onEnter
 * @property {boolean} edits
 */

const TYPE_AHEAD = 700; // milliseconds between two letters of one word

/**
 * @param {HTMLElement} root
 * @param {TreeParts} parts
 */
export function createTree(root, parts) {
  const { texts } = parts;
  /** @type {Row[]} all, the tree itself first */
  let rows = [];
  /** @type {Row[]} */
  let shown = [];
  /** @type {HTMLElement[]} those of the shown rows */
  let elements = [];
  /** @type {Set<string>} paths of closed nodes */
  let closed = new Set();
  let selected = "";
  let word = "";
  let wordAt = 0;
  /** @type {{path: string, to: string, row: HTMLElement, how?: string, word?: string} | null} */
  let drop = null;
  let dragged = "";

  /** @param {Row[]} next */
  function update(next) {
    if (closed.size && rows.length) closed = carried(rows, next, closed);
    rows = next;
    draw();
  }

  function draw() {
    const next = visible(rows, closed);
    const { head, tail } = compare(shown, next);
    const kept = elements.slice(head, elements.length - tail);
    const guides = guidesOf(rows);
    const fresh = next.slice(head, next.length - tail).map((_, index) => kept[index] ?? rowElement());
    for (const gone of kept.slice(fresh.length)) gone.remove();
    const behindThem = elements[elements.length - tail] ?? null;
    for (const one of fresh) if (!one.isConnected) root.insertBefore(one, behindThem);
    elements = [...elements.slice(0, head), ...fresh, ...(tail ? elements.slice(-tail) : [])];
    shown = next;
    elements.forEach((element, index) => fillRow(element, shown[index], guides.get(shown[index].path) ?? ""));
  }

  /** @param {Row[]} all */
  function guidesOf(all) {
    /** @type {Map<string, string>} */
    const found = new Map();
    /** @type {Map<string, Row>} */
    const byPath = new Map(all.map((row) => [row.path, row]));
    for (const row of all) {
      if (row.level < 3) {
        found.set(row.path, "");
        continue;
      }
      const parent = byPath.get(row.parent ?? "");
      const later = parent?.kind === "background" || parent?.kind === "delay";
      found.set(row.path, (found.get(row.parent ?? "") ?? "") + (later ? "l" : "p"));
    }
    return found;
  }

  function rowElement() {
    const made = el("div", { class: "mw-row", role: "treeitem" });
    if (parts.edits) made.draggable = true;
    return made;
  }

  /** @param {HTMLElement} element @param {Row} row @param {string} guides */
  function fillRow(element, row, guides) {
    const isSelected = row.path === selected;
    const isClosed = closed.has(keyOf(row));
    const known = /** @type {any} */ (element);
    if (known.mwRow === row && known.mwAs === `${guides}${isSelected}${isClosed}`) return;
    known.mwRow = row;
    known.mwAs = `${guides}${isSelected}${isClosed}`;
    if (element.dataset.path !== row.path) {
      element.dataset.path = row.path;
      element.id = `node-${row.path || "tree"}`;
    }
    set(element, "aria-level", String(row.level));
    set(element, "aria-setsize", String(row.setsize ?? 1));
    set(element, "aria-posinset", String(row.posinset ?? 1));
    const flags = [row.background, row.disabled, row.off, row.first_of_branch, row.expandable, row.children].map((one) => (one ? 1 : 0));
    const words = [row.icon, row.title, row.details, row.raw, row.when, row.branch, row.worst, row.problems || 0, row.below || 0];
    const signature = `${flags.join("")}${words.join("\n")}${known.mwAs}`;
    if (known.mwSignature === signature) return; // it only stands elsewhere
    known.mwSignature = signature;
    const classes = ["mw-row"];
    if (row.background) classes.push("mw-row--later");
    if (row.off) classes.push("mw-row--off");
    if (!row.path) classes.push("mw-row--event");
    if (row.kind === "background" || row.kind === "delay") classes.push("mw-row--execution");
    element.className = classes.join(" ");
    set(element, "aria-selected", String(isSelected));
    set(element, "aria-expanded", row.expandable && row.children ? String(!isClosed) : null);
    set(element, "aria-label", nameOf(row));
    element.tabIndex = isSelected ? 0 : -1;
    element.replaceChildren(...content(row, guides));
  }

  /** @param {Row} row what a screen reader says */
  function nameOf(row) {
    return [
      row.first_of_branch && row.branch ? `${texts[row.branch] ?? row.branch}:` : "",
      row.title,
      row.details,
      row.when ? `– ${row.when}` : "",
      row.disabled ? `– ${texts.off}` : "",
      row.problems ? `– ${problemText(row.problems)}` : "",
    ]
      .filter(Boolean)
      .join(" ");
  }

  /** @param {number} number */
  function problemText(number) {
    return number === 1 ? texts.oneProblem : fill(texts.problems, { NUMBER: number });
  }

  /** @param {Row} row @param {string} guides */
  function content(row, guides) {
    const isClosed = closed.has(keyOf(row));
    const execution = row.kind === "background" || row.kind === "delay";
    const problems = (row.problems ?? 0) + (isClosed ? (row.below ?? 0) : 0);
    return [
      ...[...guides].map((one) => el("span", { class: `mw-guide${one === "l" ? " mw-guide--later" : ""}` })),
      row.path
        ? el("span", { class: `mw-row__toggle${isClosed ? "" : " mw-row__toggle--open"}`, "data-toggle": true },
            row.children ? icon("chevron") : null)
        : null,
      icon(row.icon),
      el("span", { class: "mw-row__text", title: row.raw || null },
        row.first_of_branch && row.branch ? el("span", { class: "mw-row__branch" }, texts[row.branch] ?? row.branch) : null,
        el("span", { class: "mw-row__title" }, row.title),
        row.details && row.details !== row.when ? el("span", { class: "mw-row__more" }, row.details) : null,
        execution || (row.path === selected && row.when && row.path) ? el("span", { class: "mw-row__when" }, row.when) : null,
        parts.edits && row.expandable && !row.children && row.path ? el("span", { class: "mw-row__more" }, texts.empty) : null,
      ),
      row.disabled ? el("span", { class: "mw-row__mark" }, icon("off"), texts.off) : null,
      problems
        ? el("span", { class: `mw-row__problems mw-row__problems--${row.worst || "warning"}` }, icon("warning"), String(problems))
        : null,
      parts.edits && row.path ? el("span", { class: "mw-row__menu", "data-menu": true, title: fill(texts.menuOf, { NAME: row.title }) }, icon("more")) : null,
    ].filter((one) => one !== null);
  }

  /** @param {Row} row */
  function keyOf(row) {
    return row.path || ":root";
  }

  /**
   * @param {string} path
   * @param {{focus?: boolean, open?: boolean, quiet?: boolean}} [options]
   */
  function select(path, { focus = false, open = false, quiet = false } = {}) {
    const before = selected;
    selected = rows.some((row) => row.path === path) ? path : "";
    reveal(selected);
    if (before !== selected || !elements.length) redrawOnly(before, selected);
    const element = elementOf(selected);
    if (focus) element?.focus({ preventScroll: true });
    if (focus || !quiet) element?.scrollIntoView({ block: "nearest" });
    if (!quiet) parts.onSelect(selected, { open });
  }

  /** @param {...string} paths */
  function redrawOnly(...paths) {
    const guides = guidesOf(rows);
    shown.forEach((row, index) => paths.includes(row.path) && fillRow(elements[index], row, guides.get(row.path) ?? ""));
  }

  /** @param {string} path */
  function reveal(path) {
    const hiding = [...closed].filter((one) => one === ":root" || (isInside(path, one) && path !== one));
    if (!hiding.length || !path) return;
    for (const one of hiding) closed.delete(one);
    draw();
  }

  /** @param {string} path */
  function elementOf(path) {
    return elements[shown.findIndex((row) => row.path === path)];
  }

  /** @param {Row} row @param {boolean} open */
  function toggle(row, open) {
    if (open) closed.delete(keyOf(row));
    else closed.add(keyOf(row));
    if (!open && selected !== row.path && (row.path === "" || isInside(selected, row.path))) select(row.path, { focus: true });
    draw();
  }

  /** @param {Event} event @returns {Row | undefined} */
  function rowOf(event) {
    const element = event.target instanceof Element ? event.target.closest(".mw-row") : null;
    return shown.find((row) => element instanceof HTMLElement && row.path === element.dataset.path);
  }

  root.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (!row || !(event.target instanceof Element)) return;
    if (event.target.closest("[data-toggle]") && row.children) return toggle(row, closed.has(keyOf(row)));
    const menu = event.target.closest("[data-menu]");
    select(row.path, { focus: true, open: !menu });
    if (menu) {
      const box = menu.getBoundingClientRect();
      parts.onMenu(row.path, box.right, box.bottom);
    }
  });

  root.addEventListener("contextmenu", (event) => {
    const row = rowOf(event);
    if (!row || !parts.edits) return;
    event.preventDefault();
    select(row.path, { focus: true });
    const box = elementOf(row.path).getBoundingClientRect();
    const byKey = event.clientX === 0 && event.clientY === 0;
    parts.onMenu(row.path, byKey ? box.left + 48 : event.clientX, byKey ? box.bottom : event.clientY);
  });

  root.addEventListener("keydown", (event) => {
    const here = shown.findIndex((row) => row.path === selected);
    const row = shown[here];
    if (!row) return;
    if (parts.onKey(event, row.path)) return event.preventDefault();
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rtl = document.documentElement.dir === "rtl";
    const key = rtl ? ({ ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] ?? event.key) : event.key;
    const isOpen = !!row.children && !closed.has(keyOf(row));
    /** @param {number} index */
    const go = (index) => shown[index] && select(shown[index].path, { focus: true });
    if (key === "ArrowDown") go(here + 1);
    else if (key === "ArrowUp") go(here - 1);
    else if (key === "Home") go(0);
    else if (key === "End") go(shown.length - 1);
    else if (key === "ArrowRight") {
      if (row.children && !isOpen) toggle(row, true);
      else if (isOpen) go(here + 1);
    } else if (key === "ArrowLeft") {
      if (isOpen) toggle(row, false);
      else if (row.path) select(row.parent ?? "", { focus: true });
    } else if (key === "*") {
      closed.clear();
      draw();
    } else if (key === "Enter") parts.onEnter();
    else if (key.length === 1 && key !== " ") typeAhead(key, here);
    else return;
    event.preventDefault();
  });

  /** @param {string} letter @param {number} here */
  function typeAhead(letter, here) {
    const now = performance.now();
    word = now - wordAt < TYPE_AHEAD ? word + letter.toLowerCase() : letter.toLowerCase();
    wordAt = now;
    const from = word.length > 1 ? here : here + 1;
    const order = [...shown.slice(from), ...shown.slice(0, from)];
    const found = order.find((row) => row.title.toLowerCase().startsWith(word));
    if (found) select(found.path, { focus: true });
  }

  // --- dragging; "Move to…" in the menu does the same ---

  root.addEventListener("dragstart", (event) => {
    const row = rowOf(event);
    if (!row?.path || !event.dataTransfer) return event.preventDefault();
    dragged = row.path;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.title);
    elementOf(row.path)?.classList.add("mw-row--dragged");
  });

  root.addEventListener("dragover", (event) => {
    const row = rowOf(event);
    const place = dragged && row ? placeAt(row, event) : null;
    mark(place);
    if (!place) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "move";
  });

  root.addEventListener("drop", (event) => {
    event.preventDefault();
    const place = drop;
    const path = dragged;
    endDrag();
    if (place && path) parts.onMove(path, place.to);
  });
  root.addEventListener("dragend", endDrag);
  root.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && root.contains(event.relatedTarget))) mark(null);
  });

  function endDrag() {
    elementOf(dragged)?.classList.remove("mw-row--dragged");
    dragged = "";
    mark(null);
  }

  /** @param {Row} row @param {DragEvent} event @returns {{path: string, to: string, row: HTMLElement, how: string, word?: string} | null} */
  function placeAt(row, event) {
    const element = elementOf(row.path);
    const box = element.getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    if (row.path && isInside(row.path, dragged)) return null;
    if (!row.path) return { path: "", to: "0", row: element, how: "after" };
    const words = branches(row);
    const [inner] = words;
    if (inner !== undefined && share > 0.3 && share < 0.75) {
      const word = words[words.length > 1 && event.clientX > box.left + box.width / 2 ? 1 : 0]; // an If has two sides
      return { path: row.path, to: endOf(rows, row.path, word), row: element, how: "inside", word: texts[word] };
    }
    if (share < 0.5) return { path: row.path, to: row.path, row: element, how: "before" };
    const opened = row.children && !closed.has(keyOf(row));
    if (opened && inner !== undefined) return { path: row.path, to: `${row.path}${inner ? `.${inner}` : ""}.0`, row: element, how: "after" };
    return { path: row.path, to: behind(row.path), row: element, how: "after" };
  }

  /** @param {{path: string, to: string, row: HTMLElement, how?: string, word?: string} | null} place */
  function mark(place) {
    for (const name of ["data-drop", "data-drop-word"]) drop?.row.removeAttribute(name);
    drop = place;
    if (place?.how) place.row.setAttribute("data-drop", place.how);
    if (place?.word) place.row.setAttribute("data-drop-word", place.word);
  }

  return {
    update,
    select,
    /** @param {string} path */
    row: (path) => rows.find((row) => row.path === path),
    get rows() {
      return rows.slice(1);
    },
    get selected() {
      return selected;
    },
    focus: () => elementOf(selected)?.focus(),
    /** @param {string} path */
    box: (path) => (elementOf(path) ?? root).getBoundingClientRect(),
  };
}

/** @param {HTMLElement} element @param {string} name @param {string | null} value */
function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Closed nodes stay closed where they are now.
 *
 * @param {Row[]} old
 * @param {Row[]} next
 * @param {Set<string>} closed
 */
function carried(old, next, closed) {
  const { head, tail } = compare(old, next);
  /** @type {Set<string>} */
  const kept = new Set();
  old.forEach((row, index) => {
    const key = row.path || ":root";
    if (!closed.has(key)) return;
    if (index < head) kept.add(next[index].path || ":root");
    else if (index >= old.length - tail) kept.add(next[index - old.length + next.length].path || ":root");
  });
  return kept;
}
