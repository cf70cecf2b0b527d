// Renaming the room where its name stands: a click on it, F2 or `t`. Enter saves, Escape drops it.

const root = document.documentElement;

/** Opens the field in place of the name, if the viewer may rename the room. */
export function startRenaming() {
  const field = document.getElementById("rename-title");
  if (!field) return;
  root.dataset.renaming = "";
  field.focus();
  field.select();
}

/** Answers clicks and keys in `room`. Returns what ends it. */
export function answerRenaming(room) {
  const clicked = ({ target }) => target.closest?.("[data-rename]") && getSelection().isCollapsed && startRenaming();
  const pressed = (event) => {
    if (event.key !== "Escape" || event.target.id !== "rename-title") return;
    event.preventDefault();
    stopRenaming();
  };
  const left = (event) => {
    if (event.target.closest?.(".rename") && !event.relatedTarget?.closest?.(".rename")) stopRenaming();
  };
  room.addEventListener("click", clicked);
  room.addEventListener("keydown", pressed);
  room.addEventListener("focusout", left);
  return () => {
    stopRenaming();
    room.removeEventListener("click", clicked);
    room.removeEventListener("keydown", pressed);
    room.removeEventListener("focusout", left);
  };
}

export function stopRenaming() {
  delete root.dataset.renaming;
}
