//! Who is in a room, live: one instance per room and node, whoever looks.
//!
//! A list of people, not of tabs: those who are here, then the members who are not. Who types is told
//! in the same list (`data-typing`); the page's script makes the sentence of it, without the viewer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chat::{AttendanceChanged, Chat, FactsChanged, Member, Present, Role, RoomId};
use identity::{Guest, GuestId};
use liveview::{Interrupt, Mailbox, Rendered, Session, SharedCx, SharedView, html};
use pubsub::Subscription;
use tokio::time::sleep;

use crate::{access, house::House};

/// How many of those who are here are listed. More are counted.
const HERE_MAX: usize = 200;
/// How many members who are not here are listed.
const AWAY_MAX: usize = 100;
/// How many members are asked for: those with powers come first.
const MEMBERS_READ: usize = 500;
/// At most one look in this time, whatever happens.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The people of one room.
#[derive(Debug)]
pub(crate) struct RoomPeople {
    room: RoomId,
    slug: String,
    present: Vec<Present>,
    members: Vec<Member>,
    members_total: u64,
}

/// What one should look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Present,
    Facts,
}

impl SharedView for RoomPeople {
    type Context = House;
    type Key = String;
    type Msg = Look;

    fn id(room: &String) -> String {
        format!("people-{room}")
    }

    async fn allows(house: &House, room: &String, session: &Session) -> bool {
        access::may_read(house, room, session).await
    }

    async fn mount(room: String, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let room = RoomId::parse(&room).map_err(Interrupt::fault)?;
        let chat = cx.app().chat.clone();
        let (presence, facts) = (chat.attendance().subscribe(&room), chat.subscribe_facts(&room));
        let summary = chat.directory().by_id(&room).await.map_err(Interrupt::fault)?;
        let slug = summary.ok_or(Interrupt::Status(404))?.slug.as_str().to_owned();
        let (present, members, members_total) = (Vec::new(), Vec::new(), 0);
        let mut people = Self { room, slug, present, members, members_total };
        people.look_at_members(&chat).await;
        people.look_at_present(&chat).await;
        cx.spawn_with(move |mailbox| listen(presence, facts, mailbox));
        Ok(people)
    }

    async fn update(&mut self, look: Look, cx: &mut SharedCx<Self>) {
        let chat = cx.app().chat.clone();
        if look == Look::Facts {
            self.look_at_members(&chat).await;
            cx.recheck();
        }
        self.look_at_present(&chat).await;
    }

    /// Whoever speaks without a live page becomes a member and is never here: nothing tells of them.
    /// Who is here is told, [`LOOK_EVERY`] later at most; looking for each page that is loaded would
    /// send everyone a frame for everyone who comes.
    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        let chat = cx.app().chat.clone();
        let summary = chat.directory().by_id(&self.room).await;
        let has_others = matches!(summary, Ok(Some(room)) if room.members != self.members_total);
        if has_others {
            self.look_at_members(&chat).await;
            self.look_at_present(&chat).await;
        }
        has_others
    }

    fn render(&self) -> Rendered {
        let roles = self.roles();
        let mut away: Vec<_> = self.away().collect();
        let members_here = self.members.len() - away.len();
        away.truncate(AWAY_MAX);
        let more = self.present.len().saturating_sub(HERE_MAX);
        let members_shown = (members_here + away.len()) as u64;
        let more_away = self.members_total.saturating_sub(members_shown);
        html! {
            <aside id="people" class="people" popover aria-labelledby="people-title" data-count={self.present.len()}>
                <h2 id="people-title">{format!("People: {}", self.present.len())}</h2>
                <ul class="people-here">
                    for present in self.present.iter().take(HERE_MAX) {
                        <li :key={present.guest.id.as_str()} class="person" data-person={present.guest.id.as_str()} data-role={role_name(roles.get(&present.guest.id).copied())} data-hue={present.guest.colour()} data-typing?={present.typing} data-idle?={present.idle}>{self.person(&present.guest, roles.get(&present.guest.id).copied(), present.idle)}</li>
                    }
                </ul>
                if more > 0 {
                    <p class="hint">{format!("and {more} more")}</p>
                }
                if !away.is_empty() {
                    <h3>Not here now</h3>
                    <ul class="people-away">
                        for member in &away {
                            <li :key={member.guest.id.as_str()} class="person" data-person={member.guest.id.as_str()} data-role={role_name(Some(member.role))} data-hue={member.guest.colour()}>{self.person(&member.guest, Some(member.role), false)}</li>
                        }
                    </ul>
                    if more_away > 0 {
                        <p class="hint">{format!("and {more_away} more")}</p>
                    }
                }
            </aside>
        }
    }
}

impl RoomPeople {
    fn person(&self, guest: &Guest, role: Option<Role>, idle: bool) -> Rendered {
        let id = guest.id.as_str();
        html! {
            <a class="person-name" href={format!("/r/{}?person={id}#person", self.slug)} aria-haspopup="dialog">
                <img class="avatar" src={format!("/people/{id}/avatar")} alt="" width="28" height="28" loading="lazy">
                <span class="author">{guest.name.as_str()}</span>
                {role.and_then(badge).map(|(sign, says)| html! { <span class="role" title={says}><span aria-hidden="true">{sign}</span><span class="visually-hidden">{format!(", {says}")}</span></span> })}
                if idle {
                    <span class="state">idle</span>
                }
            </a>
        }
    }

    fn roles(&self) -> BTreeMap<&GuestId, Role> {
        self.members.iter().map(|member| (&member.guest.id, member.role)).collect()
    }

    fn away(&self) -> impl Iterator<Item = &Member> {
        let here: BTreeSet<_> = self.present.iter().map(|present| &present.guest.id).collect();
        self.members.iter().filter(move |member| !here.contains(&member.guest.id))
    }

    async fn look_at_members(&mut self, chat: &Chat) {
        // A fault is logged where it happened; the next hint looks again.
        if let Ok((members, total)) = chat.directory().members(&self.room, MEMBERS_READ).await {
            (self.members, self.members_total) = (members, total);
        }
    }

    /// Whether anything is different. Who left may have become a member by speaking, which nobody
    /// was told of.
    async fn look_at_present(&mut self, chat: &Chat) -> bool {
        let present = chat.attendance().present(&self.room);
        if present == self.present {
            return false;
        }
        let stayed: BTreeSet<_> = present.iter().map(|one| &one.guest.id).collect();
        if self.present.iter().any(|one| !stayed.contains(&one.guest.id)) {
            self.look_at_members(chat).await;
        }
        self.present = present;
        true
    }
}

/// The sign of somebody with powers, and what it says.
fn badge(role: Role) -> Option<(&'static str, &'static str)> {
    match role {
        Role::Owner => Some(("★", "owner")),
        Role::CoOwner => Some(("☆", "co-owner")),
        Role::Expelled | Role::Outsider | Role::Visitor | Role::Member => None,
    }
}

/// What the page's script goes by when it offers what one can do with somebody.
pub(crate) fn role_name(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Owner) => "owner",
        Some(Role::CoOwner) => "co-owner",
        Some(Role::Member) => "member",
        _ => "visitor",
    }
}

/// Tells at once, and then not again before [`LOOK_EVERY`] has passed: what comes meanwhile waits in
/// the subscriptions, and is told together.
async fn listen(
    mut presence: Subscription<AttendanceChanged>,
    mut facts: Subscription<FactsChanged>,
    mailbox: Mailbox<Look>,
) {
    loop {
        let first = tokio::select! {
            _ = presence.recv() => Look::Present,
            _ = facts.recv() => Look::Facts,
        };
        // Whatever waits besides is seen by the same look.
        while presence.try_recv().is_some() {}
        let more_facts = std::iter::from_fn(|| facts.try_recv()).count() > 0;
        let look = if more_facts { Look::Facts } else { first };
        if !mailbox.send(look).await {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}
