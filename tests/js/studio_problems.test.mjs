/** Of many problems some are shown, among them whatever keeps a tree from being published, and the rest is counted. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_PROBLEMS, shownOf } from "../../src/meanwhile/static/meanwhile/studio/problem_list.js";

const warnings = (number) => Array.from({ length: number }, (_, path) => ({ path: String(path), level: "warning", message: "w" }));
const error = { path: "last", level: "error", message: "e" };

test("as many as fit are shown in their order", () => {
  const problems = [...warnings(MOST_PROBLEMS - 1), error];
  assert.deepEqual(shownOf(problems), { shown: problems, left: 0 });
});

test("of too many the errors are shown first, and the rest is counted", () => {
  const { shown, left } = shownOf([...warnings(MOST_PROBLEMS + 6), error]);
  assert.equal(left, 7);
  assert.equal(shown.length, MOST_PROBLEMS);
  assert.deepEqual(shown.slice(0, 2), [error, warnings(1)[0]]);
});
