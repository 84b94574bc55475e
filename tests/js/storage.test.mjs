/** Where answers of storable actions are kept. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createStorage } from "../../src/meanwhile/static/meanwhile/storage.js";

/** Like the browser's, with room for a number of characters. */
function area(room = Infinity) {
  const items = new Map();
  return {
    items,
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    removeItem: (key) => void items.delete(key),
    setItem(key, text) {
      const used = [...items].reduce((sum, [name, value]) => sum + (name === key ? 0 : value.length), 0);
      if (used + text.length > room) throw new DOMException("full", "QuotaExceededError");
      items.set(key, text);
    },
  };
}

test("tells a value's age in seconds, and forgets it when it is expired", () => {
  let time = 0;
  const storage = createStorage({ now: () => time, expire: 60 });
  assert.equal(storage.get("a"), undefined);
  storage.set("a", { n: 1 });
  time = 59_000;
  assert.deepEqual(storage.get("a"), { value: { n: 1 }, age: 59 });
  time = 60_000;
  assert.equal(storage.get("a"), undefined);
});

test("gives each reader a copy", () => {
  const storage = createStorage();
  const value = { list: [1] };
  storage.set("a", value);
  value.list.push(2);
  storage.get("a")?.value.list.push(3);
  assert.deepEqual(storage.get("a")?.value, { list: [1] });
});

test("keeps to its prefix in an area that others use too", () => {
  const shared = area();
  shared.setItem("theirs", "x");
  const [one, two] = [createStorage({ area: shared, prefix: "one:" }), createStorage({ area: shared, prefix: "two:" })];
  one.set("a", 1);
  two.set("a", 2);
  assert.equal(one.get("a")?.value, 1);
  one.clear();
  assert.equal(one.get("a"), undefined);
  assert.equal(two.get("a")?.value, 2);
  two.delete("a");
  assert.deepEqual([...shared.items.keys()], ["theirs"]);
});

test("the oldest make room, by number and by the browser's limit", () => {
  let time = 0;
  const shared = area(400);
  const storage = createStorage({ area: shared, most: 3, now: () => (time += 1) });
  for (const key of ["a", "b", "c", "d"]) storage.set(key, key);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => storage.get(key)?.value),
    [undefined, "b", "c", "d"],
  );
  storage.set("big", "x".repeat(330));
  assert.equal(storage.get("big")?.value.length, 330);
  assert.equal(storage.get("d")?.value, "d");
  storage.set("huge", "x".repeat(500));
  assert.equal(storage.get("huge"), undefined);
});

test("what others wrote under its name is no answer", () => {
  const shared = area();
  shared.setItem("meanwhile:a", "{oops");
  shared.setItem("meanwhile:b", "null");
  const storage = createStorage({ area: shared });
  assert.deepEqual([storage.get("a"), storage.get("b")], [undefined, undefined]);
});
