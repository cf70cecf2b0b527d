// Lets several parts of the page act before and after each patch of the LiveView client, inside the same task, so that
// nothing is painted in between.

const listeners = { before: new Set(), after: new Set() };

/** The `dom` option of `LiveSocket`. */
export const patchCallbacks = {
  onPatchStart: (container) => listeners.before.forEach((listener) => listener(container)),
  onPatchEnd: (container) => listeners.after.forEach((listener) => listener(container)),
};

/** Changes something in `container` outside of the client's patches, with the same care. */
export function changing(container, change) {
  patchCallbacks.onPatchStart(container);
  change();
  patchCallbacks.onPatchEnd(container);
}

/** Calls `before` and `after` around every patch of any view. Returns what ends that. */
export function onPatch({ before, after }) {
  if (before) listeners.before.add(before);
  if (after) listeners.after.add(after);
  return () => {
    listeners.before.delete(before);
    listeners.after.delete(after);
  };
}
