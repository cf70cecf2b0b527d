// Shows what a message links to, if that is a message here and the reader may read it.
//
// The server says of each message only which addresses it links to (`data-messages`), because that is the same for
// everyone. What stands there is fetched in the name of whoever reads, when it comes near the view. Without this, and
// wherever nothing comes of it, the link stays a link.
import { changing, onPatch } from "./patches.js";

/** How far outside of the view a quote is asked for, so that it is there when it comes into view. */
const NEAR = "400px 0px";

/** The paths among `addresses`, separated by spaces, that lead to this server, which is at `origin`. */
export function pathsHere(addresses, origin) {
  const paths = addresses.split(" ").filter(Boolean).map((address) => pathHere(address, origin));
  return [...new Set(paths.filter((path) => path !== null))];
}

function pathHere(address, origin) {
  if (address.startsWith("/")) return address;
  const path = address.slice(origin.length);
  return address.startsWith(origin) && path.startsWith("/") ? path : null;
}

/** What each place shows, or is about to. */
const wanted = new WeakMap();
/** Who looks what comes near the view, by the element that scrolls. */
const watchers = new WeakMap();

/** From now on. */
export function showQuotes() {
  const look = () => {
    document.querySelectorAll(".quotes[data-messages]").forEach(watch);
    forget();
  };
  look();
  onPatch({ after: look });
}

function watch(place) {
  if (wanted.get(place) === place.dataset.messages) return;
  const root = place.closest(".scroller");
  if (!watchers.has(root ?? document)) {
    const came = (entries, watcher) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        fill(target);
      }
    };
    watchers.set(root ?? document, new IntersectionObserver(came, { root, rootMargin: NEAR }));
  }
  watchers.get(root ?? document).observe(place);
}

/** What is seen to be removed is quoted no more. */
function forget() {
  const gone = Array.from(document.querySelectorAll(".message[data-removed] a.when"), (link) => link.getAttribute("href"));
  if (gone.length === 0) return;
  for (const link of document.querySelectorAll(".quote-link")) {
    if (gone.includes(link.getAttribute("href"))) link.closest(".quote").remove();
  }
}

async function fill(place) {
  const { messages } = place.dataset;
  if (wanted.get(place) === messages) return;
  wanted.set(place, messages);
  const room = place.closest(".room");
  const quotes = await Promise.all(pathsHere(messages, location.origin).map(fetchQuote));
  if (wanted.get(place) !== messages || !place.isConnected) return;
  const blocked = room?.dataset.blocked?.split(" ") ?? [];
  const shown = quotes.filter((quote) => quote && !blocked.includes(quote.dataset.author));
  shown.forEach((quote) => leaveOutRoom(quote, room));
  changing(place, () => place.replaceChildren(...shown));
}

/** Null: there is nothing, or nothing for this reader. */
async function fetchQuote(path) {
  const answer = await fetch(`${path}/quote`, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return null;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  return template.content.querySelector(".quote");
}

/** Where one is need not be said. */
function leaveOutRoom(quote, room) {
  const path = quote.querySelector(".quote-link").getAttribute("href");
  if (room && path.startsWith(`${room.dataset.path}/`)) quote.querySelector(".quote-room").remove();
}
