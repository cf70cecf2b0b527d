// Keys that work anywhere on the page, and the dialog that lists them. Nothing happens while a text is being written,
// except that Page Up and Page Down leaf through the conversation from the composer too, and that Ctrl + K searches.
import { copyText } from "./copy.js";
import { openDrawer } from "./drawers.js";
import { startRenaming } from "./rename.js";
import { askToDelete, openMessageMenu, possible } from "./room_menus.js";

const KEYS = [
  ["Enter", "Send the message; on a message: what can be done with it"],
  ["Shift + Enter", "Start a new line"],
  ["Esc", "Leave the text box; what you wrote stays"],
  ["↑", "In the empty text box: edit what you said last"],
  ["n", "Write a message"],
  ["j, k", "Next and previous message"],
  ["e, d, c", "On a message: edit it, delete it, copy its link"],
  ["Page Up, Page Down", "Leaf through the conversation"],
  ["End", "Go to the newest message"],
  ["p, r", "People and rooms"],
  ["t or F2", "Rename the room"],
  ["/ or Ctrl + K", "Search"],
  ["?", "Show this list"],
];

const room = () => document.getElementById("room");
const isWriting = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

/** What a key does on any page, outside of texts. */
const ANYWHERE = {
  "?": () => showHelp(),
  "/": () => search(),
};

/** What a key does in a room. */
const IN_ROOM = {
  End: () => document.dispatchEvent(new CustomEvent("teahouse:bottom")),
  n: () => document.getElementById("composer-body")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  p: () => openDrawer("people"),
  r: () => openDrawer("rooms"),
  t: () => startRenaming(),
  F2: () => startRenaming(),
};

/** What a key does with the message that has the focus. */
const ON_MESSAGE = {
  Enter: (message) => openMessageMenu(room(), message, message.querySelector(".message-more")),
  e: (message) => possible(room(), message).edit && edit(message),
  d: (message) => possible(room(), message).remove && askToDelete(room(), message),
  c: (message) => copyText(message.querySelector("a.when").href),
};

export function answerKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return done(event, search());
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    const { key, target } = event;
    if (key === "PageUp" || key === "PageDown") return leaf(event, key === "PageUp" ? -1 : 1);
    if (isWriting(target)) return;
    const message = target.matches?.(".message") ? target : null;
    if (message && room() && ON_MESSAGE[key]) done(event, ON_MESSAGE[key](message));
    else if (room() && IN_ROOM[key]) done(event, IN_ROOM[key]());
    else if (ANYWHERE[key]) done(event, ANYWHERE[key]());
  });
  document.addEventListener("teahouse:edit-last", editLast);
  document.addEventListener("click", ({ target }) => target.closest?.("[data-help]") && showHelp());
}

function done(event) {
  event.preventDefault();
}

function search() {
  const field = document.querySelector("input[type='search']");
  if (field) field.focus();
  else location.assign("/search");
}

/** The focus goes to the next message, or the one before; from elsewhere, to the newest in view. */
function step(by) {
  const messages = Array.from(room().querySelectorAll(".messages > .message:not([hidden])"));
  const at = messages.indexOf(document.activeElement?.closest(".message"));
  const next = at === -1 ? messages.at(-1) : messages[at + by];
  next?.focus();
}

function edit(message) {
  document.dispatchEvent(new CustomEvent("teahouse:edit", { detail: { number: Number(message.dataset.number) } }));
}

function editLast() {
  const mine = room()?.querySelectorAll(`.message[data-author="${CSS.escape(room().dataset.me)}"]:not([data-removed])`);
  const last = Array.from(mine ?? []).at(-1);
  if (last && possible(room(), last).edit) edit(last);
}

function leaf(event, pages) {
  const scroller = document.getElementById("scroller");
  if (!scroller || event.target === scroller) return;
  event.preventDefault();
  scroller.scrollBy({ top: pages * scroller.clientHeight * 0.85 });
}

function showHelp() {
  (document.getElementById("help") ?? makeHelp()).showModal();
}

/** Made when it is first asked for, outside every view: without this script there is nothing to list. */
function makeHelp() {
  const dialog = make("dialog", { id: "help", className: "help" });
  dialog.setAttribute("aria-labelledby", "help-title");
  const list = make("dl", {}, ...KEYS.flatMap(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)]));
  const form = make("form", { method: "dialog" }, make("button", { className: "button" }, "Close"));
  dialog.append(make("h2", { id: "help-title" }, "Keys"), list, form);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
