import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement } from "./announcement.js";

const says = (author, text) => ({ author, text });

test("a message is read out with its author", () => {
  assert.equal(announcement([says("Quiet Heron", " hello\n there ")]), "Quiet Heron: hello there");
  assert.equal(announcement([]), "");
});

test("a few are read out together, many are counted", () => {
  assert.equal(announcement([says("Ana", "one"), says("Ben", "two")]), "Ana: one. Ben: two");
  assert.equal(announcement(Array(4).fill(says("Ana", "x"))), "4 new messages");
});

test("a long message is cut short", () => {
  const line = announcement([says("Ana", "word ".repeat(200))]);
  assert.ok(line.length < 220);
  assert.ok(line.endsWith("…"));
});
