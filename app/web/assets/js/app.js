// The page's script: the official LiveView client, the hooks of the room, and what every page shares.
//
// A page is readable, and its forms post, before this arrives and without it.
import { Socket } from "phoenix";
import { LiveSocket } from "phoenix_live_view";
import { keepTimesLocal } from "./clock.js";
import { Composer } from "./composer.js";
import { showConnection } from "./connection.js";
import { copyOnClick, shareOnClick } from "./copy.js";
import { countDown } from "./countdown.js";
import { hideDoubles } from "./doubles.js";
import { Editor } from "./editor.js";
import { Invites } from "./invites.js";
import { answerKeys } from "./keys.js";
import { Latency } from "./latency.js";
import { keepNested } from "./nested.js";
import { showNotices } from "./notice.js";
import { switchNotices } from "./notices.js";
import { patchCallbacks } from "./patches.js";
import { atBottom } from "./position.js";
import { clearOldPreview } from "./preview.js";
import { showProgress } from "./progress.js";
import { showQuotes } from "./quotes.js";
import { reconnectAfterMs, rejoinAfterMs } from "./retry.js";
import { Room } from "./room.js";
import { Scroller } from "./scroller.js";
import { tabToken } from "./tab.js";
import { keepTitle } from "./title.js";
import { fitKeyboard } from "./viewport.js";

/**
 * What every join tells the server. `oldest` lets a rejoin bring back as much as was scrolled into view; whoever follows
 * at the bottom gets what a fresh page shows.
 */
function joinParams(view) {
  const params = { _csrf_token: document.querySelector("meta[name='csrf-token']")?.content };
  const tab = tabToken();
  if (tab) params._tab = tab;
  const first = view?.querySelector?.(".message[data-number]");
  const scroller = view?.querySelector?.("#scroller");
  const looksBack = scroller && (!atBottom(scroller) || scroller.querySelector("#older > .message"));
  if (first && looksBack && view.hasAttribute("data-phx-main")) params.oldest = Number(first.dataset.number);
  return params;
}

const liveSocket = new LiveSocket("/live", Socket, {
  params: joinParams,
  hooks: { Room, Scroller, Composer, Editor, Invites, Latency },
  dom: patchCallbacks,
  reconnectAfterMs: reconnectAfterMs(),
  rejoinAfterMs: rejoinAfterMs(),
});

// In this order: what is shown is there, and the days stand above it.
keepNested();
hideDoubles();
keepTimesLocal();
showQuotes();
countDown();
showConnection();
showProgress();
copyOnClick();
shareOnClick();
showNotices();
switchNotices();
keepTitle();
answerKeys();
fitKeyboard();
clearOldPreview();
liveSocket.connect();

// For the browser's console and for tests.
window.liveSocket = liveSocket;
