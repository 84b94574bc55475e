// @ts-check
/** What the menus of the editor offer for the selected node. */

import { copied } from "./clipboard.js";
import { fill } from "./dom.js";
import { ALT, CTRL } from "./shortcuts.js";
import { placesFor } from "./tree_rows.js";

/** @typedef {import("./popup.js").Item} Item */
/** @typedef {import("./tree_rows.js").Row} Row */

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} texts
 * @property {any[]} menu what can be made, in groups
 * @property {() => Row[]} rows
 * @property {() => Row | undefined} row the selected node
 * @property {() => string} event the kind of the tree's event
 * @property {(part: any, at: string) => void} onNew
 * @property {(part: any) => void} onEvent
 * @property {(what: string) => void} onDo
 * @property {(row: Row) => void} onMoveTo
 * @property {(items: Item[]) => void} onOpen opens another menu at the selected node
 */

const GROUP_ICONS = /** @type {Record<string, string>} */ ({ event: "event", action: "action", condition: "if", execution: "background" });

/** @param {Parts} parts */
export function createMenus(parts) {
  const { texts } = parts;

  /** @param {string} at @returns {Item[]} */
  function kindsAt(at) {
    return parts.menu.map((group) => ({
      label: group.title,
      icon: GROUP_ICONS[group.key],
      items: group.items.map((/** @type {any} */ kind) => ({
        label: kind.title,
        icon: kind.icon,
        help: kind.help,
        ...(group.key === "event" ? { checked: parts.event() === kind.key } : {}),
        run: () => (group.key === "event" ? parts.onEvent(kind.part) : parts.onNew(kind.part, at)),
      })),
    }));
  }

  /** @returns {Item[]} the menu New */
  function newItems() {
    const row = parts.row();
    const places = placesFor(parts.rows(), row);
    const choose = places.map((place, index) => ({
      label: fill(texts[place.word], { NAME: row?.title ?? "" }),
      checked: index === 0,
      run: () => parts.onOpen(kindsAt(place.at)),
    }));
    return [...kindsAt(places[0].at), ...(places.length > 1 ? [{ line: true }, { label: texts.where, icon: "drag", items: choose }] : [])];
  }

  /** @returns {Item[]} what can be done with the selected node */
  function items() {
    const row = parts.row();
    /** @type {Item} */
    const make = { label: texts.new, icon: "plus", items: newItems() };
    /** @param {string} what @param {string} label @param {string} icon @param {string} [keys] @returns {Item} */
    const item = (what, label, icon, keys) => ({ label, icon, keys, run: () => parts.onDo(what) });
    const paste = { ...item("paste", texts.paste, "paste", `${CTRL}V`), disabled: !copied() };
    if (!row) return [make, { line: true }, paste, item("rename", texts.rename, "update_field", "F2")];
    const holders = ["background", "delay", "if"].map((kind) => item(kind, titleOf(kind), kind));
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
      { label: texts.putUnder, icon: "background", items: holders },
      ...(row.expandable ? [item("unwrap", texts.dissolve, "external")] : []),
      { line: true },
      item("up", texts.moveUp, "drag", `${ALT}↑`),
      item("down", texts.moveDown, "drag", `${ALT}↓`),
      item("in", texts.moveIn, "drag", `${ALT}→`),
      item("out", texts.moveOut, "drag", `${ALT}←`),
      { label: texts.moveTo, icon: "drag", run: () => parts.onMoveTo(row) },
      { line: true },
      { ...item("delete", texts.delete, "delete", "Del"), final: true },
    ];
  }

  /** @param {string} kind */
  function titleOf(kind) {
    return parts.menu.flatMap((group) => group.items).find((one) => one.key === kind)?.title ?? kind;
  }

  return { newItems, items };
}
