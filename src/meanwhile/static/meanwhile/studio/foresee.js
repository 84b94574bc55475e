// @ts-check
/**
 * What the server will answer to an operation, as far as the rows of the tree tell it: shown at once, and replaced by
 * the answer when that comes. No DOM.
 */

import { behind, branches, isInside, join, split } from "./tree_rows.js";

/** @typedef {import("./tree_rows.js").Row} Row */
/** @typedef {{row: Row, branches: Record<string, Item[]>}} Item */
/** @typedef {{rows: Row[], select: string}} Foreseen */

/**
 * @param {Row[]} rows
 * @param {any} operation
 * @param {(node: any) => Partial<Row>} describe the title and the icon of a new node
 * @returns {Foreseen | null} null for what can't be foreseen, or won't be done
 */
export function foresee(rows, operation, describe) {
  const tree = build(rows);
  const { op, path = "" } = operation;
  const here = path ? find(tree, path) : null;
  if (path && !here) return null;
  /** @type {Item | null} the node that is selected then */
  let chosen = null;
  if (op === "insert" || op === "paste") {
    const place = slot(tree, operation.at);
    const nodes = op === "insert" ? [operation.node] : operation.nodes;
    if (!place) return null;
    const items = nodes.map((/** @type {any} */ node) => fresh(node, describe));
    place.list.splice(place.index, 0, ...items);
    chosen = items[0];
  } else if (op === "remove" && here) {
    here.list.splice(here.index, 1);
    chosen = here.list[here.index] ?? here.list[here.index - 1] ?? here.owner;
  } else if (op === "duplicate" && here) {
    chosen = structuredClone(here.list[here.index]);
    here.list.splice(here.index + 1, 0, chosen);
  } else if ((op === "move" || op === "shift") && here) {
    const to = op === "move" ? operation.to : shifted(tree, path, operation.by);
    const place = to === null || (to !== path && isInside(to, path)) ? null : slot(tree, to);
    if (!place) return null;
    chosen = here.list[here.index];
    here.list.splice(here.index, 1);
    place.list.splice(place.list === here.list && here.index < place.index ? place.index - 1 : place.index, 0, chosen);
  } else if (op === "wrap" && here) {
    chosen = fresh({ kind: operation.in }, describe);
    chosen.branches[branches(chosen.row)[0]] = [here.list[here.index]];
    here.list[here.index] = chosen;
  } else if (op === "unwrap" && here) {
    const inner = branches(here.list[here.index].row).flatMap((branch) => here.list[here.index].branches[branch] ?? []);
    here.list.splice(here.index, 1, ...inner);
    chosen = inner[0] ?? here.list[here.index] ?? here.list[here.index - 1] ?? here.owner;
  } else if (op === "disable" && here) {
    chosen = here.list[here.index];
    chosen.row = { ...chosen.row, disabled: operation.disabled };
  } else if (op === "set_value" && here && operation.key === "label" && operation.value) {
    chosen = here.list[here.index];
    chosen.row = { ...chosen.row, title: String(operation.value) };
  } else return null;
  /** @type {Row[]} */
  const after = [];
  const first = rows.find((row) => !row.parent && !row.background && !row.off);
  flatten(tree, "", 1, { background: false, off: false, when: first?.when }, after);
  return { rows: after, select: chosen ? chosen.row.path : "" };
}

/** @param {Row[]} rows @returns {Item} */
function build(rows) {
  /** @type {Item} */
  const tree = { row: /** @type {Row} */ (/** @type {unknown} */ ({ path: "", kind: "tree" })), branches: { "": [] } };
  /** @type {Map<string, Item>} */
  const known = new Map([["", tree]]);
  for (const row of rows) {
    /** @type {Item} */
    const item = { row, branches: {} };
    known.set(row.path, item);
    const owner = known.get(row.parent ?? "");
    if (owner) (owner.branches[row.branch ?? ""] ??= []).push(item);
  }
  return tree;
}

/** @param {Item} tree @param {string} path @returns {{list: Item[], index: number, owner: Item} | null} */
function find(tree, path) {
  const place = slot(tree, path);
  return place && place.index < place.list.length ? place : null;
}

/** @param {Item} tree @param {string} path @returns {{list: Item[], index: number, owner: Item} | null} */
function slot(tree, path) {
  let owner = tree;
  let branch = "";
  const parts = path.split(".");
  for (const [number, part] of parts.entries()) {
    if (!/^\d+$/.test(part)) {
      branch = part;
      continue;
    }
    if (owner !== tree && !branches(owner.row).includes(branch)) return null;
    const list = (owner.branches[branch] ??= []);
    const index = Number(part);
    if (number === parts.length - 1) return index <= list.length ? { list, index, owner } : null;
    if (!list[index]) return null;
    owner = list[index];
    branch = "";
  }
  return null;
}

/** @param {Item} tree @param {string} path @param {string} by @returns {string | null} */
function shifted(tree, path, by) {
  const [above, index] = split(path);
  const place = find(tree, path);
  if (!place) return null;
  const parent = place.owner.row.path;
  if (by === "out") return parent ? behind(parent) : null;
  if (by === "in") {
    const before = place.list[index - 1];
    const branch = before && branches(before.row)[0];
    if (branch === undefined) return null;
    return join([before.row.path, branch].filter(Boolean).join("."), (before.branches[branch] ?? []).length);
  }
  if (by === "up") {
    if (index) return join(above, index - 1);
    if (above.endsWith(".otherwise")) return join(`${parent}.then`, (place.owner.branches.then ?? []).length);
    return parent || null;
  }
  if (index + 1 < place.list.length) return join(above, index + 2);
  if (above.endsWith(".then")) return `${parent}.otherwise.0`;
  return parent ? behind(parent) : null;
}

/** @param {any} node @param {(node: any) => Partial<Row>} describe @returns {Item} */
function fresh(node, describe) {
  /** @type {Item} */
  const item = {
    row: { path: "", title: "", icon: "action", level: 1, ...describe(node), kind: node.kind, disabled: node.disabled === true },
    branches: {},
  };
  const inner = branches(item.row);
  if (inner.length) item.row.expandable = true;
  for (const branch of inner) item.branches[branch] = (node[branch || "do"] ?? []).map((/** @type {any} */ one) => fresh(one, describe));
  return item;
}

/**
 * @param {Item} owner
 * @param {string} above
 * @param {number} level
 * @param {{background: boolean, off: boolean, when?: string}} holds
 * @param {Row[]} rows
 */
function flatten(owner, above, level, holds, rows) {
  const all = Object.entries(owner.branches);
  const setsize = all.reduce((sum, [, list]) => sum + list.length, 0);
  let posinset = 0;
  for (const branch of owner.row.path || owner.row.kind !== "tree" ? branches(owner.row) : [""]) {
    const list = owner.branches[branch] ?? [];
    for (const [index, item] of list.entries()) {
      posinset += 1;
      const path = join([above, branch].filter(Boolean).join("."), index);
      const later = item.row.kind === "background" || item.row.kind === "delay";
      const off = holds.off || !!item.row.disabled;
      const when = later ? item.row.when : (holds.when ?? item.row.when);
      item.row = {
        ...item.row, path, parent: above, level, branch, setsize, posinset, off, when,
        first_of_branch: !!branch && index === 0,
        background: holds.background || later,
        children: Object.values(item.branches).reduce((sum, one) => sum + one.length, 0),
      };
      rows.push(item.row);
      flatten(item, path, level + 1, { background: item.row.background ?? false, off, when }, rows);
    }
  }
}
