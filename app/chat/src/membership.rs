//! Who becomes what in a room by what happens there, for every read model that must know. The room
//! itself decides by the same rules (`room/people.rs`).

use identity::Guest;

use crate::{Role, event::Event, standing::STANDINGS_MAX};

/// What somebody becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// Whatever they were.
    This(Role),
    /// A member, unless they are something already or the room remembers no more people.
    MemberIfNew,
    /// Nobody in particular.
    Nobody,
}

/// What `before` turns into. `others` are the people that the room remembers besides its owner.
pub(crate) fn role_after(before: Option<Role>, becomes: Becomes, others: usize) -> Option<Role> {
    match becomes {
        Becomes::This(role) => Some(role),
        Becomes::MemberIfNew if before.is_none() && others < STANDINGS_MAX => Some(Role::Member),
        Becomes::MemberIfNew => before,
        Becomes::Nobody => None,
    }
}

/// Who becomes what because of `event`, in this order. An erased room has nobody left: that is not
/// told here, because it is not told one by one.
pub(crate) fn memberships(event: &Event) -> Vec<(&Guest, Becomes)> {
    use Becomes::{MemberIfNew, Nobody, This};
    match event {
        Event::Opened(opening) => {
            let with = opening.with.iter().map(|with| (with, This(Role::CoOwner)));
            [(&opening.owner, This(Role::Owner))].into_iter().chain(with).collect()
        }
        Event::Posted(posted) => vec![(&posted.author, MemberIfNew)],
        Event::VisibilityChanged { stay, .. } => {
            stay.iter().map(|guest| (guest, MemberIfNew)).collect()
        }
        Event::Admitted { who, .. } => vec![(who, This(Role::Member))],
        Event::RoleChanged { who, role, .. } => {
            let role = if *role == Role::CoOwner { Role::CoOwner } else { Role::Member };
            vec![(who, This(role))]
        }
        Event::Transferred { to, by, .. } => {
            vec![(by, This(Role::CoOwner)), (to, This(Role::Owner))]
        }
        Event::Expelled { who, .. } => vec![(who, This(Role::Expelled))],
        Event::Pardoned { who, .. } | Event::Left { who, .. } => vec![(who, Nobody)],
        Event::Edited(_)
        | Event::Removed { .. }
        | Event::CardAttached { .. }
        | Event::CardDismissed { .. }
        | Event::CardDropped { .. }
        | Event::Retitled { .. }
        | Event::RetentionChanged { .. }
        | Event::Knocked { .. }
        | Event::TurnedAway { .. }
        | Event::Renamed { .. }
        | Event::Ended { .. }
        | Event::Erased { .. } => Vec::new(),
    }
}
