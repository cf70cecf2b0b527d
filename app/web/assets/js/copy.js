// `<button data-copy="…">` copies that text; with an empty value, the page's address. Relative addresses are completed.
import { notice } from "./notice.js";

export function copyOnClick() {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    copyText(button.dataset.copy);
  });
}

/** Puts `text` into the clipboard and says so; if that is not possible, shows it. */
export async function copyText(text) {
  const whole = text === "" || text.startsWith("/") ? new URL(text || location.pathname, location.origin).href : text;
  notice((await copied(whole)) ? "Link copied" : whole);
}

/** `<button data-share>`, hidden until it is known that the browser can: hands the page's address to other programs. */
export function shareOnClick() {
  if (!navigator.share) return;
  document.documentElement.dataset.shares = "";
  document.addEventListener("click", ({ target }) => {
    if (!target.closest?.("[data-share]")) return;
    // Given up by the person: nothing to say.
    navigator.share({ title: document.title, url: location.href }).catch(() => {});
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
