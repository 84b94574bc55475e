/**
 * Thousands of random pages, networks and servers. Whatever they do, every action calls back exactly once, the lanes
 * hold, order is kept, nothing is sent twice that may have run, and the queue goes on.
 *
 * A failure names its seed; MODEL_SEED=… runs that one alone and MODEL_RUNS=… more or fewer of them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import "../../src/meanwhile/static/meanwhile/durable.js";
import { createStorage } from "../../src/meanwhile/static/meanwhile/storage.js";
import { World, settled } from "./fake_network.mjs";

const RUNS = Number(process.env.MODEL_RUNS) || 2000;
const STEPS = 40;

/** A small generator of numbers that are the same for the same seed. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Model {
  constructor(seed) {
    this.random = randomOf(seed);
    const storage = this.chance(0.5) ? createStorage({ now: () => this.world.clock.time, expire: 90 }) : undefined;
    const limits = this.chance(0.3) ? { actions: 3, bytes: 600 } : {};
    this.world = new World({ storage, limits, silence: 60_000 });
    this.world.onRequest = (request) => this.sent(request);
    this.actions = [];
    this.byId = new Map();
    this.owners = [this.owner(), this.owner()];
    this.mayHaveRun = new Map();
    this.lastFirst = { foreground: -1, background: -1 };
    this.renewed = new Set();
    this.thrown = 0;
    this.versions = 0;
    this.answers = new Map();
  }

  chance(part) {
    return this.random() < part;
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  owner() {
    return {
      valid: true,
      isValid() {
        return this.valid;
      },
    };
  }

  // --- the page ---

  enqueue(depth = 0) {
    const storable = this.chance(0.3) && { fresh: this.pick([0, 10]) };
    const bad = this.chance(0.05);
    const params = bad
      ? { bad: 1n }
      : storable
        ? { key: this.pick(["a", "b"]) }
        : { n: this.actions.length, pad: "x".repeat(this.random() * 200) };
    const controller = new AbortController();
    const options = {
      storable,
      idempotent: this.chance(0.2),
      abortable: this.chance(0.3),
      owner: this.chance(0.5) ? this.pick(this.owners) : undefined,
      signal: this.chance(0.5) ? controller.signal : undefined,
      timeout: this.chance(0.1) ? 1 + this.random() * 20_000 : undefined,
    };
    const action = this.world.action(storable ? "read" : "act", params, options);
    Object.assign(action, { controller, bad, index: this.actions.length, moved: false });
    this.actions.push(action);
    this.byId.set(action.id, action);
    if (this.chance(0.4)) action.setBackground();
    if (this.chance(0.2)) action.on("settled", () => this.fail());
    if (this.chance(0.1)) action.on("progress", () => this.fail());
    if (depth < 2 && this.chance(0.2)) action.on("settled", () => this.enqueue(depth + 1));
    if (this.chance(0.1)) action.on("settled", () => this.pick(this.actions.filter((other) => !other.last)).abort());
    this.world.queue.enqueue(action);
    if (this.chance(0.05)) assert.throws(() => this.world.queue.enqueue(action));
  }

  fail() {
    this.thrown += 1;
    throw new Error("A callback of the page throws.");
  }

  // --- what a server sees ---

  sent(request) {
    if (!request.body?.actions) return;
    const { lane } = request;
    const open = this.world.inFlight.filter((other) => other.lane === lane && !other.freed);
    assert.ok(open.length <= { foreground: 1, background: 3 }[lane], `${open.length} requests in the ${lane}`);
    if (lane === "background") assert.equal(request.ids.length, 1);
    assert.equal(new Set(request.ids).size, request.ids.length, "an id twice in a request");
    const indexes = [];
    for (const id of request.ids) {
      const action = this.byId.get(id);
      assert.ok(!action.bad, "sent what can't be serialised");
      const runs = this.mayHaveRun.get(id) ?? 0;
      assert.ok(runs === 0 || (runs === 1 && (action.idempotent || action.storable)), "sent again what may have run");
      if (!action.storable && !action.moved) {
        indexes.push(action.index);
        // With a new CSRF token it is the same request that goes again, whatever ended meanwhile.
        assert.ok(!action.isFinal || this.renewed.has(id), "sent what has ended");
        assert.equal(action.background, lane === "background");
        if (!action.wasSent) {
          assert.ok(action.index > this.lastFirst[lane], "started out of order");
          this.lastFirst[lane] = action.index;
        }
      }
      action.wasSent = true;
    }
    assert.deepEqual(
      indexes,
      indexes.toSorted((one, other) => one - other),
      "a batch out of order",
    );
  }

  ran(request) {
    if (request.ran) return;
    request.ran = true;
    for (const id of request.ids) this.mayHaveRun.set(id, (this.mayHaveRun.get(id) ?? 0) + 1);
  }

  answer(request) {
    if (!request.body?.actions) return this.answerDurable(request);
    const id = this.pick(request.ids);
    if (!request.begun && this.chance(0.25)) {
      const refusals = [
        [401],
        [403, { code: "csrf", message: "", token: "t" }],
        [403],
        [413],
        [429],
        [429, undefined, { "Retry-After": "3" }],
        [500],
      ];
      const [status, error, headers] = this.pick(refusals);
      if (error?.code === "csrf") for (const each of request.ids) this.renewed.add(each);
      request.refuse(status, error, headers);
      return;
    }
    this.ran(request);
    if (this.chance(0.1)) return request.fail();
    request.begun = true;
    switch (
      this.pick([
        "success",
        "success",
        "success",
        "error",
        "progress",
        "unknown",
        "malformed",
        "half",
        "durable",
        "end",
        "end",
        "close",
        "all",
      ])
    ) {
      case "success":
        return this.succeed(request, id);
      case "error":
        return request.line({ id, state: "ERROR", error: { code: this.pick(["invalid", "login_required"]) } });
      case "progress":
        return request.line({ id, progress: this.random() });
      case "unknown":
        return request.line({ id: this.pick(["nobody", 7, null]), state: "SUCCESS", value: "not mine" });
      case "malformed":
        return request.raw(this.pick(["{]\n", "null\n", "[1]\n", "\n\n", '"text"\n', "\u0000\n"]));
      case "half":
        return request.raw('{"id": "');
      case "durable":
        if (request.lane === "background" && !this.chance(0.2)) request.freed = true;
        if (request.lane !== "background" || request.freed) request.line({ id, durable: `d${id}` });
        return request;
      case "end":
        return request.end();
      case "close":
        return request.close();
      default:
        for (const each of request.ids) this.succeed(request, each);
        return request.end();
    }
  }

  succeed(request, id) {
    const value = {
      of: request.body.actions.find((action) => action.id === id).params,
      version: (this.versions += 1) % 3,
    };
    request.line({ id, state: "SUCCESS", value });
  }

  answerDurable(request) {
    switch (this.pick(["running", "running", "success", "error", "gone", "fail", "busy"])) {
      case "running":
        return request.json(200, { state: "RUNNING", progress: this.random(), text: "" }, { ETag: "x" });
      case "success":
        return request.json(200, { state: "SUCCESS", value: { durable: true } });
      case "error":
        return request.json(200, { state: this.pick(["ERROR", "CANCELLED"]) });
      case "gone":
        return request.refuse(404);
      case "fail":
        return request.fail();
      default:
        return request.refuse(503);
    }
  }

  // --- chance ---

  async step() {
    const { world } = this;
    const roll = this.random();
    if (roll < 0.3) for (let count = this.random() * 4; count > 0; count -= 1) this.enqueue();
    else if (roll < 0.35 && this.actions.length) this.pick(this.actions).abort();
    else if (roll < 0.38 && this.actions.length) this.pick(this.actions).controller.abort();
    else if (roll < 0.41) {
      const index = this.pick([0, 1]);
      this.owners[index].valid = false;
      this.owners[index] = this.owner();
    } else if (roll < 0.44 && this.actions.length) {
      const action = this.pick(this.actions);
      action.moved ||= !action.background;
      action.setBackground();
    } else if (roll < 0.46) {
      world.isOnline = !world.isOnline;
      world.window.tell(world.isOnline ? "online" : "offline");
    } else if (roll < 0.56) await world.clock.advance(this.random() * 15_000);
    else if (roll < 0.7) await world.turn();
    else if (world.inFlight.length) this.answer(this.pick(world.inFlight));
    if (this.chance(0.5)) await settled();
    this.look();
  }

  look() {
    const { foreground, background, durable } = this.world.queue.snapshot();
    for (const action of [...foreground.waiting, ...background.waiting]) assert.ok(!action.isFinal || action.storable);
    for (const action of durable) assert.equal(action.state, "RUNNING");
    for (const action of this.actions) {
      assert.ok(action.calls.length <= (action.storable ? 2 : 1), "called back too often");
      assert.equal(action.calls.length > 0, action.isFinal);
      if (action.calls.length === 2) assert.equal(action.calls[0][0], "SUCCESS");
    }
  }

  async finish() {
    const { world } = this;
    world.isOnline = true;
    this.random = randomOf(1);
    const probes = [world.foreground("last", {}), world.background("last", {})];
    for (const probe of probes) {
      this.byId.set(probe.id, Object.assign(probe, { index: this.actions.length, last: true }));
      this.actions.push(probe);
    }
    for (let round = 0; this.actions.some((action) => !action.isFinal); round += 1) {
      assert.ok(round < 200, "the queue is wedged");
      await world.turn();
      for (const request of world.inFlight) {
        if (!request.body?.actions) request.json(200, { state: "SUCCESS", value: 1 });
        else {
          this.ran(request);
          request.raw("\n");
          for (const id of request.ids) this.succeed(request, id);
          request.end();
        }
      }
      await world.turn();
      await world.clock.advance(1000);
    }
    await world.turn();
    for (const probe of probes)
      assert.deepEqual(
        probe.calls.map(([state]) => state),
        ["SUCCESS"],
      );
    for (const action of this.actions) {
      assert.ok(action.calls.length >= 1, "never called back");
      assert.equal(await action.settled, action);
      if (action.bad && action.calls[0][0] !== "ABORTED" && action.calls[0][0] !== "INCOMPLETE")
        assert.equal(action.error.code, "serialization");
      const { value, params } = action;
      if (action.state === "SUCCESS" && value?.of) assert.deepEqual(value.of, params, "the answer of another");
    }
    this.look();
    const { foreground, background } = world.queue.snapshot();
    for (const lane of [foreground, background]) assert.deepEqual(lane.waiting, []);
    assert.equal(world.reports.length, this.thrown, "an exception was not reported");
  }
}

async function run(seed) {
  const model = new Model(seed);
  const wrong = [];
  // A check inside the network's fetch would be taken for a broken connection.
  const { onRequest } = model.world;
  model.world.onRequest = (request) => {
    try {
      onRequest(request);
    } catch (error) {
      wrong.push(error);
    }
  };
  try {
    for (let step = 0; step < STEPS; step += 1) await model.step();
    await model.finish();
    if (wrong.length) throw wrong[0];
  } catch (error) {
    throw new Error(`with MODEL_SEED=${seed}`, { cause: error });
  }
  return model;
}

const chosen = Number(process.env.MODEL_SEED);

if (!chosen)
  test(`${RUNS} random sequences`, async () => {
    const seen = { actions: 0, twice: 0, states: new Set(), codes: new Set() };
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { actions } = await run(seed);
      seen.actions += actions.length;
      for (const action of actions) {
        seen.twice += Number(action.calls.length === 2);
        seen.states.add(action.state);
        if (action.error) seen.codes.add(action.error.code);
      }
    }
    if (RUNS < 1000) return;
    // A model that never gets anywhere would prove nothing.
    assert.ok(seen.actions > RUNS * 5);
    assert.ok(seen.twice > 0);
    assert.deepEqual([...seen.states].sort(), ["ABORTED", "ERROR", "INCOMPLETE", "SUCCESS"]);
    const codes = [
      "aborted",
      "cancelled",
      "csrf",
      "forbidden",
      "incomplete_answer",
      "invalid",
      "login_required",
      "network",
      "not_found",
      "offline",
      "protocol",
      "serialization",
      "server_error",
      "timeout",
      "too_large",
    ];
    assert.deepEqual([...seen.codes].sort(), codes);
  });

if (chosen) test(`seed ${chosen}`, () => run(chosen));
