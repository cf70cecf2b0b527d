import assert from "node:assert/strict";
import { test } from "node:test";
import { TELL_EVERY_MS, tells, typingSentence } from "./typing.js";

test("who types is said in a sentence", () => {
  assert.equal(typingSentence([]), "");
  assert.equal(typingSentence(["Ana"]), "Ana is typing");
  assert.equal(typingSentence(["Ana", "Ben"]), "Ana and Ben are typing");
  assert.equal(typingSentence(["Ana", "Ben", "Cleo"]), "Ana, Ben and Cleo are typing");
  assert.equal(typingSentence(["Ana", "Ben", "Cleo", "Dora"]), "4 people are typing");
});

test("typing is told at once, and then now and then", () => {
  const silent = { at: 0, typing: false };
  assert.equal(tells(silent, "h", 10_000), "typing");
  const told = { at: 10_000, typing: true };
  assert.equal(tells(told, "he", 10_000 + TELL_EVERY_MS - 1), null);
  assert.equal(tells(told, "hel", 10_000 + TELL_EVERY_MS), "typing");
});

test("an empty box is told once, and a command never", () => {
  const told = { at: 10_000, typing: true };
  assert.equal(tells(told, " ", 10_100), "typing_stopped");
  assert.equal(tells({ at: 10_100, typing: false }, "", 10_200), null);
  assert.equal(tells({ at: 0, typing: false }, " /nick An", 10_200), null);
  assert.equal(tells({ at: 0, typing: false }, "//etc", 10_200), "typing");
});
