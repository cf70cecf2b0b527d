//! One message as it is shown, with what happened right after it: the same for everyone, in the feed,
//! in older pages and in plain HTML.

use std::sync::Arc;

use chat::{Edit, Manner, Message, Notice, Page};
use liveview::{Raw, Rendered, html};

use crate::{
    card::{self, Card},
    markdown::{self, Written},
    notice::{self, Line},
};

/// A message ready to be shown, and the notices between it and the next one. What happened before the
/// first message of a room is a row of its own, number 0.
///
/// Notices go with the message before them so that a window of so many rows is one of so many
/// messages, whatever happens between them.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: u64,
    said: Option<Said>,
    lines: Vec<Line>,
}

/// What is shown of one message.
#[derive(Debug)]
struct Said {
    author_id: String,
    author: String,
    hue: u8,
    manner: Manner,
    removed: bool,
    continues: bool,
    /// A heading for the first message of a day, in UTC; the browser's own days replace it.
    day: Option<String>,
    /// RFC 3339, UTC.
    sent_at: String,
    clock: String,
    /// HTML, and what it quotes.
    body: Written,
    cards: Vec<Card>,
    edited: Option<Edited>,
    permalink: String,
}

#[derive(Debug)]
struct Edited {
    /// "edited", and by whom if it was not the author.
    what: String,
    at: String,
    clock: String,
}

impl Row {
    /// Takes what is shown of `message` in the room at `/r/<slug>`, with what happened after it.
    pub(crate) fn new(slug: &str, message: &Message, notices: &[Arc<Notice>]) -> Self {
        let said = Some(Said::of(slug, message));
        Self { number: message.number, said, lines: notice::lines(notices) }
    }

    /// What happened before anything was said.
    pub(crate) fn beginning(notices: &[Arc<Notice>]) -> Self {
        Self { number: 0, said: None, lines: notice::lines(notices) }
    }

    /// The rows of a page, oldest first.
    pub(crate) fn of_page(slug: &str, page: &Page) -> Vec<Self> {
        let first = page.messages.first().map_or(u64::MAX, |message| message.change);
        let (before, mut rest) = split(&page.notices, first);
        let mut rows = Vec::with_capacity(page.messages.len() + 1);
        if !before.is_empty() {
            rows.push(Self::beginning(before));
        }
        for (at, message) in page.messages.iter().enumerate() {
            let next = page.messages.get(at + 1).map_or(u64::MAX, |message| message.change);
            let (after, later) = split(rest, next);
            rest = later;
            rows.push(Self::new(slug, message, after));
        }
        rows
    }

    /// The id of its element.
    pub(crate) fn dom_id(row: &Row) -> String {
        format!("m-{}", row.number)
    }

    /// The id of its element among the older messages of a live page. A page that comes back may
    /// have a message there and in the feed at once, and the client moves an element that it finds
    /// by its id into the other list, which then loses it.
    pub(crate) fn older_dom_id(row: &Row) -> String {
        format!("o-{}", row.number)
    }

    pub(crate) fn render(&self, id: &str) -> Rendered {
        let said = self.said.as_ref();
        let class = if said.is_some() { "message" } else { "beginning" };
        let is = |what: fn(&Said) -> bool| said.is_some_and(what);
        html! {
            <li id={id} class={class} tabindex="-1" data-number={self.number} data-author?={said.map(|said| said.author_id.as_str())} data-hue?={said.map(|said| said.hue)} data-continues?={is(|said| said.continues)} data-removed?={is(|said| said.removed)} data-did?={is(|said| said.manner == Manner::Did)} data-day?={said.and_then(|said| said.day.as_deref())}>
                {said.map(|said| said.render(id))}
                if !self.lines.is_empty() {
                    {notice::render(&self.lines)}
                }
            </li>
        }
    }
}

/// Those before change `change`, and the others.
fn split(notices: &[Arc<Notice>], change: u64) -> (&[Arc<Notice>], &[Arc<Notice>]) {
    notices.split_at(notices.partition_point(|notice| notice.change < change))
}

impl Said {
    fn of(slug: &str, message: &Message) -> Self {
        let sent = Moment::at(message.sent_at_ms);
        let is_said = message.manner == Manner::Said && !message.removed;
        Self {
            author_id: message.author.id.as_str().to_owned(),
            author: message.author.name.as_str().to_owned(),
            hue: message.author.colour(),
            manner: message.manner,
            removed: message.removed,
            continues: message.continues && !message.new_day_utc && is_said,
            day: message.new_day_utc.then(|| sent.day()),
            sent_at: sent.rfc3339(),
            clock: sent.clock(),
            body: body(message),
            cards: message.cards.iter().map(|card| Card::of(slug, card)).collect(),
            edited: message.edited.as_ref().map(|edit| Edited::of(edit, message)),
            permalink: format!("/r/{slug}/{0}#m-{0}", message.number),
        }
    }

    /// What it quotes is filled in by the browser of whoever reads; patches leave it alone.
    fn render(&self, id: &str) -> Rendered {
        html! {
            <div class="meta"><img class="avatar" src={format!("/people/{}/avatar", self.author_id)} alt="" width="32" height="32" loading="lazy"><span class="author">{self.author.as_str()}</span> <a class="when" href={self.permalink}><time datetime={self.sent_at}>{self.clock.as_str()}</time></a><button type="button" class="message-more" aria-label="More about this message" aria-haspopup="dialog">"⋯"</button></div>
            <div class="body">if self.manner == Manner::Did && !self.removed { <span class="actor">{self.author.as_str()}" "</span> }{Raw::new(self.body.html.clone())}{self.edited.as_ref().map(Edited::render)}</div>
            if !self.cards.is_empty() {
                {card::render(&self.cards)}
            }
            if !self.body.quotes.is_empty() {
                <div id={format!("{id}-quotes")} class="quotes" data-messages={self.body.quotes.join(" ")} phx-update="ignore"></div>
            }
        }
    }
}

/// The HTML of what was said; of what was removed, that it was.
fn body(message: &Message) -> Written {
    let gone = |html: &str| Written { html: html.to_owned(), ..Written::default() };
    match message.body.as_str() {
        "" if message.removed => gone("<p class=\"removed\">Message removed</p>"),
        "" => gone("<p class=\"removed\">Message erased</p>"),
        text => markdown::write(text),
    }
}

impl Edited {
    fn of(edit: &Edit, message: &Message) -> Self {
        let moment = Moment::at(edit.at_ms);
        let what = match edit.by.id == message.author.id {
            true => "edited".to_owned(),
            false => format!("edited by {}", edit.by.name.as_str()),
        };
        Self { what, at: moment.rfc3339(), clock: moment.clock() }
    }

    fn render(&self) -> Rendered {
        html! { <p class="edited">{self.what.as_str()}" "<time datetime={self.at}>{self.clock.as_str()}</time></p> }
    }
}

/// A moment as RFC 3339 has it, in UTC.
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    Moment::at(unix_ms).rfc3339()
}

/// A moment in UTC, as the proleptic Gregorian calendar has it.
pub(crate) struct Moment {
    year: i64,
    month: usize,
    day: i64,
    second_of_day: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Moment {
    /// Days to a date by Howard Hinnant's `civil_from_days`.
    pub(crate) fn at(unix_ms: i64) -> Self {
        let seconds = unix_ms.div_euclid(1_000);
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 2 } else { shifted - 10 };
        let year = year_of_era + era * 400 + i64::from(month <= 1);
        Self { year, month: month as usize, day, second_of_day: seconds.rem_euclid(86_400) }
    }

    fn day(&self) -> String {
        format!("{} {} {}", self.day, MONTHS[self.month], self.year)
    }

    pub(crate) fn clock(&self) -> String {
        format!("{:02}:{:02}", self.second_of_day / 3_600, self.second_of_day / 60 % 60)
    }

    pub(crate) fn rfc3339(&self) -> String {
        let (month, second) = (self.month + 1, self.second_of_day % 60);
        format!("{:04}-{month:02}-{:02}T{}:{second:02}Z", self.year, self.day, self.clock())
    }
}

#[cfg(test)]
mod tests {
    use chat::{Happening, Head, MessageId};
    use identity::{Guest, GuestId, GuestName};

    use super::*;

    const SLUG: &str = "amber-kettle-42";

    fn guest() -> Guest {
        let id = GuestId::parse("0000000000000001").expect("sixteen digits");
        Guest { id, name: GuestName::recorded("Ana".to_owned()) }
    }

    fn message(number: u64, change: u64, body: &str) -> Message {
        Message {
            number,
            change,
            id: MessageId::random(),
            author: guest(),
            manner: Manner::Said,
            body: body.to_owned(),
            cards: Vec::new(),
            edited: None,
            removed: false,
            sent_at_ms: 0,
            previous_at_ms: None,
            continues: number > 1,
            new_day_utc: false,
        }
    }

    fn left(change: u64) -> Arc<Notice> {
        Arc::new(Notice { change, by: guest(), what: Happening::Left, at_ms: 0 })
    }

    #[test]
    fn notices_go_with_the_message_before_them() {
        let messages = [message(1, 3, "hi"), message(2, 4, "ho"), message(3, 7, "hu")];
        let page = Page {
            head: Head::default(),
            messages: messages.into_iter().map(Arc::new).collect(),
            notices: [2, 5, 6, 8].map(left).to_vec(),
        };
        let rows = Row::of_page(SLUG, &page);
        let shape: Vec<_> = rows.iter().map(|row| (row.number, row.lines.len())).collect();
        assert_eq!(shape, [(0, 1), (1, 0), (2, 2), (3, 1)]);
        assert!(rows[0].said.is_none());
    }

    #[test]
    fn a_room_where_only_things_happened_has_a_beginning() {
        let page = Page { head: Head::default(), messages: Vec::new(), notices: vec![left(2)] };
        let rows = Row::of_page(SLUG, &page);
        assert_eq!(rows.len(), 1);
        assert!(rows[0].render("m-0").to_html().contains("Ana left the room"));
    }

    #[test]
    fn what_was_removed_says_so_and_nothing_else() {
        let removed = Message { removed: true, body: String::new(), ..message(2, 3, "") };
        let html = Row::new(SLUG, &removed, &[]).render("m-2").to_html();
        assert!(html.contains("Message removed") && html.contains("data-removed"), "{html}");
        assert!(!html.contains("data-continues"), "{html}");
    }

    #[test]
    fn who_edited_is_said_if_it_was_somebody_else() {
        let ben = Guest {
            id: GuestId::parse("0000000000000002").expect("sixteen digits"),
            name: GuestName::recorded("Ben".to_owned()),
        };
        let html = |by: Guest| {
            let edited = Some(Edit { by, at_ms: 0 });
            let message = Message { edited, ..message(1, 2, "hi") };
            Row::new(SLUG, &message, &[]).render("m-1").to_html()
        };
        assert!(html(ben).contains("edited by Ben"));
        let own = html(guest());
        assert!(own.contains("edited") && !own.contains("edited by"), "{own}");
    }

    #[test]
    fn what_somebody_did_is_said_with_their_name() {
        let did = Message { manner: Manner::Did, ..message(2, 3, "waves") };
        let html = Row::new(SLUG, &did, &[]).render("m-2").to_html();
        assert!(html.contains("data-did") && html.contains("class=\"actor\">Ana "), "{html}");
    }

    #[test]
    fn moments_are_dates() {
        let of = |ms| Moment::at(ms).rfc3339();
        assert_eq!(of(0), "1970-01-01T00:00:00Z");
        assert_eq!(of(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(of(1_795_269_899_999), "2026-11-21T14:04:59Z");
        assert_eq!(Moment::at(1_795_269_899_999).day(), "21 November 2026");
    }
}
