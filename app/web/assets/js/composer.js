// The hook of the composer: the shell around `draft.js`.
//
// It sits on the form (`phx-submit`), whose text box and hidden message id lie in `#composer-field`, which patches leave
// alone (`phx-update="ignore"`): a patch in the middle of a word changes nothing, and the box is never locked, so that
// one can write on while a message is on its way.
//
// Handles the event `posted` {id}: the message with that id is stored. Pushes `typing` and `typing_stopped`.
import { disconnected, edited, empty, posted, refused, restored, stored, submitted } from "./draft.js";
import { freshId } from "./fresh_id.js";
import { tells } from "./typing.js";

const MOMENT_MS = 300;
/** A text that a server cannot take must not be sent for ever. */
const RESENDS_MAX = 3;

export const Composer = {
  mounted() {
    this.field = this.el.querySelector("#composer-field");
    this.box = this.el.querySelector("textarea");
    this.idInput = this.el.querySelector("input[name='message_id']");
    this.key = `draft:${new URL(this.el.action, location.href).pathname}`;
    this.resends = 0;
    this.status = document.createElement("p");
    this.status.className = "composer-status";
    this.status.setAttribute("role", "status");
    this.field.append(this.status);

    this.draft = restored(load(this.key)) ?? empty(this.idInput.value || freshId());
    // What is in the box already was written before this script came, or came back with a refusal.
    if (this.box.value !== "") this.draft = edited(this.draft, this.box.value);
    this.show();

    this.told = { at: 0, typing: false };
    this.box.addEventListener("input", () => {
      this.become(edited(this.draft, this.box.value));
      this.tell();
    });
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.el.addEventListener("submit", (event) => this.submitting(event), { capture: true });
    this.handleEvent("posted", ({ id }) => this.stored(id));
    this.answers = new MutationObserver(() => this.isBusy() || this.answered());
    this.answers.observe(this.el, { attributes: true, attributeFilter: ["class"] });

    if (this.draft.waiting) this.resend();
    else if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches) {
      this.box.focus({ preventScroll: true });
    }
  },

  destroyed() {
    this.answers.disconnect();
    clearTimeout(this.sendingTimer);
  },

  /** The box itself is left alone by patches; the viewer and the room may have other names by now. */
  updated() {
    this.box.placeholder = this.el.dataset.placeholder;
    this.field.querySelector("label").textContent = this.el.dataset.label;
  },

  disconnected() {
    this.become(disconnected(this.draft));
  },

  reconnected() {
    if (this.draft.waiting) this.resend();
  },

  pressed(event) {
    // An input method's Enter chooses a word; 229 is what some browsers say instead of `isComposing`.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) this.send();
    } else if (event.key === "Escape") {
      this.box.blur();
    } else if (event.key === "ArrowUp" && this.box.value === "") {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("teahouse:edit-last"));
    }
  },

  /** Others see that something is being written. */
  tell() {
    const event = tells(this.told, this.box.value, Date.now());
    if (event === null || !this.isConnected()) return;
    this.told = { at: Date.now(), typing: event === "typing" };
    this.pushEvent(event, {}).catch(() => {});
  },

  /** Every submit comes by here before the client sees it, and goes on only if the draft says so. */
  submitting(event) {
    if (this.isPassing) {
      this.hasPassed = true;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.send();
  },

  send() {
    this.resends = 0;
    this.trySending();
  },

  resend() {
    this.resends += 1;
    if (this.resends > RESENDS_MAX) this.become({ ...this.draft, sent: null, waiting: false });
    else this.trySending();
  },

  trySending() {
    if (this.isBusy() && this.isConnected()) {
      this.become({ ...this.draft, again: true });
      return;
    }
    const { draft, go } = submitted(this.draft, this.isConnected());
    this.become(draft);
    if (go !== null && !this.pass(go)) this.become(refused(this.draft));
  },

  /** Hands the form to the client with exactly `text` in it; what was typed since is put back in the same task. */
  pass(text) {
    const { value, selectionStart, selectionEnd } = this.box;
    this.box.value = text;
    this.isPassing = true;
    this.hasPassed = false;
    this.el.requestSubmit();
    this.isPassing = false;
    if (value !== text) {
      this.box.value = value;
      this.box.setSelectionRange(selectionStart, selectionEnd);
    }
    // The client takes the focus from the form; on a phone that would close the keyboard.
    this.box.focus({ preventScroll: true });
    return this.hasPassed;
  },

  stored(id) {
    if (id !== this.draft.id) return;
    this.resends = 0;
    this.told = { at: 0, typing: false };
    this.become(posted(this.draft, id, freshId()));
    document.dispatchEvent(new CustomEvent("teahouse:posted", { detail: { id } }));
    // On a page of the past, what was just said does not show: go where it does.
    if (!document.getElementById("feed")) location.assign(this.el.action.replace(/\/post$/, ""));
    this.sendAgain();
  },

  answered() {
    if (this.draft.sent !== null) this.become(refused(this.draft));
    this.sendAgain();
  },

  sendAgain() {
    if (!this.draft.again || this.isBusy()) return;
    this.become({ ...this.draft, again: false });
    this.send();
  },

  become(draft) {
    this.draft = draft;
    this.show();
  },

  /** Makes the page say what the draft says. */
  show() {
    const { draft, box } = this;
    if (box.value !== draft.text) box.value = draft.text;
    this.idInput.value = draft.id;
    save(this.key, stored(draft));
    grow(box);
    const isSending = draft.sent !== null && !draft.waiting;
    if (!isSending) {
      clearTimeout(this.sendingTimer);
      this.sendingTimer = null;
      this.say(draft.waiting ? "Not sent yet. It goes out when the connection is back." : "");
    } else {
      this.sendingTimer ??= setTimeout(() => this.say("Sending…"), MOMENT_MS);
    }
  },

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  },

  isBusy() {
    return this.el.classList.contains("phx-submit-loading");
  },

  isConnected() {
    return this.liveSocket.isConnected() && this.el.closest("[data-phx-main]").classList.contains("phx-connected");
  },
};

/** For browsers where the style sheet's `field-sizing` does not do it. */
function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
}

// A browser may keep nothing for us (private windows, blocked storage); a draft then lives as long as its page.

function load(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function save(key, text) {
  try {
    if (text === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // Nothing to do: see above.
  }
}
