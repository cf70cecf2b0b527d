import assert from "node:assert/strict";
import { test } from "node:test";
import { pathsHere } from "./quotes.js";

const HERE = "http://127.0.0.1:4000";

test("only what leads here is asked for, once", () => {
  assert.deepEqual(pathsHere(`/r/kitchen/7 ${HERE}/r/kitchen/7 ${HERE}/r/attic/1`, HERE), ["/r/kitchen/7", "/r/attic/1"]);
  assert.deepEqual(pathsHere("https://elsewhere.example/r/kitchen/7", HERE), []);
  assert.deepEqual(pathsHere(`${HERE}0/r/kitchen/7`, HERE), [], "another port is elsewhere");
  assert.deepEqual(pathsHere("", HERE), []);
});
