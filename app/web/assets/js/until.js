// How long it is until a moment, in words. Pure: the moment, now and the language come in.

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** "in 5 minutes", in the largest unit of which there are two, rounded down; "any moment" once it has come. */
export function until(moment, now, format) {
  const left = moment - now;
  if (left < 1_000) return "any moment";
  const [unit, size] = UNITS.find(([, size]) => left >= 2 * size) ?? UNITS.at(-1);
  return format.format(Math.floor(left / size), unit);
}
