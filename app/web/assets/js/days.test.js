import assert from "node:assert/strict";
import { test } from "node:test";
import { calendar, opensDay } from "./days.js";

const berlin = calendar("en-GB", "Europe/Berlin");
const at = (text) => new Date(text);

test("a day is the viewer's, not Greenwich's", () => {
  assert.equal(berlin.dayOf(at("2026-11-20T23:30:00Z")), "2026-11-21");
  assert.equal(calendar("en-GB", "America/Los_Angeles").dayOf(at("2026-11-21T05:00:00Z")), "2026-11-20");
  assert.equal(berlin.time(at("2026-11-21T14:05:00Z")), "15:05");
});

test("today and yesterday have names, other days a date, other years a year", () => {
  const now = at("2026-11-21T12:00:00Z");
  assert.equal(berlin.dayLabel(at("2026-11-21T00:01:00Z"), now), "Today");
  assert.equal(berlin.dayLabel(at("2026-11-20T12:00:00Z"), now), "Yesterday");
  assert.equal(berlin.dayLabel(at("2026-11-14T12:00:00Z"), now), "Saturday 14 November");
  assert.match(berlin.dayLabel(at("2025-11-14T12:00:00Z"), now), /2025$/);
});

test("the day when clocks change is one day", () => {
  // Berlin left summer time in the night to 25 October 2026.
  assert.equal(berlin.dayLabel(at("2026-10-24T22:30:00Z"), at("2026-10-25T22:30:00Z")), "Today");
  assert.equal(berlin.dayLabel(at("2026-10-24T21:30:00Z"), at("2026-10-25T22:30:00Z")), "Yesterday");
});

test("a list shows the time today and the date before", () => {
  const now = at("2026-11-21T12:00:00Z");
  assert.equal(berlin.recent(at("2026-11-21T08:00:00Z"), now), "09:00");
  assert.equal(berlin.recent(at("2026-11-20T08:00:00Z"), now), "Yesterday");
  assert.equal(berlin.recent(at("2026-03-02T08:00:00Z"), now), "2 Mar");
  assert.equal(berlin.recent(at("2024-03-02T08:00:00Z"), now), "2 Mar 2024");
});

test("only the first message of a day opens it", () => {
  assert.deepEqual(opensDay(["a", "a", "b", "b", "c"]), [true, false, true, false, true]);
  assert.deepEqual(opensDay(["a", null, "a"]), [true, false, false]);
  assert.deepEqual(opensDay([]), []);
});
