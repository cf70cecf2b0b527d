//! An apostrophe that the lexer takes for the start of a character.

use liveview::html;

fn main() {
    let _ = html! { <p>rock 'n roll</p> };
    let _ = html! { <p>'a' and b</p> };
}
