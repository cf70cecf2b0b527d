// Where the reader is in the conversation. The list is laid out from the bottom (`flex-direction: column-reverse`), so
// its `scrollTop` is 0 at the newest message and negative above: the browser itself keeps to the bottom, and older
// messages that are put in above move nothing.

/** Nearer than this to the newest message, in pixels, is "at the bottom". */
export const BOTTOM_PX = 40;

/** Nearer than this to the oldest message shown, older ones are fetched. */
export const TOP_PX = 900;

export const atBottom = ({ scrollTop }) => -scrollTop <= BOTTOM_PX;

export const nearTop = ({ scrollTop, scrollHeight, clientHeight }) =>
  scrollHeight - clientHeight + scrollTop <= TOP_PX;

/** Whether a place `top` pixels below the upper edge is in view, or may be soon for a reader who is scrolling. */
export const comesIntoView = (top, isAtBottom) => top > (isAtBottom ? 0 : -TOP_PX);

/** Far enough up that a way back is worth showing. */
export const farUp = ({ scrollTop, clientHeight }) => -scrollTop > clientHeight * 1.5;

/**
 * The first of `count` items, laid out downwards, whose bottom edge is below `y`; `count` if none is.
 * `bottomOf(index)` is asked log₂(count) times.
 */
export function firstBelow(count, bottomOf, y) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bottomOf(middle) > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * What to hold on to after a change: an index into `numbers` (oldest first) and the offset that message had, or is
 * given. `marks` are the messages that were in view, the dearest first: `{number, offset}`. Usually that is the first of
 * them; if it is gone, the next one stays where it was; if all are gone, the next message takes the place of the first.
 * Null: there is nothing to hold on to.
 */
export function holdOn(marks, numbers) {
  if (marks.length === 0 || numbers.length === 0) return null;
  const indexes = new Map(numbers.map((number, index) => [number, index]));
  const mark = marks.find(({ number }) => indexes.has(number));
  if (mark) return { index: indexes.get(mark.number), offset: mark.offset };
  const next = numbers.findIndex((number) => number > marks[0].number);
  return { index: next === -1 ? numbers.length - 1 : next, offset: marks[0].offset };
}

/** How many of `numbers` came after `seen` and are not the reader's own. `mine[i]` says whose. */
export function countNew(numbers, mine, seen) {
  return numbers.reduce((count, number, i) => count + (number > seen && !mine[i] ? 1 : 0), 0);
}
