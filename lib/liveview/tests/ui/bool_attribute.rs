//! A bool where an attribute is always there.

use liveview::html;

fn main() {
    let open = true;
    let _ = html! { <details data-open={open}></details> };
    let _ = html! { <a title={Some("x")}></a> };
}
