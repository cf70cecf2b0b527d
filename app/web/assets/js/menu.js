// A menu that is put beside whatever was clicked: a popover, so that Escape and a click elsewhere close it.

const MARGIN_PX = 8;

/** Opens `menu` at `anchor`, with the focus on its first item. */
export function openAt(menu, anchor) {
  // The anchor may stand in a drawer, which closes when this opens.
  const beside = anchor.getBoundingClientRect();
  menu.showPopover();
  const { left, top } = placed(beside, menu.getBoundingClientRect(), innerWidth, innerHeight);
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${top}px`);
  Array.from(menu.querySelectorAll("button, a[href], input:not([type=hidden])")).find(isShown)?.focus();
}

const isShown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

/** Where a menu of this size goes: below the anchor, to its left; above it or moved where there is no room. */
export function placed(anchor, menu, width, height) {
  const below = anchor.bottom + MARGIN_PX / 2;
  const above = anchor.top - menu.height - MARGIN_PX / 2;
  const top = below + menu.height <= height - MARGIN_PX ? below : Math.max(MARGIN_PX, above);
  const left = Math.max(MARGIN_PX, Math.min(anchor.right - menu.width, width - menu.width - MARGIN_PX));
  return { left, top };
}
