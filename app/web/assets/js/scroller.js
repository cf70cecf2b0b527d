// The hook of the conversation: keeps the reader where the reader is.
//
// Events pushed: `older` {before}, `fill_gap` {from, to}, `refresh` {from, to}, `read` {number}. Numbers are those of
// messages. Handles the event `refresh` {from, to} of the live messages' view: older ones were changed.
import { announcement } from "./announcement.js";
import { isCurrent } from "./connection.js";
import { onPatch } from "./patches.js";
import { atBottom, comesIntoView, countNew, farUp, firstBelow, holdOn, nearTop } from "./position.js";
import { Reading } from "./reading.js";
import { waiting } from "./title.js";
import { gapBetween, olderThan, sameGap } from "./window.js";

const GATHER_MS = 700;
const FORGET_MS = 8000;

const numberOf = (message) => Number(message.dataset.number);
const topOf = (element) => element.getBoundingClientRect().top;

export const Scroller = {
  mounted() {
    this.seen = this.announced = this.newest();
    this.held = null;
    this.bottom = atBottom(this.el);
    this.loading = false;
    this.answeredFor = null;
    this.askedGap = null;
    const room = this.el.closest(".room");
    const told = Number(room.dataset.readMark ?? 0);
    this.reading = new Reading(
      told,
      (number) => this.pushEvent("read", { number }).catch(() => {}),
      (number) => sendRead(room, number),
    );

    this.ends = [onPatch({ before: () => this.hold(), after: () => this.restore() })];
    this.listen(this.el, "scroll", () => this.scrolled(), { passive: true });
    this.listen(this.el, "click", (event) => this.clicked(event));
    this.listen(document, "visibilitychange", () => (document.hidden ? this.reading.end() : this.later()));
    this.listen(window, "pagehide", () => this.reading.end());
    this.handleEvent("refresh", (changed) => this.refresh(changed));
    this.listen(document, "teahouse:posted", () => this.toBottom());
    this.listen(document, "teahouse:bottom", () => this.toBottom());
    this.listen(document, "click", ({ target }) => target.closest?.("#new-messages") && this.toBottom());

    // Pictures that load late, a window that changes, a keyboard that opens.
    const resized = new ResizeObserver(() => this.bottom && this.stick());
    resized.observe(this.el);
    if (this.el.firstElementChild) resized.observe(this.el.firstElementChild);
    this.ends.push(() => resized.disconnect());
    this.later();
  },

  destroyed() {
    this.reading.end();
    waiting("room", 0);
    this.ends.forEach((end) => end());
    clearTimeout(this.laterTimer);
    clearTimeout(this.announceTimer);
    clearTimeout(this.forgetTimer);
  },

  disconnected() {
    this.held = null;
  },

  reconnected() {
    this.answeredFor = null;
    this.askedGap = null;
    this.later();
  },

  listen(target, name, listener, options) {
    target.addEventListener(name, listener, options);
    this.ends.push(() => target.removeEventListener(name, listener, options));
  },

  messages() {
    return Array.from(this.el.querySelectorAll(".messages > .message:not([hidden])"));
  },

  newest() {
    const live = this.el.querySelectorAll("#feed > .message");
    return live.length > 0 ? numberOf(live[live.length - 1]) : 0;
  },

  // The reading position

  /** Before a patch: remembers where the messages in view are, unless the reader follows at the bottom. */
  hold() {
    // A rejoin patches the room first and the conversation after it: both go by the position before the first.
    if (this.held && !isCurrent()) return;
    this.held = atBottom(this.el) ? { bottom: true } : { marks: this.inView() };
  },

  inView() {
    const messages = this.messages();
    const edge = topOf(this.el);
    const from = firstBelow(messages.length, (i) => messages[i].getBoundingClientRect().bottom, edge);
    const to = firstBelow(messages.length, (i) => topOf(messages[i]), edge + this.el.clientHeight);
    const marks = messages.slice(from, to).map((message) => ({
      number: numberOf(message),
      offset: topOf(message) - edge,
      isLive: message.parentElement.id === "feed",
    }));
    // Where older and live messages meet, a hole may open and be filled: what is below it is what stays.
    return marks.sort((a, b) => b.isLive - a.isLive);
  },

  /** After a patch: puts them where they were. */
  restore() {
    if (this.held?.bottom) {
      this.stick();
    } else if (this.held) {
      const messages = this.messages();
      const hold = holdOn(this.held.marks, messages.map(numberOf));
      if (hold) this.el.scrollTop += topOf(messages[hold.index]) - topOf(this.el) - hold.offset;
    }
    if (isCurrent()) this.held = null;
    this.later();
  },

  stick() {
    if (this.el.scrollTop !== 0) this.el.scrollTop = 0;
  },

  toBottom() {
    this.held = null;
    this.bottom = true;
    this.stick();
    this.later();
  },

  scrolled() {
    if (isCurrent()) this.held = null;
    this.bottom = atBottom(this.el);
    this.later();
  },

  // What follows from it: once per task, however many patches and scroll events there were

  later() {
    this.laterTimer ??= setTimeout(() => {
      this.laterTimer = null;
      this.countNews();
      this.announce();
      if (!isCurrent()) return;
      this.fillGap();
      this.loadOlder();
    });
  },

  countNews() {
    const button = document.getElementById("new-messages");
    if (!button) return;
    if (this.bottom && !document.hidden) this.see();
    const live = Array.from(this.el.querySelectorAll("#feed > .message"));
    const count = countNew(live.map(numberOf), live.map((message) => this.isMine(message)), this.seen);
    waiting("room", document.hidden ? count : 0);
    const isPast = !this.el.querySelector("#feed");
    button.hidden = isPast || this.bottom || (count === 0 && !farUp(this.el));
    const label = count > 0 ? `${count} new ↓` : "Newest ↓";
    if (button.textContent !== label) button.textContent = label;
  },

  see() {
    this.seen = Math.max(this.seen, this.newest());
    this.reading.saw(this.seen);
  },

  isMine(message) {
    return message.dataset.author === this.el.closest("[data-me]")?.dataset.me;
  },

  /** Tells a screen reader what others said, gathered for a moment. */
  announce() {
    if (this.newest() <= this.announced || this.announceTimer) return;
    this.announceTimer = setTimeout(() => {
      this.announceTimer = null;
      const announcer = document.getElementById("announcer");
      const news = Array.from(this.el.querySelectorAll("#feed > .message")).filter(
        (message) => numberOf(message) > this.announced && !this.isMine(message),
      );
      this.announced = Math.max(this.announced, this.newest());
      if (!announcer || news.length === 0) return;
      announcer.textContent = announcement(
        news.map((message) => ({
          author: message.querySelector(".author")?.textContent ?? "",
          text: message.querySelector(".body")?.textContent ?? "",
        })),
      );
      clearTimeout(this.forgetTimer);
      this.forgetTimer = setTimeout(() => (announcer.textContent = ""), FORGET_MS);
    }, GATHER_MS);
  },

  // Messages that are not on the page yet

  clicked(event) {
    if (!event.target.closest("#older-link") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!isCurrent()) return;
    event.preventDefault();
    this.answeredFor = null;
    this.loadOlder(true);
  },

  loadOlder(asked = false) {
    // A page of the past has no place for older ones. The link says nothing: the live window may have moved on since.
    if (!this.el.querySelector("#older") || !(asked || nearTop(this.el))) return;
    const first = this.el.querySelector(".messages > .message");
    const before = olderThan(first ? numberOf(first) : null, this.answeredFor);
    if (before !== null) this.ask("older", { before }, () => (this.answeredFor = before));
  },

  fillGap() {
    const numbers = (list) => Array.from(this.el.querySelectorAll(`${list} > .message`), numberOf);
    const gap = gapBetween(numbers("#older"), numbers("#feed"));
    if (gap === null || sameGap(gap, this.askedGap)) return;
    // Every message that comes may push one out of the live window: who follows at the bottom does not ask for it.
    const seam = topOf(this.el.querySelector("#feed")) - topOf(this.el);
    if (!comesIntoView(seam, this.bottom)) return;
    this.ask("fill_gap", gap, () => (this.askedGap = gap));
  },

  /** Older messages on this page were changed: they are asked for again. */
  refresh({ from, to }) {
    const older = Array.from(this.el.querySelectorAll("#older > .message"), numberOf);
    const shown = older.filter((number) => number >= from && number <= to);
    if (shown.length === 0) return;
    this.pushEvent("refresh", { from: shown[0], to: shown.at(-1) }).catch(() => {});
  },

  /** One question at a time. When it is answered, there may be another. */
  ask(name, payload, answered) {
    if (this.loading) return;
    this.loading = true;
    const done = () => {
      this.loading = false;
      this.later();
    };
    this.pushEvent(name, payload).then(() => {
      answered();
      done();
    }, () => (this.loading = false));
  },
};

/** A page that goes away waits for nothing; the browser delivers this behind it. */
function sendRead(room, number) {
  const token = document.querySelector("meta[name='csrf-token']")?.content ?? "";
  navigator.sendBeacon(`${room.dataset.path}/read`, new URLSearchParams({ _csrf_token: token, number }));
}
