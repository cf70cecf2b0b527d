// The cards of links: whoever may, takes one away. The server decides again.

/** Answers clicks in `room`; `push(event, payload)` tells the server. Returns what ends it. */
export function answerCards(room, push) {
  const clicked = ({ target }) => {
    const button = target.closest?.(".card-dismiss");
    if (!button) return;
    const message = button.closest(".message");
    push("act", { act: "dismiss", number: message.dataset.number, link: button.closest(".card").dataset.link });
    // The button goes with the card; who uses the keyboard goes on from the message.
    message.focus({ preventScroll: true });
  };
  room.addEventListener("click", clicked);
  return () => room.removeEventListener("click", clicked);
}
