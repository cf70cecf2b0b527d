// Every colour of text against every colour it may stand on, in both schemes (WCAG 2.2: 4.5 for text, 3 for the
// borders of controls).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../css/tokens.css", import.meta.url), "utf8");
const tokens = Object.fromEntries(
  Array.from(css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6,8}),\s*(#[0-9a-f]{6,8})\)/g), ([, name, light, dark]) => [
    name,
    { light, dark },
  ]),
);
const surfaces = ["paper", "sunken", "surface-mine", "surface-marked"];
const hues = Array.from({ length: 12 }, (_, i) => `hue-${i}`);

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function atLeast(minimum, texts, grounds) {
  for (const scheme of ["light", "dark"]) {
    for (const text of texts) {
      for (const ground of grounds) {
        const measured = contrast(tokens[text][scheme], tokens[ground][scheme]);
        assert.ok(measured >= minimum, `${text} on ${ground}, ${scheme}: ${measured.toFixed(2)} < ${minimum}`);
      }
    }
  }
}

test("texts can be read on every surface", () => {
  atLeast(4.5, ["text", "muted", "accent", "danger"], surfaces);
  atLeast(4.5, ["on-accent"], ["accent"]);
  atLeast(4.5, ["paper"], ["text"]);
});

test("every author's name can be read on every surface", () => {
  atLeast(4.5, hues, surfaces);
});

test("the borders of controls can be seen", () => {
  atLeast(3, ["line-strong", "accent"], ["paper", "sunken"]);
});
