// @ts-check
/** Where a node is in what somebody else made of the tree. No DOM. */

import { join } from "./tree_rows.js";

const BRANCHES = /** @type {Record<string, [string, string][]>} */ ({
  background: [["", "do"]],
  delay: [["", "do"]],
  if: [["then", "then"], ["otherwise", "otherwise"]],
});

/**
 * The nodes of a draft by their paths.
 *
 * @param {any} document
 * @returns {Map<string, any>}
 */
export function nodesOf(document) {
  /** @type {Map<string, any>} */
  const found = new Map();
  /** @param {any} list @param {string} above */
  const walk = (list, above) => {
    if (!Array.isArray(list)) return;
    for (const [index, node] of list.entries()) {
      if (!node || typeof node !== "object") continue;
      const path = join(above, index);
      found.set(path, node);
      for (const [word, key] of BRANCHES[node.kind] ?? []) walk(node[key], word ? `${path}.${word}` : path);
    }
  };
  walk(document?.do, "");
  return found;
}

/**
 * The path of a node in the newer of two drafts: where the same node is, or the same but for the nodes in it, or what
 * stands between the same neighbours; "" where it is gone.
 *
 * @param {any} old
 * @param {any} next
 * @param {string} path
 */
export function whereIs(old, next, path) {
  if (!path) return "";
  const before = nodesOf(old);
  const after = nodesOf(next);
  const node = before.get(path);
  if (!node) return "";
  for (const text of [whole, alone]) {
    const wanted = text(node);
    if (after.has(path) && text(after.get(path)) === wanted) return path;
    const [one, ...others] = [...after].filter(([, other]) => text(other) === wanted);
    const isOnly = [...before.values()].filter((other) => text(other) === wanted).length === 1;
    if (one && !others.length && isOnly) return one[0];
  }
  return isChanged(before, after, path) ? path : "";
}

/** Whether the node at a path is another one by its settings alone. @param {Map<string, any>} before @param {Map<string, any>} after @param {string} path */
function isChanged(before, after, path) {
  const kinds = (/** @type {Map<string, any>} */ nodes) => [...nodes].map(([at, node]) => `${at} ${node.kind}`).join("\n");
  return after.has(path) && kinds(before) === kinds(after);
}

/** @param {any} node */
function whole(node) {
  return JSON.stringify(node);
}

/** @param {any} node */
function alone(node) {
  const keys = (BRANCHES[node.kind] ?? []).map(([, key]) => key);
  return JSON.stringify(Object.fromEntries(Object.entries(node).filter(([key]) => !keys.includes(key))));
}
