/** What the Studio's editor shows before the server has answered is what the server answers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { foresee } from "../../src/meanwhile/static/meanwhile/studio/foresee.js";
import { compare, placesFor, visible } from "../../src/meanwhile/static/meanwhile/studio/tree_rows.js";

const NOW = "before the next page";
const LATER = "after the page";

/** Rows as the server makes them of `["a", {if: [["b"], ["c"]]}, {background: ["d"]}]`. */
function rows(nodes, { above = "", branch = "", level = 1, background = false, when = NOW } = {}, all = []) {
  nodes.forEach((node, index) => {
    const path = [above, branch, index].filter((part) => part !== "").join(".");
    const kind = typeof node === "string" ? "update_field" : Object.keys(node)[0];
    const later = kind === "background";
    const row = { path, parent: above, branch, level, kind, title: typeof node === "string" ? node : kind, icon: kind, background: background || later, when: later ? LATER : when };
    all.push(row);
    const inner = { above: path, level: level + 1, background: row.background, when: row.when };
    if (kind === "if") node.if.forEach((list, side) => rows(list, { ...inner, branch: side ? "otherwise" : "then" }, all));
    if (kind === "background") rows(node.background, inner, all);
  });
  return all;
}

const titles = (all) => all.map(({ path, title }) => `${path} ${title}`);
const TREE = ["a", { if: [["b"], ["c"]] }, { background: ["d", "e"] }, "f"];
const describe = (node) => ({ title: node.kind, icon: "x" });

function done(operation, tree = TREE) {
  return foresee(rows(tree), operation, describe);
}

test("a removed node selects the one that takes its place, else the one before it, else its parent", () => {
  assert.equal(done({ op: "remove", path: "0" }).select, "0");
  assert.equal(done({ op: "remove", path: "3" }).select, "2");
  assert.equal(done({ op: "remove", path: "1.then.0" }).select, "1");
  assert.deepEqual(titles(done({ op: "remove", path: "1" }).rows), ["0 a", "1 background", "1.0 d", "1.1 e", "2 f"]);
});

test("a node that is moved takes its children along, and the place means the tree as it was", () => {
  const { rows: after, select } = done({ op: "move", path: "0", to: "2.1" });
  assert.deepEqual(titles(after), ["0 if", "0.then.0 b", "0.otherwise.0 c", "1 background", "1.0 d", "1.1 a", "1.2 e", "2 f"]);
  assert.equal(select, "1.1");
  assert.equal(after.find((row) => row.title === "a").when, LATER);
  assert.equal(done({ op: "move", path: "2", to: "2.1" }), null);
});

test("up, down, in and out go where the server goes", () => {
  const shift = (path, by) => done({ op: "shift", path, by })?.select ?? null;
  assert.equal(shift("0", "up"), null);
  assert.equal(shift("0", "down"), "1");
  assert.equal(shift("1.then.0", "down"), "1.otherwise.0");
  assert.equal(shift("1.otherwise.0", "up"), "1.then.1");
  assert.equal(shift("1.otherwise.0", "down"), "2");
  assert.equal(shift("1.then.0", "up"), "1");
  assert.equal(shift("3", "in"), "2.2");
  assert.equal(shift("2", "in"), "1.then.1");
  assert.equal(shift("0", "in"), null);
  assert.equal(shift("2.0", "out"), "3");
  assert.equal(shift("3", "out"), null);
});

test("what is put in counts for the others: their paths, positions and numbers of children", () => {
  const node = { kind: "background", do: [{ kind: "update_field" }] };
  const { rows: after, select } = done({ op: "insert", at: "2.1", node });
  assert.equal(select, "2.1");
  assert.deepEqual(titles(after).slice(4), ["2 background", "2.0 d", "2.1 background", "2.1.0 update_field", "2.2 e", "3 f"]);
  const inner = after.find((row) => row.path === "2.1");
  assert.deepEqual([inner.level, inner.posinset, inner.setsize, inner.children], [2, 2, 3, 1]);
  assert.equal(done({ op: "insert", at: "9", node }), null);
  assert.equal(done({ op: "insert", at: "0.0", node }), null);
});

test("a node that is put under another, and one that is dissolved, stand where the server puts them", () => {
  const wrapped = done({ op: "wrap", path: "0", in: "background" });
  assert.deepEqual(titles(wrapped.rows).slice(0, 3), ["0 background", "0.0 a", "1 if"]);
  assert.equal(wrapped.select, "0");
  assert.deepEqual(titles(done({ op: "wrap", path: "3", in: "if" }).rows).slice(-2), ["3 if", "3.then.0 f"]);
  const dissolved = done({ op: "unwrap", path: "1" });
  assert.deepEqual(titles(dissolved.rows).slice(0, 3), ["0 a", "1 b", "2 c"]);
  assert.equal(dissolved.select, "1");
  assert.equal(done({ op: "unwrap", path: "1" }, ["a", { background: [] }]).select, "0");
});

test("a name shows while it is typed, an empty one when the server has said what stands instead", () => {
  const named = done({ op: "set_value", path: "2.0", key: "label", value: "Named" });
  assert.equal(named.rows.find((row) => row.path === "2.0").title, "Named");
  assert.equal(done({ op: "set_value", path: "2.0", key: "label", value: null }), null);
});

test("what can't be foreseen is left to the server", () => {
  assert.equal(done({ op: "set_event", event: {} }), null);
  assert.equal(done({ op: "remove", path: "7" }), null);
});

test("something new goes into the selected node, or behind it", () => {
  const all = rows(TREE);
  assert.equal(placesFor(all, all.find((row) => row.path === "2"))[0].at, "2.2");
  assert.deepEqual(placesFor(all, all.find((row) => row.path === "1")).map((one) => one.at), ["1.then.1", "1.otherwise.1", "2", "1"]);
  assert.equal(placesFor(all, all[0])[0].at, "1");
  assert.equal(placesFor(all, undefined)[0].at, "4");
});

test("rows before and behind a difference stay, and those of closed nodes are not seen", () => {
  const before = rows(TREE);
  const { rows: after } = done({ op: "remove", path: "2.0" });
  assert.deepEqual(compare(before, after), { head: 5, tail: 2 });
  assert.deepEqual(visible(before, new Set(["1", "2"])).map((row) => row.path), ["0", "1", "2", "3"]);
});
