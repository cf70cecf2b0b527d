//! A value that is no text.

use liveview::html;

struct Room;

struct View {
    room: Room,
}

fn main() {
    let view = View { room: Room };
    let _ = html! { <p>{Room}</p> };
    let _ = html! { <p>{view.room}</p> };
}
