//! Who may see what of a room.

use std::time::Duration;

use chat::{Chat, Role, RoomId, RoomSummary, Status, Visibility};
use liveview::Session;
use pubsub::Received;

use crate::house::House;

/// How long one waits for what was announced to be known everywhere.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// What somebody gets to see at the address of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The conversation.
    Inside,
    /// The door, at which one can knock.
    Door,
    /// That two others talk here, and nobody else ever.
    OfTwo,
    /// That they were sent out.
    Expelled,
    /// What is left of it: the receipt.
    Erased,
}

impl Entry {
    pub(crate) fn of(room: &RoomSummary, role: Role) -> Self {
        match role {
            _ if matches!(room.status, Status::Erased { .. }) => Self::Erased,
            Role::Expelled => Self::Expelled,
            Role::Outsider if room.with.is_some() => Self::OfTwo,
            Role::Outsider => Self::Door,
            // What is read last may be who somebody is, or what the room is like.
            Role::Visitor if room.visibility == Visibility::Private => Self::Door,
            Role::Visitor | Role::Member | Role::CoOwner | Role::Owner => Self::Inside,
        }
    }
}

/// Whether the visitor may look into the room with this id.
///
/// Whoever cannot be judged because the store failed may not; the next join asks again.
pub(crate) async fn may_read(house: &House, room: &str, session: &Session) -> bool {
    let Ok(id) = RoomId::parse(room) else { return false };
    let Ok(Some(room)) = house.chat.directory().by_id(&id).await else { return false };
    let Ok(me) = house.guest(session).await else { return false };
    let role = house.chat.role(&room, &me.id).await;
    role.is_ok_and(|role| Entry::of(&room, role) == Entry::Inside)
}

/// Waits until the directory knows change `change` of the room, two seconds at most: only then is it
/// right about who may look.
pub(crate) async fn until_known(chat: &Chat, room: &RoomId, change: u64) {
    let mut facts = chat.subscribe_facts(room);
    let known = async {
        while let Ok(Some(summary)) = chat.directory().by_id(room).await {
            if summary.change >= change {
                return;
            }
            let (Received::Hint(_) | Received::Lagged) = facts.recv().await;
        }
    };
    let _late = tokio::time::timeout(KNOWN_WITHIN, known).await;
}

#[cfg(test)]
mod tests {
    use chat::{Retention, Slug};
    use identity::{Guest, GuestId, GuestName};

    use super::*;

    fn ana() -> Guest {
        let id = GuestId::parse("0000000000000001").expect("sixteen digits");
        Guest { id, name: GuestName::recorded("Ana".to_owned()) }
    }

    fn room(visibility: Visibility) -> RoomSummary {
        RoomSummary {
            id: RoomId::random(),
            slug: Slug::mnemonic(7),
            title: None,
            owner: ana(),
            opened_at_ms: 0,
            active_at_ms: 0,
            messages: 0,
            members: 1,
            visibility,
            retention: Retention::Kept,
            status: Status::Open,
            with: None,
            change: 1,
        }
    }

    #[test]
    fn who_sees_what() {
        let (public, private) = (room(Visibility::Public), room(Visibility::Private));
        for role in [Role::Member, Role::CoOwner, Role::Owner] {
            assert_eq!(Entry::of(&private, role), Entry::Inside, "{role:?}");
        }
        assert_eq!(Entry::of(&public, Role::Visitor), Entry::Inside);
        assert_eq!(Entry::of(&room(Visibility::Unlisted), Role::Visitor), Entry::Inside);
        assert_eq!(Entry::of(&private, Role::Visitor), Entry::Door);
        assert_eq!(Entry::of(&private, Role::Outsider), Entry::Door);
        assert_eq!(Entry::of(&public, Role::Expelled), Entry::Expelled);
        let of_two = RoomSummary { with: Some(ana()), ..private };
        assert_eq!(Entry::of(&of_two, Role::Outsider), Entry::OfTwo);
    }

    #[test]
    fn what_was_erased_is_erased_for_everyone() {
        let status = Status::Erased { at_ms: 0, messages: 3, expired: true };
        let erased = RoomSummary { status, ..room(Visibility::Public) };
        for role in [Role::Expelled, Role::Outsider, Role::Visitor, Role::Owner] {
            assert_eq!(Entry::of(&erased, role), Entry::Erased);
        }
    }
}
