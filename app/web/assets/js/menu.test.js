import assert from "node:assert/strict";
import { test } from "node:test";
import { placed } from "./menu.js";

const menu = { width: 200, height: 100 };
const anchor = (left, top) => ({ left, top, right: left + 40, bottom: top + 40 });

test("a menu opens below what was clicked, aligned with its end", () => {
  assert.deepEqual(placed(anchor(500, 100), menu, 1000, 800), { left: 340, top: 144 });
});

test("at the lower edge it opens above", () => {
  assert.deepEqual(placed(anchor(500, 750), menu, 1000, 800), { left: 340, top: 646 });
});

test("it never leaves the window", () => {
  assert.equal(placed(anchor(0, 100), menu, 1000, 800).left, 8);
  assert.equal(placed(anchor(960, 100), menu, 320, 800).left, 112);
  assert.equal(placed(anchor(0, 60), { width: 200, height: 900 }, 320, 640).top, 8);
});
