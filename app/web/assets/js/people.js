// The list of people, from the viewer's side: how many there are stands in the header, and who types, besides the viewer,
// below the conversation. Screen readers are not told at every key.
import { onPatch } from "./patches.js";
import { typingSentence } from "./typing.js";

/** Keeps both up to date in `room`. Returns what ends it. */
export function followPeople(room) {
  const show = () => {
    const list = room.querySelector("#people");
    const { me } = room.dataset;
    put(room.querySelector("#people-count"), list?.dataset.count ?? "");
    const typing = Array.from(list?.querySelectorAll(".person[data-typing]") ?? []);
    const others = typing.filter((person) => person.dataset.person !== me);
    put(room.querySelector("#typing"), typingSentence(others.map(nameOf)));
  };
  show();
  return onPatch({ after: show });
}

export const nameOf = (person) => person.querySelector(".author")?.textContent ?? "";

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
