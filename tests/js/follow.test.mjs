/** Following one address until nothing more comes: polling with ETag, open answers, pauses. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { follow } from "../../src/meanwhile/static/meanwhile/follow.js";
import { FakeClock, FakeEvents, FakeRequest, settled } from "./fake_network.mjs";

function setup(options = {}) {
  const at = {
    requests: [],
    answers: [],
    missed: [],
    refused: [],
    reached: 0,
    hidden: false,
    clock: new FakeClock(),
    window: new FakeEvents(),
  };
  at.follower = follow({
    url: "/durable/x/",
    every: 1000,
    fetch: (url, init) => {
      const request = new FakeRequest(url, init);
      at.requests.push(request);
      return request.response;
    },
    onAnswer: (answer) => {
      at.answers.push(answer);
      return !answer.final;
    },
    onReached: () => (at.reached += 1),
    onMissed: (pause, failures) => void at.missed.push([pause, failures]),
    onRefused: (response) => void at.refused.push(response.status),
    setTimer: at.clock.setTimer,
    clearTimer: at.clock.clearTimer,
    events: at.window,
    hidden: () => at.hidden,
    ...options,
  });
  return at;
}

describe("polling", () => {
  test("asks at once, and again after the pause, with the ETag it was given", async () => {
    const at = setup();
    assert.equal(at.requests[0].headers.Accept, "application/json");
    at.requests[0].json(200, { n: 1 }, { ETag: '"a"' });
    await settled();
    await at.clock.advance(999);
    assert.equal(at.requests.length, 1);
    await at.clock.advance(1);
    assert.equal(at.requests[1].headers["If-None-Match"], '"a"');
    at.requests[1].begin(304).close();
    await settled();
    await at.clock.advance(1000);
    assert.equal(at.requests[2].headers["If-None-Match"], '"a"', "an unchanged state keeps its ETag");
    assert.deepEqual([at.answers, at.reached], [[{ n: 1 }], 2]);
  });

  test("ends with the final answer and leaves nothing behind", async () => {
    const at = setup();
    at.requests[0].json(200, { final: true });
    await settled();
    await at.clock.advance(60_000);
    at.window.tell("online");
    assert.deepEqual([at.requests.length, at.clock.pending], [1, 0]);
  });

  test("waits with the first question where the state is known already", async () => {
    const at = setup({ now: false, etag: '"known"' });
    assert.equal(at.requests.length, 0);
    await at.clock.advance(1000);
    assert.equal(at.requests[0].headers["If-None-Match"], '"known"');
  });

  test("a refusal ends it", async () => {
    const at = setup();
    at.requests[0].refuse(404);
    await settled();
    await at.clock.advance(60_000);
    assert.deepEqual([at.refused, at.requests.length], [[404], 1]);
  });

  test("stop gives the running question up", async () => {
    const at = setup();
    at.follower.stop();
    assert.ok(at.requests[0].aborted);
    await settled();
    await at.clock.advance(60_000);
    assert.deepEqual([at.missed, at.requests.length], [[], 1]);
  });
});

describe("without a connection", () => {
  test("the pauses double up to half a minute and are short again after an answer", async () => {
    const at = setup();
    for (let index = 0; index < 6; index += 1) {
      at.requests.at(-1).fail();
      await settled();
      await at.clock.advance(at.missed.at(-1)[0]);
    }
    assert.deepEqual(at.missed, [
      [2000, 1],
      [4000, 2],
      [8000, 3],
      [16_000, 4],
      [30_000, 5],
      [30_000, 6],
    ]);
    at.requests.at(-1).json(200, {});
    await settled();
    await at.clock.advance(1000);
    at.requests.at(-1).fail();
    await settled();
    assert.deepEqual(at.missed.at(-1), [2000, 1]);
  });

  for (const [what, fail] of Object.entries({
    "an error of the server": (request) => request.refuse(503),
    "too many": (request) => request.refuse(429),
    "a page that isn't JSON": (request) => request.raw("<html>").close(),
  })) {
    test(`${what} is a failure, too`, async () => {
      const at = setup();
      fail(at.requests[0]);
      await settled();
      assert.equal(at.missed.length, 1);
    });
  }

  test("so is a silence of 15 s", async () => {
    const at = setup();
    await at.clock.advance(15_000);
    assert.ok(at.requests[0].aborted);
    assert.equal(at.missed.length, 1);
  });

  test("the connection that is back is a reason to ask at once", async () => {
    const at = setup();
    at.requests[0].fail();
    await settled();
    at.window.tell("online");
    assert.equal(at.requests.length, 2);
    at.window.tell("online");
    assert.equal(at.requests.length, 2, "one question at a time");
  });
});

test("a hidden tab asks five times less often, and at once when it is shown", async () => {
  const at = setup();
  at.hidden = true;
  at.requests[0].json(200, {});
  await settled();
  await at.clock.advance(4999);
  at.window.tell("visibilitychange");
  assert.equal(at.requests.length, 1);
  at.hidden = false;
  at.window.tell("visibilitychange");
  assert.equal(at.requests.length, 2);
});

describe("an open answer", () => {
  const ndjson = { "Content-Type": "application/x-ndjson" };

  test("is read line by line, and asked for again at once when it says so", async () => {
    const at = setup({ stream: true });
    assert.equal(at.requests[0].headers.Accept, "application/x-ndjson, application/json");
    at.requests[0].begin(200, ndjson).line({ n: 1 });
    await settled();
    assert.deepEqual(at.answers, [{ n: 1 }]);
    await at.clock.advance(30_000);
    at.requests[0].line({ again: true }).close();
    await settled();
    await at.clock.advance(0);
    assert.equal(at.requests.length, 2);
    at.requests[1].begin(200, ndjson).line({ n: 2, final: true }).line({ n: 3 }).close();
    await settled();
    await at.clock.advance(60_000);
    assert.deepEqual([at.answers.at(-1).n, at.requests.length, at.missed], [2, 2, []]);
  });

  test("that breaks off, or is silent for longer than the server allows itself, is a failure", async () => {
    const at = setup({ stream: true });
    at.requests[0].begin(200, ndjson).line({ n: 1 });
    await settled();
    at.requests[0].fail();
    await settled();
    assert.deepEqual(at.missed, [[2000, 1]]);
    await at.clock.advance(2000);
    at.requests[1].begin(200, ndjson).line({ n: 2 });
    await settled();
    await at.clock.advance(45_000);
    assert.ok(at.requests[1].aborted);
  });
});
