const SHOWN_MS = 4000;
let timer = null;

/** Shows one line for a moment, and has it read out. It lives outside every view, so no patch takes it away. */
export function notice(text) {
  let line = document.getElementById("notice");
  if (!line) {
    line = document.createElement("p");
    line.id = "notice";
    line.className = "notice";
    line.setAttribute("role", "status");
    document.body.append(line);
  }
  line.textContent = text;
  line.classList.add("is-shown");
  clearTimeout(timer);
  timer = setTimeout(() => line.classList.remove("is-shown"), SHOWN_MS);
}

/** Other parts of the page say with `teahouse:notice` what was done. */
export function showNotices() {
  document.addEventListener("teahouse:notice", ({ detail }) => notice(detail));
}
