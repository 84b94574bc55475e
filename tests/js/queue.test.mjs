/** The seven rules of the queue, in the order of the specification. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createQueue } from "../../src/meanwhile/static/meanwhile/queue.js";
import { World, settled } from "./fake_network.mjs";

const summary = (world) => world.requests.map((request) => [request.lane, ...request.names]);

describe("the example of the specification", () => {
  for (const order of ["foreground first", "background first"]) {
    test(order, async () => {
      const world = new World();
      const foreground = () => ["f1", "f2"].map((name) => world.foreground(name));
      const background = () => ["b1", "b2", "b3", "b4"].map((name) => world.background(name));
      if (order === "foreground first") foreground();
      const [b1] = background();
      if (order === "background first") foreground();
      await world.turn();
      const first = [
        ["foreground", "f1", "f2"],
        ["background", "b1"],
        ["background", "b2"],
        ["background", "b3"],
      ];
      assert.deepEqual(summary(world), first);

      world.requests[2].echo();
      await world.turn();
      assert.deepEqual(summary(world), [...first, ["background", "b4"]]);
      assert.equal(b1.state, "RUNNING");
      for (const request of world.inFlight) request.echo();
      await world.turn();
      assert.equal(world.requests.length, 5);
      assert.equal(world.eventsOf("settled").length, 6);
    });
  }
});

describe("rule 1: a flush at the end of the turn", () => {
  test("enqueue itself sends nothing", async () => {
    const world = new World();
    world.foreground("one");
    world.background("two");
    await settled();
    assert.equal(world.requests.length, 0);
    await world.turn();
    assert.equal(world.requests.length, 2);
  });

  test("what promise callbacks of the turn enqueue, and what stood before an exception, is in the same flush", async () => {
    const bodies = [];
    const queue = createQueue({
      endpoint: "/actions/",
      fetch: async (_url, { body }) => {
        bodies.push(JSON.parse(body).actions.map((action) => action.action));
        return new Response('{"end": true}\n');
      },
    });
    const enqueue = (name) => queue.enqueue(queue.action(name));
    let one;
    try {
      one = enqueue("one");
      throw new Error("The rest of this turn is lost.");
    } catch {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => enqueue("two"));
      queueMicrotask(() => enqueue("three"));
    }
    await one.settled;
    await new Promise((resolve) => setTimeout(() => resolve(enqueue("from a timer").settled)));
    assert.deepEqual(bodies, [["one", "three", "two"], ["from a timer"]]);
  });

  test("needs no timer, which a tab in the background would slow down", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const sent = new Promise((resolve) => {
      const queue = createQueue({
        endpoint: "/actions/",
        fetch: async () => {
          resolve(true);
          return new Response("");
        },
      });
      queue.enqueue(queue.action("echo.echo"));
    });
    assert.equal(await sent, true);
  });
});

test("a test's schedule may run at once: the queue goes on after it", async () => {
  const world = new World({ schedule: (run) => run() });
  for (const name of ["one", "two"]) {
    const action = world.foreground(name);
    world.last("foreground").echo();
    await settled();
    assert.deepEqual(action.calls, [["SUCCESS", name]]);
  }
});

describe("rule 2: the lane is decided when the request is built", () => {
  test("setBackground after enqueue in the same turn counts", async () => {
    const world = new World();
    const action = world.foreground("one");
    action.setBackground();
    await world.turn();
    assert.deepEqual(summary(world), [["background", "one"]]);
  });

  test("it counts as long as the action waits", async () => {
    const world = new World();
    world.foreground("one");
    await world.turn();
    const waiting = world.foreground("two");
    await world.turn();
    waiting.setBackground();
    world.foreground("three");
    await world.turn();
    assert.deepEqual(summary(world), [
      ["foreground", "one"],
      ["background", "two"],
    ]);
  });

  test("there is no way back: the argument is ignored", async () => {
    const world = new World();
    const action = world.action("one");
    action.setBackground();
    action.setBackground(false);
    world.queue.enqueue(action);
    await world.turn();
    assert.deepEqual(summary(world), [["background", "one"]]);
  });
});

describe("rule 3: the foreground", () => {
  test("all that waits goes in one request, in order; what comes meanwhile goes together in the next one", async () => {
    const world = new World();
    for (const name of ["one", "two", "three"]) world.foreground(name);
    await world.turn();
    world.foreground("four");
    await world.turn();
    world.foreground("five");
    await world.turn();
    assert.deepEqual(summary(world), [["foreground", "one", "two", "three"]]);
    world.requests[0].success("one").success("two").success("three");
    await world.turn();
    assert.equal(world.requests.length, 1, "answered, but not yet at its end");
    world.requests[0].end();
    await world.turn();
    assert.deepEqual(summary(world)[1], ["foreground", "four", "five"]);
  });

  test("the order is that of enqueueing, not of making", async () => {
    const world = new World();
    const first = world.action("made first");
    world.foreground("made second");
    world.queue.enqueue(first);
    await world.turn();
    assert.deepEqual(world.requests[0].names, ["made second", "made first"]);
  });
});

describe("rule 4: the background", () => {
  test("one request each, in order, at most three in flight, back in any order", async () => {
    const world = new World();
    const actions = ["one", "two", "three", "four", "five"].map((name) => world.background(name));
    await world.turn();
    assert.deepEqual(summary(world), [
      ["background", "one"],
      ["background", "two"],
      ["background", "three"],
    ]);
    world.requests[2].echo();
    await world.turn();
    assert.deepEqual(summary(world)[3], ["background", "four"]);
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(summary(world)[4], ["background", "five"]);
    assert.deepEqual(
      actions.map((action) => action.state),
      ["SUCCESS", "RUNNING", "SUCCESS", "RUNNING", "RUNNING"],
    );
  });

  test("the lanes never take each other's slots", async () => {
    const world = new World();
    for (const name of ["b1", "b2", "b3", "b4"]) world.background(name);
    await world.turn();
    world.foreground("f1");
    await world.turn();
    assert.equal(world.inFlight.length, 4);
    world.foreground("f2");
    await world.turn();
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(summary(world)[4], ["background", "b4"]);
    assert.equal(world.last("foreground").names[0], "f1");
  });

  test("the limits are the library's", async () => {
    const world = new World({ limits: { background: 10, foreground: 10 }, slots: 10 });
    for (let index = 0; index < 9; index += 1) world.background(`b${index}`);
    await world.turn();
    assert.equal(world.inFlight.length, 3);
  });
});

test("rule 5: in one flush the foreground leaves first", async () => {
  const world = new World();
  world.background("b1");
  world.background("b2");
  world.foreground("f1");
  await world.turn();
  assert.deepEqual(summary(world), [
    ["foreground", "f1"],
    ["background", "b1"],
    ["background", "b2"],
  ]);
});

describe("rule 6: the end of a request", () => {
  const ends = {
    "with its end": (request) => request.echo(),
    "cut off": (request) => request.close(),
    "with a broken connection": (request) => request.fail(),
    "with a refusal": (request) => request.refuse(500),
    "with nonsense": (request) => request.raw("<html>").close(),
  };
  for (const [how, end] of Object.entries(ends)) {
    test(`${how} frees the slot and flushes again`, async () => {
      const world = new World();
      world.foreground("f1");
      for (const name of ["b1", "b2", "b3"]) world.background(name);
      await world.turn();
      world.foreground("f2");
      world.background("b4");
      await world.turn();
      assert.equal(world.requests.length, 4);
      end(world.requests[0]);
      end(world.requests[1]);
      await world.turn();
      assert.deepEqual(summary(world).slice(4), [
        ["foreground", "f2"],
        ["background", "b4"],
      ]);
    });
  }

  test("what several callbacks of one response enqueue goes in one request", async () => {
    const world = new World();
    for (const name of ["one", "two", "three"]) {
      world.foreground(name).on("settled", () => world.foreground(`after ${name}`));
    }
    await world.turn();
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(world.requests[1].names, ["after one", "after two", "after three"]);
  });
});

describe("rule 7: the largest batch", () => {
  test("more than a hundred actions are split, in order", async () => {
    const world = new World();
    const names = Array.from({ length: 250 }, (_, index) => `a${index}`);
    for (const name of names) world.foreground(name);
    for (const size of [100, 100, 50]) {
      await world.turn();
      assert.equal(world.inFlight.length, 1);
      assert.equal(world.inFlight[0].names.length, size);
      world.inFlight[0].echo();
    }
    await world.turn();
    assert.deepEqual(
      world.requests.flatMap((request) => request.names),
      names,
    );
  });

  test("a request stays within its bytes, and the server can tell both limits", async () => {
    const world = new World({ limits: { actions: 3, bytes: 1000 } });
    const big = { message: "ä".repeat(200) };
    for (const name of ["one", "two", "three"]) world.foreground(name, big);
    for (const name of ["s1", "s2", "s3", "s4"]) world.foreground(name, {});
    for (let index = 0; index < 3; index += 1) {
      await world.turn();
      world.inFlight[0].echo();
    }
    await world.turn();
    assert.deepEqual(
      summary(world).map(([, ...names]) => names),
      [
        ["one", "two"],
        ["three", "s1", "s2"],
        ["s3", "s4"],
      ],
    );
    for (const request of world.requests) assert.ok(new TextEncoder().encode(request.init.body).length <= 1000);
  });

  test("an action that is too large by itself is an error for it alone", async () => {
    const world = new World({ limits: { bytes: 1000 } });
    const huge = world.foreground("huge", { message: "x".repeat(1000) });
    const small = world.foreground("small");
    await world.turn();
    assert.deepEqual(huge.calls, [["ERROR", "too_large"]]);
    assert.deepEqual(world.requests[0].names, ["small"]);
    world.requests[0].echo();
    await world.turn();
    assert.equal(small.state, "SUCCESS");
  });

  test("so is one that is nested deeper than the server reads", async () => {
    const nested = (levels) => (levels ? { in: nested(levels - 1) } : 1);
    const world = new World();
    const deep = world.foreground("deep", nested(30));
    const fine = world.foreground("fine", nested(29));
    await world.turn();
    assert.deepEqual(deep.calls, [["ERROR", "serialization"]]);
    world.requests[0].echo();
    await world.turn();
    assert.equal(fine.state, "SUCCESS");
  });
});

describe("on the wire", () => {
  test("a request is a POST of JSON with the CSRF token", async () => {
    const world = new World();
    const action = world.foreground("echo.echo", { message: "hi" });
    await world.turn();
    const [request] = world.requests;
    assert.deepEqual([request.url, request.method], ["/actions/", "POST"]);
    assert.deepEqual(request.headers, { "Content-Type": "application/json", "X-CSRFToken": "first-token" });
    const actions = [{ id: action.id, action: "echo.echo", params: { message: "hi" } }];
    assert.deepEqual(request.body, { lane: "foreground", actions });
  });

  test("ids are strings, and no two of a page are equal", () => {
    const worlds = [new World(), new World()];
    const ids = worlds.flatMap((world) => [world.action("one"), world.action("two")]).map((action) => action.id);
    assert.ok(ids.every((id) => typeof id === "string"));
    assert.equal(new Set(ids).size, 4);
  });

  test("each line is told as it comes, however the bytes are cut", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    const [request] = world.requests;
    const text = `${JSON.stringify({ id: one.id, state: "SUCCESS", value: "ä€" })}\r\n\n${JSON.stringify({ id: two.id, state: "SUCCESS", value: 2 })}\n{"end":true}`;
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += 1) {
      request.raw(bytes.slice(at, at + 1));
      if (at % 20 === 0) await settled();
    }
    await settled();
    assert.deepEqual([one.value, two.value], ["ä€", 2]);
    assert.equal(world.queue.snapshot().foreground.inFlight.length, 0);
    request.close();
    await world.turn();
    assert.deepEqual([one.calls.length, two.calls.length], [1, 1]);
  });

  test("the first callback doesn't wait for the last action", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    world.requests[0].success("one", 1);
    await settled();
    assert.deepEqual([one.state, two.state], ["SUCCESS", "RUNNING"]);
  });

  test("an answer without a body to stream is read as text", async () => {
    const world = new World({
      fetch: async (_url, { body }) => {
        const [{ id }] = JSON.parse(body).actions;
        const text = async () => `${JSON.stringify({ id, state: "SUCCESS", value: 7 })}\n{"end": true}\n`;
        return { ok: true, status: 200, headers: new Headers(), body: null, text };
      },
    });
    const action = world.foreground("one");
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 7]]);
  });

  test("an answer whose body is something else than a stream is read as text", async () => {
    const world = new World({
      fetch: async (_url, { body }) => ({
        ok: true,
        status: 200,
        body: "something else",
        text: async () => `{"id":"${JSON.parse(body).actions[0].id}","state":"SUCCESS","value":1}`,
      }),
    });
    const action = world.foreground("one");
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 1]]);
  });

  test("a line of a later format is no progress", async () => {
    const world = new World();
    const told = [];
    const action = world.foreground("one", {}, { onProgress: (...all) => told.push(all) });
    await world.turn();
    world.requests[0].line({ id: action.id, progress: 0.4, text: "half" }).line({ id: action.id, warmth: 3 });
    await world.turn();
    assert.deepEqual([told, action.progress, action.text], [[[0.4, "half"]], 0.4, "half"]);
  });

  test("unknown keys and lines of later formats are ignored", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].line({ hello: 1 }).line({ id: "of nobody", state: "SUCCESS" }).line([]).line(null).line(7);
    world.requests[0].line({ id: action.id, state: "SUCCESS", value: 1, cost: 2 }).end();
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 1]]);
  });
});

test("the snapshot shows both lanes and what ended last", async () => {
  const world = new World();
  const names = (part) => part.map((action) => action.name);
  for (const name of ["b1", "b2", "b3", "b4"]) world.background(name);
  world.foreground("f1");
  await world.turn();
  world.foreground("f2");
  const { foreground, background } = world.queue.snapshot();
  assert.deepEqual([names(foreground.inFlight), names(foreground.waiting)], [["f1"], ["f2"]]);
  assert.deepEqual([names(background.inFlight), names(background.waiting)], [["b1", "b2", "b3"], ["b4"]]);
  for (let index = 0; index < 4; index += 1) {
    for (const request of world.inFlight) request.echo();
    await world.turn();
  }
  assert.equal(world.queue.snapshot().done.length, 6);
  for (let index = 0; index < 60; index += 1) world.foreground(`more ${index}`);
  await world.turn();
  world.inFlight[0].echo();
  await world.turn();
  assert.equal(world.queue.snapshot().done.length, 50);
  assert.equal(world.queue.snapshot().done.at(-1).name, "more 59");
});

test("subscribers are told the way of each action and request", async () => {
  const world = new World();
  world.foreground("one");
  await world.turn();
  world.clock.time = 300;
  world.requests[0].line({ id: world.requests[0].ids[0], progress: 0.5, text: "half" }).echo();
  await world.turn();
  assert.deepEqual(
    world.events.map(({ type }) => type),
    ["enqueued", "request", "sent", "progress", "settled", "response"],
  );
  const { request } = world.events[1];
  assert.deepEqual([request.lane, request.status, request.sentAt, request.endedAt], ["foreground", 200, 0, 300]);
});
