// @ts-check
/** Which keys do what to the selected node. No DOM. */

const MAC = typeof navigator !== "undefined" && /Mac|iP/.test(navigator.platform);

export const CTRL = MAC ? "⌘" : "Ctrl+";
export const ALT = MAC ? "⌥" : "Alt+";

const PLAIN = /** @type {Record<string, string>} */ ({ Delete: "delete", F2: "rename" });
const WITH_CTRL = /** @type {Record<string, string>} */ ({ c: "copy", x: "cut", v: "paste", d: "duplicate" });
const WITH_ALT = /** @type {Record<string, string>} */ ({ ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" });

/** @param {KeyboardEvent} event @returns {string} what the editor does then, "" for nothing */
export function actionOf(event) {
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) return "menu";
  if (event.key === "Insert" && !ctrl) return "new";
  if (ctrl && !event.altKey && !event.shiftKey) return WITH_CTRL[event.key.toLowerCase()] ?? "";
  if (event.altKey && !ctrl) return WITH_ALT[event.key] ?? "";
  return !ctrl && !event.altKey ? (PLAIN[event.key] ?? "") : "";
}

/** @param {KeyboardEvent} event @returns {"undo" | "redo" | ""} */
export function travelOf(event) {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && key === "z") return event.shiftKey ? "redo" : "undo";
  return event.ctrlKey && key === "y" ? "redo" : "";
}

/**
 * The operation of the server for what is done to a node.
 *
 * @param {string} what
 * @param {import("./tree_rows.js").Row} row
 * @returns {any} nothing for what is no operation
 */
export function operationFor(what, row) {
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
  return operations[what] ? { ...operations[what], path: row.path } : undefined;
}
