//! Finding what was said, in the rooms that one may read.

use chat::{Found, Hit, QUESTION_CHARS_MAX, RoomId, RoomSummary, Search, Visit};
use identity::{Guest, NAME_CHARS_MAX};
use liveview::{Cx, Form, Interrupt, LiveView, Message, Params, Rendered, html};

use crate::{
    address::address,
    companion::{self, Companion, News, name_of},
    day,
    house::House,
    layout::{self, Here},
    limits::Kind,
    message::rfc3339,
};

/// How many of one's rooms are offered to look into.
const ROOMS_MAX: usize = 30;

/// What is looked for, as it was typed: the fields of the form and of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Form)]
pub(crate) struct SearchForm {
    pub(crate) q: String,
    pub(crate) by: String,
    /// The address of a room.
    pub(crate) room: String,
    /// Days: `2026-11-21`.
    pub(crate) from: String,
    pub(crate) until: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    Find(SearchForm),
    /// A field was changed, or left as it was.
    Typed(SearchForm),
    Answer(companion::Answer),
    #[internal]
    News(News),
}

impl From<News> for Msg {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct SearchLive {
    me: Guest,
    companion: Companion,
    rooms: Vec<RoomSummary>,
    asked: SearchForm,
    refusal: String,
    /// `None`: nothing was asked for yet.
    found: Option<Found>,
}

impl SearchForm {
    fn read(params: &Params) -> Self {
        let field = |name: &str| params.get(name).unwrap_or_default().to_owned();
        let typed = Self {
            q: field("q"),
            by: field("by"),
            room: field("room"),
            from: field("from"),
            until: field("until"),
        };
        typed.tidied()
    }

    /// As it is looked for: no white space around, nothing too long.
    fn tidied(&self) -> Self {
        let short = |text: &str, chars: usize| text.trim().chars().take(chars).collect();
        Self {
            q: short(&self.q, QUESTION_CHARS_MAX),
            by: short(&self.by, NAME_CHARS_MAX),
            room: self.room.trim().to_owned(),
            from: self.from.trim().to_owned(),
            until: self.until.trim().to_owned(),
        }
    }

    /// The address of this question, and of a later page of its answer.
    fn path(&self, after: Option<u64>) -> String {
        let after = after.map(|after| after.to_string()).unwrap_or_default();
        let fields = [
            ("q", self.q.as_str()),
            ("by", &self.by),
            ("room", &self.room),
            ("from", &self.from),
            ("until", &self.until),
            ("after", &after),
        ];
        address("/search", &fields)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The question, but for its room; or what is wrong with it, for the person.
    fn question(&self, after: Option<u64>) -> Result<Search, String> {
        let date = |text: &str, days_later: i64| match text {
            "" => Ok(None),
            text => match day::start_ms(text) {
                Some(ms) => Ok(Some(ms + days_later * day::DAY_MS)),
                None => Err(format!("{text} is not a day: write it as 2026-11-21.")),
            },
        };
        Ok(Search {
            words: self.q.clone(),
            by: Some(self.by.clone()).filter(|by| !by.is_empty()),
            room: None,
            from_ms: date(&self.from, 0)?,
            until_ms: date(&self.until, 1)?,
            after,
        })
    }
}

impl LiveView for SearchLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("Search");
        let house = cx.app().clone();
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        let known = house.chat.known_rooms(&me.id, ROOMS_MAX).await.map_err(Interrupt::fault)?;
        Ok(Self {
            companion: Companion::mount(&me, None, cx).await?,
            rooms: known.into_iter().map(|known| known.room).collect(),
            asked: SearchForm::default(),
            refusal: String::new(),
            found: None,
            me,
        })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.asked = SearchForm::read(cx.params());
        let after = cx.params().get("after").and_then(|after| after.parse().ok());
        (self.found, self.refusal) = match self.look(after, cx).await {
            Ok(found) => (found, String::new()),
            Err(refusal) => (None, refusal),
        };
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Find(form) => cx.patch(form.path(None)),
            Msg::Typed(form) => {
                // Who leaves a field, for a link to older messages say, has asked nothing new.
                if form.tidied() != self.asked {
                    cx.patch(form.path(None));
                }
            }
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::News(news) => self.companion.hear(news, cx).await,
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {layout::top(Here::Search, &self.me)}
            <main class="page search-page" id="main">
                <h1>Search</h1>
                {self.render_form()}
                <div id="hits" aria-live="polite">{self.render_found()}</div>
                {layout::footer()}
            </main>
            {self.companion.render_invites()}
        }
    }
}

impl SearchLive {
    /// What was found; or why nothing was looked for, for the person.
    async fn look(&self, after: Option<u64>, cx: &Cx<Self>) -> Result<Option<Found>, String> {
        if self.asked.is_empty() {
            return Ok(None);
        }
        let house = cx.app();
        let mut search = self.asked.question(after)?;
        let checked = house.limits.check(Kind::Search, cx.peer(), &self.me.id);
        checked.map_err(|refusal| refusal.to_string())?;
        if !self.asked.room.is_empty() {
            search.room = Some(room_at(house, &self.asked.room).await?);
        }
        let found = house.chat.search(&self.me.id, search).await;
        found.map(Some).map_err(|fault| fault.to_string())
    }

    fn render_form(&self) -> Rendered {
        let asked = &self.asked;
        html! {
            <form id="search" class="search-form" role="search" action="/search" method="get" phx-change={Msg::Typed} phx-submit={Msg::Find}>
                <div class="field wide">
                    <label for="search-words">What was said</label>
                    <input id="search-words" type="search" name={SearchForm::FIELDS.q} value={asked.q} maxlength={QUESTION_CHARS_MAX} autocomplete="off" autofocus phx-debounce="300" aria-describedby="search-hint search-refusal">
                    <p class="hint" id="search-hint">"All words must occur; \"in quotes\": in a row."</p>
                </div>
                <div class="field">
                    <label for="search-by">By whom</label>
                    <input id="search-by" type="text" name={SearchForm::FIELDS.by} value={asked.by} maxlength={NAME_CHARS_MAX} autocomplete="off" phx-debounce="300">
                </div>
                {self.render_rooms()}
                <div class="field">
                    <label for="search-from">From</label>
                    <input id="search-from" type="date" name={SearchForm::FIELDS.from} value={asked.from} phx-debounce="blur">
                </div>
                <div class="field">
                    <label for="search-until">Until</label>
                    <input id="search-until" type="date" name={SearchForm::FIELDS.until} value={asked.until} phx-debounce="blur">
                </div>
                <button type="submit" class="button">Search</button>
                <p class="refusal" role="alert" id="search-refusal">{self.refusal}</p>
            </form>
        }
    }

    fn render_rooms(&self) -> Rendered {
        let chosen = self.asked.room.as_str();
        let is_listed = self.rooms.iter().any(|room| room.slug.as_str() == chosen);
        let other = Some(chosen).filter(|chosen| !chosen.is_empty() && !is_listed);
        html! {
            <div class="field">
                <label for="search-room">In which room</label>
                <select id="search-room" name={SearchForm::FIELDS.room}>
                    <option value="">All that you may read</option>
                    {other.map(|slug| html! { <option value={slug} selected>{slug}</option> })}
                    for room in &self.rooms {
                        <option value={room.slug.as_str()} selected={room.slug.as_str() == chosen}>{name_of(room, &self.me.id)}</option>
                    }
                </select>
            </div>
        }
    }

    fn render_found(&self) -> Rendered {
        match &self.found {
            None => {
                html! { <p class="empty">"Look for words in all the rooms that you may read. From anywhere: / or Ctrl+K."</p> }
            }
            Some(found) if found.hits.is_empty() => html! {
                <p class="empty">"Nothing was found. Try fewer words, or the beginning of one; or leave out the other fields."</p>
            },
            Some(found) => html! {
                <ol class="hit-list">
                    for hit in &found.hits {
                        <li :key={format!("{}-{}", hit.room.id, hit.message.number)}>{self.render_hit(hit)}</li>
                    }
                </ol>
                {found.cursor.map(|cursor| html! {
                    <nav class="pages" aria-label="Pages of the answer"><a class="button quiet" href={self.asked.path(Some(cursor))} data-phx-link="patch" data-phx-link-state="push">Older messages</a></nav>
                })}
            },
        }
    }

    fn render_hit(&self, hit: &Hit) -> Rendered {
        let (slug, number) = (hit.room.slug.as_str(), hit.message.number);
        let author = &hit.message.author;
        let sent_at = rfc3339(hit.message.sent_at_ms);
        html! {
            <a class="hit" href={format!("/r/{slug}/{number}#m-{number}")}>
                <span class="hit-meta"><strong class="author" data-hue={author.colour()}>{author.name.as_str()}</strong><span class="hit-room">"in "{name_of(&hit.room, &self.me.id)}</span><time datetime={sent_at} data-style="recent">{sent_at}</time></span>
                <span class="hit-text">
                    for (text, is_term) in &hit.excerpt {
                        if *is_term { <mark>{text}</mark> } else { {text} }
                    }
                </span>
            </a>
        }
    }
}

/// The room at an address, as far as it matters to a search: whether `me` may read it is decided there.
async fn room_at(house: &House, slug: &str) -> Result<RoomId, String> {
    match house.chat.open_room(slug).await {
        Ok(Visit::Room(room)) => Ok(room.id),
        Ok(_) => Err(format!("There is no room called {slug}.")),
        Err(fault) => Err(fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> SearchForm {
        SearchForm::read(&Params::decode(query))
    }

    #[test]
    fn a_question_reads_back_from_its_address() {
        let asked = form("q=green+tea&by=Ana&room=kitchen&from=2026-11-01&until=2026-11-21");
        let path = asked.path(Some(7));
        let (_, query) = path.split_once('?').expect("it has a query");
        assert_eq!(form(query), asked);
        assert!(path.ends_with("&after=7"), "{path}");
        assert_eq!(SearchForm::default().path(None), "/search");
    }

    #[test]
    fn days_are_whole() {
        let search =
            form("from=1970-01-02&until=1970-01-02").question(None).expect("they are days");
        assert_eq!((search.from_ms, search.until_ms), (Some(86_400_000), Some(172_800_000)));
        let refusal = form("q=tea&from=yesterday").question(None).expect_err("it is not a day");
        assert!(refusal.contains("yesterday"), "{refusal}");
    }

    #[test]
    fn nothing_asked_is_nothing() {
        assert!(form("").is_empty() && form("q=+&by=").is_empty() && !form("by=a").is_empty());
        assert_eq!(form(&format!("q={}", "x".repeat(900))).q.len(), QUESTION_CHARS_MAX);
    }
}
