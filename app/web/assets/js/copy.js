// `<button data-copy="…">` copies that text; with an empty value, the page's address. Relative addresses are completed.
import { notice } from "./notice.js";

export function copyOnClick() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    const { copy } = button.dataset;
    const text = copy === "" || copy.startsWith("/") ? new URL(copy || location.pathname, location.origin).href : copy;
    notice((await copied(text)) ? "Link copied" : text);
  });
}

/** Whether `text` is in the clipboard now. Over plain HTTP only the old way is left. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "visually-hidden";
    const focused = document.activeElement;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    focused?.focus?.({ preventScroll: true });
    return done;
  }
}
