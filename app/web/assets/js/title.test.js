import assert from "node:assert/strict";
import { test } from "node:test";
import { titleWith } from "./title.js";

test("what waits stands before the title, once", () => {
  assert.equal(titleWith("The kitchen", 3), "(3) The kitchen");
  assert.equal(titleWith("(3) The kitchen", 4), "(4) The kitchen");
  assert.equal(titleWith("(4) The kitchen", 0), "The kitchen");
  assert.equal(titleWith("The kitchen (2)", 0), "The kitchen (2)");
});
