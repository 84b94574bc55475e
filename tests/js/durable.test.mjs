/** Durable background actions: they run on after their request, and are followed to their end. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import "../../src/meanwhile/static/meanwhile/durable.js";
import { createServer } from "../../src/meanwhile/static/meanwhile/server.js";
import { World, settled } from "./fake_network.mjs";

const state = (state, more = {}) => ({ id: "abc", action: "report.build", state, progress: null, text: "", ...more });
const polls = (world) => world.requests.filter((request) => request.url.startsWith("/actions/durable/"));

async function started(world, options = {}) {
  const action = world.background("report.build", { year: 2024 }, options);
  await world.turn();
  const request = world.last("background");
  request.line({ id: action.id, durable: "abc" });
  await world.turn();
  return { action, request };
}

test("its line frees the slot; it stays RUNNING until its final state comes", async () => {
  const world = new World();
  const ids = [];
  const { action, request } = await started(world, { onDurable: (id) => ids.push(id) });
  assert.deepEqual([action.state, action.durable, ids], ["RUNNING", "abc", ["abc"]]);
  assert.deepEqual(world.queue.snapshot().background.inFlight, []);
  assert.deepEqual(world.queue.snapshot().durable, [action]);
  for (const name of ["b1", "b2", "b3"]) world.background(name);
  await world.turn();
  assert.equal(world.queue.snapshot().background.inFlight.length, 3);
  request.end();
  await world.turn();
  assert.deepEqual(action.calls, []);

  const [first] = polls(world);
  assert.equal(first.url, "/actions/durable/abc/");
  first.json(200, state("RUNNING", { progress: 0.4, text: "Adding up" }), { ETag: '"1"' });
  await world.turn();
  assert.deepEqual([action.progress, action.text, action.state], [0.4, "Adding up", "RUNNING"]);
  await world.clock.advance(1000);
  polls(world)[1].json(200, state("SUCCESS", { value: { rows: 7 } }));
  await world.turn();
  assert.deepEqual(action.calls, [["SUCCESS", { rows: 7 }]]);
  assert.deepEqual(world.queue.snapshot().durable, []);
  await world.clock.advance(120_000);
  assert.equal(polls(world).length, 2);
});

describe("its end", () => {
  const ends = {
    "an error": [
      (poll) => poll.json(200, state("ERROR", { error: { code: "user_error", message: "No data." } })),
      ["ERROR", "user_error"],
    ],
    cancelled: [(poll) => poll.json(200, state("CANCELLED")), ["ERROR", "cancelled"]],
    "that it isn't there any more": [(poll) => poll.refuse(404), ["ERROR", "not_found"]],
    "an expired login": [
      (poll) => poll.refuse(401, { code: "login_required", message: "" }),
      ["ERROR", "login_required"],
    ],
  };
  for (const [what, [end, expected]] of Object.entries(ends)) {
    test(what, async () => {
      const world = new World();
      const { action } = await started(world);
      end(polls(world)[0]);
      await world.turn();
      assert.deepEqual(action.calls, [expected]);
      assert.equal(world.eventsOf("login_required").length, Number(expected[1] === "login_required"));
      await world.clock.advance(600_000);
      assert.equal(polls(world).length, 1);
    });
  }

  test("a connection that stays away ends it INCOMPLETE, after minutes", async () => {
    const world = new World();
    const { action } = await started(world);
    for (let index = 0; index < 19; index += 1) {
      polls(world).at(-1).fail();
      await settled();
      for (const asked = polls(world).length; polls(world).length === asked;) await world.clock.advance(1000);
    }
    assert.deepEqual(action.calls, []);
    polls(world).at(-1).fail();
    await settled();
    assert.deepEqual(action.calls, [["INCOMPLETE", "network"]]);
  });

  test("an abort or a timeout ends the following, not the run on the server", async () => {
    const world = new World();
    const { action } = await started(world);
    action.abort();
    assert.deepEqual(action.calls, [["ABORTED", "aborted"]]);
    assert.ok(polls(world)[0].aborted);
    const other = world.background("report.build", {}, { timeout: 5000 });
    await world.turn();
    world.last("background").line({ id: other.id, durable: "def" }).end();
    await world.turn();
    await world.clock.advance(5000);
    assert.deepEqual(other.calls, [["INCOMPLETE", "timeout"]]);
    await world.clock.advance(600_000);
    assert.ok(world.requests.every((request) => !request.url.includes("cancel")));
  });
});

test("is followed where there is no window to tell of a connection, with a timer in place of it", async () => {
  const world = new World({ events: undefined });
  const action = world.background("report.build");
  await world.turn();
  world.requests[0].line({ id: action.id, durable: "d1" }).end();
  await world.turn();
  world.requests[1].json(200, { id: "d1", state: "SUCCESS", value: 42, progress: null, text: "" });
  await world.turn();
  assert.deepEqual(action.calls, [["SUCCESS", 42]]);
});

test("in a foreground batch it is followed too, and its neighbours keep their answers", async () => {
  const world = new World();
  const [one, two] = [world.foreground("one"), world.foreground("two")];
  await world.turn();
  world.requests[0].line({ id: one.id, durable: "abc" }).success("two", 2).end();
  await world.turn();
  assert.deepEqual([one.state, two.calls], ["RUNNING", [["SUCCESS", 2]]]);
  polls(world)[0].json(200, state("SUCCESS", { value: 1 }));
  await world.turn();
  assert.deepEqual(one.calls, [["SUCCESS", 1]]);
});

test("one answer may stay open; others are asked for, so that connections are left", async () => {
  const world = new World();
  world.queue.follow("a");
  world.queue.follow("b");
  await world.turn();
  assert.deepEqual(
    polls(world).map((request) => request.headers.Accept),
    ["application/x-ndjson, application/json", "application/json"],
  );
});

describe("after a reload", () => {
  test("follow takes it up by its id", async () => {
    const world = new World();
    const told = [];
    const action = world.queue.follow("a/b", { name: "report.build", onProgress: (...all) => told.push(all) });
    assert.deepEqual([action.name, action.state], ["report.build", "RUNNING"]);
    await world.turn();
    assert.equal(world.requests[0].url, "/actions/durable/a%2Fb/");
    world.requests[0].json(200, state("RUNNING", { progress: 0.5 }));
    await world.turn();
    await world.clock.advance(1000);
    world.requests[1].json(200, state("SUCCESS", { value: 3 }));
    assert.equal((await action.settled).value, 3);
    assert.deepEqual(told, [[0.5, ""]]);
  });

  test("of a signal that was aborted before: nothing is asked", async () => {
    const world = new World();
    const action = world.queue.follow("abc", { signal: AbortSignal.abort() });
    await action.settled;
    await world.turn();
    assert.deepEqual([action.state, world.requests.length], ["ABORTED", 0]);
  });

  test("durable lists this person's, and says why when it can't", async () => {
    const world = new World();
    const list = world.queue.durable("report.build");
    await world.turn();
    assert.equal(world.requests[0].url, "/actions/durable/?action=report.build");
    world.requests[0].json(200, { durable: [state("RUNNING")] });
    assert.deepEqual(await list, [state("RUNNING")]);
    const refused = world.queue.durable();
    await world.turn();
    world.requests[1].refuse(401);
    await assert.rejects(refused, { name: "ActionError", code: "login_required" });
  });

  test("cancel asks the server, with the CSRF token", async () => {
    const world = new World();
    const cancelled = world.queue.cancel("abc");
    await world.turn();
    const [request] = world.requests;
    assert.deepEqual(
      [request.url, request.method, request.headers["X-CSRFToken"]],
      ["/actions/durable/abc/cancel/", "POST", "first-token"],
    );
    request.json(200, {});
    await cancelled;
    const refused = world.queue.cancel("other");
    await world.turn();
    world.requests[1].refuse(404);
    await assert.rejects(refused, { code: "not_found" });
  });
});

test("the promise face resolves with the final value, and takes one up again", async () => {
  const world = new World();
  const server = createServer(world.queue);
  const ids = [];
  const built = server.report.build.background({ year: 2024 }, { onDurable: (id) => ids.push(id) });
  await world.turn();
  world.requests[0].line({ id: world.requests[0].ids[0], durable: "abc" }).end();
  await world.turn();
  polls(world)[0].json(200, state("SUCCESS", { value: 1 }));
  assert.deepEqual([await built, ids], [1, ["abc"]]);
  const resumed = server.report.build.resume("abc");
  await world.turn();
  polls(world)[1].json(200, state("SUCCESS", { value: 2 }));
  assert.equal(await resumed, 2);
});
