import assert from "node:assert/strict";
import { test } from "node:test";
import { reconnectAfterMs, rejoinAfterMs } from "./retry.js";

test("delays grow, and then stay", () => {
  const after = reconnectAfterMs(() => 0.5);
  assert.equal(after(1), 30);
  assert.ok(after(2) > after(1));
  assert.equal(after(50), 3000);
  assert.equal(rejoinAfterMs(() => 0.5)(1), 500);
});

test("no two browsers come back in step", () => {
  assert.equal(reconnectAfterMs(() => 0)(4), 200);
  assert.equal(reconnectAfterMs(() => 1)(4), 600);
});
