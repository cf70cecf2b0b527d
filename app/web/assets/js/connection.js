// Says when the page is not current, and when it is again. The words stand in the page (`.connection`) and are shown by
// the style sheet; only `<html data-connection>` changes, which no patch touches.

import { onPatch } from "./patches.js";

const CALM_MS = 800;
const BACK_MS = 3000;
const LOOK_MS = 100;

/** The containers of the views that were patched since the connection was lost: those have joined again. */
let joined = new WeakSet();

/**
 * Whether every view on the page has joined, so that what is shown is what a fresh load would show.
 *
 * The class `phx-connected` says so of the page's own view only: a patch of that one takes the class from the views
 * in it.
 */
export const isCurrent = () =>
  Array.from(document.querySelectorAll("[data-phx-session]")).every(
    (view) => joined.has(view) && !view.matches(".phx-loading, .phx-error, [data-phx-main]:not(.phx-connected)"),
  );

/** Shows the calm bar when a view is lost for longer than `CALM_MS`, and "up to date" when all are back. */
export function showConnection() {
  const page = document.documentElement.dataset;
  let timer = null;
  const after = (delay, step) => {
    clearTimeout(timer);
    timer = setTimeout(step, delay);
  };
  const lost = () => {
    if (!isCurrent()) page.connection = "lost";
    if (page.connection === "lost") look();
  };
  const look = () => (isCurrent() ? back() : after(LOOK_MS, look));
  const back = () => {
    page.connection = "back";
    after(BACK_MS, () => delete page.connection);
  };
  onPatch({ after: (container) => joined.add(container.closest("[data-phx-session]") ?? container) });
  addEventListener("phx:page-loading-start", ({ detail }) => {
    if (detail?.kind === "error") joined = new WeakSet();
    if (detail?.kind === "error" && page.connection !== "lost") after(CALM_MS, lost);
  });
  // The browser knows the line is back before the next attempt is due.
  addEventListener("online", () => {
    const { liveSocket } = window;
    if (page.connection === "lost" && !liveSocket.isConnected()) liveSocket.disconnect(() => liveSocket.connect());
  });
}
