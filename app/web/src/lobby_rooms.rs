//! The public list of rooms, live: one instance per question, whoever asked it.

use chat::{Activity, Listing, RoomSummary, Sort};
use liveview::{Interrupt, Mailbox, Params, Rendered, SharedCx, SharedView, html};
use pubsub::Subscription;
use serde::{Deserialize, Serialize};

use crate::{address::address, house::House, message::rfc3339};

/// Rooms on a page of the list.
pub(crate) const PER_PAGE: usize = 20;
/// The longest text that is looked for, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 60;
/// The last page that is shown: whoever looks for more had better search.
const PAGES_MAX: usize = 50;

/// Which rooms are asked for. In its simplest form, so that who asks the same is shown the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// A part of title or address, in lower case.
    pub(crate) text: String,
    pub(crate) order: Order,
    /// From 1.
    pub(crate) page: usize,
}

/// How the list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    #[default]
    Activity,
    Members,
    Messages,
    Newest,
}

impl Order {
    pub(crate) const ALL: [Self; 4] = [Self::Activity, Self::Members, Self::Messages, Self::Newest];

    /// As addresses and forms have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Members => "members",
            Self::Messages => "messages",
            Self::Newest => "newest",
        }
    }

    /// As people read it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Activity => "Last activity",
            Self::Members => "Most members",
            Self::Messages => "Most messages",
            Self::Newest => "Newest",
        }
    }

    fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|order| order.name() == name).unwrap_or_default()
    }

    fn sort(self) -> Sort {
        match self {
            Self::Activity => Sort::Activity,
            Self::Members => Sort::Members,
            Self::Messages => Sort::Messages,
            Self::Newest => Sort::Newest,
        }
    }
}

impl Asked {
    /// What an address or a form asks for; nonsense asks for everything.
    pub(crate) fn read(params: &Params) -> Self {
        let text = params.get("q").unwrap_or_default().trim().to_lowercase();
        let page = params.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Self {
            text: text.chars().take(TEXT_CHARS_MAX).collect(),
            order: Order::of(params.get("sort").unwrap_or_default()),
            page: page.clamp(1, PAGES_MAX),
        }
    }

    /// The address of the lobby that asks for this.
    pub(crate) fn path(&self) -> String {
        let order = if self.order == Order::default() { "" } else { self.order.name() };
        let page = if self.page <= 1 { String::new() } else { self.page.to_string() };
        address("/", &[("q", &self.text), ("sort", order), ("page", &page)])
    }

    pub(crate) fn at(&self, page: usize) -> Self {
        Self { page, ..self.clone() }
    }
}

/// One page of the public rooms.
#[derive(Debug)]
pub(crate) struct LobbyRooms {
    asked: Asked,
    rooms: Vec<Line>,
    total: u64,
}

/// A room in the list.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    room: RoomSummary,
    present: usize,
    erased_at_ms: Option<i64>,
}

/// Something happened somewhere.
#[derive(Debug)]
pub(crate) struct Stirred;

impl SharedView for LobbyRooms {
    type Context = House;
    type Key = Asked;
    type Msg = Stirred;

    /// The text as hexadecimal digits: an id of its own for each, of characters that ids may have.
    fn id(asked: &Asked) -> String {
        let text: String = asked.text.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("rooms-{}-{}-{text}", asked.order.name(), asked.page)
    }

    async fn mount(asked: Asked, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let activity = cx.app().chat.subscribe_activity();
        let mut list = Self { asked, rooms: Vec::new(), total: 0 };
        list.look(&cx.app().clone()).await.map_err(Interrupt::fault)?;
        cx.spawn_with(|mailbox| pass_on(activity, mailbox, || Stirred));
        Ok(list)
    }

    /// Whatever happened may move a room onto this page, or from it; it is told once a second.
    async fn update(&mut self, Stirred: Stirred, cx: &mut SharedCx<Self>) {
        // A fault is logged where it happened; the next second looks again.
        let _ = self.look(&cx.app().clone()).await;
    }

    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        self.look(&cx.app().clone()).await.unwrap_or_default()
    }

    fn render(&self) -> Rendered {
        html! {
            <div class="room-listing">
                if self.rooms.is_empty() {
                    <p class="empty">{self.nothing()}</p>
                } else {
                    <ul class="room-list">
                        for line in &self.rooms {
                            <li :key={line.room.id.as_str()}>{line.render()}</li>
                        }
                    </ul>
                }
                {self.pages()}
            </div>
        }
    }
}

impl LobbyRooms {
    /// Whether anything is different from before.
    async fn look(&mut self, house: &House) -> Result<bool, chat::Fault> {
        let Asked { text, order, page } = self.asked.clone();
        let listing = Listing { text, sort: order.sort(), page: page - 1, per_page: PER_PAGE };
        let listed = house.chat.directory().list(listing).await?;
        let line = |room: RoomSummary| Line {
            present: house.chat.attendance().count(&room.id),
            erased_at_ms: house.chat.deadline(&room),
            room,
        };
        let rooms: Vec<_> = listed.rooms.into_iter().map(line).collect();
        let is_new = rooms != self.rooms || listed.total != self.total;
        (self.rooms, self.total) = (rooms, listed.total);
        Ok(is_new)
    }

    fn nothing(&self) -> &'static str {
        match (self.asked.text.is_empty(), self.asked.page) {
            (true, 1) => "No public rooms yet. Start the first one.",
            (false, 1) => "No public room is called like that. Try fewer letters, or start one.",
            _ => "The list ends before this page.",
        }
    }

    fn pages(&self) -> Option<Rendered> {
        let pages = usize::try_from(self.total).unwrap_or(usize::MAX).div_ceil(PER_PAGE);
        let (page, pages) = (self.asked.page, pages.min(PAGES_MAX));
        let link = |page: usize, label: &'static str| {
            html! { <a class="button quiet" href={self.asked.at(page).path()} data-phx-link="patch" data-phx-link-state="push">{label}</a> }
        };
        (pages > 1).then(|| {
            html! {
                <nav class="pages" aria-label="Pages of the list">
                    {(page > 1).then(|| link((page - 1).min(pages), "Previous"))}
                    <span>{format!("Page {page} of {pages}")}</span>
                    {(page < pages).then(|| link(page + 1, "Next"))}
                </nav>
            }
        })
    }
}

impl Line {
    fn render(&self) -> Rendered {
        let room = &self.room;
        let active_at = rfc3339(room.active_at_ms);
        html! {
            <a class="room-link" href={format!("/r/{}", room.slug.as_str())}>
                <span class="room-name">{room.name()}</span>
                <time class="room-when" datetime={active_at} data-style="recent">{active_at}</time>
                <span class="room-count">{self.count()}</span>
                {self.erased_at_ms.map(erased_soon)}
            </a>
        }
    }

    fn count(&self) -> String {
        let mut parts =
            vec![counted(self.room.members, "member"), counted(self.room.messages, "message")];
        if self.present > 0 {
            parts.insert(0, format!("{} here now", self.present));
        }
        parts.join(" · ")
    }
}

/// When a room will be erased if nobody comes: the browser counts it down.
pub(crate) fn erased_soon(at_ms: i64) -> Rendered {
    let at = rfc3339(at_ms);
    html! { <span class="room-fleeting">"erased "<span data-until={at}>{format!("at {at}")}</span>" if nobody comes"</span> }
}

/// "1 message", "2 messages".
pub(crate) fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// The house in numbers: one line, the same for everyone.
#[derive(Debug)]
pub(crate) struct LobbyCounts {
    rooms: u64,
    messages: u64,
    online: usize,
}

impl SharedView for LobbyCounts {
    type Context = House;
    type Key = ();
    type Msg = Stirred;

    fn id((): &()) -> String {
        "house-counts".to_owned()
    }

    async fn mount((): (), cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let activity = cx.app().chat.subscribe_activity();
        let mut counts = Self { rooms: 0, messages: 0, online: 0 };
        counts.look(&cx.app().clone()).await.map_err(Interrupt::fault)?;
        cx.spawn_with(|mailbox| pass_on(activity, mailbox, || Stirred));
        Ok(counts)
    }

    async fn update(&mut self, Stirred: Stirred, cx: &mut SharedCx<Self>) {
        // A fault is logged where it happened; the next second looks again.
        let _ = self.look(&cx.app().clone()).await;
    }

    async fn catch_up(&mut self, cx: &mut SharedCx<Self>) -> bool {
        self.look(&cx.app().clone()).await.is_ok()
    }

    fn render(&self) -> Rendered {
        let online = match self.online {
            1 => "1 person online".to_owned(),
            online => format!("{online} people online"),
        };
        let rooms = counted(self.rooms, "room");
        html! { <p class="house-counts">{rooms}" · "{online}" · "{counted(self.messages, "message")}</p> }
    }
}

impl LobbyCounts {
    async fn look(&mut self, house: &House) -> Result<(), chat::Fault> {
        let counts = house.chat.counts().await?;
        (self.rooms, self.messages) = (counts.rooms, counts.messages);
        self.online = house.chat.attendance().online();
        Ok(())
    }
}

/// Passes on that something happened: which rooms it was does not matter here.
async fn pass_on<M: Send>(
    mut activity: Subscription<Activity>,
    mailbox: Mailbox<M>,
    message: impl Fn() -> M,
) {
    loop {
        let _hint_or_lagged = activity.recv().await;
        if !mailbox.send(message()).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(&Params::decode(query))
    }

    #[test]
    fn what_is_asked_reads_back_from_its_address() {
        for query in ["", "q=tea", "q=Zo%C3%AB+%26+co&sort=newest&page=3", "sort=members"] {
            let asked = asked(query);
            let path = asked.path();
            let again = path.split_once('?').map_or("", |(_, query)| query);
            assert_eq!(Asked::read(&Params::decode(again)), asked, "{query}");
        }
        assert_eq!(asked("").path(), "/");
    }

    #[test]
    fn nonsense_asks_for_everything() {
        let usual = Asked { page: 1, ..Asked::default() };
        for query in ["sort=price", "page=0", "page=-1", "page=x", "q=+++"] {
            assert_eq!(asked(query), usual, "{query}");
        }
        assert_eq!(asked("page=999999").page, PAGES_MAX);
        assert_eq!(asked(&format!("q={}", "x".repeat(200))).text.len(), TEXT_CHARS_MAX);
    }

    #[test]
    fn every_question_has_an_id_of_its_own() {
        let ids = ["", "q=a", "q=A", "q=a-b", "page=2", "sort=newest", "q=%22%3E"]
            .map(|query| LobbyRooms::id(&asked(query)));
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len() - 1, "upper and lower case are the same: {ids:?}");
        let plain =
            |id: &String| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        assert!(ids.iter().all(plain));
    }
}
