// The hook of the whole room: what is personal about a page whose parts are the same for everyone.
//
// Marks what the viewer wrote and where they stand in the list of people. One style rule with the viewer's public id does,
// whatever arrives, without touching a single message. It is adopted as an object: no inline style is involved, and the
// content security policy stays strict.
//
// Handles the event `acted` {act}: a form of the room was carried out. Pushes `edit_message` {number}, `idle` {idle},
// `look_again`.
import { foldBlocked } from "./blocked.js";
import { answerCards } from "./cards.js";
import { showDrawers } from "./drawers.js";
import { unfinished } from "./editor.js";
import { followPeople } from "./people.js";
import { answerRenaming, stopRenaming } from "./rename.js";
import { answerMenus } from "./room_menus.js";
import { drawUnreadLine } from "./unread_line.js";

const SAID = { edit: "Saved", remove: "Deleted", dismiss: "Card removed", title: "Renamed", block: "Blocked", unblock: "No longer blocked" };

export const Room = {
  mounted() {
    this.rule = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.rule];
    this.mark();
    const push = (event, payload) => this.pushEvent(event, payload).catch(() => {});
    const idle = () => push("idle", { idle: document.hidden });
    document.addEventListener("visibilitychange", idle);
    // Keys are answered for the whole document; they say here what is to be edited.
    const edit = ({ detail }) => push("edit_message", detail);
    document.addEventListener("teahouse:edit", edit);
    const opened = ({ target, newState }) => target.id === "settings" && newState === "open" && push("look_again", {});
    this.el.addEventListener("toggle", opened, { capture: true });
    this.ends = [
      () => document.removeEventListener("visibilitychange", idle),
      () => document.removeEventListener("teahouse:edit", edit),
      answerMenus(this.el, push),
      answerCards(this.el, push),
      answerRenaming(this.el),
      foldBlocked(this.el),
      followPeople(this.el),
      drawUnreadLine(this.el),
      showDrawers(this.el),
    ];
    this.handleEvent("acted", ({ act }) => this.acted(act));
    this.comeBack();
  },

  updated() {
    this.mark();
  },

  reconnected() {
    this.comeBack();
  },

  destroyed() {
    this.ends.forEach((end) => end());
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.rule);
  },

  /** The server forgot what was being edited, and that the tab is in the background. */
  comeBack() {
    const number = unfinished(this.el.dataset.path);
    if (number !== null) this.pushEvent("edit_message", { number }).catch(() => {});
    if (document.hidden) this.pushEvent("idle", { idle: true }).catch(() => {});
  },

  acted(act) {
    stopRenaming();
    if (["visibility", "retention", "title", "end"].includes(act)) this.el.querySelector("#settings")?.hidePopover();
    if (SAID[act]) document.dispatchEvent(new CustomEvent("teahouse:notice", { detail: SAID[act] }));
  },

  mark() {
    const { me } = this.el.dataset;
    if (me === this.me) return;
    this.me = me;
    // The style sheet says what these mean; see `.message` and `.person`.
    const mine = "--mine: var(--surface-mine); --mine-label: ' (you)'; --dismiss: grid";
    const self = "--self-order: -1; --self-weight: 700; --mine-label: ' (you)'";
    const id = CSS.escape(me ?? "");
    this.rule.replaceSync(me ? `.message[data-author="${id}"] { ${mine} } .person[data-person="${id}"] { ${self} }` : "");
  },
};
