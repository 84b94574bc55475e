// @ts-check
/** The condition builder: conditions in groups, each a question about the record, with how many records would match. */

import { el, icon, select } from "./dom.js";
import { fieldPicker, literalControl, valueControl } from "./controls.js";

/** @typedef {import("./controls.js").Context} Context */
/** @typedef {import("./controls.js").Change} Change */
/** @typedef {import("./controls.js").FieldChoice} FieldChoice */

const WITHOUT_VALUE = new Set(["empty", "not_empty"]);
const LISTS = new Set(["in", "not_in"]);

/**
 * @param {Context & {kinds: [string, string][]}} context
 * @param {any} condition its JSON
 * @param {Change} change
 * @param {{label: string, id: string}} options
 */
export function conditionControl(context, condition, change, { label, id }) {
  const { texts } = context;
  let last = 0;
  /** @type {any} what is edited: a group at the top, so that there is always one to add to */
  let top = asGroup(condition);
  const holder = el("div", { class: "mw-condition", role: "group", "aria-label": label, id, tabindex: "-1" });

  function tell(typing = false) {
    change(asWritten(top), { typing });
  }

  /** @param {string} [focus] */
  function draw(focus = "") {
    last = 0;
    holder.replaceChildren(group(top, null));
    if (focus) /** @type {HTMLElement | null} */ (holder.querySelector(`#${CSS.escape(focus)}`))?.focus();
  }

  /** @param {any} one @param {(() => void) | null} remove @returns {HTMLElement} */
  function group(one, remove) {
    const here = `${id}-${last++}`;
    const kind = select([["all", texts.allOf], ["any", texts.anyOf]], one.test, { "aria-label": texts.test, id: `${here}-kind` });
    kind.addEventListener("change", () => {
      one.test = kind.value;
      tell();
    });
    const inner = one.of.map((/** @type {any} */ child, /** @type {number} */ index) => line(child, one, index));
    return el("div", { class: "mw-condition__group", role: "group", "aria-label": one.test === "any" ? texts.anyOf : texts.allOf },
      el("div", { class: "mw-condition__head" }, notBox(one, here), kind, remove ? removeButton(remove) : null),
      el("div", { class: "mw-condition__list" }, inner),
      el("div", { class: "mw-buttons" },
        el("button", { type: "button", class: "mw-button mw-button--small", id: `${here}-add`, onclick: () => add(one, { test: "is", field: "", op: "==", to: { value: "literal", literal: "" } }) }, icon("plus"), texts.addCondition),
        el("button", { type: "button", class: "mw-button mw-button--small mw-button--quiet", onclick: () => add(one, { test: one.test === "any" ? "all" : "any", of: [{ test: "is", field: "", op: "==", to: { value: "literal", literal: "" } }] }) }, icon("plus"), texts.addGroup),
      ),
    );
  }

  /** @param {any} owner @param {any} child */
  function add(owner, child) {
    owner.of.push(child);
    child.mwNew = true;
    draw();
    /** @type {HTMLElement | null} */ (holder.querySelector("[data-new]"))?.focus();
    delete child.mwNew;
    tell();
  }

  /** @param {() => void} run */
  function removeButton(run) {
    return el("button", { type: "button", class: "mw-button mw-button--quiet mw-button--small mw-button--icon", "aria-label": texts.removeCondition, onclick: run }, icon("close"));
  }

  /** @param {any} one @param {string} here */
  function notBox(one, here) {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: !!one.mwNot, id: `${here}-not` }));
    box.addEventListener("change", () => {
      one.mwNot = box.checked;
      tell();
    });
    return el("label", { class: "mw-condition__not", for: `${here}-not` }, box, texts.not);
  }

  /** @param {any} one @param {any} owner @param {number} index */
  function line(one, owner, index) {
    const remove = () => {
      owner.of.splice(index, 1);
      draw();
      (/** @type {HTMLElement | null} */ (holder.querySelector("button[id$='-add']")) ?? holder).focus();
      tell();
    };
    if (one.test === "all" || one.test === "any") return group(one, remove);
    const here = `${id}-${last++}`;
    const kinds = ["is", "was", "changed", "changed_to", "is_new", "count"].map((test) => /** @type {[string, string]} */ ([test, texts[test]]));
    const test = select(kinds, one.test, { "aria-label": texts.test, id: here, "data-new": one.mwNew ? true : null });
    test.addEventListener("change", () => {
      const not = one.mwNot;
      for (const key of Object.keys(one)) delete one[key];
      Object.assign(one, fresh(test.value), not ? { mwNot: true } : {});
      draw(here);
      tell();
    });
    const detail = el("div", { class: "mw-condition__detail" });
    fillDetail(detail, one, here);
    return el("div", { class: "mw-condition__line" }, el("div", { class: "mw-condition__head" }, notBox(one, here), test, removeButton(remove)), detail);
  }

  /** @param {HTMLElement} detail @param {any} one @param {string} here */
  function fillDetail(detail, one, here) {
    switch (one.test) {
      case "is":
      case "was":
      case "changed_to":
        return comparison(detail, one, here);
      case "changed":
        return detail.replaceChildren(fieldPicker(context, context.model, one.fields?.[0] ?? "", (field) => {
          one.fields = [String(field).split(".")[0], ...(one.fields ?? []).slice(1)].filter(Boolean);
          tell();
        }, { label: texts.field, names: false }));
      case "count":
        return count(detail, one);
      default:
        return undefined;
    }
  }

  /** @param {HTMLElement} detail @param {any} one @param {string} here */
  function comparison(detail, one, here) {
    /** @type {FieldChoice | null} */
    let field = null;
    const rest = el("div", { class: "mw-condition__rest" });
    const picker = fieldPicker(context, context.model, one.field ?? "", (path) => {
      one.field = path;
      tell();
    }, { label: texts.field, onField: (found) => {
      if (found?.name !== field?.name || found?.type !== field?.type || !rest.childNodes.length) {
        field = found;
        drawRest();
      }
    } });
    function drawRest(/** @type {string} */ focus = "") {
      const operators = context.operators[field?.type ?? "other"] ?? [];
      const op = select(operators, one.op ?? "==", { "aria-label": texts.operator, id: `${here}-op` });
      op.addEventListener("change", () => {
        one.op = op.value;
        if (WITHOUT_VALUE.has(op.value)) delete one.to;
        else if (op.value === "between") one.to = { value: "literal", literal: ["", ""] };
        else if (LISTS.has(op.value)) one.to = { value: "literal", literal: [] };
        else if (!one.to || Array.isArray(one.to.literal)) one.to = { value: "literal", literal: "" };
        drawRest(`${here}-op`);
        tell();
      });
      rest.replaceChildren(...(one.test === "changed_to" ? [] : [op]), ...right());
      if (focus) /** @type {HTMLElement | null} */ (rest.querySelector(`#${CSS.escape(focus)}`))?.focus();
    }
    /** @returns {Node[]} */
    function right() {
      if (WITHOUT_VALUE.has(one.op)) return [];
      const facts = { label: texts.value, id: `${here}-to`, dataType: field?.type, choices: field?.choices };
      const literal = one.to?.value === "literal" ? one.to.literal : undefined;
      if (Array.isArray(literal) && one.op === "between") {
        return [0, 1].map((side) => literalControl(context, literal[side] ?? "", (value, how) => {
          const both = [...one.to.literal];
          both[side] = value;
          one.to = { value: "literal", literal: both };
          tell(how?.typing);
        }, { ...facts, id: `${here}-to-${side}`, label: side ? texts.andValue : texts.value }));
      }
      if (Array.isArray(literal)) {
        const control = /** @type {HTMLInputElement} */ (el("input", { type: "text", value: literal.join(", "), "aria-label": texts.value, id: `${here}-to`, placeholder: texts.separated }));
        control.addEventListener("input", () => {
          const all = control.value.split(",").map((text) => text.trim()).filter(Boolean);
          one.to = { value: "literal", literal: all.map((text) => (field?.type === "number" && /^-?\d+$/.test(text) ? Number(text) : text)) };
          tell(true);
        });
        return [control];
      }
      return [valueControl(context, one.to, (value, how) => {
        one.to = value;
        tell(how?.typing);
      }, { ...facts, kinds: context.kinds })];
    }
    detail.replaceChildren(picker, rest);
    drawRest();
  }

  /** @param {HTMLElement} detail @param {any} one */
  function count(detail, one) {
    const of = el("span", { class: "mw-picker" });
    void context.fields(context.model).then((known) => {
      /** @type {[string, string][]} */
      const many = known.filter((field) => field.many).map((field) => [field.name, field.label]);
      const control = select(many, one.of ?? "", { "aria-label": texts.ofWhat }, texts.choose);
      control.addEventListener("change", () => {
        one.of = control.value;
        tell();
      });
      of.replaceChildren(control);
    });
    const op = select((context.operators.number ?? []).filter(([name]) => ["==", "!=", "<", "<=", ">", ">="].includes(name)), one.op ?? ">=", { "aria-label": texts.operator });
    op.addEventListener("change", () => {
      one.op = op.value;
      tell();
    });
    const number = /** @type {HTMLInputElement} */ (el("input", { type: "number", step: "1", value: String(one.number ?? 1), "aria-label": texts.number }));
    number.addEventListener("input", () => {
      one.number = Math.trunc(Number(number.value)) || 0;
      tell(true);
    });
    detail.replaceChildren(of, op, number);
  }

  draw();
  return holder;
}

/** @param {string} test */
function fresh(test) {
  switch (test) {
    case "is_new":
      return { test };
    case "changed":
      return { test, fields: [] };
    case "changed_to":
      return { test, field: "", to: { value: "literal", literal: "" } };
    case "count":
      return { test, of: "", op: ">=", number: 1 };
    default:
      return { test, field: "", op: "==", to: { value: "literal", literal: "" } };
  }
}

/** @param {any} condition @returns {any} */
function asGroup(condition) {
  const read = asEdited(structuredClone(condition ?? { test: "all", of: [] }));
  return (read.test === "all" || read.test === "any") && !read.mwNot ? read : { test: "all", of: [read] };
}

/** A "not" becomes a mark of what it denies. @param {any} one @returns {any} */
function asEdited(one) {
  if (one?.test === "not") {
    const inner = asEdited(one.of ?? fresh("is"));
    return { ...inner, mwNot: !inner.mwNot };
  }
  if (Array.isArray(one?.of)) return { ...one, of: one.of.map(asEdited) };
  return one;
}

/** @param {any} top */
function asWritten(top) {
  return top.of.length === 1 && !top.mwNot ? written(top.of[0]) : written(top);
}

/** @param {any} one @returns {any} */
function written(one) {
  const { mwNot, mwNew, ...rest } = one;
  const plain = Array.isArray(rest.of) ? { ...rest, of: rest.of.map(written) } : rest;
  return mwNot ? { test: "not", of: plain } : plain;
}

