import assert from "node:assert/strict";
import { test } from "node:test";
import { freshId } from "./fresh_id.js";

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an id is a random UUID, with and without the browser's help", () => {
  const plain = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  assert.match(freshId(), UUID_4);
  assert.match(freshId(plain), UUID_4);
  assert.notEqual(freshId(plain), freshId(plain));
});
