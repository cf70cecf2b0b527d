//! What people do in a room besides speaking: one form each, and one function for all of them, for
//! the live page and for plain HTTP.

use std::net::IpAddr;

use chat::{ActError, Action, Done, Refusal, Retention, Role, RoomSummary, Visibility, allowed};
use identity::{Guest, GuestId};
use liveview::Params;

use crate::{companion, house::House, limits::Kind, retention};

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Edit {
        number: u64,
        body: String,
    },
    Remove {
        number: u64,
    },
    DismissCard {
        number: u64,
        link: String,
    },
    Retitle {
        title: String,
    },
    SetVisibility {
        to: Visibility,
    },
    SetRetention {
        to: Retention,
    },
    Knock,
    Admit {
        who: GuestId,
    },
    TurnAway {
        who: GuestId,
    },
    SetRole {
        who: GuestId,
        role: Role,
    },
    Transfer {
        who: GuestId,
    },
    Expel {
        who: GuestId,
    },
    Pardon {
        who: GuestId,
    },
    Leave,
    End {
        reason: String,
    },
    /// `name` is what the room is called, typed again so that nobody does it by accident.
    Erase {
        name: String,
    },
    Invite {
        who: GuestId,
    },
    Block {
        who: GuestId,
    },
    Unblock {
        who: GuestId,
    },
    Read {
        number: u64,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done, and the same page shows it.
    Done(Option<Done>),
    /// It is done, and something else is to be seen.
    Go(String),
}

/// Why it was not done, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) text: String,
    pub(crate) why: Why,
}

/// Which kind of no it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// What was asked for makes no sense, or not now.
    Unfit,
    /// Somebody else might.
    Forbidden,
    /// The world failed.
    Fault,
}

impl Refused {
    pub(crate) fn unfit(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Unfit }
    }
}

impl From<ActError> for Refused {
    fn from(error: ActError) -> Self {
        let why = match &error {
            ActError::Refused(
                Refusal::NotAllowed(_)
                | Refusal::Private
                | Refusal::OfTwoOthers
                | Refusal::Expelled
                | Refusal::OnlyTwo
                | Refusal::Blocked,
            ) => Why::Forbidden,
            ActError::Refused(_) | ActError::Busy => Why::Unfit,
            ActError::Fault(_) => Why::Fault,
        };
        Self { text: error.to_string(), why }
    }
}

impl From<chat::Fault> for Refused {
    fn from(fault: chat::Fault) -> Self {
        Self { text: fault.to_string(), why: Why::Fault }
    }
}

impl Act {
    /// The form `name`, which is also the last part of its address, with these fields. `None`: there
    /// is no such form, or it was not filled in by a page of ours.
    pub(crate) fn read(name: &str, fields: &Params) -> Option<Self> {
        let text = |field: &str| fields.get(field).unwrap_or_default().to_owned();
        let who = || GuestId::parse(fields.get("who")?).ok();
        let number = || fields.get("number")?.parse().ok();
        Some(match name {
            "edit" => Self::Edit { number: number()?, body: text("body") },
            "remove" => Self::Remove { number: number()? },
            "dismiss" => {
                Self::DismissCard { number: number()?, link: fields.get("link")?.to_owned() }
            }
            "title" => Self::Retitle { title: text("title") },
            "visibility" => Self::SetVisibility { to: visibility(fields.get("visibility")?)? },
            "retention" => Self::SetRetention { to: retention::read(fields)? },
            "knock" => Self::Knock,
            "admit" => Self::Admit { who: who()? },
            "turn-away" => Self::TurnAway { who: who()? },
            "role" => Self::SetRole { who: who()?, role: role(fields.get("role")?)? },
            "transfer" => Self::Transfer { who: who()? },
            "expel" => Self::Expel { who: who()? },
            "pardon" => Self::Pardon { who: who()? },
            "leave" => Self::Leave,
            "end" => Self::End { reason: text("reason") },
            "delete" => Self::Erase { name: text("name") },
            "invite" => Self::Invite { who: who()? },
            "block" => Self::Block { who: who()? },
            "unblock" => Self::Unblock { who: who()? },
            "read" => Self::Read { number: number()? },
            _ => return None,
        })
    }

    /// The message that it changes.
    pub(super) fn message(&self) -> Option<u64> {
        match self {
            Self::Edit { number, .. }
            | Self::Remove { number }
            | Self::DismissCard { number, .. } => Some(*number),
            _ => None,
        }
    }

    /// What it counts as for the house's limits; `None`: it is free.
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Knock => Some(Kind::Knock),
            Self::Invite { .. } => Some(Kind::Invite),
            Self::Read { .. } => None,
            _ => Some(Kind::Message),
        }
    }
}

fn visibility(text: &str) -> Option<Visibility> {
    match text {
        "public" => Some(Visibility::Public),
        "unlisted" => Some(Visibility::Unlisted),
        "private" => Some(Visibility::Private),
        _ => None,
    }
}

fn role(text: &str) -> Option<Role> {
    match text {
        "co-owner" => Some(Role::CoOwner),
        "member" => Some(Role::Member),
        _ => None,
    }
}

/// Does it, in the name of `me`, who comes from `peer`.
pub(crate) async fn perform(
    house: &House,
    room: &RoomSummary,
    me: &Guest,
    peer: Option<IpAddr>,
    act: Act,
) -> Result<Outcome, Refused> {
    if let Some(kind) = act.kind() {
        let checked = house.limits.check(kind, peer, &me.id);
        checked.map_err(|too_much| Refused::unfit(too_much.to_string()))?;
    }
    // Those outside knock, and what is read is asked about by the chat, for everyone and often.
    if !matches!(act, Act::Knock | Act::Read { .. }) {
        check_inside(house, room, me).await?;
    }
    let (chat, id) = (&house.chat, &room.id);
    let done = match act {
        Act::Edit { number, body } => chat.edit(id, me, number, &body).await?,
        Act::Remove { number } => chat.remove(id, me, number).await?,
        Act::DismissCard { number, link } => chat.dismiss_card(id, me, number, &link).await?,
        Act::Retitle { title } => chat.retitle(id, me, &title).await?,
        Act::SetVisibility { to } => chat.set_visibility(id, me, to).await?,
        Act::SetRetention { to } => chat.set_retention(id, me, to).await?,
        Act::Knock => chat.knock(id, me).await?,
        Act::Admit { who } => chat.admit(id, me, &person(house, room, &who).await?).await?,
        Act::TurnAway { who } => chat.turn_away(id, me, &person(house, room, &who).await?).await?,
        Act::SetRole { who, role } => {
            chat.set_role(id, me, &person(house, room, &who).await?, role).await?
        }
        Act::Transfer { who } => chat.transfer(id, me, &person(house, room, &who).await?).await?,
        Act::Expel { who } => chat.expel(id, me, &person(house, room, &who).await?).await?,
        Act::Pardon { who } => chat.pardon(id, me, &person(house, room, &who).await?).await?,
        Act::End { reason } => chat.end(id, me, Some(&reason)).await?,
        Act::Leave => {
            let done = chat.leave(id, me).await?;
            chat.readable(&done).await;
            return Ok(Outcome::Go("/".to_owned()));
        }
        Act::Erase { name } => {
            let called = companion::name_of(room, &me.id);
            if name.trim() != called.trim() {
                let text = format!("To delete the room, type its name: {called}");
                return Err(Refused::unfit(text));
            }
            chat.erase(id, me).await?
        }
        Act::Invite { who } => {
            let private = chat.invite(me, &person(house, room, &who).await?).await?;
            return Ok(Outcome::Go(format!("/r/{}", private.slug.as_str())));
        }
        Act::Block { who } => {
            chat.block(me, &person(house, room, &who).await?).await?;
            return Ok(Outcome::Done(None));
        }
        Act::Unblock { who } => {
            chat.unblock(me, &who).await?;
            return Ok(Outcome::Done(None));
        }
        Act::Read { number } => {
            chat.read_up_to(id, me, number).await?;
            return Ok(Outcome::Done(None));
        }
    };
    Ok(Outcome::Done(Some(done)))
}

/// Whoever may not read a room learns nothing about it by trying: not what it is called, who is in
/// it, nor how much was said. What the room itself decides about comes after.
async fn check_inside(house: &House, room: &RoomSummary, me: &Guest) -> Result<(), Refused> {
    let role = house.chat.role(room, &me.id).await?;
    allowed(Action::Read, role, room.condition()).map_err(|no| ActError::Refused(no).into())
}

/// How many members are looked through for somebody.
const MEMBERS_READ: usize = 500;

/// Somebody one meets in the room, under the name they go by there.
pub(crate) async fn person(
    house: &House,
    room: &RoomSummary,
    id: &GuestId,
) -> Result<Guest, Refused> {
    let present = house.chat.attendance().present(&room.id);
    if let Some(one) = present.into_iter().find(|one| one.guest.id == *id) {
        return Ok(one.guest);
    }
    let directory = house.chat.directory();
    let (members, _) = directory.members(&room.id, MEMBERS_READ).await?;
    let members = members.into_iter().map(|member| member.guest);
    if let Some(found) = members.into_iter().find(|guest| guest.id == *id) {
        return Ok(found);
    }
    let mut others = directory.knocks(&room.id).await?;
    others.extend(directory.expelled(&room.id).await?);
    let found = others.into_iter().find(|guest| guest.id == *id);
    found.ok_or_else(|| ActError::Refused(Refusal::NoSuchPerson).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEN: &str = "0000000000000002";

    #[test]
    fn every_form_is_read() {
        let who = || GuestId::parse(BEN).expect("sixteen digits");
        let of = |name: &str, fields: &str| Act::read(name, &Params::decode(fields));
        let text = |text: &str| text.to_owned();
        let cases = [
            ("edit", "number=7&body=hi", Act::Edit { number: 7, body: text("hi") }),
            ("remove", "number=7", Act::Remove { number: 7 }),
            (
                "dismiss",
                "number=7&link=https%3A%2F%2Fa.example%2F%3Fb%3Dc",
                Act::DismissCard { number: 7, link: text("https://a.example/?b=c") },
            ),
            ("title", "title=Tea+room", Act::Retitle { title: text("Tea room") }),
            ("visibility", "visibility=private", Act::SetVisibility { to: Visibility::Private }),
            ("retention", "retention=kept", Act::SetRetention { to: Retention::Kept }),
            ("knock", "", Act::Knock),
            ("admit", "who=0000000000000002", Act::Admit { who: who() }),
            ("turn-away", "who=0000000000000002", Act::TurnAway { who: who() }),
            (
                "role",
                "who=0000000000000002&role=co-owner",
                Act::SetRole { who: who(), role: Role::CoOwner },
            ),
            ("transfer", "who=0000000000000002", Act::Transfer { who: who() }),
            ("expel", "who=0000000000000002", Act::Expel { who: who() }),
            ("pardon", "who=0000000000000002", Act::Pardon { who: who() }),
            ("leave", "", Act::Leave),
            ("end", "reason=enough", Act::End { reason: text("enough") }),
            ("delete", "name=Tea", Act::Erase { name: text("Tea") }),
            ("invite", "who=0000000000000002", Act::Invite { who: who() }),
            ("block", "who=0000000000000002", Act::Block { who: who() }),
            ("unblock", "who=0000000000000002", Act::Unblock { who: who() }),
            ("read", "number=7", Act::Read { number: 7 }),
        ];
        for (name, fields, act) in cases {
            assert_eq!(of(name, fields), Some(act), "{name}");
        }
    }

    #[test]
    fn what_no_page_sends_is_no_act() {
        let cases = [
            ("dance", ""),
            ("edit", "body=hi"),
            ("edit", "number=-1&body=hi"),
            ("dismiss", "number=7"),
            ("visibility", "visibility=secret"),
            ("visibility", ""),
            ("role", "who=0000000000000002&role=owner"),
            ("admit", "who=ben"),
            ("admit", ""),
            ("retention", "retention=ever"),
        ];
        for (name, fields) in cases {
            assert_eq!(Act::read(name, &Params::decode(fields)), None, "{name}?{fields}");
        }
    }

    #[test]
    fn a_no_has_a_kind() {
        let why = |refusal| Refused::from(ActError::Refused(refusal)).why;
        assert_eq!(why(Refusal::Private), Why::Forbidden);
        assert_eq!(why(Refusal::NotAllowed(chat::Action::End)), Why::Forbidden);
        assert_eq!(why(Refusal::Empty), Why::Unfit);
        assert_eq!(Refused::from(ActError::Busy).why, Why::Unfit);
    }
}
