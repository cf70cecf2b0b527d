// What people say whom the viewer has blocked is folded up, here in the browser: the conversation is the same for everyone.
import { onPatch } from "./patches.js";

/** Numbers of messages that the viewer wanted to see all the same. */
const unfolded = new Set();

/** Folds up the messages in `room` whose author is in `data-blocked`. Returns what ends it. */
export function foldBlocked(room) {
  const fold = () => {
    const blocked = new Set(room.dataset.blocked?.split(" ").filter(Boolean));
    for (const message of room.querySelectorAll(".messages > .message")) {
      const isFolded = blocked.has(message.dataset.author) && !unfolded.has(message.dataset.number);
      message.toggleAttribute("data-folded", isFolded);
      const note = message.querySelector(":scope > .folded-note");
      if (isFolded && !note) message.prepend(makeNote());
      else if (!isFolded) note?.remove();
    }
  };
  const clicked = ({ target }) => {
    const note = target.closest?.(".folded-note");
    if (!note) return;
    unfolded.add(note.closest(".message").dataset.number);
    fold();
  };
  room.addEventListener("click", clicked);
  const end = onPatch({ after: fold });
  fold();
  return () => {
    end();
    room.removeEventListener("click", clicked);
  };
}

function makeNote() {
  const note = document.createElement("button");
  note.type = "button";
  note.className = "folded-note";
  note.textContent = "Message of somebody you blocked: show";
  return note;
}
