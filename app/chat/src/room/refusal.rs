//! Why a room says no.

use crate::{
    Action, LineError,
    message::{BODY_CHARS_MAX, BODY_LINES_MAX},
};

/// Why a room says no, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("There is no such room.")]
    NoSuchRoom,
    #[error("There is nothing to send yet.")]
    Empty,
    #[error("That is too long: at most {BODY_CHARS_MAX} characters, this has {chars}.")]
    TooLong { chars: usize },
    #[error("That has too many lines: at most {BODY_LINES_MAX}, this has {lines}.")]
    TooManyLines { lines: usize },
    #[error("That was quick. Please wait {} before you send the next one.", seconds(*.retry_after_ms))]
    TooFast { retry_after_ms: i64 },
    #[error("You just said exactly that.")]
    Repeated,
    #[error("There is no such message, or nothing is left of it.")]
    NoSuchMessage,
    #[error("The {0} of that card is not as it must be.")]
    Card(&'static str),
    /// What was read of the message is not so any more, or may not be. Whoever reads again may find
    /// that it can be done.
    #[error("Something else happened to that message just now. Please try again.")]
    Meanwhile,
    /// Somebody is not allowed to do it; who is says the table in `docs/permissions.md`.
    #[error("{}", .0.refusal())]
    NotAllowed(Action),
    #[error("This room is private. Knock, and its owner can let you in.")]
    Private,
    /// Nobody can be let in, so there is no door to knock at.
    #[error("This is a private chat of two people, and nobody else can enter.")]
    OfTwoOthers,
    #[error("You were removed from this room.")]
    Expelled,
    #[error("This conversation has ended. It can be read, but nothing is added any more.")]
    Ended,
    #[error("This room and everything in it was erased.")]
    Erased,
    #[error("The owner cannot leave; hand the room over first, or delete it.")]
    OwnerStays,
    #[error("There is nobody like that in this room.")]
    NoSuchPerson,
    #[error("Nobody can do that to themselves.")]
    Oneself,
    #[error("This is a private chat of two; that is not possible here.")]
    OnlyTwo,
    #[error("Your knock was answered with no. Please wait {} before you try again.", seconds(*.retry_after_ms))]
    TurnedAway { retry_after_ms: i64 },
    #[error("Too many are waiting at the door already. Please try again later.")]
    DoorIsBusy,
    #[error("An idle time must be between a second and 30 days.")]
    IdleTime,
    #[error(transparent)]
    Line(LineError),
    #[error("They do not want to hear from you.")]
    Blocked,
    #[error("They said no a moment ago. Please wait {} before you ask again.", seconds(*.retry_after_ms))]
    Declined { retry_after_ms: i64 },
    #[error("This invitation is not open any more.")]
    NoInvite,
    #[error("You have blocked them. Take that back first.")]
    BlockedByYou,
    #[error("You have blocked as many people as is possible.")]
    TooManyBlocks,
    #[error("This room has as many members as it can have.")]
    Full,
    /// Only while nobody knows better: somebody came in between.
    #[error("The room is in use.")]
    InUse,
}

fn seconds(ms: i64) -> String {
    match (ms + 999) / 1_000 {
        1 => "a second".to_owned(),
        more => format!("{more} seconds"),
    }
}
