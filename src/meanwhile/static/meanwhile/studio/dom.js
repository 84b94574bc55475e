// @ts-check
/** Makes elements without HTML texts, so that nothing a person typed is ever read as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false | (Node | string | null | undefined | false)[]} Child */

/**
 * @param {string} name
 * @param {Record<string, any>} [attributes] functions are listeners (`onclick`), `value` and `checked` are properties,
 *   true is an attribute without a value; false, null and undefined leave it out
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "selected") /** @type {any} */ (made)[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...nodes(children));
  return made;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return /** @type {any[]} */ (children).flat(3).filter((one) => one !== null && one !== undefined && one !== false && one !== "");
}

/** @param {string} name of one of the page's symbols */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `mw-icon mw-icon--${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#mw-i-${document.getElementById(`mw-i-${name}`) ? name : "action"}`);
  svg.append(use);
  return svg;
}

/**
 * Puts values into a sentence: `fill("Undo: NAME", {NAME: "Delete"})`.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  const names = Object.keys(values);
  if (!names.length) return text;
  return text.replace(new RegExp(`\\b(${names.join("|")})\\b`, "g"), (name) => String(values[name]));
}

/**
 * @param {[any, string][] | string[][]} choices
 * @param {any} chosen
 * @param {Record<string, any>} [attributes]
 * @param {string} [empty] what stands first, for nothing
 * @returns {HTMLSelectElement}
 */
export function select(choices, chosen, attributes = {}, empty) {
  const all = [...(empty === undefined ? [] : [["", empty]]), ...choices];
  const known = all.some(([value]) => value === chosen);
  if (!known && chosen !== "" && chosen !== null && chosen !== undefined) all.push([chosen, String(chosen)]);
  const options = all.map(([value, label]) => el("option", { value: String(value) }, String(label)));
  const made = /** @type {HTMLSelectElement} */ (el("select", attributes, options));
  made.value = String(chosen ?? "");
  return made;
}
