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

/** The index of the message to hold on to: `wanted` itself or, if it is gone, the next one; else the last. */
export function holdOn(numbers, wanted) {
  const index = firstBelow(numbers.length, (i) => numbers[i], wanted - 1);
  return index < numbers.length ? index : numbers.length - 1;
}

/** How many of `numbers` came after `seen` and are not the reader's own. `mine[i]` says whose. */
export function countNew(numbers, mine, seen) {
  return numbers.reduce((count, number, i) => count + (number > seen && !mine[i] ? 1 : 0), 0);
}
