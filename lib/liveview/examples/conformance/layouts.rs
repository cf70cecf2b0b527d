//! Documents around views: the scripts that connect.

use liveview::{Page, Raw, Rendered, html};

/// What most pages are shown in: hooks of the page's own are in `window.hooks`.
pub fn default_layout(page: Page<'_>) -> Rendered {
    document(page, CONNECT)
}

/// A document whose module `script` connects.
pub fn document(page: Page<'_>, script: &'static str) -> Rendered {
    html! {
        <!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8">
                <meta name="csrf-token" content={page.csrf_token}>
                <title>Conformance</title>
                // A missing icon would be an error in the console, and specs compare what is there.
                <link rel="icon" href="data:,">
                <script>"window.hooks = {};"</script>
                <script src="/assets/phoenix/phoenix.min.js"></script>
                <script type="module">{Raw::new(script)}</script>
                <style>"* { font-size: 1.1rem; }"</style>
            </head>
            <body>{page.content}</body>
        </html>
    }
}

const CONNECT: &str = r#"
import { LiveSocket } from "/assets/phoenix_live_view/phoenix_live_view.esm.js";
import { hooks as colocated } from "/assets/colocated/index.js";

const pingOnce = {
  mounted() {
    this.pushEvent("ping", {}, () => { this.el.innerText += "pong"; });
  },
};
const root = document.documentElement.dataset;
const TestExternal = (entries) => {
  for (const entry of entries) {
    root.externalUploadStarted = entry.ref;
    entry.onCancel(() => { root.externalUploadAborted = entry.ref; });
  }
};
const cascade = new URLSearchParams(location.search).get("cascadePhxRemoveOnNavigation");
window.liveSocket = new LiveSocket("/live", window.Phoenix.Socket, {
  params: { _csrf_token: document.querySelector("meta[name='csrf-token']").content },
  hooks: { FormHook: pingOnce, FormStreamHook: pingOnce, ...window.hooks, ...colocated },
  uploaders: { TestExternal },
  cascadePhxRemoveOnNavigation: cascade !== "false",
});
window.liveSocket.connect();
"#;
