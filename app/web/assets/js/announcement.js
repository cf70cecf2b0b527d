// What a screen reader is told about new messages: little, and in one go.

const TEXT_MAX = 200;
const READ_OUT_MAX = 3;

/** One line for `messages` (`{author, text}`, oldest first), or "" for none. */
export function announcement(messages) {
  if (messages.length === 0) return "";
  if (messages.length > READ_OUT_MAX) return `${messages.length} new messages`;
  return messages.map(({ author, text }) => `${author}: ${shortened(text)}`).join(". ");
}

function shortened(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX).trimEnd()}…` : line;
}
