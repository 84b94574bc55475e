/** The same files as a package of npm: what it exports can be imported by name, in Node, as it is. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);

test("the page's client, the queue and the faces are imported by the package's name", async () => {
  const all = await import("django-meanwhile");
  for (const name of ["queue", "server", "createQueue", "createServer", "createStorage", "ActionError"])
    assert.ok(name in all, name);
  assert.equal((await import("django-meanwhile/queue.js")).createQueue, all.createQueue);
  const { $A, createComponent } = await import("django-meanwhile/classic.js");
  assert.equal(typeof $A.enqueueAction, "function");
  assert.equal(typeof createComponent, "function");
});

test("it has the version of the Python package", () => {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const [, python] = /^version = "(.*)"$/m.exec(readFileSync(new URL("pyproject.toml", root), "utf8")) ?? [];
  assert.equal(version, python);
});
