//! A room as one visitor has it open.

use chat::{Action, Chat, Member, Page, Role, RoomSummary, Seat, Unanswered, allowed};
use identity::{Guest, GuestId};
use liveview::{Cx, Interrupt, Params, Place, Stream};

use super::{
    RoomLive, Viewer,
    acts::person,
    composer::{Composer, Editing},
};
use crate::{companion, message::Row, room_feed::WINDOW, room_people::role_name};

/// How many older messages come at a time.
pub(super) const PAGE: usize = 50;
/// How many older messages a page that comes back is given at once.
const COME_BACK_MAX: u64 = 500;
/// How many members an owner chooses among.
const MEMBERS_MAX: usize = 100;

/// The room, and what is personal about it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) summary: RoomSummary,
    pub(super) role: Role,
    pub(super) composer: Composer,
    pub(super) editing: Option<Editing>,
    pub(super) refusal: Option<Refusal>,
    pub(super) older: Stream<Row>,
    /// The number of the first message on the page; there are older ones if it is above 1.
    pub(super) first: u64,
    /// A stretch of the past instead of the present.
    pub(super) past: Option<Past>,
    /// Somebody whose menu was asked for by address, without a script.
    pub(super) person: Option<Guest>,
    /// The message that was asked for by address, if the visitor may change it.
    pub(super) chosen: Option<Chosen>,
    pub(super) read_mark: Option<u64>,
    pub(super) owners: Owners,
    /// What there is to tell of the other one of a private chat, who was invited.
    pub(super) invited: Option<Invited>,
    pub(super) people_count: usize,
    /// When a fleeting room is erased unless somebody comes. A page that is connected is somebody.
    pub(super) erased_at_ms: Option<i64>,
    blocks: Vec<Guest>,
    /// The page's place among those who are there.
    seat: Option<Seat>,
    keys: u64,
}

/// What came of an invitation so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invited {
    Waits,
    Declined,
    Expired,
}

/// What only those with an owner's powers see.
#[derive(Debug, Default)]
pub(super) struct Owners {
    pub(super) knocks: Vec<Guest>,
    pub(super) expelled: Vec<Guest>,
    pub(super) members: Vec<Member>,
}

/// A message that the visitor may change.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) number: u64,
    pub(super) editing: Option<Editing>,
    pub(super) may_remove: bool,
    /// The cards that the visitor may take from it.
    pub(super) cards: Vec<chat::Card>,
}

/// A form that came back, with what was typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) act: String,
    pub(super) fields: Params,
    pub(super) text: String,
}

/// A stretch of the past, for a permalink or a browser without JavaScript.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) rows: Vec<Row>,
    pub(super) has_later: bool,
}

/// What the address, and the page before, ask for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    number: Option<u64>,
    before: Option<u64>,
    person: Option<GuestId>,
    /// The first message that a page that comes back had.
    oldest: Option<u64>,
    composer: Composer,
    pub(super) refusal: Option<Refusal>,
}

impl Asked {
    pub(super) fn by(cx: &Cx<RoomLive>) -> Result<Self, Interrupt> {
        let number = |params: &Params, key| params.get(key)?.parse::<u64>().ok();
        let around = match cx.params().get("number") {
            None => None,
            Some(text) => Some(text.parse::<u64>().map_err(|_| Interrupt::Status(404))?),
        };
        Ok(Self {
            number: around,
            before: number(cx.params(), "before"),
            person: cx.params().get("person").and_then(|id| GuestId::parse(id).ok()),
            oldest: number(cx.connect_params(), "oldest"),
            composer: Composer::from_flash(cx.flash()),
            refusal: Refusal::from_flash(cx.flash()),
        })
    }
}

impl Invited {
    fn of(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Declined => Self::Declined,
            Unanswered::Expired => Self::Expired,
        }
    }

    /// For the one who invites.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Waits => "They were invited. They see it wherever they are, until they answer.",
            Self::Declined => "They said no.",
            Self::Expired => "They did not answer.",
        }
    }
}

impl Refusal {
    /// A plain form that was refused comes back with what was typed.
    fn from_flash(flash: &liveview::Flash) -> Option<Self> {
        let act = flash.get("act")?.to_owned();
        let fields = serde_json::from_str(flash.get("fields").unwrap_or_default());
        let fields = fields.map(|fields| Params::from_json(&fields)).unwrap_or_default();
        Some(Self { act, fields, text: flash.get("refusal").unwrap_or_default().to_owned() })
    }
}

impl Room {
    pub(super) async fn enter(
        viewer: &Viewer,
        summary: RoomSummary,
        role: Role,
        asked: Asked,
        cx: &mut Cx<RoomLive>,
    ) -> Result<Self, Interrupt> {
        let (house, me) = (cx.app().clone(), &viewer.me);
        let chat = &house.chat;
        // Subscribed to nothing: whoever comes and goes is seen in the list of people.
        let seat = cx.connected().then(|| chat.attendance().arrive(&summary.id, me));
        let mut room = Self {
            role,
            composer: asked.composer,
            editing: None,
            refusal: asked.refusal,
            older: Stream::new("older", Row::older_dom_id),
            first: 1,
            past: None,
            person: None,
            chosen: None,
            read_mark: chat.read_mark(&summary.id, &me.id).await.map_err(Interrupt::fault)?,
            owners: Owners::default(),
            invited: None,
            erased_at_ms: chat.deadline(&summary),
            people_count: chat.attendance().count(&summary.id),
            blocks: chat.blocks(&me.id).await.map_err(Interrupt::fault)?,
            seat,
            keys: 0,
            summary,
        };
        room.look_at_what_owners_see(chat).await;
        room.look_at_invite(chat, me).await;
        if let Some(id) = &asked.person {
            room.person = person(&house, &room.summary, id).await.ok();
        }
        match (asked.number, asked.before) {
            (Some(number), _) => room.show_around(chat, viewer, number).await?,
            (None, Some(before)) => {
                let page = chat.timeline().before(&room.summary.id, before, PAGE).await;
                room.show_past(&page.map_err(Interrupt::fault)?);
            }
            (None, None) => room.show_present(chat, asked.oldest).await?,
        }
        Ok(room)
    }

    /// What the room is called for the viewer.
    pub(super) fn name(&self, viewer: &Viewer) -> &str {
        companion::name_of(&self.summary, &viewer.me.id)
    }

    pub(super) fn path(&self) -> String {
        format!("/r/{}", self.summary.slug.as_str())
    }

    pub(super) fn may(&self, action: Action) -> bool {
        allowed(action, self.role, self.summary.condition()).is_ok()
    }

    pub(super) fn role_name(&self) -> &'static str {
        role_name(Some(self.role))
    }

    /// The ids of those whom the visitor does not want to hear, for the page's script.
    pub(super) fn blocked(&self) -> String {
        let ids: Vec<_> = self.blocks.iter().map(|guest| guest.id.as_str()).collect();
        ids.join(" ")
    }

    pub(super) fn is_past(&self) -> bool {
        self.past.is_some()
    }

    // What it is like, as it changes

    pub(super) async fn become_like(&mut self, summary: RoomSummary, role: Role, chat: &Chat) {
        (self.summary, self.role) = (summary, role);
        self.look_at_what_owners_see(chat).await;
        if !self.may(Action::Post) {
            self.editing = None;
        }
    }

    async fn look_at_what_owners_see(&mut self, chat: &Chat) {
        if !self.may(Action::Admit) {
            self.owners = Owners::default();
            return;
        }
        let (directory, id) = (chat.directory(), &self.summary.id);
        // A fault is logged where it happened; the next hint looks again.
        if let Ok(knocks) = directory.knocks(id).await {
            self.owners.knocks = knocks;
        }
        if let Ok(expelled) = directory.expelled(id).await {
            self.owners.expelled = expelled;
        }
        if let Ok((members, _)) = directory.members(id, MEMBERS_MAX).await {
            self.owners.members = members;
        }
    }

    pub(super) async fn look_at_blocks(&mut self, chat: &Chat, me: &GuestId) {
        if let Ok(blocks) = chat.blocks(me).await {
            self.blocks = blocks;
        }
    }

    /// Whoever enters a private chat that they were invited to has accepted, whatever they said
    /// before.
    pub(super) async fn look_at_invite(&mut self, chat: &Chat, me: &Guest) {
        if self.summary.with.is_none() {
            return;
        }
        // A fault is logged where it happened, and nothing is told; the next hint looks again.
        let pending = chat.pending_invite(&self.summary.id).await.ok().flatten();
        if pending.is_some_and(|invite| invite.to != me.id) {
            self.invited = Some(Invited::Waits);
            return;
        }
        if self.seat.is_some() {
            let _told = chat.entered(me, &self.summary.id).await;
        }
        let unanswered = chat.unanswered(&me.id, &self.summary.id).await.ok().flatten();
        self.invited = unanswered.map(Invited::of);
    }

    pub(super) fn refuse(&mut self, act: &str, fields: &Params, text: String) {
        match &mut self.editing {
            Some(editing) if act == "edit" => {
                editing.body = fields.get("body").unwrap_or_default().to_owned();
                editing.refusal = Some(text);
            }
            _ => self.refusal = Some(Refusal { act: act.to_owned(), fields: fields.clone(), text }),
        }
    }

    pub(super) fn acted(&mut self, act: &str) {
        self.refusal = None;
        if act == "edit" {
            self.editing = None;
        }
    }

    /// Why the form `act` was refused last.
    pub(super) fn refusal(&self, act: &str) -> Option<&Refusal> {
        self.refusal.as_ref().filter(|refusal| refusal.act == act)
    }

    // Whether the visitor types, and looks

    /// A key was typed: its number.
    pub(super) fn typed(&mut self) -> u64 {
        self.keys += 1;
        if let Some(seat) = &self.seat {
            seat.set_typing(true);
        }
        self.keys
    }

    pub(super) fn is_last_key(&self, key: u64) -> bool {
        self.keys == key
    }

    pub(super) fn stopped_typing(&mut self) {
        // What was typed until now ends with this.
        self.keys += 1;
        if let Some(seat) = &self.seat {
            seat.set_typing(false);
        }
    }

    pub(super) fn set_idle(&self, idle: bool) {
        if let Some(seat) = &self.seat {
            seat.set_idle(idle);
        }
    }

    // The past

    async fn show_around(
        &mut self,
        chat: &Chat,
        viewer: &Viewer,
        number: u64,
    ) -> Result<(), Interrupt> {
        let half = PAGE as u64 / 2;
        let from = number.saturating_sub(half).max(1);
        let to = number.saturating_add(half);
        let page = chat.timeline().range(&self.summary.id, from, to).await;
        let page = page.map_err(Interrupt::fault)?;
        let Some(message) = page.messages.iter().find(|message| message.number == number) else {
            return Err(Interrupt::Status(404));
        };
        let (removes, dismisses) = match message.author.id == viewer.me.id {
            true => (Action::RemoveOwn, Action::DismissOwn),
            false => (Action::RemoveOthers, Action::DismissOthers),
        };
        let editing = self.editing_of(message, viewer);
        let may_remove = !message.removed && self.may(removes);
        let editing = editing.map(|editing| self.with_refusal(editing));
        let cards = if self.may(dismisses) { message.cards.clone() } else { Vec::new() };
        let is_any = editing.is_some() || may_remove || !cards.is_empty();
        self.chosen = is_any.then_some(Chosen { number, editing, may_remove, cards });
        self.show_past(&page);
        Ok(())
    }

    fn show_past(&mut self, page: &Page) {
        self.first = page.messages.first().map_or(1, |message| message.number);
        let rows = Row::of_page(self.summary.slug.as_str(), page);
        self.past = Some(Past { rows, has_later: page.has_later() });
    }

    /// The feed shows the newest messages; a page that comes back is given what it had before them.
    async fn show_present(&mut self, chat: &Chat, oldest: Option<u64>) -> Result<(), Interrupt> {
        let head = chat.timeline().head(&self.summary.id).await.map_err(Interrupt::fault)?;
        let window = (head.messages + 1).saturating_sub(WINDOW as u64).max(1);
        self.first = window;
        let Some(oldest) = oldest.filter(|oldest| (1..window).contains(oldest)) else {
            return Ok(());
        };
        let from = oldest.max(window.saturating_sub(COME_BACK_MAX));
        let page = chat.timeline().range(&self.summary.id, from, window - 1).await;
        self.older.extend(self.rows(&page.map_err(Interrupt::fault)?), Place::LAST);
        self.first = from;
        Ok(())
    }

    pub(super) async fn show_older(&mut self, chat: &Chat, before: u64) {
        // A fault is logged where it happened; scrolling again asks again.
        let Ok(page) = chat.timeline().before(&self.summary.id, before, PAGE).await else { return };
        let Some(first) = page.messages.first() else { return };
        self.first = first.number;
        self.older.extend(self.rows(&page).into_iter().rev(), Place::FIRST);
    }

    pub(super) async fn fill(&mut self, chat: &Chat, from: u64, to: u64) {
        let to = to.min(from.saturating_add(COME_BACK_MAX));
        let Ok(page) = chat.timeline().range(&self.summary.id, from, to).await else { return };
        self.older.extend(self.rows(&page), Place::LAST);
    }

    /// Shows messages again that were changed, where they are shown.
    pub(super) async fn refresh(&mut self, chat: &Chat, from: u64, to: u64) {
        let to = to.min(from.saturating_add(COME_BACK_MAX));
        let Ok(page) = chat.timeline().range(&self.summary.id, from, to).await else { return };
        let rows = self.rows(&page);
        match &mut self.past {
            None => self.older.extend(rows, Place::LAST.update_only()),
            Some(past) => {
                for row in rows {
                    let same = past.rows.iter_mut().find(|shown| shown.number == row.number);
                    if let Some(shown) = same {
                        *shown = row;
                    }
                }
            }
        }
    }

    fn rows(&self, page: &Page) -> Vec<Row> {
        Row::of_page(self.summary.slug.as_str(), page)
    }

    // A text to be changed

    pub(super) async fn begin_edit(&mut self, chat: &Chat, viewer: &Viewer, number: u64) {
        let page = chat.timeline().range(&self.summary.id, number, number).await;
        let Ok(page) = page else { return };
        let found = page.messages.iter().find(|message| message.number == number);
        self.editing = found.and_then(|message| self.editing_of(message, viewer));
    }

    /// The text of a plain form that was refused.
    fn with_refusal(&self, editing: Editing) -> Editing {
        let Some(refusal) = self.refusal("edit") else { return editing };
        let body = refusal.fields.get("body").map_or(editing.body, str::to_owned);
        Editing { body, refusal: Some(refusal.text.clone()), ..editing }
    }

    fn editing_of(&self, message: &chat::Message, viewer: &Viewer) -> Option<Editing> {
        let is_mine = message.author.id == viewer.me.id;
        let edits = if is_mine { Action::EditOwn } else { Action::EditOthers };
        let is_there = !message.removed && !message.body.is_empty();
        (is_there && self.may(edits)).then(|| Editing::of(message))
    }
}
