// What waits for the viewer, as a number before the document's title: "(3) The kitchen". Several parts of the page may
// have something waiting.
import { onPatch } from "./patches.js";

const counts = new Map();

/** `title` with the number of what waits, in place of the one it had. */
export function titleWith(title, count) {
  const bare = title.replace(/^\(\d+\) /, "");
  return count > 0 ? `(${count}) ${bare}` : bare;
}

/** So many things wait for the viewer in the part of the page called `part`. */
export function waiting(part, count) {
  if (counts.get(part) === count) return;
  counts.set(part, count);
  show();
}

/** The server may call the page something else at any time. */
export function keepTitle() {
  onPatch({ after: show });
}

function show() {
  const total = Array.from(counts.values()).reduce((sum, count) => sum + count, 0);
  const title = titleWith(document.title, total);
  if (document.title !== title) document.title = title;
}
