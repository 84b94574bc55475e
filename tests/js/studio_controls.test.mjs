/** What the controls of the Studio's forms write is what was read, and what people choose. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { asGroup, asWritten } from "../../src/meanwhile/static/meanwhile/studio/condition.js";
import { asKey } from "../../src/meanwhile/static/meanwhile/studio/control.js";
import { readDuration, written, writtenDuration } from "../../src/meanwhile/static/meanwhile/studio/literal.js";
import { readKey, writtenRules } from "../../src/meanwhile/static/meanwhile/studio/lookups.js";
import { readMoment, writtenMoment } from "../../src/meanwhile/static/meanwhile/studio/moment.js";

test("a moment that is moved twice is read and written as it was", () => {
  const moment = { at: "before", base: { at: "after", base: { at: "field", field: "starts" }, days: 1, hours: 3 }, months: 2 };
  const { shifts, base } = readMoment(moment);
  assert.deepEqual(shifts, [{ at: "before", span: { months: 2 } }, { at: "after", span: { hours: 3, days: 1 } }]);
  assert.deepEqual(base, { at: "field", field: "starts" });
  assert.deepEqual(writtenMoment(shifts, base), moment);
});

test("a shift without a number is one day, and a moment without a shift its base alone", () => {
  assert.deepEqual(writtenMoment([{ at: "after", span: {} }], { at: "now" }), { at: "after", base: { at: "now" }, days: 1 });
  assert.deepEqual(writtenMoment([], { at: "now" }), { at: "now" });
});

for (const condition of [
  { test: "is_new" },
  { test: "not", of: { test: "is", field: "price", op: "empty" } },
  { test: "any", of: [{ test: "not", of: { test: "all", of: [{ test: "is_new" }] } }, { test: "changed", fields: ["a", "b"] }] },
  { test: "not", of: { test: "any", of: [{ test: "is_new" }, { test: "is_new" }] } },
  { test: "count", of: "shop.Ticket", op: ">=", number: 2, where: { paid: { value: "literal", literal: true } } },
]) {
  test(`a condition is written as it was read: ${JSON.stringify(condition)}`, () => {
    assert.deepEqual(asWritten(asGroup(condition)), condition);
  });
}

test("whole numbers are numbers, decimals keep their digits, and a float is a number", () => {
  assert.equal(written("12", "number"), 12);
  assert.equal(written("12.50", "number"), "12.50");
  assert.equal(written("12,50", "number"), "12.50");
  assert.equal(written("12.5", "float"), 12.5);
  assert.equal(written("12345678901234567890", "number"), "12345678901234567890");
  assert.equal(written("12", "text"), "12");
});

test("a key of digits is a number, any other text stays", () => {
  assert.deepEqual(["7", "007", "anna", "1234567890123456"].map(asKey), [7, "007", "anna", "1234567890123456"]);
});

test("a duration is read in days, hours and minutes; another way of writing it is left alone", () => {
  assert.deepEqual(readDuration("P2DT3H0M"), { hours: 3, days: 2 });
  assert.equal(writtenDuration({ days: 2, hours: 3 }), "P2DT3H0M");
  assert.equal(readDuration("2 days, 0:00:00"), null);
});

const FIELDS = {
  Booking: [{ name: "seat", label: "Seat", type: "relation", relation: "Seat" }, { name: "starts", label: "Starts", type: "datetime" }],
  Seat: [{ name: "price", label: "Price", type: "number" }],
};
const context = { fields: async (model) => FIELDS[model] ?? [], texts: {} };

for (const [key, path, rest, type] of [
  ["seat__price__gte", "seat.price", "gte", "number"],
  ["seat", "seat", "", "relation"],
  ["seat__isnull", "seat", "isnull", "relation"],
  ["starts__year__lt", "starts.year", "lt", "number"],
  ["starts__date", "starts.date", "", "date"],
  ["unknown__iregex", "", "unknown__iregex", undefined],
]) {
  test(`the lookup ${key} is the field “${path}” and the question “${rest}”`, async () => {
    const read = await readKey(context, "Booking", key);
    assert.deepEqual([read.path, read.rest, read.field?.type], [path, rest, type]);
  });
}

test("rules are written as Django's lookups; one without a field is left out", () => {
  const lookups = { gte: { name: "gte", literal: null }, empty: { name: "isnull", literal: true }, "": { name: "", literal: null } };
  const value = { value: "field", field: "price" };
  const rules = [{ path: "seat.price", ask: "gte", value }, { path: "starts", ask: "empty", value }, { path: "", ask: "", value }];
  assert.deepEqual(writtenRules(rules, (rule) => lookups[rule.ask]), { seat__price__gte: value, starts__isnull: { value: "literal", literal: true } });
});
