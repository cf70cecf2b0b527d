// What the composer knows about the text in it. Pure: every function returns a new draft, and the hook does what it
// says. The promise it keeps: a text is cleared only when it is stored, and a text that may have been sent is sent
// again with the same message id, so that it lands once.
//
//   id       the message id that the text will have, or has on its way
//   text     what is in the box
//   sent     the text that went out under `id` and was not answered yet, or null
//   waiting  Enter was pressed, and it has to go out when the connection is back
//   again    Enter was pressed once more while a text was on its way

export const empty = (id) => ({ id, text: "", sent: null, waiting: false, again: false });

/** A draft as it was stored, or null if that makes no sense any more. */
export function restored(stored) {
  try {
    const { id, text, sent, waiting } = JSON.parse(stored);
    if (typeof id !== "string" || id === "" || typeof text !== "string") return null;
    const unanswered = typeof sent === "string" ? sent : null;
    // What was on its way when the page went is not known to have arrived: it goes out again.
    return { id, text, sent: unanswered, waiting: waiting === true || unanswered !== null, again: false };
  } catch {
    return null;
  }
}

/** Null: there is nothing to keep. */
export const stored = ({ id, text, sent, waiting }) =>
  text === "" && sent === null ? null : JSON.stringify({ id, text, sent, waiting });

/** The box was edited. A text that waits but never went out waits no more: its writer is still at it. */
export const edited = (draft, text) => ({ ...draft, text, waiting: draft.waiting && draft.sent !== null });

/** Enter. `go` is the text to send now under `draft.id`, or null. */
export function submitted(draft, connected) {
  if (draft.sent !== null && !draft.waiting) return { draft: { ...draft, again: true }, go: null };
  if (draft.sent === null && draft.text.trim() === "") return { draft, go: null };
  const go = draft.sent ?? draft.text;
  if (!connected) return { draft: { ...draft, waiting: true }, go: null };
  return { draft: { ...draft, sent: go, waiting: false }, go };
}

/** The server stored the message `id`. What was typed after it stays, under the new id. */
export function posted(draft, id, fresh) {
  if (id !== draft.id) return draft;
  return { ...empty(fresh), text: rest(draft.text, draft.sent ?? draft.text), again: draft.again };
}

/** The answer came and nothing was stored: text and id stay for another try. */
export const refused = (draft) => (draft.waiting ? draft : { ...draft, sent: null, again: false });

/** The connection went. What is unanswered goes out again when it is back. */
export const disconnected = (draft) => (draft.sent === null ? draft : { ...draft, waiting: true });

/** What is left of `text` once `sent` is gone: all that was written behind it, or the whole if it was rewritten. */
export function rest(text, sent) {
  return text.startsWith(sent) ? text.slice(sent.length).replace(/^\n+/, "") : text;
}
