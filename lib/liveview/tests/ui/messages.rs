//! Messages that cannot be told apart, or not be read.

use liveview::Message;

#[derive(Message)]
enum Twice {
    Go,
    #[event("go")]
    Start,
}

#[derive(Message)]
enum Pairs {
    Two(u32, u32),
}

struct Opaque;

#[derive(Message)]
enum Unreadable {
    Take { what: Opaque },
}

fn main() {}
