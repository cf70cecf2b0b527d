// Keeps the composer above a phone's keyboard where the browser lays the keyboard over the page instead of shrinking
// it: the room takes the height that is left to see (`--visible-height`).

const KEYBOARD_MIN_PX = 80;

export function fitKeyboard() {
  const visible = window.visualViewport;
  if (!visible) return;
  const root = document.documentElement;
  const fit = () => {
    const isCovered = visible.scale === 1 && innerHeight - visible.height > KEYBOARD_MIN_PX;
    if (isCovered) root.style.setProperty("--visible-height", `${visible.height}px`);
    else root.style.removeProperty("--visible-height");
    root.toggleAttribute("data-keyboard", isCovered);
    if (isCovered && document.querySelector(".room")) scrollTo(0, 0);
  };
  visible.addEventListener("resize", fit);
}
