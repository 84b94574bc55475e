// @ts-check
/** What there is to know about the rows of a tree: who is whose child, and which places there are. No DOM. */

/**
 * A node as the server describes it; what is empty is left out.
 *
 * @typedef {object} Row
 * @property {string} path
 * @property {string} title
 * @property {string} kind
 * @property {string} icon
 * @property {number} level
 * @property {string} [parent]
 * @property {string} [details]
 * @property {string} [raw] the details with the names of the document
 * @property {string} [when]
 * @property {boolean} [background]
 * @property {boolean} [disabled]
 * @property {boolean} [off]
 * @property {string} [branch]
 * @property {boolean} [first_of_branch]
 * @property {boolean} [expandable]
 * @property {number} [children]
 * @property {number} [setsize]
 * @property {number} [posinset]
 * @property {number} [problems]
 * @property {string} [worst]
 * @property {number} [below]
 */

/** @param {string} path @returns {[string, number]} what is above, and the last index */
export function split(path) {
  const at = path.lastIndexOf(".");
  return [at < 0 ? "" : path.slice(0, at), Number(path.slice(at + 1))];
}

/** @param {string} above @param {number} index */
export function join(above, index) {
  return above ? `${above}.${index}` : String(index);
}

/** @param {string} path @param {string} other whether the first is the other or inside it */
export function isInside(path, other) {
  return path === other || path.startsWith(`${other}.`);
}

/** @param {string} path the place right behind a node */
export function behind(path) {
  const [above, index] = split(path);
  return join(above, index + 1);
}

/** @param {Row} row @returns {string[]} the words of a node's branches */
export function branches(row) {
  if (row.kind === "if") return ["then", "otherwise"];
  return row.kind === "background" || row.kind === "delay" ? [""] : [];
}

/**
 * @param {Row[]} rows
 * @param {string} path of a node that holds others, "" for the tree
 * @param {string} [branch]
 * @returns {string} the place behind the last child
 */
export function endOf(rows, path, branch = "") {
  const number = rows.filter((row) => (row.parent ?? "") === path && (row.branch ?? "") === branch).length;
  return join([path, branch].filter(Boolean).join("."), number);
}

/**
 * Where something new can be put, seen from the selected node: the usual place first.
 *
 * @param {Row[]} rows
 * @param {Row | undefined} row the selected node, none for the tree itself
 * @returns {{at: string, word: string}[]} `word` names the sentence that says it
 */
export function placesFor(rows, row) {
  if (!row) return [{ at: endOf(rows, ""), word: "atEnd" }];
  const inside = branches(row).map((branch) => ({
    at: endOf(rows, row.path, branch),
    word: { then: "insideThen", otherwise: "insideOtherwise" }[branch] ?? "inside",
  }));
  return [...inside, { at: behind(row.path), word: "after" }, { at: row.path, word: "before" }];
}

/**
 * Which of the rows shown before are which of the new ones: all up to the first difference, and all behind the last.
 *
 * @param {Row[]} old
 * @param {Row[]} rows
 * @returns {{head: number, tail: number}} how many are the same at the beginning and at the end
 */
export function compare(old, rows) {
  const most = Math.min(old.length, rows.length);
  let head = 0;
  while (head < most && alike(old[head], rows[head])) head += 1;
  let tail = 0;
  while (tail < most - head && alike(old[old.length - 1 - tail], rows[rows.length - 1 - tail])) tail += 1;
  return { head, tail };
}

/** @param {Row} one @param {Row} other */
function alike(one, other) {
  return one.kind === other.kind && one.level === other.level && (one.branch ?? "") === (other.branch ?? "") && one.title === other.title;
}

/**
 * The rows that are seen: not those below a closed one.
 *
 * @param {Row[]} rows
 * @param {Set<string>} closed paths
 */
export function visible(rows, closed) {
  if (!closed.size) return rows;
  /** @type {string[]} */
  const hidden = [];
  return rows.filter((row) => {
    const parent = row.parent ?? "";
    const isHidden = closed.has(parent) || closed.has(":root") || hidden.includes(parent);
    if (isHidden) hidden.push(row.path);
    return !isHidden;
  });
}
