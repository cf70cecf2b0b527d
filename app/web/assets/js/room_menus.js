// The menus of messages and people. Both stand in the page once; this says which message or person is meant, and shows
// only what makes sense. The server decides again.
import { copyText } from "./copy.js";
import { openAt } from "./menu.js";
import { nameOf } from "./people.js";

/** Answers clicks in `room`; `push(event, payload)` tells the server. Returns what ends it. */
export function answerMenus(room, push) {
  const clicked = (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const more = target.closest?.(".message-more");
    const person = target.closest?.(".person-name");
    const item = target.closest?.(".menu-item");
    if (more) openMessageMenu(room, more.closest(".message"), more);
    else if (person) openPersonMenu(room, person, event);
    else if (item?.popoverTargetElement) leadOn(item, event);
    else if (item) chosen(room, item, push);
  };
  const pressedLong = (event) => {
    const message = event.target.closest?.(".message");
    if (!message || !matchMedia("(pointer: coarse)").matches || !getSelection().isCollapsed) return;
    event.preventDefault();
    openMessageMenu(room, message, message.querySelector(".message-more"));
  };
  room.addEventListener("click", clicked);
  room.addEventListener("contextmenu", pressedLong);
  return () => {
    room.removeEventListener("click", clicked);
    room.removeEventListener("contextmenu", pressedLong);
  };
}

/** What the viewer may do with `message`. */
export function possible(room, message) {
  const menu = room.querySelector(".message-menu");
  const whose = message.dataset.author === room.dataset.me ? "own" : "others";
  const isThere = !message.hasAttribute("data-removed");
  return {
    edit: isThere && menu?.hasAttribute(`data-edits-${whose}`),
    remove: isThere && menu?.hasAttribute(`data-removes-${whose}`),
  };
}

export function openMessageMenu(room, message, anchor) {
  const menu = room.querySelector(".message-menu");
  if (!menu) return;
  const { edit, remove } = possible(room, message);
  menu.querySelector("[data-menu-edit]").hidden = !edit;
  menu.querySelector("[data-menu-ask]").hidden = !remove;
  menu.querySelector(".menu-confirm").hidden = true;
  const body = menu.querySelector(".menu-body");
  body.dataset.number = message.dataset.number;
  body.dataset.link = message.querySelector("a.when")?.href ?? location.href;
  for (const input of menu.querySelectorAll("input[name='number']")) input.value = message.dataset.number;
  openAt(menu, anchor);
}

/** Asks whether `message` is to be deleted. */
export function askToDelete(room, message) {
  openMessageMenu(room, message, message.querySelector(".message-more"));
  room.querySelector(".message-menu [data-menu-ask]")?.click();
}

function openPersonMenu(room, link, event) {
  const person = link.closest(".person");
  const menu = room.querySelector(".person-menu");
  if (!person || !menu) return;
  event.preventDefault();
  const { person: id, role } = person.dataset;
  if (id === room.dataset.me) {
    location.assign("/me");
    return;
  }
  menu.querySelector("[data-menu-name]").textContent = nameOf(person);
  for (const input of menu.querySelectorAll("input[name='who']")) input.value = id;
  const isBlocked = room.dataset.blocked?.split(" ").includes(id);
  const show = (act, shown) => menu.querySelectorAll(`form[data-act='${act}']`).forEach((form) => (form.hidden = !shown));
  show("block", !isBlocked);
  show("unblock", isBlocked);
  show("invite", !isBlocked);
  show("expel", role !== "owner" && !(role === "co-owner" && room.dataset.role !== "owner"));
  for (const part of menu.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(role);
  openAt(menu, link);
}

/** One popover opened from another would stand upon it, and go with it. */
function leadOn(item, event) {
  event.preventDefault();
  item.closest("[popover]").hidePopover();
  item.popoverTargetElement.showPopover();
}

function chosen(room, item, push) {
  const menu = item.closest("[popover]");
  const body = menu?.querySelector(".menu-body");
  if (item.matches("[data-menu-ask]")) {
    const confirm = menu.querySelector(".menu-confirm");
    confirm.hidden = false;
    item.hidden = true;
    confirm.querySelector("button").focus();
    return;
  }
  if (item.matches("[data-menu-copy]")) copyText(body.dataset.link);
  if (item.matches("[data-menu-edit]")) push("edit_message", { number: Number(body.dataset.number) });
  // The click's own work comes first: a form is submitted, another popover opened.
  if (!item.matches("[data-notices-switch]")) setTimeout(() => menu?.matches(":popover-open") && menu.hidePopover());
}
