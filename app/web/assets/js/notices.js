// Whether what happens besides messages is shown: a switch in the room's menu, remembered in this browser.

import { onPatch } from "./patches.js";

const KEY = "teahouse:notices";
const root = document.documentElement;

export function switchNotices() {
  if (load() === "hidden") root.dataset.notices = "hidden";
  onPatch({ after: show });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-notices-switch]");
    if (!button) return;
    if (root.dataset.notices === "hidden") delete root.dataset.notices;
    else root.dataset.notices = "hidden";
    save(root.dataset.notices ?? null);
    show();
  });
}

/** Makes the switches say what is so. */
function show() {
  for (const button of document.querySelectorAll("[data-notices-switch]")) {
    const isHidden = root.dataset.notices === "hidden";
    if (button.ariaPressed !== String(isHidden)) button.ariaPressed = String(isHidden);
  }
}

function load() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function save(value) {
  try {
    if (value === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing shows everything the next time.
  }
}
