//! An apostrophe in a word: the lexer speaks first.

use liveview::html;

fn main() {
    let _ = html! { <p>don't</p> };
}
