import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./until.js";

const format = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const inMs = (left) => until(1_000_000 + left, 1_000_000, format);

test("what is left is told in the largest unit of which there are two", () => {
  assert.equal(inMs(30 * 60_000), "in 30 minutes");
  assert.equal(inMs(119_000), "in 119 seconds");
  assert.equal(inMs(120_000), "in 2 minutes");
  assert.equal(inMs(90 * 60_000), "in 90 minutes");
  assert.equal(inMs(3 * 86_400_000), "in 3 days");
  assert.equal(inMs(1_000), "in 1 second");
});

test("a moment that has come is any moment", () => {
  assert.equal(inMs(999), "any moment");
  assert.equal(inMs(-5_000), "any moment");
});
