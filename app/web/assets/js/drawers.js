// The columns at the sides, which are drawers where there is no room for them (popovers: Escape closes them, and the focus
// goes back). What is open when the window grows is closed: it has its place then.

/** As in the style sheet. */
const WIDE = "(min-width: 1100px)";

/** Keeps the drawers of `room`. Returns what ends it. */
export function showDrawers(room) {
  const wide = matchMedia(WIDE);
  const drawers = () => room.querySelectorAll("#rooms, #people");
  const close = () => drawers().forEach((drawer) => drawer.matches(":popover-open") && drawer.hidePopover());
  const changed = () => wide.matches && close();
  wide.addEventListener("change", changed);
  return () => wide.removeEventListener("change", changed);
}

/** Opens one of them, or leads to it where it stands already. */
export function openDrawer(id) {
  const drawer = document.getElementById(id);
  if (!drawer) return;
  if (!matchMedia(WIDE).matches) drawer.showPopover();
  drawer.querySelector("a, button")?.focus();
}
