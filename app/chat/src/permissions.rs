//! Who may do what: the table, as data. `docs/permissions.md` is written from it.

use serde::{Deserialize, Serialize};

use crate::{Refusal, Role, RoomSummary, Status};

/// Everything that people can do in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Read,
    Post,
    EditOwn,
    RemoveOwn,
    EditOthers,
    RemoveOthers,
    /// Take a card from what one said.
    DismissOwn,
    DismissOthers,
    Retitle,
    SetVisibility,
    SetRetention,
    Knock,
    /// Let somebody in, or turn them away.
    Admit,
    /// Send somebody out, or let them come back.
    Expel,
    SetRole,
    Transfer,
    Leave,
    End,
    Erase,
}

/// How far a room has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    Open,
    /// To be read, not to be written.
    Ended,
    /// Nothing is left.
    Erased,
}

/// What about a room decides who may do what in it, besides who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    pub stage: Stage,
    /// It is a private chat of two.
    pub of_two: bool,
}

/// One row of the table.
struct Rule {
    action: Action,
    /// The least role that may, in a room of many.
    from: Role,
    /// Also after the end.
    when_ended: bool,
    /// Both of a private chat of two may.
    of_two: bool,
}

const fn rule(action: Action, from: Role, when_ended: bool, of_two: bool) -> Rule {
    Rule { action, from, when_ended, of_two }
}

/// In the order of [`Action`].
#[rustfmt::skip]
const TABLE: [Rule; 19] = [
    rule(Action::Read,          Role::Visitor,  true,  true),
    rule(Action::Post,          Role::Visitor,  false, true),
    rule(Action::EditOwn,       Role::Visitor,  false, true),
    rule(Action::RemoveOwn,     Role::Visitor,  true,  true),
    rule(Action::EditOthers,    Role::CoOwner,  false, false),
    rule(Action::RemoveOthers,  Role::CoOwner,  true,  false),
    rule(Action::DismissOwn,    Role::Visitor,  true,  true),
    rule(Action::DismissOthers, Role::CoOwner,  true,  false),
    rule(Action::Retitle,       Role::CoOwner,  false, true),
    rule(Action::SetVisibility, Role::CoOwner,  false, false),
    rule(Action::SetRetention,  Role::CoOwner,  false, true),
    rule(Action::Knock,         Role::Outsider, false, false),
    rule(Action::Admit,         Role::CoOwner,  false, false),
    rule(Action::Expel,         Role::CoOwner,  false, false),
    rule(Action::SetRole,       Role::Owner,    false, false),
    rule(Action::Transfer,      Role::Owner,    false, false),
    rule(Action::Leave,         Role::Visitor,  false, false),
    rule(Action::End,           Role::CoOwner,  false, true),
    rule(Action::Erase,         Role::Owner,    true,  true),
];

/// Whether somebody who is `role` in a room may do `action`. A yes may still come to nothing:
/// members need not knock.
///
/// # Errors
/// Why not, in words for them. Who is not let in learns nothing else about the room.
pub fn allowed(action: Action, role: Role, room: Condition) -> Result<(), Refusal> {
    let rule = &TABLE[action as usize];
    match role {
        _ if room.stage == Stage::Erased => return Err(Refusal::Erased),
        Role::Expelled => return Err(Refusal::Expelled),
        Role::Outsider if room.of_two => return Err(Refusal::OfTwoOthers),
        Role::Outsider if rule.from > role => return Err(Refusal::Private),
        _ => {}
    }
    if room.of_two && !rule.of_two {
        return Err(Refusal::OnlyTwo);
    }
    if room.stage == Stage::Ended && !rule.when_ended {
        return Err(Refusal::Ended);
    }
    if !room.of_two && role < rule.from {
        return Err(Refusal::NotAllowed(action));
    }
    // Somebody must be there to answer knocks, and to erase.
    if action == Action::Leave && role == Role::Owner {
        return Err(Refusal::OwnerStays);
    }
    Ok(())
}

impl RoomSummary {
    /// What [`allowed`] needs to know of the room.
    pub fn condition(&self) -> Condition {
        let stage = match self.status {
            Status::Open => Stage::Open,
            Status::Ended { .. } => Stage::Ended,
            Status::Erased { .. } => Stage::Erased,
        };
        Condition { stage, of_two: self.with.is_some() }
    }
}

impl Action {
    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|rule| rule.action)
    }

    /// Why somebody who may not do it may not, in words for them.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::Read | Self::Post | Self::Knock | Self::Leave => "You are not in this room.",
            Self::EditOwn | Self::RemoveOwn | Self::DismissOwn => "You are not in this room.",
            Self::EditOthers | Self::RemoveOthers | Self::DismissOthers => {
                "Only an owner of the room can change what others said."
            }
            Self::Transfer | Self::SetRole | Self::Erase => {
                "Only the owner of the room can do that."
            }
            _ => "Only an owner of the room can do that.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 6] =
        [Role::Owner, Role::CoOwner, Role::Member, Role::Visitor, Role::Outsider, Role::Expelled];
    const OPEN: Condition = Condition { stage: Stage::Open, of_two: false };
    const ENDED: Condition = Condition { stage: Stage::Ended, of_two: false };
    const ERASED: Condition = Condition { stage: Stage::Erased, of_two: false };
    const OF_TWO: Condition = Condition { stage: Stage::Open, of_two: true };

    fn cell(action: Action, role: Role, room: Condition) -> &'static str {
        match allowed(action, role, room) {
            Ok(()) => "yes",
            Err(Refusal::Private | Refusal::OfTwoOthers) => "private",
            Err(Refusal::Expelled) => "expelled",
            Err(Refusal::OnlyTwo) => "of two",
            Err(Refusal::Ended) => "ended",
            Err(Refusal::OwnerStays) => "stays",
            Err(_) => "no",
        }
    }

    fn table(room: Condition, roles: &[Role]) -> String {
        let head = roles.iter().map(|role| format!(" {role:?} |")).collect::<String>();
        let line = "---|".repeat(roles.len());
        let rows = Action::all().map(|action| {
            let cells = roles.iter().map(|role| format!(" {} |", cell(action, *role, room)));
            format!("| {action:?} |{}\n", cells.collect::<String>())
        });
        format!("| |{head}\n|---|{line}\n{}", rows.collect::<String>())
    }

    #[test]
    fn the_table_has_every_action_in_its_place() {
        for (place, rule) in TABLE.iter().enumerate() {
            assert_eq!(rule.action as usize, place, "{:?}", rule.action);
        }
    }

    #[test]
    fn the_documentation_has_these_tables() {
        let written = include_str!("../../../docs/permissions.md");
        let of_two = table(OF_TWO, &[Role::Owner, Role::CoOwner, Role::Outsider]);
        let of_two = of_two.replace("Owner | CoOwner | Outsider", "Either | The other | Others");
        for table in [table(OPEN, &ROLES), table(ENDED, &ROLES), of_two] {
            assert!(written.contains(&table), "docs/permissions.md should have\n{table}");
        }
    }

    #[test]
    fn nothing_is_possible_where_nothing_is_left() {
        for (action, role) in Action::all().flat_map(|action| ROLES.map(|role| (action, role))) {
            assert_eq!(allowed(action, role, ERASED), Err(Refusal::Erased), "{action:?} {role:?}");
        }
    }

    #[test]
    fn a_higher_role_may_never_do_less_but_leave() {
        for action in Action::all().filter(|action| *action != Action::Leave) {
            for room in [OPEN, ENDED, OF_TWO] {
                let may = |role: &Role| allowed(action, *role, room).is_ok();
                let allowed: Vec<_> = ROLES.iter().map(may).collect();
                assert!(allowed.is_sorted_by(|one, next| one >= next), "{action:?}: {allowed:?}");
            }
        }
    }
}
