//! What is given twice, or not at all.

use liveview::html;

fn main() {
    let _ = html! { <a href="/a" href="/b" id= class=a></a> };
}
