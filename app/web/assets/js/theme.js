// Light or dark, before anything is painted: loaded in the head, blocking, and therefore tiny.
//
// `<html data-theme>` is `system`, `light` or `dark`; `[data-theme-switch]` steps through them. The style sheet shows
// which one it is, so that no patch of the page can take the words back.
{
  const THEMES = ["system", "light", "dark"];
  const root = document.documentElement;
  const known = (theme) => (THEMES.includes(theme) ? theme : "system");
  const show = (theme) => (root.dataset.theme = known(theme));
  const load = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };

  root.dataset.js = "";
  show(load());

  addEventListener("click", ({ target }) => {
    if (!target.closest?.("[data-theme-switch]")) return;
    const next = THEMES[(THEMES.indexOf(known(root.dataset.theme)) + 1) % THEMES.length];
    show(next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // It holds for this page, then.
    }
  });

  // The other tabs follow.
  addEventListener("storage", ({ key, newValue }) => {
    if (key === "theme") show(newValue);
  });
}
