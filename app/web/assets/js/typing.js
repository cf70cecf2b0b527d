// Who is typing: the sentence below the conversation, and how the composer tells. Pure.

/** How often the composer tells that its writer is at it, in milliseconds. */
export const TELL_EVERY_MS = 1500;

/** "Ana and Ben are typing", for the names of others; "" for nobody. */
export function typingSentence(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing`;
  if (names.length > 3) return `${names.length} people are typing`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing`;
}

/**
 * What to tell after the text became `text` at `now`; `told` is what was told last: `{at, typing}`. A command is nobody's
 * business. Returns `typing`, `typing_stopped` or null.
 */
export function tells(told, text, now) {
  const isTyping = text.trim() !== "" && !/^\s*\/(?!\/)/.test(text);
  if (isTyping) return !told.typing || now - told.at >= TELL_EVERY_MS ? "typing" : null;
  return told.typing ? "typing_stopped" : null;
}
