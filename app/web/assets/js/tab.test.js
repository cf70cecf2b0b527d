import assert from "node:assert/strict";
import { test } from "node:test";
import { tabToken } from "./tab.js";

const page = (content) => ({ querySelector: () => (content ? { content } : null) });

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test("a page like any other has no token", () => {
  assert.equal(tabToken(page(), storage()), undefined);
});

test("a tab stays who it was first, on every page", () => {
  const tab = storage();
  assert.equal(tabToken(page("first"), tab), "first");
  assert.equal(tabToken(page(), tab), "first");
  assert.equal(tabToken(page("second"), tab), "first");
});

test("a browser that keeps nothing still has the token of the page", () => {
  const closed = {
    getItem: () => {
      throw new Error("no");
    },
    setItem: () => {
      throw new Error("no");
    },
  };
  assert.equal(tabToken(page("first"), closed), "first");
});
