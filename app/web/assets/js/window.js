// Which messages are on the page, and which are missing. Numbers count from 1 in every room; a number may be missing
// for good, because its message was deleted or has expired.

/**
 * The hole between the older messages and the live ones, or null. Both lists are numbers, oldest first.
 *
 * It opens when the live window moved on while someone was away or reading far up.
 */
export function gapBetween(older, live) {
  if (older.length === 0 || live.length === 0) return null;
  const from = older[older.length - 1] + 1;
  const to = live[0] - 1;
  return from <= to ? { from, to } : null;
}

/** How many of the older messages, at their end, are among the live ones too. */
export function doubles(older, live) {
  if (live.length === 0) return 0;
  return older.length - older.filter((number) => number < live[0]).length;
}

/** Whether `gap` has been asked for: an answered gap that is still there has nothing in it any more. */
export function sameGap(a, b) {
  return a !== null && b !== null && a.from === b.from && a.to === b.to;
}

/** The number to ask older messages before, or null when there are none left to ask for. */
export function olderThan(first, answeredFor) {
  if (first === null || first <= 1 || first === answeredFor) return null;
  return first;
}
