// Keys that work anywhere on the page, and the dialog that lists them. Nothing happens while a text is being written,
// except that Page Up and Page Down leaf through the conversation from the composer too.

const KEYS = [
  ["Enter", "Send the message"],
  ["Shift + Enter", "Start a new line"],
  ["Esc", "Leave the text box; what you wrote stays"],
  ["Page Up, Page Down", "Leaf through the conversation"],
  ["End", "Go to the newest message"],
  ["?", "Show this list"],
];

const isWriting = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

export function answerKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const { key, target } = event;
    if (key === "PageUp" || key === "PageDown") leaf(event, key === "PageUp" ? -1 : 1);
    else if (isWriting(target)) return;
    else if (key === "?") showHelp();
    else if (key === "End") document.dispatchEvent(new CustomEvent("teahouse:bottom"));
  });
  document.addEventListener("click", ({ target }) => target.closest?.("[data-help]") && showHelp());
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
