import assert from "node:assert/strict";
import { test } from "node:test";
import { lineAbove } from "./unread_line.js";

const others = (...numbers) => numbers.map((number) => ({ number, mine: false }));

test("the line stands above the first message after the mark", () => {
  assert.equal(lineAbove(others(1, 2, 3, 4), 2, 4), 3);
  assert.equal(lineAbove(others(1, 2, 3, 4), 0, 4), 1);
});

test("there is none when everything was read, or nothing ever", () => {
  assert.equal(lineAbove(others(1, 2), 2, 2), null);
  assert.equal(lineAbove(others(1, 2), null, 2), null);
  assert.equal(lineAbove([], 0, 0), null);
});

test("what one said oneself is not new", () => {
  assert.equal(lineAbove([{ number: 3, mine: true }, { number: 4, mine: false }], 2, 4), 4);
});

test("what comes while one looks gets no line", () => {
  assert.equal(lineAbove(others(1, 2, 3), 2, 2), null);
});
