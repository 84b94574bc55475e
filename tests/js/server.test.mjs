/** The promise face, and the page's own queue and server. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ActionError, createServer } from "../../src/meanwhile/static/meanwhile/server.js";
import { createStorage } from "../../src/meanwhile/static/meanwhile/storage.js";
import { World, settled } from "./fake_network.mjs";

function serve(options) {
  const world = new World(options);
  return { world, server: createServer(world.queue) };
}

describe("a call", () => {
  test("goes with the foreground and gives what the method returned", async () => {
    const { world, server } = serve();
    const both = Promise.all([server.echo.echo({ message: "hi" }), server.other.thing()]);
    await world.turn();
    const [request] = world.requests;
    assert.deepEqual([request.lane, request.names], ["foreground", ["echo.echo", "other.thing"]]);
    assert.deepEqual(
      request.body.actions.map(({ params }) => params),
      [{ message: "hi" }, {}],
    );
    request.echo();
    assert.deepEqual(await both, ["hi", null]);
  });

  test("in the background is a request of its own", async () => {
    const { world, server } = serve();
    const both = Promise.all(["a", "b"].map((message) => server.echo.echo.background({ message })));
    await world.turn();
    assert.deepEqual(
      world.requests.map(({ lane, names }) => [lane, ...names]),
      [
        ["background", "echo.echo"],
        ["background", "echo.echo"],
      ],
    );
    for (const request of world.requests) request.echo();
    assert.deepEqual(await both, ["a", "b"]);
  });

  test("rejects with an error that carries state, code, message and fields", async () => {
    const { world, server } = serve();
    const call = server.echo.echo({});
    await world.turn();
    const problem = { code: "invalid", message: "A field is wrong.", fields: { message: ["Missing."] } };
    world.requests[0].error("echo.echo", problem).end();
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ActionError && error instanceof Error);
      const { name, state, code, message, fields } = error;
      assert.deepEqual({ name, state, code, message, fields }, { name: "ActionError", state: "ERROR", ...problem });
      return true;
    });
  });

  test("takes a signal, a timeout and an onProgress", async () => {
    const { world, server } = serve();
    const controller = new AbortController();
    const told = [];
    const aborted = server.echo.echo({}, { signal: controller.signal });
    const late = server.echo.echo.background({}, { timeout: 500, onProgress: (...all) => told.push(all) });
    const checks = [
      assert.rejects(aborted, { state: "ABORTED", code: "aborted" }),
      assert.rejects(late, { state: "INCOMPLETE", code: "timeout" }),
    ];
    await world.turn();
    controller.abort();
    world.last("background").line({ id: world.last("background").ids[0], progress: 0.2, text: "…" });
    await settled();
    await world.clock.advance(500);
    await Promise.all(checks);
    assert.deepEqual(told, [[0.2, "…"]]);
  });

  test("onRefresh is told what came after a stored answer", async () => {
    const { world, server } = serve();
    const stale = { get: () => ({ value: 1, age: 100 }), set() {}, delete() {} };
    const again = serve({ storage: stale });
    const told = [];
    const call = again.server.read.it({}, { storable: true, onRefresh: (value) => told.push(value) });
    await again.world.turn();
    assert.equal(await call, 1);
    again.world.requests[0].success("read.it", 2).end();
    await again.world.turn();
    assert.deepEqual(told, [2]);
    void [world, server, createStorage];
  });
});

test("a server and a controller are no promises, so they can be returned from async functions", async () => {
  const { world, server } = serve();
  assert.equal(await (async () => server)(), server);
  const { echo } = server;
  assert.equal(await (async () => echo)(), echo);
  assert.equal(server[Symbol.toPrimitive], undefined);
  await world.turn();
  assert.equal(world.requests.length, 0);
});

describe("the page's own", () => {
  test("is made at its first use, from the page's head", async (context) => {
    const { queue, server } = await import("../../src/meanwhile/static/meanwhile/client.js");
    assert.throws(() => queue.snapshot(), /document is not defined|meanwhile_actions/);
    const metas = {
      endpoint: "/meanwhile/actions/",
      csrf: "page-token",
      "max-actions": "2",
      "max-body": "",
      "max-depth": "x",
    };
    globalThis.document = {
      querySelector(selector) {
        const content = metas[/name="meanwhile-(.*)"/.exec(selector)[1]];
        return content === undefined ? null : { getAttribute: () => content };
      },
    };
    const requests = [];
    const original = globalThis.fetch;
    context.after(() => {
      delete globalThis.document;
      globalThis.fetch = original;
    });
    globalThis.fetch = async (url, { headers, body }) => {
      const { actions } = JSON.parse(body);
      requests.push([url, headers["X-CSRFToken"], actions.map(({ action }) => action)]);
      const lines = actions.map(({ id }) => JSON.stringify({ id, state: "SUCCESS", value: 1 }));
      return new Response(`${lines.join("\n")}\n{"end": true}\n`);
    };
    await Promise.all(["a", "b", "c"].map((name) => server.echo[name]({})));
    assert.deepEqual(requests, [
      ["/meanwhile/actions/", "page-token", ["echo.a", "echo.b"]],
      ["/meanwhile/actions/", "page-token", ["echo.c"]],
    ]);
    assert.equal(queue.snapshot().done.length, 3);
  });
});

test("nor does a request that a test's network never answers", async () => {
  const { spawnSync } = await import("node:child_process");
  const module = new URL("../../src/meanwhile/static/meanwhile/queue.js", import.meta.url).href;
  const program = `
    import { createQueue } from "${module}";
    const queue = createQueue({ endpoint: "/", fetch: () => { console.log("asked"); return new Promise(() => {}); } });
    queue.enqueue(queue.action("a.b"));`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    timeout: 10_000,
    encoding: "utf8",
  });
  assert.deepEqual([stdout, status], ["asked\n", 0]);
});

test("nothing here keeps Node alive", async () => {
  const { spawnSync } = await import("node:child_process");
  const module = new URL("../../src/meanwhile/static/meanwhile/queue.js", import.meta.url).href;
  const program = `
    import { createQueue } from "${module}";
    const queue = createQueue({ endpoint: "/", fetch: async () => new Response("") });
    console.log((await queue.enqueue(queue.action("a.b")).settled).error.code);`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    timeout: 10_000,
    encoding: "utf8",
  });
  assert.deepEqual([stdout, status], ["incomplete_answer\n", 0]);
});
