/** Every enqueued action reaches a final state and calls back exactly once, whatever happens to its neighbours. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";

import { World, settled } from "./fake_network.mjs";

/** After whatever happened: a new action still goes through. */
async function goesOn(world) {
  const lanes = [world.foreground("still there"), world.background("still here")];
  for (let index = 0; index < 5; index += 1) {
    await world.turn();
    for (const request of world.inFlight) request.echo();
  }
  await world.turn();
  assert.deepEqual(
    lanes.map((action) => action.calls),
    [[["SUCCESS", "still there"]], [["SUCCESS", "still here"]]],
  );
}

describe("a callback that throws", () => {
  test("stops no other callback, and is reported", async () => {
    const world = new World();
    const heard = [];
    const one = world.foreground("one", undefined, {
      onProgress: () => {
        throw new Error("progress");
      },
    });
    const two = world.foreground("two");
    one.on("settled", () => {
      throw new Error("callback");
    });
    one.on("settled", () => heard.push("one's second"));
    two.on("settled", () => heard.push("two's"));
    world.queue.subscribe(() => {
      throw new Error("subscriber");
    });
    await world.turn();
    world.requests[0].line({ id: one.id, progress: 0.1 }).echo();
    await world.turn();
    assert.deepEqual(heard, ["one's second", "two's"]);
    const texts = world.reports.map((error) => error.message);
    assert.ok(texts.includes("progress") && texts.includes("callback") && texts.includes("subscriber"));
    await goesOn(world);
  });

  test("reaches the window's handler when nothing else was given", async () => {
    const module = new URL("../../src/meanwhile/static/meanwhile/queue.js", import.meta.url).href;
    const program = `
      import { createQueue } from "${module}";
      globalThis.reportError = (error) => console.log("handler:", error.message);
      const queue = createQueue({ endpoint: "/", fetch: async () => new Response("") });
      const broken = () => { throw new Error("of a callback") };
      queue.enqueue(queue.action("one"), { callbacks: [broken, () => console.log("the next one")] });`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    assert.deepEqual(run.stdout.split("\n"), ["the next one", "handler: of a callback", ""]);
  });

  test("is written to the console where there is no such handler, and the program goes on", async (context) => {
    const { mock } = context.mock.method(console, "error", () => {});
    const { queue } = new World({ report: undefined, schedule: undefined });
    const action = queue.action("one", { n: 1n });
    action.on("settled", () => {
      throw new Error("of a callback");
    });
    await queue.enqueue(action).settled;
    await settled();
    assert.deepEqual(
      mock.calls.map((call) => call.arguments[0].message),
      ["of a callback"],
    );
  });

  test("an owner, a storage and an onDurable that throw do no harm either", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    const world = new World({ storage: { get: broken, set: broken, delete: broken } });
    const action = world.foreground("one", {}, { owner: { isValid: broken }, abortable: true, storable: true });
    await world.turn();
    world.requests[0].success("one", 1).end();
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 1]]);
    await goesOn(world);
  });
});

test("an action that the server doesn't know is an error for that action alone", async () => {
  const world = new World();
  const [one, two] = [world.foreground("one"), world.foreground("two")];
  await world.turn();
  world.requests[0]
    .error("one", { code: "unknown_action", message: "There is no such action." })
    .success("two", 2)
    .end();
  await world.turn();
  assert.deepEqual(one.error, {
    state: "ERROR",
    code: "unknown_action",
    message: "There is no such action.",
    fields: {},
  });
  assert.deepEqual(two.calls, [["SUCCESS", 2]]);
});

describe("parameters that can't be serialised", () => {
  const cycle = {};
  cycle.itself = cycle;
  const cases = {
    "a cycle": cycle,
    "a BigInt": { id: 7n },
    "a toJSON that throws": {
      when: {
        toJSON() {
          throw new Error("no");
        },
      },
    },
    "no object": "text",
    "a list": [1, 2],
    "a function": () => 1,
    null: null,
    "what becomes no object": { toJSON: () => 7 },
  };
  for (const [what, params] of Object.entries(cases)) {
    test(`${what}: an error for that action alone`, async () => {
      const world = new World();
      const before = world.foreground("before");
      const bad = world.foreground("bad", params, { storable: what === "a cycle" });
      const after = world.foreground("after");
      await world.turn();
      assert.deepEqual(bad.calls, [["ERROR", "serialization"]]);
      assert.deepEqual(world.requests[0].names, ["before", "after"]);
      world.requests[0].echo();
      await world.turn();
      assert.deepEqual([before.state, after.state], ["SUCCESS", "SUCCESS"]);
    });
  }
});

test("parameters are those at the end of the turn, and no later change gets in", async () => {
  const world = new World();
  world.foreground("first");
  await world.turn();
  const params = { message: "at enqueueing" };
  world.foreground("second", params);
  params.message = "at the end of the turn";
  await world.turn();
  params.message = "later";
  world.requests[0].echo();
  await world.turn();
  assert.deepEqual(world.requests[1].body.actions[0].params, { message: "at the end of the turn" });
});

describe("an answer that is not whole", () => {
  const ends = {
    "cut off": [(request) => request.close(), ["ERROR", "incomplete_answer"]],
    "cut off in a line": [(request) => request.raw('{"id": "').close(), ["ERROR", "protocol"]],
    "with a line that can't be read": [(request) => request.raw("{]\n").end(), ["ERROR", "protocol"]],
    "without one of the actions": [(request) => request.end(), ["ERROR", "incomplete_answer"]],
    "with a broken connection": [(request) => request.fail(), ["INCOMPLETE", "network"]],
  };
  for (const [what, [end, expected]] of Object.entries(ends)) {
    test(`${what} gives each unanswered action an end and keeps what did arrive`, async () => {
      const world = new World();
      const actions = ["one", "two", "three"].map((name) => world.foreground(name));
      await world.turn();
      world.requests[0].success("two", 2);
      await settled();
      end(world.requests[0]);
      await world.turn();
      assert.deepEqual(
        actions.map((action) => action.calls),
        [[expected], [["SUCCESS", 2]], [expected]],
      );
      await goesOn(world);
    });
  }

  test("results after a line that can't be read are kept", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    world.requests[0].success("one", 1).raw("what?\n").success("two", 2).end();
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["SUCCESS", 1]], [["SUCCESS", 2]]]);
  });

  test("an action that is answered twice, or after the end, calls back once", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    const [request] = world.requests;
    request
      .success("one", 1)
      .success("one", 2)
      .error("one")
      .line({ id: one.id, progress: 0.5 })
      .line({ end: true })
      .success("two", 2)
      .close();
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["SUCCESS", 1]], [["ERROR", "incomplete_answer"]]]);
    assert.equal(one.progress, null);
    assert.equal(world.clock.pending, 0, "no timer is left");
  });

  test("a value that is nested deeper than the stack is handed on, and its neighbours have theirs", async () => {
    const world = new World();
    const [deep, next] = [world.foreground("deep"), world.foreground("next")];
    await world.turn();
    const value = "[".repeat(50_000) + "]".repeat(50_000);
    world.requests[0].raw(`{"id":"${deep.id}","state":"SUCCESS","value":${value}}\n`).success("next", 2).end();
    await world.turn();
    assert.deepEqual([deep.state, deep.calls.length, next.calls], ["SUCCESS", 1, [["SUCCESS", 2]]]);
    await goesOn(world);
  });

  test("a state that there isn't is no answer", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].line({ id: action.id, state: "FINE" }).end();
    await world.turn();
    assert.deepEqual(action.calls, [["ERROR", "incomplete_answer"]]);
  });
});

describe("a network that throws, or is silent", () => {
  test("a fetch that throws at once is an incomplete action", async () => {
    const world = new World({
      fetch: () => {
        throw new TypeError("bad url");
      },
    });
    const action = world.foreground("one");
    await world.turn();
    assert.deepEqual(action.calls, [["INCOMPLETE", "network"]]);
  });

  test("a request that is silent for too long is given up", async () => {
    const world = new World({ silence: 5000 });
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    await world.clock.advance(4000);
    world.requests[0].success("one", 1);
    await settled();
    await world.clock.advance(4000);
    assert.equal(two.state, "RUNNING", "a line is a sign of life");
    await world.clock.advance(1000);
    assert.deepEqual([one.calls, two.calls], [[["SUCCESS", 1]], [["INCOMPLETE", "timeout"]]]);
    assert.ok(world.requests[0].aborted);
    assert.equal(world.clock.pending, 0);
    await goesOn(world);
  });

  test("also by a network that doesn't hear the abort", async () => {
    const world = new World({ silence: 5000, fetch: () => new Promise(() => {}) });
    const [one, two] = [world.foreground("one"), world.background("two")];
    await world.turn();
    await world.clock.advance(5000);
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["INCOMPLETE", "timeout"]], [["INCOMPLETE", "timeout"]]]);
    assert.equal(world.queue.snapshot().foreground.inFlight.length, 0);
  });
});

describe("a refusal of the whole request", () => {
  const cases = {
    "401 without words": [401, undefined, "login_required"],
    "403 of a proxy": [403, undefined, "forbidden"],
    "404 without words": [404, undefined, "not_found"],
    "413 of a proxy": [413, undefined, "too_large"],
    "400 with its code": [400, { code: "malformed", message: "Not JSON." }, "malformed"],
    "418 without words": [418, undefined, "protocol"],
    "500 without words": [500, undefined, "server_error"],
    "504 of a proxy": [504, undefined, "server_error"],
    "a redirect to a login": [302, undefined, "login_required"],
  };
  for (const [what, [status, error, code]] of Object.entries(cases)) {
    test(`${what}: every action of it ends with ${code}, and the queue goes on`, async () => {
      const world = new World();
      const actions = [world.foreground("one"), world.foreground("two")];
      await world.turn();
      world.requests[0].refuse(status, error);
      await world.turn();
      for (const action of actions) assert.deepEqual(action.calls, [["ERROR", code]]);
      assert.equal(world.requests.length, 1);
      await goesOn(world);
    });
  }

  test("a page instead of JSON is no more than its status", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].begin(502).raw("<html><h1>Bad gateway").close();
    await world.turn();
    assert.deepEqual(action.calls, [["ERROR", "server_error"]]);
  });

  test("a refusal whose text breaks off still ends it", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].begin(500).raw('{"err');
    await settled();
    world.requests[0].fail();
    await world.turn();
    assert.deepEqual(action.calls, [["ERROR", "server_error"]]);
  });
});

describe("CSRF", () => {
  const csrf = { code: "csrf", message: "The token is not valid.", token: "second-token" };

  test("an expired token is renewed and the same request sent again once", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    world.requests[0].refuse(403, csrf);
    await world.turn();
    assert.equal(world.requests.length, 2);
    assert.deepEqual(world.requests[1].body, world.requests[0].body);
    assert.equal(world.requests[1].headers["X-CSRFToken"], "second-token");
    world.requests[1].echo();
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["SUCCESS", "one"]], [["SUCCESS", "two"]]]);
    assert.equal(world.eventsOf("request").length, 1, "it kept its slot");
    const later = world.foreground("later");
    await world.turn();
    assert.equal(world.requests[2].headers["X-CSRFToken"], "second-token");
    world.requests[2].echo();
    await world.turn();
    assert.equal(later.state, "SUCCESS");
  });

  test("no redirect is followed: the way to a login is no answer", async () => {
    const world = new World();
    world.foreground("one");
    await world.turn();
    assert.equal(world.requests[0].init.redirect, "manual");
  });

  test("a second refusal ends it", async () => {
    const world = new World();
    const action = world.foreground("one");
    await world.turn();
    world.requests[0].refuse(403, csrf);
    await world.turn();
    world.requests[1].refuse(403, csrf);
    await world.turn();
    assert.deepEqual(action.calls, [["ERROR", "csrf"]]);
    assert.equal(world.requests.length, 2);
    await goesOn(world);
  });

  test("a token that is read from the page is read anew", async () => {
    let token = "old";
    const world = new World({ csrf: () => token });
    world.foreground("one");
    await world.turn();
    token = "new";
    world.requests[0].refuse(403, { code: "csrf", message: "" });
    await world.turn();
    assert.equal(world.requests[1].headers["X-CSRFToken"], "new");
  });

  test("another 403 is no reason to send again", async () => {
    const world = new World();
    world.foreground("one");
    await world.turn();
    world.requests[0].refuse(403, { code: "forbidden", message: "" });
    await world.turn();
    assert.equal(world.requests.length, 1);
  });

  test("nor one that a network which doesn't hear the abort answers", async () => {
    const answers = [];
    const world = new World({ fetch: () => new Promise((resolve) => void answers.push(resolve)) });
    const action = world.background("one");
    await world.turn();
    action.abort();
    answers[0](new Response(JSON.stringify({ error: csrf }), { status: 403 }));
    await world.turn();
    assert.deepEqual([answers.length, action.calls], [1, [["ABORTED", "aborted"]]]);
  });

  test("a request that was given up meanwhile is not sent again", async () => {
    const world = new World();
    const action = world.background("one");
    await world.turn();
    action.abort();
    world.requests[0].refuse(403, csrf);
    await world.turn();
    assert.equal(world.requests.length, 1);
  });
});

describe("an expired login", () => {
  test("of the whole request: an error with its code, and one event", async () => {
    const world = new World();
    const actions = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    world.requests[0].refuse(401, { code: "login_required", message: "Please log in." });
    await world.turn();
    for (const action of actions) assert.deepEqual(action.calls, [["ERROR", "login_required"]]);
    const events = world.eventsOf("login_required");
    assert.equal(events.length, 1);
    assert.equal(events[0].error.message, "Please log in.");
  });

  test("of one action of a batch: that action's alone", async () => {
    const world = new World();
    const [one, two] = [world.foreground("one"), world.foreground("two")];
    await world.turn();
    world.requests[0].error("one", { code: "login_required", message: "" }).success("two", 2).end();
    await world.turn();
    assert.deepEqual([one.calls, two.calls], [[["ERROR", "login_required"]], [["SUCCESS", 2]]]);
    assert.equal(world.eventsOf("login_required").length, 1);
  });

  test("it is told again when it expires again", async () => {
    const world = new World();
    for (const expected of [1, 1, 2]) {
      world.foreground("one");
      await world.turn();
      if (expected === 1 && world.eventsOf("login_required").length) world.inFlight[0].echo();
      else world.inFlight[0].refuse(401);
      await world.turn();
      assert.equal(world.eventsOf("login_required").length, expected);
    }
  });
});

describe("429", () => {
  test("puts it back at the head of its lane, and asks again after Retry-After, order kept", async () => {
    const world = new World();
    const actions = ["b1", "b2", "b3", "b4", "b5"].map((name) => world.background(name));
    await world.turn();
    world.requests[1].refuse(429, { code: "too_many", message: "" }, { "Retry-After": "2" });
    world.requests[0].refuse(429, { code: "too_many", message: "" }, { "Retry-After": "2" });
    await world.turn();
    assert.equal(world.requests.length, 3);
    assert.equal(actions[0].state, "NEW", "it was not run");
    assert.deepEqual(
      world.queue.snapshot().background.waiting.map((action) => action.name),
      ["b1", "b2", "b4", "b5"],
    );
    await world.clock.advance(1999);
    await world.turn();
    assert.equal(world.requests.length, 3);
    await world.clock.advance(1);
    await world.turn();
    assert.deepEqual(
      world.requests.slice(3).map((request) => request.names[0]),
      ["b1", "b2"],
    );
    for (let index = 0; index < 3; index += 1) {
      for (const request of world.inFlight) request.echo();
      await world.turn();
    }
    assert.ok(actions.every((action) => action.calls.length === 1 && action.state === "SUCCESS"));
  });

  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
  ]) {
    test(`of several, in the order ${order}: they start again in the order of their enqueueing`, async () => {
      const world = new World();
      const made = ["b1", "b2", "b3"].map((name) => world.action(name)).reverse();
      for (const action of made.toReversed()) {
        action.setBackground();
        world.queue.enqueue(action);
      }
      await world.turn();
      for (const index of order) {
        world.requests[index].refuse(429);
        await world.turn();
      }
      await world.clock.advance(1000);
      await world.turn();
      assert.deepEqual(
        world.requests.slice(3).map((request) => request.names[0]),
        ["b1", "b2", "b3"],
      );
    });
  }

  test("keeps the order of enqueueing, not of making", async () => {
    const world = new World();
    const [early, late] = [world.action("made first"), world.action("made second")];
    for (const action of [late, early]) {
      action.setBackground();
      world.queue.enqueue(action);
    }
    await world.turn();
    for (const request of [...world.requests]) request.refuse(429);
    await world.turn();
    await world.clock.advance(1000);
    await world.turn();
    assert.deepEqual(
      world.requests.slice(2).map((request) => request.names[0]),
      ["made second", "made first"],
    );
  });

  test("doesn't hold up the foreground", async () => {
    const world = new World();
    world.background("b1");
    await world.turn();
    world.requests[0].refuse(429, undefined, { "Retry-After": "30" });
    await world.turn();
    const action = world.foreground("f1");
    await world.turn();
    world.requests[1].echo();
    await world.turn();
    assert.equal(action.state, "SUCCESS");
  });

  test("of the foreground keeps the order too", async () => {
    const world = new World();
    for (const name of ["one", "two"]) world.foreground(name);
    await world.turn();
    world.foreground("three");
    world.requests[0].refuse(429, undefined, {});
    await world.turn();
    await world.clock.advance(1000);
    await world.turn();
    assert.deepEqual(world.requests[1].names, ["one", "two", "three"]);
  });

  for (const header of ["0", "-5", "soon", "Wed, 21 Oct 2015 07:28:00 GMT", undefined]) {
    test(`with "Retry-After: ${header}" asks again after a second`, async () => {
      const world = new World();
      world.background("b1");
      await world.turn();
      world.requests[0].refuse(429, undefined, header === undefined ? {} : { "Retry-After": header });
      await world.turn();
      await world.clock.advance(999);
      await world.turn();
      assert.equal(world.requests.length, 1);
      await world.clock.advance(1);
      await world.turn();
      assert.equal(world.requests.length, 2);
    });
  }

  test("of a network without headers asks again after a second, too", async () => {
    let refusals = 0;
    const world = new World({
      fetch: async (_url, { body }) =>
        refusals++
          ? new Response(`{"id":"${JSON.parse(body).actions[0].id}","state":"SUCCESS","value":1}\n{"end":true}`)
          : { ok: false, status: 429, text: async () => "" },
    });
    const action = world.background("b1");
    await world.turn();
    await world.clock.advance(1000);
    await world.turn();
    assert.deepEqual(action.calls, [["SUCCESS", 1]]);
  });

  test("for ever is an error in the end", async () => {
    const world = new World();
    const action = world.background("b1");
    await world.turn();
    for (let index = 0; index <= 100; index += 1) {
      assert.equal(action.calls.length, 0);
      world.inFlight[0].refuse(429, undefined, { "Retry-After": "1e9" });
      await world.turn();
      await world.clock.advance(60_000);
      await world.turn();
    }
    assert.deepEqual(action.calls, [["ERROR", "too_many"]]);
    await goesOn(world);
  });
});

describe("nothing is sent twice after the server may have run it", () => {
  const breaks = {
    "before the answer": (request) => request.fail(),
    "in the answer": async (request) => {
      request.raw('{"id"');
      await settled();
      request.fail();
    },
    "by the end of the body": (request) => request.close(),
  };
  for (const [when, cut] of Object.entries(breaks)) {
    test(`${when}: only what is idempotent is sent again, once`, async () => {
      const world = new World();
      const once = world.foreground("once");
      const marked = world.foreground("marked", undefined, { idempotent: true });
      const storable = world.foreground("storable", undefined, { storable: true });
      await world.turn();
      await cut(world.requests[0]);
      await world.turn();
      assert.equal(once.calls.length, 1);
      assert.deepEqual(world.requests[1].names, ["marked", "storable"]);
      await cut(world.requests[1]);
      await world.turn();
      assert.equal(world.requests.length, 2);
      for (const action of [marked, storable]) assert.deepEqual(action.calls, once.calls);
      await goesOn(world);
    });
  }

  test("a refusal or an error of the server is no reason to send again", async () => {
    const world = new World();
    world.foreground("one", undefined, { idempotent: true });
    await world.turn();
    world.requests[0].refuse(500);
    await world.turn();
    world.foreground("two", undefined, { idempotent: true });
    await world.turn();
    world.requests[1].error("two").end();
    await world.turn();
    assert.equal(world.requests.length, 2);
  });

  test("what was aborted meanwhile is not sent again", async () => {
    const world = new World();
    const [one, two] = ["one", "two"].map((name) => world.foreground(name, undefined, { idempotent: true }));
    await world.turn();
    one.abort();
    world.requests[0].fail();
    await world.turn();
    assert.deepEqual(world.requests[1].names, ["two"]);
    two.abort();
    world.requests[1].fail();
    await world.turn();
    assert.equal(world.requests.length, 2);
  });

  test("what did arrive is not asked for again", async () => {
    const world = new World();
    for (const name of ["one", "two"]) world.foreground(name, undefined, { idempotent: true });
    await world.turn();
    world.requests[0].success("one", 1);
    await settled();
    world.requests[0].fail();
    await world.turn();
    assert.deepEqual(world.requests[1].names, ["two"]);
  });
});

describe("offline", () => {
  test("ends INCOMPLETE, is told once, and told again when the connection is back", async () => {
    const world = new World();
    const actions = ["one", "two"].map((name) => world.foreground(name, undefined, { idempotent: true }));
    world.isOnline = false;
    await world.turn();
    world.requests[0].fail();
    await world.turn();
    for (const action of actions) assert.deepEqual(action.calls, [["INCOMPLETE", "offline"]]);
    assert.equal(world.requests.length, 1, "without a connection nothing is tried again");
    world.window.tell("offline");
    assert.deepEqual(
      world.eventsOf("connection").map(({ online }) => online),
      [false],
    );
    world.isOnline = true;
    world.window.tell("online");
    assert.deepEqual(
      world.eventsOf("connection").map(({ online }) => online),
      [false, true],
    );
    await goesOn(world);
  });

  test("is told when the browser says so, before anything failed", () => {
    const world = new World();
    world.window.tell("offline");
    world.window.tell("offline");
    assert.deepEqual(
      world.eventsOf("connection").map(({ online }) => online),
      [false],
    );
  });

  test("an answer is the sign that it is back", async () => {
    const world = new World();
    world.foreground("one");
    await world.turn();
    world.requests[0].fail();
    await world.turn();
    await goesOn(world);
    assert.deepEqual(
      world.eventsOf("connection").map(({ online }) => online),
      [false, true],
    );
  });
});
