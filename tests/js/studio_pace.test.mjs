/** The Studio's pages ask often where somebody looks, seldom in a hidden tab, and ever more seldom without a connection. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { createPace } from "../../src/meanwhile/static/meanwhile/studio/pace.js";

const EVERY = 2000;

/** Ticks come every two seconds, and what is counted is when the pace lets one ask. */
function setting() {
  const now = { time: 0, hidden: false };
  const pace = createPace({ now: () => now.time, hidden: () => now.hidden });
  const ticks = (number) => {
    const asked = [];
    for (let tick = 0; tick < number; tick += 1) {
      now.time += EVERY;
      if (pace.mayAsk(EVERY, true)) asked.push(now.time / 1000);
    }
    return asked;
  };
  return { now, pace, ticks };
}

test("every tick asks while somebody looks", () => {
  const { ticks } = setting();
  assert.deepEqual(ticks(4), [2, 4, 6, 8]);
});

test("a hidden tab asks ten times less often", () => {
  const { now, ticks } = setting();
  ticks(1);
  now.hidden = true;
  assert.deepEqual(ticks(21), [22, 42]);
});

test("whoever looks again is shown what is new at once", () => {
  const { now, pace, ticks } = setting();
  ticks(1);
  now.hidden = true;
  assert.equal(pace.mayAsk(EVERY, false), false); // it is told of being hidden, too
  now.hidden = false;
  assert.equal(pace.mayAsk(EVERY, false), true);
});

test("without a connection each pause is twice as long, up to a minute", () => {
  const { now, pace, ticks } = setting();
  const pauses = [];
  for (let failure = 0; failure < 7; failure += 1) pauses.push(pace.missed(EVERY) / 1000);
  assert.deepEqual(pauses, [4, 8, 16, 32, 60, 60, 60]);
  assert.deepEqual(ticks(31), [60, 62]);
  pace.missed(EVERY);
  now.time += 1000;
  assert.equal(pace.mayAsk(EVERY, false), true); // the browser says that it is online
});

test("an answer ends the pauses", () => {
  const { pace, ticks } = setting();
  pace.missed(EVERY);
  pace.missed(EVERY);
  pace.heard();
  assert.deepEqual(ticks(2), [2, 4]);
  assert.equal(pace.missed(EVERY), 4000);
});

test("ticks that come a little early are not passed over", () => {
  const { now, pace } = setting();
  pace.missed(EVERY);
  now.time = 3900;
  assert.equal(pace.mayAsk(EVERY, true), true);
});

test("a page that was refused asks no more until there is an answer to what a person did", () => {
  const { pace, ticks } = setting();
  pace.stop();
  assert.deepEqual(ticks(5), []);
  assert.equal(pace.mayAsk(EVERY, false), false);
  pace.heard();
  assert.deepEqual(ticks(1), [12]);
});

test("a part that looks seldom says a pause of its own length", () => {
  const { pace } = setting();
  assert.equal(pace.missed(30_000), 60_000);
  assert.equal(createPace({ now: () => 0, hidden: () => false }).missed(0), 2000);
});
