import assert from "node:assert/strict";
import { test } from "node:test";
import { Reading, TELL_EVERY_MS, tellIn } from "./reading.js";

test("what was read is told at once, and then not again for a while", () => {
  assert.equal(tellIn({ told: 3, toldAt: -Infinity }, 5, 1000), 0);
  assert.equal(tellIn({ told: 5, toldAt: 1000 }, 6, 1500), TELL_EVERY_MS - 500);
  assert.equal(tellIn({ told: 5, toldAt: 1000 }, 6, 9000), 0);
});

test("what is known is not told", () => {
  assert.equal(tellIn({ told: 5, toldAt: 0 }, 5, 9000), null);
  assert.equal(tellIn({ told: 5, toldAt: 0 }, 3, 9000), null);
});

test("several messages are one word, and leaving says the last one", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 10_000 });
  const said = [];
  const reading = new Reading(0, (number) => said.push(number), (number) => said.push(`left at ${number}`));
  reading.saw(1);
  reading.saw(2);
  context.mock.timers.tick(0);
  assert.deepEqual(said, [2]);
  reading.saw(3);
  reading.saw(4);
  context.mock.timers.tick(TELL_EVERY_MS - 1);
  assert.deepEqual(said, [2]);
  context.mock.timers.tick(1);
  assert.deepEqual(said, [2, 4]);
  reading.saw(5);
  reading.end();
  context.mock.timers.tick(TELL_EVERY_MS);
  assert.deepEqual(said, [2, 4, "left at 5"]);
});
