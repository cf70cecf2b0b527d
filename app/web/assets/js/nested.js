// Keeps what the views inside the page show while they join again after a lost connection.
//
// The client empties their containers as soon as the page's own view is back, and each is filled when it has joined
// itself: meanwhile the conversation and the people would be gone, for as long as a message takes to the server and back.
import { onPatch } from "./patches.js";

/** What the views inside `page` show, by the ids of their containers: copies, for the client takes the elements apart. */
function shownIn(page) {
  const views = page.querySelectorAll(`[data-phx-parent-id="${page.id}"]`);
  return Array.from(views, ({ id, childNodes }) => ({ id, shown: Array.from(childNodes, (node) => node.cloneNode(true)) }));
}

/** From now on. Comes before whatever looks at the page after a patch. */
export function keepNested() {
  let wasLost = false;
  let kept = [];
  addEventListener("phx:page-loading-start", ({ detail }) => {
    if (detail?.kind === "error") wasLost = true;
  });
  onPatch({
    before: (container) => (kept = wasLost && container.hasAttribute("data-phx-main") ? shownIn(container) : []),
    after: () => {
      for (const { id, shown } of kept) {
        const view = document.getElementById(id);
        if (view?.hasChildNodes() !== false) continue;
        view.replaceChildren(...shown);
        wasLost = false;
      }
      kept = [];
    },
  });
}
