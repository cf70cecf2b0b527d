// The sign that something takes long: `<html data-busy>` while a page is awaited for more than a moment.

const MOMENT_MS = 300;

export function showProgress() {
  const page = document.documentElement.dataset;
  let timer = null;
  addEventListener("phx:page-loading-start", ({ detail }) => {
    // A lost connection has its own sign, and the first join has nothing to wait for: the page is there already.
    if (detail?.kind === "error" || detail?.kind === "initial") return;
    clearTimeout(timer);
    timer = setTimeout(() => (page.busy = ""), MOMENT_MS);
  });
  addEventListener("phx:page-loading-stop", () => {
    clearTimeout(timer);
    delete page.busy;
  });
}
