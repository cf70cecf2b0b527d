// Says when the page is not current, and when it is again. The words stand in the page (`.connection`) and are shown by
// the style sheet; only `<html data-connection>` changes, which no patch touches.

const CALM_MS = 800;
const BACK_MS = 3000;
const LOOK_MS = 100;

/** Whether every view on the page has joined, so that what is shown is what a fresh load would show. */
export const isCurrent = () =>
  Array.from(document.querySelectorAll("[data-phx-session]")).every((view) => view.classList.contains("phx-connected"));

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
  addEventListener("phx:page-loading-start", ({ detail }) => {
    if (detail?.kind === "error" && page.connection !== "lost") after(CALM_MS, lost);
  });
  // The browser knows the line is back before the next attempt is due.
  addEventListener("online", () => {
    const { liveSocket } = window;
    if (page.connection === "lost" && !liveSocket.isConnected()) liveSocket.disconnect(() => liveSocket.connect());
  });
}
