import assert from "node:assert/strict";
import { test } from "node:test";
import { doubles, gapBetween, olderThan, sameGap } from "./window.js";

test("lists that meet have no gap", () => {
  assert.equal(gapBetween([1, 2, 3], [4, 5]), null);
});

test("lists that overlap for a moment have no gap", () => {
  assert.equal(gapBetween([1, 2, 3, 4], [4, 5]), null);
});

test("the window that moved on leaves a gap", () => {
  assert.deepEqual(gapBetween([1, 2, 3], [9, 10]), { from: 4, to: 8 });
  assert.deepEqual(gapBetween([7], [9]), { from: 8, to: 8 });
});

test("without older messages, or without live ones, nothing is missing", () => {
  assert.equal(gapBetween([], [9, 10]), null);
  assert.equal(gapBetween([1, 2], []), null);
});

test("what is in both lists is counted at the end of the older one", () => {
  assert.equal(doubles([1, 2, 3, 4], [3, 4, 5]), 2);
  assert.equal(doubles([1, 2], [3, 4]), 0);
  assert.equal(doubles([1, 2], []), 0);
});

test("a gap is asked for once", () => {
  const gap = gapBetween([3], [9]);
  assert.ok(sameGap(gap, { from: 4, to: 8 }));
  assert.ok(!sameGap(gap, { from: 4, to: 9 }));
  assert.ok(!sameGap(gap, null));
});

test("older messages are asked for until the first one, and not twice for the same answer", () => {
  assert.equal(olderThan(50, null), 50);
  assert.equal(olderThan(50, 50), null);
  assert.equal(olderThan(1, null), null);
  assert.equal(olderThan(null, null), null);
});
