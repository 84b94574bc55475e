/** The same files as a package of npm: what it exports can be imported by name, in Node, as it is. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
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

test("every module can be imported where there is no page", async () => {
  const folder = new URL("src/meanwhile/static/meanwhile/", root);
  const modules = readdirSync(folder).filter((name) => name.endsWith(".js"));
  assert.ok(modules.length > 10);
  for (const name of modules) await import(new URL(name, folder));
});

test("it has the version of the Python package", () => {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const [, python] = /^version = "(.*)"$/m.exec(readFileSync(new URL("pyproject.toml", root), "utf8")) ?? [];
  assert.equal(version, python);
});
