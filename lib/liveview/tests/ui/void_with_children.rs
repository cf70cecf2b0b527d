//! An element that has no content.

use liveview::html;

fn main() {
    let _ = html! { <p><br>text</br></p> };
}
