//! Rooms of every kind and stage, each with somebody in every role.

use std::collections::BTreeMap;

use chat::{Card, NewRoom, Role, RoomId, RoomSummary, Seat, Visibility};

use crate::{
    cards::{attach, card},
    cast::{Person, TeaHouse},
    table::{Column, Stage},
};

/// What rooms are called, and what is said in them: who may not read must not see it.
pub const TITLE: &str = "Plan zanzibar";
/// A word of every message.
pub const SECRET: &str = "quagga";
/// A link that has a card in every message.
pub const LINK: &str = "https://example.org/quagga";

/// What sort of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Public,
    Unlisted,
    Private,
    OfTwo,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Public, Self::Unlisted, Self::Private, Self::OfTwo];

    /// Who there is at a room of this kind.
    pub fn columns(self) -> Vec<Column> {
        use Column::{CoOwner, Either, Expelled, Member, Others, Outsider, Owner, Visitor};
        match self {
            Self::Public | Self::Unlisted => vec![Owner, CoOwner, Member, Visitor, Expelled],
            Self::Private => vec![Owner, CoOwner, Member, Outsider, Expelled],
            Self::OfTwo => vec![Either, Others],
        }
    }

    fn visibility(self) -> Visibility {
        match self {
            Self::Public => Visibility::Public,
            Self::Unlisted => Visibility::Unlisted,
            Self::Private | Self::OfTwo => Visibility::Private,
        }
    }
}

/// The same people in every room: one for each column, and those to whom things are done.
pub struct Cast {
    columns: BTreeMap<Column, Person>,
    /// Is in a public room and says nothing; knocks at a private one.
    pub vera: Person,
}

/// A room, and what is to be known of it to try something there.
pub struct Room {
    pub kind: Kind,
    pub stage: Stage,
    pub summary: RoomSummary,
    /// A member of a room of many, or the other one of two: somebody else in every room, because
    /// two people have one room.
    pub mia: Person,
    said: BTreeMap<Column, u64>,
    said_by_mia: u64,
    _vera_is_here: Option<Seat>,
}

impl Cast {
    pub fn of(house: &TeaHouse) -> Self {
        use Column::{CoOwner, Either, Expelled, Member, Others, Outsider, Owner, Visitor};
        let all = [Owner, CoOwner, Member, Visitor, Outsider, Expelled, Either, Others];
        let columns = all.map(|column| (column, house.person(&format!("{column:?} Smith"))));
        Self { columns: columns.into(), vera: house.person("Vera") }
    }

    pub fn get(&self, column: Column) -> &Person {
        &self.columns[&column]
    }
}

impl Room {
    pub fn path(&self) -> String {
        format!("/r/{}", self.summary.slug.as_str())
    }

    /// What the room is called for them.
    pub fn name_for(&self, by: Column) -> &str {
        match by {
            Column::Either => "Mia",
            _ => self.summary.name(),
        }
    }

    /// The number of a message of theirs; whoever never spoke names one that there is not.
    pub fn own(&self, column: Column) -> u64 {
        self.said.get(&column).copied().unwrap_or(99)
    }

    /// The number of a message of somebody else.
    pub fn others(&self) -> u64 {
        self.said_by_mia
    }

    /// A room of this kind, that far.
    pub async fn make(house: &TeaHouse, cast: &Cast, kind: Kind, stage: Stage) -> Self {
        let mut room = match kind {
            Kind::OfTwo => Self::of_two(house, cast).await,
            _ => Self::of_many(house, cast, kind).await,
        };
        let (chat, id) = (&house.chat, &room.summary.id);
        let owner =
            &cast.get(if kind == Kind::OfTwo { Column::Either } else { Column::Owner }).guest;
        match stage {
            Stage::Open => {}
            Stage::Ended => drop(chat.end(id, owner, None).await.expect("it ends")),
            Stage::Erased => {
                chat.erase(id, owner).await.expect("it is erased");
                chat.erased().await.expect("what was said is made unreadable");
            }
        }
        room.stage = stage;
        house.caught_up().await;
        room
    }

    /// What somebody says, with a card.
    async fn say(house: &TeaHouse, id: &RoomId, who: &Person, text: &str) -> u64 {
        let number = house.say(id, who, text).await;
        let card = Card { title: Some(format!("The {SECRET}")), ..card(LINK) };
        attach(house, id, number, card).await;
        number
    }

    /// Everybody says something; who is to be a visitor or an outsider leaves again.
    async fn of_many(house: &TeaHouse, cast: &Cast, kind: Kind) -> Self {
        let chat = &house.chat;
        let owner = &cast.get(Column::Owner).guest;
        let summary = chat.create_room(owner, NewRoom::titled(TITLE)).await.expect("a room");
        let id = &summary.id;
        let mut said = BTreeMap::new();
        for column in kind.columns() {
            let text = format!("{SECRET} {column:?}");
            let number = Self::say(house, id, cast.get(column), &text).await;
            said.insert(column, number);
        }
        let mia = house.person("Mia");
        let said_by_mia = Self::say(house, id, &mia, &format!("{SECRET} Mia")).await;
        let co_owner = &cast.get(Column::CoOwner).guest;
        chat.set_role(id, owner, co_owner, Role::CoOwner).await.expect("a co-owner");
        chat.expel(id, owner, &cast.get(Column::Expelled).guest).await.expect("one is out");
        let leaves = if kind == Kind::Private { Column::Outsider } else { Column::Visitor };
        chat.leave(id, &cast.get(leaves).guest).await.expect("one leaves");
        chat.set_visibility(id, owner, kind.visibility()).await.expect("it is of that kind");
        let vera = &cast.vera.guest;
        let vera_is_here = match kind {
            Kind::Private => chat.knock(id, vera).await.map(|_| None).expect("Vera knocks"),
            _ => Some(chat.attendance().arrive(id, vera)),
        };
        let stage = Stage::Open;
        Self { kind, stage, said, said_by_mia, _vera_is_here: vera_is_here, summary, mia }
    }

    /// The other one of the two is Mia.
    async fn of_two(house: &TeaHouse, cast: &Cast) -> Self {
        let (chat, one, mia) = (&house.chat, cast.get(Column::Either), house.person("Mia"));
        let summary = chat.invite(&one.guest, &mia.guest).await.expect("Mia is invited");
        let id = &summary.id;
        chat.accept(&mia.guest, id).await.expect("Mia accepts");
        let by_one = Self::say(house, id, one, &format!("{SECRET} of two")).await;
        let said = [(Column::Either, by_one)].into();
        let said_by_mia = Self::say(house, id, &mia, &format!("{SECRET} Mia")).await;
        let (kind, stage) = (Kind::OfTwo, Stage::Open);
        Self { kind, stage, said, said_by_mia, _vera_is_here: None, summary, mia }
    }
}
