/** The states of an action, and what a page can ask of one: callbacks, abort, timeout, abortable, storable. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createStorage } from "../../src/meanwhile/static/meanwhile/storage.js";
import { World, settled } from "./fake_network.mjs";

const owner = () => ({
  valid: true,
  isValid() {
    return this.valid;
  },
});

describe("states", () => {
  test("NEW until it is sent, RUNNING until it is answered", async () => {
    const world = new World();
    const first = world.foreground("first");
    assert.equal(first.state, "NEW");
    await world.turn();
    assert.equal(first.state, "RUNNING");
    const second = world.foreground("second");
    await world.turn();
    assert.equal(second.state, "NEW");
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual([first.state, second.state], ["SUCCESS", "RUNNING"]);
    assert.deepEqual([first.value, first.error], ["first", null]);
  });

  test("the error carries code, message and fields", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    const error = { code: "invalid", message: "One field is wrong.", fields: { message: ["Too long."] } };
    world.requests[0].error("one", error).end();
    await world.turn();
    assert.deepEqual(action.error, { state: "ERROR", ...error });
    assert.equal(action.value, undefined);
  });

  test("an error that the server left empty is still one", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].line({ id: action.id, state: "ERROR" }).end();
    await world.turn();
    assert.deepEqual(action.error, { state: "ERROR", code: "server_error", message: "", fields: {} });
  });

  test("enqueueing it twice is an error at the second call and harms nothing else", async () => {
    const world = new World();
    const action = world.foreground("one");
    assert.throws(() => world.queue.enqueue(action), /one was enqueued before/);
    const other = world.foreground("two");
    await world.turn();
    assert.deepEqual(world.requests[0].names, ["one", "two"]);
    assert.throws(() => world.queue.enqueue(action));
    world.requests[0].echo();
    await world.turn();
    assert.throws(() => world.queue.enqueue(action));
    await world.turn();
    assert.deepEqual([action.calls.length, other.calls.length, world.requests.length], [1, 1, 1]);
  });

  test("progress is told as it comes, and not after the end", async () => {
    const world = new World();
    const told = [];
    const action = world.foreground("one", {}, { onProgress: (...all) => told.push(all) });
    await world.turn();
    const [request] = world.requests;
    request.line({ id: action.id, progress: 0.4, text: "Nearly half" }).line({ id: action.id, progress: 0.9 });
    request.success("one", 1).line({ id: action.id, progress: 1 }).end();
    await world.turn();
    assert.deepEqual(told, [
      [0.4, "Nearly half"],
      [0.9, ""],
    ]);
  });
});

describe("callbacks", () => {
  test("come in the order of their registration, callbacks given to enqueue last, then the promise", async () => {
    const world = new World();
    const heard = [];
    const action = world.queue.action("one");
    void action.settled.then((same) => heard.push(same === action && "promise"));
    action.on("settled", () => heard.push("first"));
    const off = action.on("settled", () => heard.push("taken away"));
    world.queue.enqueue(action, { callbacks: [(same) => heard.push(same === action && "second")] });
    off();
    await world.turn();
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(heard, ["first", "second", "promise"]);
  });

  test("the promise never rejects", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].fail();
    assert.equal((await action.settled).state, "INCOMPLETE");
  });
});

describe("abort", () => {
  test("of one that waits: it ends at once and is never sent", async () => {
    const world = new World();
    world.foreground("one");
    await world.turn();
    const [two, three] = [world.foreground("two"), world.foreground("three")];
    two.abort();
    assert.deepEqual(two.calls, [["ABORTED", "aborted"]]);
    await world.turn();
    three.abort();
    world.requests[0].echo();
    await world.turn();
    assert.equal(world.requests.length, 1);
    assert.deepEqual(three.calls, [["ABORTED", "aborted"]]);
  });

  test("of one that runs in the foreground: it ends at once, and the order of the next ones is kept", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    one.abort();
    two.abort();
    const three = world.foreground("three");
    await world.turn();
    assert.deepEqual(one.calls, [["ABORTED", "aborted"]]);
    assert.equal(world.requests.length, 1, "the server may still be at the first ones");
    assert.ok(!world.requests[0].aborted);
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(world.requests[1].names, ["three"]);
    assert.deepEqual([one.calls.length, two.calls.length, three.state], [1, 1, "RUNNING"]);
  });

  test("of one that runs in the background: its request is given up and its slot is free", async () => {
    const world = new World();
    const actions = ["b1", "b2", "b3", "b4"].map((name) => world.background(name));
    await world.turn();
    actions[1].abort();
    await world.turn();
    assert.ok(world.requests[1].aborted);
    assert.deepEqual(world.requests[3].names, ["b4"]);
    assert.deepEqual(actions[1].calls, [["ABORTED", "aborted"]]);
    assert.equal(world.eventsOf("connection").length, 0);
  });

  test("by a signal, before the enqueueing, while it waits and while it runs", async () => {
    const world = new World();
    const before = world.foreground("before", {}, { signal: AbortSignal.abort() });
    const controllers = [new AbortController(), new AbortController()];
    const waits = world.foreground("waits", {}, { signal: controllers[0].signal });
    const runs = world.foreground("runs", {}, { signal: controllers[1].signal });
    assert.deepEqual(before.calls, [], "never in the call itself");
    controllers[0].abort();
    await world.turn();
    assert.deepEqual(world.requests[0].names, ["runs"]);
    controllers[1].abort();
    for (const action of [before, waits, runs]) assert.deepEqual(action.calls, [["ABORTED", "aborted"]]);
  });

  test("a signal that outlives its actions holds none of them", async () => {
    const world = new World();
    const { signal } = new AbortController();
    let listening = 0;
    for (const [method, step] of [
      ["addEventListener", 1],
      ["removeEventListener", -1],
    ]) {
      const original = signal[method].bind(signal);
      signal[method] = (...all) => {
        listening += step;
        original(...all);
      };
    }
    for (const name of ["one", "two"]) world.foreground(name, {}, { signal, timeout: 1000 });
    await world.turn();
    assert.equal(listening, 2);
    world.requests[0].echo();
    await world.turn();
    assert.equal(listening, 0);
    assert.equal(world.clock.pending, 0, "and no timer is left");
  });

  test("after the end, or before the enqueueing, calls back no second time", async () => {
    const world = new World();
    const one = world.foreground("one");
    await world.turn();
    world.requests[0].echo();
    await world.turn();
    one.abort();
    assert.equal(one.calls.length, 1);
    const never = world.action("never");
    never.abort();
    assert.deepEqual(never.calls, [["ABORTED", "aborted"]]);
    assert.throws(() => world.queue.enqueue(never));
  });

  test("in the turn of its enqueueing: it is no longer shown as waiting", () => {
    const world = new World();
    world.foreground("one").abort();
    assert.deepEqual(world.queue.snapshot().foreground.waiting, []);
  });

  test("of one that was enqueued with it, in the callback of one that could not be sent", async () => {
    const world = new World();
    const bad = world.foreground("bad", { n: 1n });
    const next = world.foreground("next");
    bad.on("settled", next.abort);
    await world.turn();
    assert.deepEqual([next.calls, world.requests.length], [[["ABORTED", "aborted"]], 0]);
  });

  test("in the moment of sending: nothing is sent", async () => {
    const world = new World();
    world.queue.subscribe(({ type, action }) => void (type === "sent" && action.abort()));
    const action = world.background("one");
    await world.turn();
    assert.deepEqual([action.calls, world.requests.length, world.clock.pending], [[["ABORTED", "aborted"]], 0, 0]);
  });

  test("of its neighbour in a callback", async () => {
    const world = new World();
    const [one, two] = ["one", "two"].map((name) => world.foreground(name, { same: 1 }, { storable: true }));
    const dup = world.foreground("one", { same: 1 }, { storable: true });
    one.on("settled", () => {
      two.abort();
      dup.abort();
    });
    await world.turn();
    world.requests[0].success("one", 1).success("two", 2).end();
    await world.turn();
    assert.deepEqual(
      [one.calls, two.calls, dup.calls],
      [[["SUCCESS", 1]], [["ABORTED", "aborted"]], [["ABORTED", "aborted"]]],
    );
  });
});

describe("a timeout", () => {
  test("counts from the enqueueing, whether it waits or runs", async () => {
    const world = new World();
    const runs = world.background("runs", {}, { timeout: 1000 });
    world.background("b2");
    world.background("b3");
    const waits = world.background("waits", {}, { timeout: 1000 });
    await world.turn();
    await world.clock.advance(999);
    assert.deepEqual([runs.calls, waits.calls], [[], []]);
    await world.clock.advance(1);
    for (const action of [runs, waits]) assert.deepEqual(action.calls, [["INCOMPLETE", "timeout"]]);
    await world.turn();
    assert.ok(world.requests[0].aborted);
    assert.equal(world.requests.length, 3, "what ended while it waited is not sent");
  });

  test("in the foreground ends the action, not the request of its neighbours", async () => {
    const world = new World();
    const slow = world.foreground("slow", {}, { timeout: 1000 });
    const other = world.foreground("other");
    await world.turn();
    await world.clock.advance(1000);
    assert.deepEqual(slow.calls, [["INCOMPLETE", "timeout"]]);
    world.requests[0].success("slow").success("other", 2).end();
    await world.turn();
    assert.deepEqual([slow.calls.length, other.calls], [1, [["SUCCESS", 2]]]);
  });
});

describe("a timeout of all that a request still owes", () => {
  test("gives the request up, also one that doesn't hear it, and the foreground goes on", async () => {
    const signals = [];
    const world = new World({
      fetch: (_url, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const first = world.foreground("first", {}, { timeout: 1000 });
    const aborted = world.foreground("aborted");
    await world.turn();
    aborted.abort();
    const next = world.foreground("next");
    await world.turn();
    await world.clock.advance(1000);
    await world.turn();
    assert.deepEqual(first.calls, [["INCOMPLETE", "timeout"]]);
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true, false],
    );
    assert.equal(next.state, "RUNNING");
  });

  test("but not while another waits for its answer", async () => {
    const world = new World();
    world.foreground("first", {}, { timeout: 1000 });
    const other = world.foreground("other");
    await world.turn();
    await world.clock.advance(1000);
    assert.ok(!world.requests[0].aborted);
    world.requests[0].success("other", 2).end();
    await world.turn();
    assert.deepEqual(other.calls, [["SUCCESS", 2]]);
  });
});

describe("no timeout", () => {
  for (const timeout of [undefined, 0, Infinity, 2 ** 40]) {
    test(`is what ${timeout} stands for`, async () => {
      const world = new World();
      const action = world.foreground("slow", {}, { timeout });
      assert.equal(world.clock.pending, 0, "no timer, which would run at once");
      await world.turn();
      world.requests[0].echo();
      await world.turn();
      assert.equal(action.state, "SUCCESS");
    });
  }
});

describe("abortable actions", () => {
  test("whose owner is gone are dropped at the next flush, also when no slot is free", async () => {
    const world = new World();
    const page = owner();
    world.foreground("running");
    await world.turn();
    const action = world.foreground("waits", {}, { abortable: true, owner: page });
    await world.turn();
    page.valid = false;
    assert.deepEqual(action.calls, []);
    world.background("anything");
    await world.turn();
    assert.deepEqual(action.calls, [["ABORTED", "aborted"]]);
    world.requests[0].echo();
    await world.turn();
    assert.equal(world.requests.length, 2);
  });

  test("also in the turn in which they were enqueued", async () => {
    const world = new World();
    const page = owner();
    const action = world.foreground("one", {}, { abortable: true, owner: page });
    page.valid = false;
    await world.turn();
    assert.deepEqual(action.calls, [["ABORTED", "aborted"]]);
    assert.equal(world.requests.length, 0);
  });

  test("others are sent; the state is ABORTED and the value readable", async () => {
    const world = new World();
    const page = owner();
    const action = world.foreground("one", {}, { owner: page });
    page.valid = false;
    await world.turn();
    world.requests[0].success("one", 7).end();
    await world.turn();
    assert.deepEqual([action.calls, action.value, action.error.code], [[["ABORTED", 7]], 7, "aborted"]);
  });

  test("that were sent run, and end ABORTED when the owner is gone by then", async () => {
    const world = new World();
    const page = owner();
    const [one, two] = ["one", "two"].map((name) => world.foreground(name, {}, { owner: page, abortable: true }));
    await world.turn();
    world.requests[0].success("one", 1);
    await settled();
    page.valid = false;
    world.background("anything");
    await world.turn();
    assert.deepEqual(two.calls, [], "a flush drops none that was sent");
    world.requests[0].error("two", { code: "user_error", message: "No." }).end();
    await world.turn();
    assert.deepEqual([one.calls, two.state, two.error.code], [[["SUCCESS", 1]], "ABORTED", "user_error"]);
  });
});

describe("storable actions", () => {
  const storable = { storable: true };

  test("that are identical are sent once, whatever the order of keys; each has its own copy", async () => {
    const world = new World();
    const one = world.foreground("read", { a: 1, b: { c: [1, 2], d: 3 } }, storable);
    const two = world.background("read", { b: { d: 3, c: [1, 2] }, a: 1 }, storable);
    one.on("settled", () => one.value.list.push("changed"));
    await world.turn();
    const three = world.foreground("read", { a: 1, b: { c: [1, 2], d: 3 } }, storable);
    await world.turn();
    assert.equal(world.requests.length, 1);
    assert.equal(three.state, "RUNNING");
    world.requests[0].success("read", { list: [1] }).end();
    await world.turn();
    assert.deepEqual([one.value, two.value, three.value], [{ list: [1, "changed"] }, { list: [1] }, { list: [1] }]);
    assert.deepEqual(
      [one, two, three].map((action) => action.calls.length),
      [1, 1, 1],
    );
  });

  test("also one that is in flight in either lane", async () => {
    for (const [first, second] of [
      ["foreground", "background"],
      ["background", "foreground"],
    ]) {
      const world = new World();
      world[first]("read", {}, storable);
      await world.turn();
      const action = world[second]("read", {}, storable);
      await world.turn();
      world.requests[0].success("read", 1).end();
      await world.turn();
      assert.deepEqual([world.requests.length, action.calls], [1, [["SUCCESS", 1]]]);
    }
  });

  test("but not one that has its answer, though its request goes on", async () => {
    const world = new World();
    world.foreground("read", {}, storable);
    world.foreground("other");
    await world.turn();
    world.requests[0].success("read", 1);
    await settled();
    const action = world.background("read", {}, storable);
    await world.turn();
    world.requests[1].success("read", 2).end();
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 2]]);
  });

  test("also one that waits in either lane", async () => {
    const world = new World();
    for (const name of ["b1", "b2", "b3"]) world.background(name);
    await world.turn();
    world.background("read", {}, storable);
    await world.turn();
    world.foreground("read", {}, storable);
    await world.turn();
    assert.equal(world.requests.length, 3);
    world.requests[0].echo();
    await world.turn();
    assert.deepEqual(world.requests[3].names, ["read"]);
    assert.equal(world.requests[3].lane, "background");
  });

  test("that differ in name, parameters or their order in a list are each sent", async () => {
    const world = new World();
    for (const [name, params] of [
      ["read", { a: 1 }],
      ["read", { a: "1" }],
      ["read", { a: [1, 2] }],
      ["read", { a: [2, 1] }],
      ["other", { a: 1 }],
    ]) {
      world.foreground(name, params, storable);
    }
    world.foreground("read", { a: 1 });
    await world.turn();
    assert.equal(world.requests[0].names.length, 6);
  });

  test("duplicates of a failed request fail with it, and the next one is sent again", async () => {
    const world = new World();
    const pair = [world.foreground("read", {}, storable), world.background("read", {}, storable)];
    await world.turn();
    world.requests[0].refuse(500);
    await world.turn();
    for (const action of pair) assert.deepEqual(action.calls, [["ERROR", "server_error"]]);
    world.foreground("read", {}, storable);
    await world.turn();
    assert.equal(world.requests.length, 2);
  });

  test("the abort of one leaves the others their answer", async () => {
    const world = new World();
    const [one, two] = [world.background("read", {}, storable), world.background("read", {}, storable)];
    await world.turn();
    one.abort();
    assert.ok(!world.requests[0].aborted);
    world.requests[0].success("read", 5).end();
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["ABORTED", "aborted"]], [["SUCCESS", 5]]]);
  });

  test("progress is told to each", async () => {
    const world = new World();
    const told = [];
    for (const who of ["one", "two"]) {
      world.foreground("read", {}, { ...storable, onProgress: (fraction) => told.push([who, fraction]) });
    }
    await world.turn();
    world.requests[0].line({ id: world.requests[0].ids[0], progress: 0.5 });
    await settled();
    assert.deepEqual(told, [
      ["one", 0.5],
      ["two", 0.5],
    ]);
  });

  describe("with a storage", () => {
    async function stored(value = { n: 1 }) {
      const world = new World();
      world.storage = createStorage({ now: world.clock.now });
      const again = new World({ storage: world.storage, now: world.clock.now });
      again.clock = world.clock;
      again.foreground("read", { q: "a" }, storable);
      await again.turn();
      again.requests[0].success("read", value).end();
      await again.turn();
      again.requests.length = 0;
      return again;
    }

    test("a fresh answer is given without a request, each its own copy", async () => {
      const world = await stored();
      const one = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      one.value.n = "changed";
      world.clock.time = 30_000;
      const two = world.background("read", { q: "a" }, storable);
      assert.deepEqual(two.calls, [], "never in the call itself");
      await world.turn();
      assert.deepEqual(two.calls, [["SUCCESS", { n: 1 }]]);
      assert.equal(world.requests.length, 0);
    });

    test("a stale one is given and refreshed behind; another value calls back again", async () => {
      const world = await stored();
      world.clock.time = 31_000;
      const action = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      assert.deepEqual(action.calls, [["SUCCESS", { n: 1 }]]);
      assert.deepEqual(world.requests[0].names, ["read"]);
      world.requests[0].success("read", { n: 2 }).end();
      await world.turn();
      assert.deepEqual(action.calls, [
        ["SUCCESS", { n: 1 }],
        ["SUCCESS", { n: 2 }],
      ]);
      const later = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      assert.deepEqual([later.calls, world.requests.length], [[["SUCCESS", { n: 2 }]], 1]);
    });

    const silent = {
      "an equal value": (request) => request.success("read", { n: 1 }).end(),
      "an error": (request) => request.error("read").end(),
      "a refusal": (request) => request.refuse(500),
      nothing: (request) => request.end(),
    };
    for (const [what, respond] of Object.entries(silent)) {
      test(`a refresh that brings ${what} calls back no second time`, async () => {
        const world = await stored();
        world.clock.time = 31_000;
        const action = world.foreground("read", { q: "a" }, storable);
        await world.turn();
        respond(world.requests[0]);
        await world.turn();
        assert.deepEqual([action.calls, action.state], [[["SUCCESS", { n: 1 }]], "SUCCESS"]);
      });
    }

    test("what a callback did to its copy is no difference, and not in the next one's", async () => {
      // A storage of the simplest sort: it gives the very object that it was given.
      const kept = new Map();
      const storage = { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, { value, age: 31 }) };
      const world = new World({ storage });
      const seen = [];
      for (let index = 0; index < 3; index += 1) {
        const action = world.foreground("read", {}, { storable: true });
        action.on("settled", ({ value }) => void seen.push(value.push("mine")));
        await world.turn();
        world.requests[index].success("read", ["theirs"]).end();
        await world.turn();
      }
      assert.deepEqual(seen, [2, 2, 2]);
    });

    test("a storage that gives what can't be copied is reported, and the server asked", async () => {
      const world = new World({ storage: { get: async () => undefined, set() {} } });
      const action = world.foreground("read", {}, { storable: true });
      await world.turn();
      world.requests[0].success("read", 1).end();
      await world.turn();
      assert.deepEqual([action.calls, world.reports.length], [[["SUCCESS", 1]], 1]);
    });

    test("a refresh for an owner that is gone calls nobody", async () => {
      const world = await stored();
      const page = owner();
      world.clock.time = 31_000;
      const action = world.foreground("read", { q: "a" }, { ...storable, owner: page });
      await world.turn();
      page.valid = false;
      world.requests[0].success("read", { n: 2 }).end();
      await world.turn();
      assert.equal(action.calls.length, 1);
    });

    test("a refresh that waits is dropped with its abort", async () => {
      const world = await stored();
      world.clock.time = 31_000;
      world.foreground("running");
      await world.turn();
      const action = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      action.abort();
      world.requests[0].echo();
      await world.turn();
      assert.deepEqual([action.calls.length, world.requests.length], [1, 1]);
    });

    test("refreshes are not merged", async () => {
      const world = await stored();
      world.clock.time = 31_000;
      for (let index = 0; index < 2; index += 1) world.background("read", { q: "a" }, storable);
      await world.turn();
      assert.equal(world.requests.length, 2);
    });

    test("nor is another action merged with a refresh, when its answer is no longer stored", async () => {
      const world = await stored();
      world.clock.time = 31_000;
      world.background("read", { q: "a" }, storable);
      await world.turn();
      world.clock.time = 1e9;
      const action = world.background("read", { q: "a" }, storable);
      await world.turn();
      assert.equal(world.requests.length, 2);
      world.requests[0].refuse(500);
      world.requests[1].success("read", 5).end();
      await world.turn();
      assert.deepEqual(action.calls, [["SUCCESS", 5]]);
    });

    test("the page says what is fresh", async () => {
      const world = await stored();
      world.clock.time = 5000;
      world.foreground("read", { q: "a" }, { storable: { fresh: 4 } });
      await world.turn();
      assert.equal(world.requests.length, 1);
    });

    test("ignoreExisting asks in any case, and stores the answer", async () => {
      const world = await stored();
      const action = world.foreground("read", { q: "a" }, { storable: { ignoreExisting: true } });
      await world.turn();
      world.requests[0].success("read", { n: 2 }).end();
      await world.turn();
      assert.deepEqual(action.calls, [["SUCCESS", { n: 2 }]]);
      const later = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      assert.deepEqual([later.calls, world.requests.length], [[["SUCCESS", { n: 2 }]], 1]);
    });

    test("only SUCCESS is stored", async () => {
      const world = await stored();
      for (const respond of [
        (request) => request.error("read").end(),
        (request) => request.refuse(500),
        (request) => request.end(),
      ]) {
        world.foreground("read", { q: "b" }, storable);
        await world.turn();
        respond(world.requests.at(-1));
        await world.turn();
      }
      assert.equal(world.requests.length, 3);
    });

    test("what isn't storable is neither given from it nor put in it", async () => {
      const world = await stored();
      world.foreground("read", { q: "a" });
      await world.turn();
      world.requests[0].success("read", { n: 9 }).end();
      await world.turn();
      const action = world.foreground("read", { q: "a" }, storable);
      await world.turn();
      assert.deepEqual([action.calls, world.requests.length], [[["SUCCESS", { n: 1 }]], 1]);
    });
  });
});
