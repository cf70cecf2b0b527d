// The page that previews links: what stands there is about another text as soon as somebody types on, before the server
// knows.
import { onPatch } from "./patches.js";

/** Marks a preview of something else than what stands in the field: `data-old`. */
export function clearOldPreview() {
  const mark = () => {
    const preview = document.getElementById("preview");
    const field = document.getElementById("preview-url");
    if (preview && field) preview.toggleAttribute("data-old", field.value.trim() !== preview.dataset.of.trim());
  };
  document.addEventListener("input", mark);
  onPatch({ after: mark });
}
