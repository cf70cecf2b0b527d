// The line above the first message that the viewer has not read.
import { onPatch } from "./patches.js";

/**
 * The number of the message below the line, or null. `messages` are `{number, mine}`, oldest first; the line stands after
 * message `mark`, for what was there before `upTo`: what comes while one looks is read as it comes.
 */
export function lineAbove(messages, mark, upTo) {
  if (mark === null) return null;
  return messages.find(({ number, mine }) => number > mark && number <= upTo && !mine)?.number ?? null;
}

/**
 * Draws the line in `element` (the room). It starts at `data-read-mark`, and moves when the tab was away: then it tells
 * what came meanwhile.
 */
export function drawUnreadLine(element) {
  const messages = () => Array.from(element.querySelectorAll(".messages > .message:not([hidden])"));
  const numberOf = (message) => Number(message.dataset.number);
  const newest = () => Math.max(0, ...messages().slice(-1).map(numberOf));
  const { readMark } = element.dataset;
  let line = { mark: readMark === undefined ? null : Number(readMark), upTo: newest() };

  const draw = () => {
    const shown = messages();
    const mine = (message) => message.dataset.author === element.dataset.me;
    const number = lineAbove(shown.map((message) => ({ number: numberOf(message), mine: mine(message) })), line.mark, line.upTo);
    for (const message of shown) message.toggleAttribute("data-new-below", numberOf(message) === number);
  };
  const looked = () => {
    if (document.hidden) line = { mark: newest(), upTo: Infinity };
    else line.upTo = newest();
    draw();
  };
  const posted = () => {
    line = { mark: null, upTo: 0 };
    draw();
  };
  document.addEventListener("visibilitychange", looked);
  document.addEventListener("teahouse:posted", posted);
  const end = onPatch({ after: draw });
  draw();
  return () => {
    end();
    document.removeEventListener("visibilitychange", looked);
    document.removeEventListener("teahouse:posted", posted);
  };
}
