import assert from "node:assert/strict";
import { test } from "node:test";
import { atBottom, comesIntoView, countNew, farUp, firstBelow, holdOn, nearTop } from "./position.js";

test("the bottom reaches forty pixels up", () => {
  assert.ok(atBottom({ scrollTop: 0 }));
  assert.ok(atBottom({ scrollTop: -40 }));
  assert.ok(!atBottom({ scrollTop: -41 }));
});

test("the top is measured from the oldest message shown", () => {
  const page = { scrollHeight: 5000, clientHeight: 600 };
  assert.ok(!nearTop({ ...page, scrollTop: 0 }));
  assert.ok(nearTop({ ...page, scrollTop: -3600 }));
  assert.ok(nearTop({ scrollHeight: 500, clientHeight: 600, scrollTop: 0 }));
});

test("what is far above matters only to those who scroll there", () => {
  assert.ok(comesIntoView(10, true));
  assert.ok(!comesIntoView(-10, true));
  assert.ok(comesIntoView(-10, false));
  assert.ok(!comesIntoView(-2000, false));
});

test("a way back is offered from far up only", () => {
  assert.ok(!farUp({ scrollTop: -600, clientHeight: 600 }));
  assert.ok(farUp({ scrollTop: -1000, clientHeight: 600 }));
});

test("the first visible message is the first whose end is below the edge", () => {
  const bottoms = [-100, -20, 30, 90];
  const first = (y) => firstBelow(bottoms.length, (i) => bottoms[i], y);
  assert.equal(first(0), 2);
  assert.equal(first(-200), 0);
  assert.equal(first(500), 4);
});

test("the first message in view stays where it was", () => {
  const marks = [{ number: 11, offset: -4 }, { number: 14, offset: 30 }];
  assert.deepEqual(holdOn(marks, [10, 11, 14, 20]), { index: 1, offset: -4 });
});

test("if it is gone, what was below it stays where that was", () => {
  const marks = [{ number: 11, offset: -4 }, { number: 14, offset: 30 }];
  assert.deepEqual(holdOn(marks, [12, 14, 20]), { index: 1, offset: 30 });
});

test("if all in view is gone, the next takes its place", () => {
  assert.deepEqual(holdOn([{ number: 12, offset: -4 }], [10, 11, 14]), { index: 2, offset: -4 });
  assert.deepEqual(holdOn([{ number: 99, offset: -4 }], [10, 11]), { index: 1, offset: -4 });
  assert.equal(holdOn([{ number: 5, offset: 0 }], []), null);
});

test("one's own messages are not news", () => {
  assert.equal(countNew([8, 9, 10, 11], [false, false, true, false], 8), 2);
  assert.equal(countNew([8], [false], 8), 0);
});
