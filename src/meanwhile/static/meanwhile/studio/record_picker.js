// @ts-check
/** Chooses a record by a part of its name; its key is what is kept. */

import { combobox } from "./combobox.js";

/** @typedef {import("./control.js").Context} Context */

/**
 * @param {Context} context
 * @param {string} model
 * @param {(key: string) => void} change
 * @param {{label: string, id: string, value?: string, first?: boolean}} options with `first`, the latest record is chosen
 */
export function recordPicker(context, model, change, { label, id, value = "", first = false }) {
  const { texts } = context;
  const box = combobox({
    texts, label, id, value, placeholder: texts.searchRecords,
    look: (search) => context.records(model, search),
    onChoose: change,
  });
  if (value) void context.recordNames(model, [value]).then((names) => names[value] && box.name(names[value])).catch(() => {}); // the key says it, too
  else if (first) void context.records(model, "").then(({ found }) => found[0] && box.choose(...found[0])).catch(() => {});
  return box.element;
}
