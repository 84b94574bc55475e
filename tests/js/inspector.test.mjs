/** What the inspector shows of a queue, without a page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createModel, duration } from "../../src/meanwhile/static/meanwhile/inspector_model.js";
import { openPage, turn } from "./classic_page.mjs";

/** A page with a clock of the test's own, and a model that watches its queue. */
function watchedPage() {
  const clock = { now: 1000 };
  const page = openPage({ now: () => clock.now });
  let changes = 0;
  const model = createModel(page.queue, { now: () => clock.now, onChange: () => (changes += 1) });
  return {
    ...page,
    clock,
    model,
    changes: () => changes,
    lane: (name) => model.view().lanes.find(({ lane }) => lane === name),
    ask(message, background = false, name = "echo.echo") {
      const action = page.queue.action(name, { message });
      if (background) action.setBackground();
      return page.queue.enqueue(action);
    },
  };
}

const messages = (rows) => rows.map(({ detail }) => JSON.parse(detail).message);

test("the inspector imports where there are no elements", async () => {
  assert.equal(typeof (await import("../../src/meanwhile/static/meanwhile/inspector.js")).MeanwhileInspector, "function");
});

test("the lanes show what is in flight, what waits, and how many slots are taken", async () => {
  const page = watchedPage();
  for (const message of ["f1", "f2"]) page.ask(message);
  for (const message of ["b1", "b2", "b3", "b4"]) page.ask(message, true);
  await turn();
  page.ask("f3");
  await turn();
  const [foreground, background] = ["foreground", "background"].map(page.lane);
  assert.deepEqual([foreground.busy, foreground.slots, messages(foreground.inFlight), messages(foreground.waiting)], [1, 1, ["f1", "f2"], ["f3"]]);
  assert.deepEqual([background.busy, background.slots, messages(background.inFlight), messages(background.waiting)], [3, 3, ["b1", "b2", "b3"], ["b4"]]);
  assert.equal(page.model.view().live, true);
});

test("a row tells how long it waited and how long it took", async () => {
  const page = watchedPage();
  page.ask("first");
  await turn();
  page.ask("second");
  page.clock.now += 300;
  await turn();
  const times = (rows) => rows.map(({ state, waited, took }) => [state, waited, took]);
  assert.deepEqual(times(page.lane("foreground").inFlight), [["RUNNING", 0, 300]]);
  assert.deepEqual(times(page.lane("foreground").waiting), [["NEW", 300, undefined]]);
  page.requests[0].answer();
  await turn();
  page.clock.now += 50;
  page.requests[1].answer();
  await turn();
  page.clock.now += 9000;
  assert.deepEqual(times(page.model.view().done), [["SUCCESS", 300, 50], ["SUCCESS", 0, 300]]);
  assert.equal(page.model.view().live, false);
});

test("what came back is there newest first, with its error", async () => {
  const page = watchedPage();
  page.ask("good");
  page.ask("bad");
  await turn();
  page.requests[0].answer(({ params }) =>
    params.message === "good" ? { state: "SUCCESS", value: 1 } : { state: "ERROR", error: { code: "invalid", message: "Too long." } },
  );
  await turn();
  assert.deepEqual(page.model.view().done.map(({ state, code, text }) => [state, code, text]), [
    ["ERROR", "invalid", "Too long."],
    ["SUCCESS", "", ""],
  ]);
});

test("parameters are shortened, and those that can't be written do no harm", () => {
  const page = watchedPage();
  page.ask("x".repeat(500));
  page.queue.enqueue(page.queue.action("echo.echo", { message: 1n }));
  const [long, impossible] = page.lane("foreground").waiting;
  assert.equal(long.detail.length, 80);
  assert.equal(impossible.detail, "…");
});

test("the timeline places requests and the ends of their actions in one span", async () => {
  const page = watchedPage();
  page.ask("f1");
  page.ask("f2", false, "echo.other");
  page.ask("b1", true);
  await turn();
  page.clock.now += 1000;
  page.requests[1].answer();
  await turn();
  page.clock.now += 1000;
  const { bars, ticks } = page.model.view();
  assert.deepEqual(
    bars.map(({ lane, names, from, to, took, open, failed, marks }) => ({ lane, names, from, to, took, open, failed, marks })),
    [
      { lane: "foreground", names: ["echo.echo", "echo.other"], from: 0, to: 1, took: 2000, open: true, failed: false, marks: [] },
      { lane: "background", names: ["echo.echo"], from: 0, to: 0.5, took: 1000, open: false, failed: false, marks: [{ at: 0.5, state: "SUCCESS" }] },
    ],
  );
  assert.deepEqual(ticks.map(({ at, after }) => [at, after]), [[0, 0], [0.25, 500], [0.5, 1000], [0.75, 1500], [1, 2000]]);
});

test("a request without an answer and a refused one are failed bars", async () => {
  const page = watchedPage();
  page.ask("lost");
  page.ask("fine", true);
  await turn();
  page.requests[0].fail();
  page.requests[1].answer();
  await turn();
  assert.deepEqual(page.model.view().bars.map(({ failed, status }) => [failed, status]), [[true, undefined], [false, 200]]);
});

test("a pause of more than five seconds begins a new timeline", async () => {
  const page = watchedPage();
  for (const [message, pause] of [["old", 6000], ["new", 4000], ["newer", 0]]) {
    page.ask(message);
    await turn();
    page.open()[0].answer();
    await turn();
    page.clock.now += pause;
  }
  assert.equal(page.model.view().bars.length, 2);
});

test("a request that is open for long stays among many short ones", async () => {
  const page = watchedPage();
  page.ask("long", true);
  await turn();
  for (let count = 0; count < 60; count += 1) {
    page.ask("short");
    await turn();
    page.requests.at(-1).answer();
    await turn();
  }
  assert.equal(page.lane("background").busy, 1);
  assert.ok(page.model.view().bars.length <= 12);
});

test("the connection is shown, and what came back is counted for who can't see it", async () => {
  const page = watchedPage();
  page.ask("lost");
  page.ask("fine", true);
  await turn();
  page.requests[0].fail();
  await turn();
  assert.equal(page.model.view().online, false);
  page.requests[1].answer();
  await turn();
  assert.deepEqual(page.model.takeNews(), { came: 2, failed: 1 });
  assert.deepEqual(page.model.takeNews(), { came: 0, failed: 0 });
});

test("clear forgets what has ended and nothing else", async () => {
  const page = watchedPage();
  page.ask("ended");
  page.ask("open", true);
  await turn();
  page.requests[0].answer();
  await turn();
  page.model.clear();
  const { done, bars } = page.model.view();
  assert.deepEqual([done.length, bars.map(({ lane }) => lane)], [0, ["background"]]);
  page.requests[1].answer();
  await turn();
  assert.deepEqual(messages(page.model.view().done), ["open"]);
});

test("a model that is made late knows the slots that are taken, and one that has stopped hears nothing", async () => {
  const page = watchedPage();
  for (const message of ["b1", "b2"]) page.ask(message, true);
  await turn();
  const late = createModel(page.queue, { now: () => page.clock.now });
  assert.equal(late.view().lanes[1].busy, 2);
  const before = page.changes();
  page.model.stop();
  page.ask("more");
  await turn();
  assert.equal(page.changes(), before);
});

test("durations are short and in the language's way", () => {
  assert.deepEqual([0, 850, 1234, 12_340, 180_000].map((each) => duration(each, "en")), ["0ms", "850ms", "1.23s", "12.3s", "3m"]);
  assert.match(duration(1234, "de"), /^1,23/);
});
