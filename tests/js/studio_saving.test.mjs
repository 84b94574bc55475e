/** What was typed in the Studio's editor is sent in order, once, and kept until it is saved. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createSaving } from "../../src/meanwhile/static/meanwhile/studio/saving.js";

function setting({ answers = [], items = new Map(), revision = 1 } = {}) {
  const sent = [];
  const told = { answers: [], quiet: [], refused: [], conflicts: [], status: [] };
  const timers = [];
  let ids = 0;
  const stateAt = (number) => ({ revision: number, document: `document ${number}` });
  const answer = (params) => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next ?? { state: stateAt((params.now ?? params.revision) + 1) };
  };
  const call = (name) => async (params) => {
    sent.push({ name, ...params, operation: params.operation && JSON.parse(params.operation), before: JSON.parse(params.before ?? "[]") });
    return answer(params);
  };
  const saving = createSaving({
    server: { studio: { edit: call("edit"), undo: call("undo") } },
    tree: "plan", person: "1", revision, document: `document ${revision}`,
    storage: { getItem: (key) => items.get(key) ?? null, setItem: (key, text) => items.set(key, text), removeItem: (key) => items.delete(key) },
    selected: () => "0",
    onAnswer: (one, _change, { quiet }) => {
      told.answers.push(one);
      told.quiet.push(quiet);
    },
    onStatus: (status) => told.status.push(status),
    onConflict: (one) => told.conflicts.push(one),
    onRefused: (message) => told.refused.push(message),
    setTimer: (run) => timers.push(run) - 1,
    clearTimer: (timer) => (timers[timer] = undefined),
    newId: () => `id ${++ids}`,
  });
  const settle = async () => {
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  };
  const pass = async () => {
    for (const run of timers.splice(0)) run?.();
    await settle();
  };
  return { saving, sent, told, items, settle, pass, stateAt };
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
  saving.resolve({ op: "set_value", path: "2", key: "label", value: "One" });
  await settle();
  assert.deepEqual(sent.slice(1).map((one) => [one.revision, one.operation.path, one.operation.key]), [[5, "2", "label"], [5, "0", "subject"]]);
  assert.deepEqual(told.quiet.slice(-1), [true], "nobody else was at it since");
});

const remove = (path) => ({ call: "edit", operation: { op: "remove", path } });

test("changes of the tree wait for the connection like typed values, each on the one before it", async () => {
  const { saving, sent, told, settle, pass } = setting({ answers: [error("network")] });
  saving.put(remove("0"));
  await settle();
  saving.put(remove("1"));
  saving.put(typed("One"));
  await settle();
  assert.deepEqual([told.status.at(-1), sent.length, saving.shown.length], ["offline", 1, 3]);
  await pass();
  assert.deepEqual(sent.slice(1).map((one) => [one.revision, one.operation.op, one.before.length]), [[1, "remove", 0], [2, "remove", 0], [3, "set_value", 0]]);
  assert.equal(sent[0].id, sent[1].id, "the server can tell that it is the same change");
});

test("once others were at it, the rest is sent with what it was made on", async () => {
  const { saving, sent, told, items, settle, pass } = setting({ answers: [error("network"), { merged: {}, state: { revision: 7, document: "theirs" } }] });
  saving.put(remove("0"));
  await settle();
  saving.put(remove("1"));
  saving.put(typed("One"));
  await pass();
  assert.deepEqual(sent.slice(1).map((one) => [one.revision, one.before.map(({ path }) => path)]), [[1, []], [1, ["0"]], [1, ["0", "1"]]]);
  assert.deepEqual(told.quiet, [false, true, true]);
  assert.equal(items.size, 0);
});

test("a draft that the server does not know any more is sent along, also after a reload", async () => {
  const first = setting({ answers: [error("network")] });
  first.saving.put(typed("One"));
  await first.settle();
  const second = setting({ items: first.items, revision: 9, answers: [{ wanted: "view" }, { merged: {}, state: { revision: 10 } }] });
  assert.deepEqual(second.saving.shown, [], "it was made on something else than what is shown");
  await second.saving.flush();
  await second.settle();
  assert.deepEqual(second.sent.map((one) => [one.revision, one.view]), [[1, undefined], [1, '"document 1"']]);
  assert.equal(second.told.status.at(-1), "saved");
});

test("what was made on a refused change is not taken for one on what the server has", async () => {
  const { saving, sent, settle, pass } = setting({ answers: [error("network"), error("user_error")] });
  saving.put(remove("0"));
  await settle();
  saving.put(remove("1"));
  await pass();
  assert.deepEqual(sent.at(-1).before, [{ op: "remove", path: "0" }]);
  saving.put(remove("2"));
  await settle();
  assert.deepEqual(sent.at(-1).before, []);
});

test("what is left out in a conflict is still what the next ones were made on", async () => {
  const { saving, sent, settle } = setting({ answers: [error("network"), { conflict: {}, state: { revision: 5 } }] });
  saving.put(remove("0"));
  await settle();
  saving.put(remove("1"));
  await saving.flush();
  saving.resolve(null);
  await settle();
  assert.deepEqual([sent.at(-1).revision, sent.at(-1).before], [1, [{ op: "remove", path: "0" }]]);
});

test("only what the server can't have is taken back", async () => {
  const { saving, settle } = setting({ answers: [error("network")] });
  saving.put(remove("0"));
  await settle();
  saving.put(remove("1"));
  assert.deepEqual(saving.takeBack()?.operation, { op: "remove", path: "1" });
  assert.equal(saving.takeBack(), null);
  assert.deepEqual(saving.waiting.map((one) => one.operation.path), ["0"]);
});
