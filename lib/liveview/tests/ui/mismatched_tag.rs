//! Tags that do not match.

use liveview::html;

fn main() {
    let _ = html! {
        <div>
            <span>text
        </div>
    };
    let _ = html! { <ul><li>a</lu></ul> };
    let _ = html! { <p>text };
}
