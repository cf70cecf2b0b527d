// Shows every message once. The older messages come from the viewer's own view and the live ones from the room's; for a
// moment around a join, the two may both have the messages where they meet.
import { onPatch } from "./patches.js";
import { doubles } from "./window.js";

export function hideDoubles() {
  const run = () => {
    const older = Array.from(document.querySelectorAll("#older > .message"));
    if (older.length === 0) return;
    const numbers = (messages) => Array.from(messages, (message) => Number(message.dataset.number));
    const shown = older.length - doubles(numbers(older), numbers(document.querySelectorAll("#feed > .message")));
    older.forEach((message, i) => (message.hidden = i >= shown));
  };
  run();
  onPatch({ after: run });
}
