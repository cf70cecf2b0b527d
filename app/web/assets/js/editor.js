// The hook of the editor, which changes the text of a message. What is written in it is kept in the browser until it is
// saved or dropped: a page that comes back opens it again.

const keyOf = (form) => `edit:${new URL(form.action, location.href).pathname}`;

/** The number of the message whose text was being changed when the page went, or null. */
export function unfinished(path) {
  const kept = read(`edit:${path}/edit`);
  return kept ? kept.number : null;
}

export const Editor = {
  mounted() {
    this.box = this.el.querySelector("textarea");
    this.key = keyOf(this.el);
    this.number = Number(this.el.dataset.number);
    const kept = read(this.key);
    if (kept?.number === this.number) this.box.value = kept.text;
    else this.keep();
    this.box.addEventListener("input", () => this.keep());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.box.focus({ preventScroll: true });
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  },

  destroyed() {
    if (this.liveSocket.isConnected()) write(this.key, null);
    document.querySelector("#composer textarea")?.focus({ preventScroll: true });
  },

  keep() {
    write(this.key, { number: this.number, text: this.box.value });
  },

  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) this.el.requestSubmit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.pushEvent("cancel_edit", {}).catch(() => {});
    }
  },
};

// A browser may keep nothing for us; a text then lives as long as its page.

function read(key) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    return Number.isInteger(kept?.number) && typeof kept.text === "string" ? kept : null;
  } catch {
    return null;
  }
}

function write(key, kept) {
  try {
    if (kept === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Nothing to do: see above.
  }
}
