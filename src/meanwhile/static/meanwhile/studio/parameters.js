// @ts-check
/** The parameters that a tree can be called with: names and types. */

import { el, select } from "./dom.js";
import { listControl } from "./list.js";

/**
 * @param {Record<string, string>} texts
 * @param {any} declared names and types
 * @param {import("./control.js").Change} change
 * @param {{label: string, id: string, types: [string, string][]}} options
 */
export function parametersControl(texts, declared, change, { label, id, types }) {
  /** @type {[string, string][]} */
  const given = Object.entries(declared && typeof declared === "object" ? declared : {});
  let current = given;
  return listControl(given, (items, how) => {
    current = items;
    change(Object.fromEntries(items), how);
  }, {
    texts, label, id, add: texts.addParameter,
    fresh: () => /** @type {[string, string]} */ ([freeName(current.map(([name]) => name)), "str"]),
    row: ([name, type], put, about) => {
      let now = { name, type };
      const names = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: name, "aria-label": `${about.label}: ${texts.name}`, id: about.id, autocomplete: "off" }));
      names.addEventListener("input", () => {
        const wanted = names.value.trim();
        const isTaken = wanted !== now.name && current.some(([one]) => one === wanted);
        names.setAttribute("aria-invalid", String(isTaken || !wanted));
        if (isTaken || !wanted) return;
        now = { ...now, name: wanted };
        put([now.name, now.type], true);
      });
      const kinds = select([...types], type, { "aria-label": `${about.label}: ${texts.type}`, id: `${about.id}-type` });
      kinds.addEventListener("change", () => {
        now = { ...now, type: kinds.value };
        put([now.name, now.type]);
      });
      return el("div", { class: "mw-parameter" }, names, kinds);
    },
  });
}

/** @param {string[]} taken */
function freeName(taken) {
  let name = "value";
  for (let number = 2; taken.includes(name); number += 1) name = `value_${number}`;
  return name;
}
