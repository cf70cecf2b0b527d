//! What goes with a person from page to page: the rooms they know, with what they have not read
//! there, and the invitations that wait for them.
//!
//! A page holds a [`Companion`], shows its parts where they belong, and passes on what it is told:
//!
//! ```text
//! enum Msg { Answer(companion::Answer), #[internal] News(companion::News), … }
//! impl From<companion::News> for Msg { … }
//!
//! mount:   let companion = Companion::mount(&me, Some(&room.id), cx).await?;
//! update:  Msg::News(news) => self.companion.hear(news, cx).await,
//!          Msg::Answer(answer) => self.companion.answer(answer, cx).await,
//! render:  {self.companion.render_rooms()} … {self.companion.render_invites()}
//! ```

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use chat::{Activity, Invite, KnownRoom, PersonHint, RoomId, RoomSummary, Seat};
use identity::{Guest, GuestId};
use liveview::{Cx, Form, Interrupt, LiveView, Mailbox, Rendered, html};
use pubsub::{Received, Subscription};
use tokio::time::{Instant, sleep_until};

use crate::{house::House, lobby_rooms::erased_soon};

/// How many rooms somebody is reminded of.
const ROOMS_MAX: usize = 30;
/// The shortest time between two looks at the rooms because of what others do there.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What a page shows of the person who looks, besides itself.
pub(crate) struct Companion {
    me: Guest,
    csrf_token: String,
    /// The room that the page shows.
    current: Option<RoomId>,
    rooms: Vec<Known>,
    invites: Vec<Invite>,
    /// Why the last answer to an invitation came to nothing.
    refusal: Option<String>,
    watched: Watched,
    /// Whoever has a page open that shows no room is online all the same.
    _seat: Option<Seat>,
}

/// A room that the person knows.
struct Known {
    room: KnownRoom,
    name: String,
    /// When it will be erased if nobody comes.
    erased_at_ms: Option<i64>,
}

/// The rooms whose activity matters here.
type Watched = Arc<Mutex<BTreeSet<RoomId>>>;

/// Something that the companion shows has changed: look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Rooms,
    Invites,
}

/// The answer to an invitation.
#[derive(Clone, Debug, Form)]
pub(crate) struct Answer {
    pub(crate) room: String,
    /// `accept`, `decline` or `block`.
    pub(crate) act: String,
}

impl Companion {
    /// Looks, and then listens for as long as the page is open. `current`: the room that it shows,
    /// which needs no reminder.
    ///
    /// # Errors
    /// The store could not be read.
    pub(crate) async fn mount<V>(
        me: &Guest,
        current: Option<&RoomId>,
        cx: &mut Cx<V>,
    ) -> Result<Self, Interrupt>
    where
        V: LiveView<Context = House>,
        V::Msg: From<News>,
    {
        let house = cx.app().clone();
        let chat = &house.chat;
        let (person, activity) = (chat.subscribe_person(&me.id), chat.subscribe_activity());
        let is_elsewhere = cx.connected() && current.is_none();
        let companion = Self {
            me: me.clone(),
            csrf_token: cx.session().csrf_token(),
            current: current.cloned(),
            rooms: known_rooms(&house, &me.id).await.map_err(Interrupt::fault)?,
            invites: chat.invites(&me.id).await.map_err(Interrupt::fault)?,
            refusal: None,
            watched: Watched::default(),
            _seat: is_elsewhere.then(|| chat.attendance().visit(me)),
        };
        companion.watch();
        let ears = Ears {
            current: companion.current.clone(),
            watched: companion.watched.clone(),
            person,
            activity,
        };
        cx.spawn_with(|mailbox| ears.listen(mailbox));
        Ok(companion)
    }

    /// Looks again. A fault is logged where it happened, and what was shown stays.
    pub(crate) async fn hear<V: LiveView<Context = House>>(&mut self, news: News, cx: &Cx<V>) {
        let house = cx.app();
        match news {
            News::Rooms => {
                if let Ok(rooms) = known_rooms(house, &self.me.id).await {
                    self.rooms = rooms;
                    self.watch();
                }
            }
            News::Invites => {
                if let Ok(invites) = house.chat.invites(&self.me.id).await {
                    self.invites = invites;
                }
            }
        }
    }

    /// Answers an invitation; one that was accepted leads to its room, in this tab.
    pub(crate) async fn answer<V: LiveView<Context = House>>(
        &mut self,
        given: Answer,
        cx: &mut Cx<V>,
    ) {
        match answer(cx.app(), &self.me, &given).await {
            Ok(Some(path)) => cx.navigate(path),
            Ok(None) => self.refusal = None,
            Err(refusal) => self.refusal = Some(refusal),
        }
        self.hear(News::Invites, cx).await;
    }

    fn watch(&self) {
        let others = self.rooms.iter().map(|known| known.room.room.id.clone());
        let others = others.filter(|room| Some(room) != self.current.as_ref()).collect();
        *self.watched.lock().expect("no panic while the set is held") = others;
    }
}

impl fmt::Debug for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Companion").field("me", &self.me.id).finish_non_exhaustive()
    }
}

/// Does what was answered, and says where to go; or why not, for the person.
pub(crate) async fn answer(
    house: &House,
    me: &Guest,
    answer: &Answer,
) -> Result<Option<String>, String> {
    let gone = || "This invitation is no longer there.".to_owned();
    let room = RoomId::parse(&answer.room).map_err(|_| gone())?;
    match answer.act.as_str() {
        "accept" => {
            let room = house.chat.accept(me, &room).await.map_err(|error| error.to_string())?;
            Ok(Some(format!("/r/{}", room.slug.as_str())))
        }
        "decline" => {
            house.chat.decline(me, &room).await.map_err(|error| error.to_string())?;
            Ok(None)
        }
        "block" => {
            let invites = house.chat.invites(&me.id).await.map_err(|fault| fault.to_string())?;
            let invite = invites.into_iter().find(|invite| invite.room == room);
            let from = invite.ok_or_else(gone)?.from;
            house.chat.block(me, &from).await.map_err(|error| error.to_string())?;
            Ok(None)
        }
        _ => Err(gone()),
    }
}

/// The rooms that `me` knows, as they are called for them.
async fn known_rooms(house: &House, me: &GuestId) -> Result<Vec<Known>, chat::Fault> {
    let mut known = Vec::new();
    for room in house.chat.known_rooms(me, ROOMS_MAX).await? {
        let name = name_now(house, &room.room, me).await;
        let erased_at_ms = house.chat.deadline(&room.room);
        known.push(Known { room, name, erased_at_ms });
    }
    Ok(known)
}

/// What `room` is called for `me`: a private chat of two goes by the name that the other one had
/// when it was opened.
pub(crate) fn name_of<'a>(room: &'a RoomSummary, me: &GuestId) -> &'a str {
    other_of(room, me).map_or_else(|| room.name(), |other| other.name.as_str())
}

/// As [`name_of`], but by the name that the other one has now.
async fn name_now(house: &House, room: &RoomSummary, me: &GuestId) -> String {
    if let Some(other) = other_of(room, me)
        && let Ok(Some(known)) = house.identity.guest_by_id(&other.id).await
    {
        return known.name.as_str().to_owned();
    }
    name_of(room, me).to_owned()
}

/// The other one of a private chat of two.
fn other_of<'a>(room: &'a RoomSummary, me: &GuestId) -> Option<&'a Guest> {
    room.with.as_ref().map(|with| if with.id == *me { &room.owner } else { with })
}

impl Companion {
    /// The rooms that the person knows, the most recently active first.
    pub(crate) fn render_rooms(&self) -> Rendered {
        html! {
            <nav id="known-rooms" class="known-rooms" aria-labelledby="known-rooms-title">
                <h2 id="known-rooms-title">Your rooms</h2>
                if self.rooms.is_empty() {
                    <p class="hint">"Rooms where you spoke are listed here."</p>
                } else {
                    <ul>
                        for known in &self.rooms {
                            <li :key={known.room.room.id.as_str()}>{self.room(known)}</li>
                        }
                    </ul>
                }
            </nav>
        }
    }

    fn room(&self, known: &Known) -> Rendered {
        let room = &known.room.room;
        let is_current = self.current.as_ref() == Some(&room.id);
        let unread = Some(known.room.unread).filter(|unread| *unread > 0 && !is_current);
        html! {
            <a class="known-room" href={format!("/r/{}", room.slug.as_str())} aria-current?={is_current.then_some("page")}>
                <span class="room-name">{known.name}</span>
                {unread.map(badge)}
                {known.erased_at_ms.map(erased_soon)}
            </a>
        }
    }

    /// The invitations that wait for an answer, in a corner of the page.
    pub(crate) fn render_invites(&self) -> Rendered {
        html! {
            <aside id="invites" class="invites" aria-label="Invitations" phx-hook="Invites" data-count={self.invites.len()}>
                <p class="visually-hidden" role="status">{self.announcement()}</p>
                <p class="refusal" role="alert">{self.refusal.as_deref().unwrap_or_default()}</p>
                for invite in &self.invites {
                    <div :key={invite.room.as_str()}>{self.invite(invite)}</div>
                }
            </aside>
        }
    }

    fn announcement(&self) -> String {
        match self.invites.as_slice() {
            [] => String::new(),
            [one] => format!("{} invites you to a private chat.", one.from.name.as_str()),
            several => format!("{} invitations to private chats.", several.len()),
        }
    }

    /// The event is named by its text: every page that has a companion has a variant `Answer`.
    fn invite(&self, invite: &Invite) -> Rendered {
        let path = |act: &str| format!("/invites/{}/{act}", invite.room);
        html! {
            <form id={format!("invite-{}", invite.room)} class="invite" action={path("accept")} method="post" phx-submit="answer">
                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                <input type="hidden" name={Answer::FIELDS.room} value={invite.room.as_str()}>
                <p><strong class="author" data-hue={invite.from.colour()}>{invite.from.name.as_str()}</strong>" invites you to a private chat."</p>
                <div class="answers">
                    <button type="submit" class="button" name={Answer::FIELDS.act} value="accept">Accept</button>
                    <button type="submit" class="button quiet" name={Answer::FIELDS.act} value="decline" formaction={path("decline")}>Decline</button>
                    <button type="submit" class="button quiet" name={Answer::FIELDS.act} value="block" formaction={path("block")}>Block</button>
                </div>
            </form>
        }
    }
}

fn badge(unread: u64) -> Rendered {
    let shown = if unread > 99 { "99+".to_owned() } else { unread.to_string() };
    html! { <span class="badge"><span aria-hidden="true">{shown}</span><span class="visually-hidden">{format!(", {unread} unread")}</span></span> }
}

/// Hears what concerns one person, and tells the page no more than it has to.
struct Ears {
    current: Option<RoomId>,
    watched: Watched,
    person: Subscription<PersonHint>,
    activity: Subscription<Activity>,
}

impl Ears {
    /// What others do is told once per [`LOOK_EVERY`]; what the person does, at once.
    async fn listen<M: From<News>>(mut self, mailbox: Mailbox<M>) {
        let mut look_at: Option<Instant> = None;
        let mut looked_at = Instant::now();
        loop {
            let due = look_at.unwrap_or_else(Instant::now);
            let news: &[News] = tokio::select! {
                hint = self.person.recv() => self.heard_of_me(&hint),
                digest = self.activity.recv() => {
                    if self.matters(&digest) {
                        look_at.get_or_insert(looked_at + LOOK_EVERY);
                    }
                    &[]
                }
                () = sleep_until(due), if look_at.is_some() => &[News::Rooms],
            };
            for news in news {
                if *news == News::Rooms {
                    (look_at, looked_at) = (None, Instant::now());
                }
                if !mailbox.send(M::from(*news)).await {
                    return;
                }
            }
        }
    }

    fn heard_of_me(&self, hint: &Received<PersonHint>) -> &'static [News] {
        match hint {
            Received::Hint(PersonHint::Invites) => &[News::Invites],
            Received::Hint(PersonHint::Standing(_)) => &[News::Rooms],
            Received::Hint(PersonHint::Read { room, .. })
                if Some(room) != self.current.as_ref() =>
            {
                &[News::Rooms]
            }
            Received::Hint(_) => &[],
            Received::Lagged => &[News::Rooms, News::Invites],
        }
    }

    fn matters(&self, digest: &Received<Activity>) -> bool {
        let Received::Hint(activity) = digest else { return true };
        let watched = self.watched.lock().expect("no panic while the set is held");
        !activity.rooms.is_disjoint(&watched)
    }
}
