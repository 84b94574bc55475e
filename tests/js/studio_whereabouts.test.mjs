/** A node that is selected stays selected where it stands, whatever others do to the tree; what is gone is gone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nodesOf, whereIs } from "../../src/meanwhile/static/meanwhile/studio/whereabouts.js";
import { createTravel } from "../../src/meanwhile/static/meanwhile/studio/travel.js";

const node = (label, more = {}) => ({ kind: "update_field", label, ...more });
const background = (...inner) => ({ kind: "background", do: inner });
const tree = (...nodes) => ({ do: nodes });

test("nodes are found by the paths that the server uses", () => {
  const found = nodesOf(tree(node("a"), { kind: "if", then: [node("b")], otherwise: [background(node("c"))] }));
  assert.deepEqual([...found.keys()], ["0", "1", "1.then.0", "1.otherwise.0", "1.otherwise.0.0"]);
});

test("a node is followed to where others moved it", () => {
  const old = tree(node("a"), node("b"), background(node("c")));
  assert.equal(whereIs(old, tree(node("b"), background(node("c"))), "1"), "0");
  assert.equal(whereIs(old, tree(node("a"), background(node("c"), node("b"))), "1"), "1.1");
  assert.equal(whereIs(old, tree(node("new"), ...old.do), "2"), "3");
});

test("a node that others changed in its place is the same, also with other nodes in it", () => {
  const old = tree(node("a"), background(node("c")));
  assert.equal(whereIs(old, tree(node("other"), background(node("c"))), "0"), "0");
  assert.equal(whereIs(old, tree(node("new"), node("a"), background(node("c"), node("d"))), "1"), "2");
});

test("a node that is gone, or can't be told from others, is not taken for another one", () => {
  const old = tree(node("a"), node("b"), node("c"));
  assert.equal(whereIs(old, tree(node("a"), node("c")), "1"), "");
  assert.equal(whereIs(tree(node("x"), node("a"), node("a")), tree(node("a"), node("a")), "2"), "");
  assert.equal(whereIs(old, old, ""), "");
});

test("undo shows what was before each change, redo what was before the undo; changes of others end that", () => {
  let now = 0;
  const travel = createTravel(() => now);
  travel.remember(["first"], "");
  travel.remember(["second"], "0:label");
  now = 9_000;
  travel.remember(["second, typed on"], "0:label");
  assert.deepEqual(travel.leave("undo", ["third"]), ["second"]);
  travel.arrived();
  assert.deepEqual(travel.leave("redo", ["second"]), ["third"]);
  assert.deepEqual(travel.leave("undo", ["third"]), ["second"]);
  assert.deepEqual(travel.leave("undo", ["second"]), ["first"]);
  assert.equal(travel.leave("undo", ["first"]), null);
  assert.equal(travel.isAway, true);
  travel.remember(["first"], "");
  travel.forget();
  assert.deepEqual([travel.isAway, travel.leave("undo", ["x"])], [false, null]);
});
