/** What was typed in the Studio's editor is sent in order, once, and kept until it is saved. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createSaving } from "../../src/meanwhile/static/meanwhile/studio/saving.js";

function setting({ answers = [], items = new Map() } = {}) {
  const sent = [];
  const told = { answers: [], refused: [], conflicts: [], status: [] };
  const timers = [];
  let revision = 1;
  const answer = (params) => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next ?? { state: { revision: (revision = params.revision + 1) } };
  };
  const call = (name) => async (params) => {
    sent.push({ name, ...params, operation: params.operation && JSON.parse(params.operation) });
    return answer(params);
  };
  const saving = createSaving({
    server: { studio: { edit: call("edit"), undo: call("undo") } },
    tree: "plan", person: "1", revision,
    storage: { getItem: (key) => items.get(key) ?? null, setItem: (key, text) => items.set(key, text), removeItem: (key) => items.delete(key) },
    selected: () => "0",
    onAnswer: (one) => told.answers.push(one),
    onStatus: (status) => told.status.push(status),
    onConflict: (one) => told.conflicts.push(one),
    onRefused: (message) => told.refused.push(message),
    setTimer: (run) => timers.push(run) - 1,
    clearTimer: (timer) => (timers[timer] = undefined),
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  const pass = async () => {
    for (const run of timers.splice(0)) run?.();
    await settle();
  };
  return { saving, sent, told, items, settle, pass };
}

const typed = (value, key = "label") => ({ call: "edit", operation: { op: "set_value", path: "0", key, value } });
const error = (code) => Object.assign(new Error(code), { code });

test("keys of one word are one change, sent when the typing pauses", async () => {
  const { saving, sent, told, pass } = setting();
  for (const word of ["O", "On", "One"]) saving.put(typed(word), { typing: true });
  assert.equal(sent.length, 0);
  await pass();
  assert.deepEqual(sent.map((one) => one.operation.value), ["One"]);
  assert.equal(told.status.at(-1), "saved");
});

test("changes go one after the other, each on the revision that the one before it made", async () => {
  const { saving, sent, settle } = setting();
  saving.put(typed("One"));
  saving.put(typed("Text", "subject"));
  saving.put({ call: "undo" });
  await settle();
  assert.deepEqual(sent.map((one) => [one.name, one.revision]), [["edit", 1], ["edit", 2], ["undo", 3]]);
});

test("without a connection changes are kept, and sent when it is back", async () => {
  const { saving, sent, told, items, settle, pass } = setting({ answers: [error("network")] });
  saving.put(typed("One"));
  await settle();
  assert.equal(told.status.at(-1), "offline");
  assert.equal(JSON.parse([...items.values()][0]).waiting.length, 1);
  await pass();
  assert.deepEqual(sent.map((one) => one.operation.value), ["One", "One"]);
  assert.equal(items.size, 0);
});

test("a page that is loaded again sends what the last one could not, on the revision it was meant for", async () => {
  const first = setting({ answers: [error("login_required")] });
  first.saving.put(typed("One"));
  await first.settle();
  assert.equal(first.told.status.at(-1), "login");
  const second = setting({ items: first.items });
  assert.equal(second.saving.hasLeft, true);
  assert.deepEqual(second.saving.typed("0"), { label: "One" });
  await second.saving.flush();
  assert.deepEqual(second.sent.map((one) => [one.revision, one.operation.value]), [[1, "One"]]);
});

test("a refused change is told and leaves the way free for the others", async () => {
  const { saving, sent, told, settle } = setting({ answers: [error("user_error")] });
  saving.put(typed("One"));
  saving.put(typed("Text", "subject"));
  await settle();
  assert.deepEqual(told.refused, ["user_error"]);
  assert.equal(sent.length, 2);
  assert.equal(told.status.at(-1), "saved");
});

test("after a conflict nothing is sent before the person has decided", async () => {
  const { saving, sent, told, settle } = setting({ answers: [{ conflict: {}, state: { revision: 5 } }] });
  saving.put(typed("One"));
  await settle();
  assert.equal(told.conflicts.length, 1);
  saving.put(typed("Text", "subject"));
  await settle();
  assert.equal(sent.length, 1);
  saving.resolve({ op: "set_value", path: "2", key: "label", value: "One" }, 5);
  await settle();
  assert.deepEqual(sent.slice(1).map((one) => [one.revision, one.operation.path, one.operation.key]), [[5, "2", "label"], [6, "0", "subject"]]);
});
