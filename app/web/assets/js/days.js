// Times and days as the viewer's clock has them. Pure: the clock, the zone and the language come in.

/** What `Intl` needs to know: `undefined` means the browser's own language and zone. */
export function calendar(locale, timeZone) {
  const format = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const key = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const time = format({ hour: "2-digit", minute: "2-digit" });
  const full = format({ dateStyle: "full", timeStyle: "short" });
  const weekday = format({ weekday: "long", day: "numeric", month: "long" });
  const withYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const short = format({ day: "numeric", month: "short" });
  const shortWithYear = format({ day: "numeric", month: "short", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const capital = (text) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

  /** `2026-11-21`: the same for two moments exactly when they are on the same local day. */
  const dayOf = (moment) => key.format(moment);

  /** Whole local days from `moment` to `now`: 0 today, 1 yesterday. Daylight saving does not matter. */
  const daysAgo = (moment, now) => Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(moment))) / 86_400_000);

  const sameYear = (a, b) => dayOf(a).slice(0, 4) === dayOf(b).slice(0, 4);

  return {
    dayOf,
    /** `14:05`. */
    time: (moment) => time.format(moment),
    /** The whole date and time, for a title. */
    full: (moment) => full.format(moment),
    /** What stands above the first message of a day: `Today`, `Yesterday`, or the date. */
    dayLabel(moment, now) {
      const days = daysAgo(moment, now);
      if (days === 0 || days === 1) return capital(relative.format(-days, "day"));
      return capital((sameYear(moment, now) ? weekday : withYear).format(moment));
    },
    /** For a list: the time if it was today, else the date. */
    recent(moment, now) {
      const days = daysAgo(moment, now);
      if (days === 0) return time.format(moment);
      if (days === 1) return capital(relative.format(-1, "day"));
      return (sameYear(moment, now) ? short : shortWithYear).format(moment);
    },
  };
}

/**
 * Which messages open a new day: for each of `days` (day keys, oldest first), true where it differs from the one
 * before. A missing day (an unreadable date) opens nothing.
 */
export function opensDay(days) {
  let current = null;
  return days.map((day) => {
    if (!day || day === current) return false;
    current = day;
    return true;
  });
}
