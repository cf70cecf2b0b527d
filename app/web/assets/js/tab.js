// A tab that is a person of its own: for demonstrations with several people in one browser.

const KEY = "teahouse.tab";

/**
 * The token of this tab, if it was opened as a guest of its own (`?as=guest`). The first one stays, whatever page is
 * opened next, until the tab is closed.
 */
export function tabToken(document = globalThis.document, storage = sessionStorage) {
  const given = document.querySelector("meta[name='tab-token']")?.content;
  const kept = read(storage);
  if (given && !kept) keep(storage, given);
  return kept ?? given;
}

function read(storage) {
  try {
    return storage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** A browser that keeps nothing makes every page load somebody new. */
function keep(storage, token) {
  try {
    storage.setItem(KEY, token);
  } catch {
    // As said.
  }
}
