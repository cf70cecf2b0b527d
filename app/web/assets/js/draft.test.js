import assert from "node:assert/strict";
import { test } from "node:test";
import { disconnected, edited, empty, posted, refused, restored, stored, submitted } from "./draft.js";

const written = (text) => edited(empty("m1"), text);
const sent = (text) => submitted(written(text), true).draft;

test("a text goes out under its id and is cleared when it is stored", () => {
  const { draft, go } = submitted(written("hello"), true);
  assert.equal(go, "hello");
  assert.equal(draft.text, "hello");
  assert.deepEqual(posted(draft, "m1", "m2"), empty("m2"));
});

test("nothing but blanks does not go out", () => {
  assert.equal(submitted(written("  \n "), true).go, null);
});

test("what was typed while the text was on its way stays", () => {
  assert.equal(posted(edited(sent("hello"), "hello\nand more"), "m1", "m2").text, "and more");
  assert.equal(posted(edited(sent("hello"), "Something else"), "m1", "m2").text, "Something else");
});

test("a second Enter waits for the first answer", () => {
  const { draft, go } = submitted(edited(sent("one"), "onetwo"), true);
  assert.equal(go, null);
  const next = posted(draft, "m1", "m2");
  assert.ok(next.again);
  assert.equal(submitted({ ...next, again: false }, true).go, "two");
});

test("a refused text stays, with its id", () => {
  const draft = refused(sent("too long"));
  assert.equal(draft.text, "too long");
  assert.equal(draft.id, "m1");
  assert.equal(submitted(draft, true).go, "too long");
});

test("somebody else's answer clears nothing", () => {
  const draft = sent("hello");
  assert.equal(posted(draft, "m0", "m2"), draft);
});

test("an answer that comes after the refusal was assumed still clears", () => {
  assert.equal(posted(refused(sent("hello")), "m1", "m2").text, "");
});

test("without a connection the text waits, and goes out once", () => {
  const offline = submitted(written("hello"), false);
  assert.equal(offline.go, null);
  assert.ok(offline.draft.waiting);
  const back = submitted(offline.draft, true);
  assert.equal(back.go, "hello");
  assert.ok(!back.draft.waiting);
});

test("editing a text that never went out takes it back", () => {
  const { draft } = submitted(written("hello"), false);
  assert.ok(!edited(draft, "hello?").waiting);
});

test("a text whose answer was lost goes out again exactly as it was, under the same id", () => {
  const lost = disconnected(sent("hello"));
  assert.ok(lost.waiting);
  const changed = edited(lost, "hello there");
  assert.ok(changed.waiting);
  const back = submitted(changed, true);
  assert.equal(back.go, "hello");
  assert.equal(back.draft.id, "m1");
  assert.equal(posted(back.draft, "m1", "m2").text, " there");
});

test("a draft survives a reload; what was on its way goes out again", () => {
  assert.deepEqual(restored(stored(written("hello"))), written("hello"));
  const again = restored(stored(sent("hello")));
  assert.ok(again.waiting);
  assert.equal(submitted(again, true).go, "hello");
  assert.equal(stored(empty("m1")), null);
});

test("a stored draft that makes no sense is no draft", () => {
  for (const nonsense of [null, "", "{}", "nonsense", '{"id":"","text":"x"}', '{"id":"a"}']) {
    assert.equal(restored(nonsense), null);
  }
});
