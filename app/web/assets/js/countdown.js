// Counts down to moments that are near: `<span data-until="2026-11-21T14:05:00Z">` reads "in 5 minutes".
import { onPatch } from "./patches.js";
import { until } from "./until.js";

const LOOK_MS = 5_000;

/** Does it now, after every patch, and as time goes by. */
export function countDown() {
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
  const run = () => {
    for (const element of document.querySelectorAll("[data-until]")) {
      const moment = Date.parse(element.dataset.until);
      if (Number.isNaN(moment)) continue;
      const text = until(moment, Date.now(), format);
      if (element.textContent !== text) element.textContent = text;
      element.title = new Date(moment).toLocaleString();
    }
  };
  run();
  onPatch({ after: run });
  setInterval(run, LOOK_MS);
}
