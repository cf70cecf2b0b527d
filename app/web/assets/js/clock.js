// Puts the viewer's own time into every `<time datetime>` and the viewer's own days above the messages.
//
// The server knows neither the zone nor the language; it writes UTC, which is what stays without this script. A patch
// that writes an element anew takes the mark `data-local` with it, so that what has to be done again shows by itself.
import { calendar, opensDay } from "./days.js";
import { onPatch } from "./patches.js";

/** Does it now, after every patch, and when the day changes. */
export function keepTimesLocal() {
  const local = calendar();
  let today = null;
  const run = () => {
    const now = new Date();
    const isNewDay = today !== local.dayOf(now);
    today = local.dayOf(now);
    showTimes(local, now, isNewDay);
    showDays(local, now);
  };
  run();
  onPatch({ after: run });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && today !== local.dayOf(new Date())) run();
  });
}

/**
 * `<time data-style="recent">` (a list's last activity) shows the date if it was not today, `"full"` date and time; others
 * show the time.
 */
function showTimes(local, now, all) {
  for (const time of document.querySelectorAll(all ? "time[datetime]" : "time[datetime]:not([data-local])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const style = { recent: local.recent, full: local.full }[time.dataset.style] ?? local.time;
    time.textContent = style(moment, now);
    time.title = local.full(moment);
    time.dataset.local = "";
  }
}

/** Remembers each message's day by its date, so that a patch reads but a few dates. */
const dayByElement = new WeakMap();

function showDays(local, now) {
  const messages = Array.from(document.querySelectorAll(".messages > .message:not([hidden])"));
  const opens = opensDay(messages.map((message) => dayOfMessage(local, message)));
  messages.forEach((message, i) => {
    const label = opens[i] ? local.dayLabel(new Date(dayByElement.get(message).date), now) : null;
    if (label === null) message.removeAttribute("data-day");
    else if (message.dataset.day !== label) message.dataset.day = label;
  });
}

function dayOfMessage(local, message) {
  const known = dayByElement.get(message);
  if (known) return known.day;
  const date = message.querySelector("time[datetime]")?.dateTime;
  const moment = new Date(date ?? NaN);
  if (Number.isNaN(moment.getTime())) return null;
  const day = local.dayOf(moment);
  dayByElement.set(message, { date, day });
  return day;
}
