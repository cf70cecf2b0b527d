//! One message as it is shown: the same for everyone, in the feed, in older pages and in plain HTML.

use chat::Message;
use liveview::{Raw, Rendered, html};

use crate::markdown;

/// A message ready to be shown.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: u64,
    author_id: String,
    author: String,
    hue: u8,
    continues: bool,
    /// A heading for the first message of a day, in UTC; the browser's own days replace it.
    day: Option<String>,
    /// RFC 3339, UTC.
    sent_at: String,
    clock: String,
    body: String,
    permalink: String,
}

impl Row {
    /// Takes what is shown of `message` in the room at `/r/<slug>`.
    pub(crate) fn new(slug: &str, message: &Message) -> Self {
        let sent = Moment::at(message.sent_at_ms);
        Self {
            number: message.number,
            author_id: message.author.id.as_str().to_owned(),
            author: message.author.name.as_str().to_owned(),
            hue: message.author.colour(),
            continues: message.continues && !message.new_day_utc,
            day: message.new_day_utc.then(|| sent.day()),
            sent_at: sent.rfc3339(),
            clock: sent.clock(),
            body: markdown::html(&message.body),
            permalink: format!("/r/{slug}/{0}#m-{0}", message.number),
        }
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
        html! {
            <li id={id} class="message" data-number={self.number} data-author={self.author_id} data-hue={self.hue} data-continues?={self.continues} data-day?={self.day.as_deref()}>
                <div class="meta"><span class="author">{self.author}</span> <a class="when" href={self.permalink}><time datetime={self.sent_at}>{self.clock}</time></a></div>
                <div class="body">{Raw::new(self.body.clone())}</div>
            </li>
        }
    }
}

/// A moment as RFC 3339 has it, in UTC.
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    Moment::at(unix_ms).rfc3339()
}

/// A moment in UTC, as the proleptic Gregorian calendar has it.
struct Moment {
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
    fn at(unix_ms: i64) -> Self {
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

    fn clock(&self) -> String {
        format!("{:02}:{:02}", self.second_of_day / 3_600, self.second_of_day / 60 % 60)
    }

    fn rfc3339(&self) -> String {
        let (month, second) = (self.month + 1, self.second_of_day % 60);
        format!("{:04}-{month:02}-{:02}T{}:{second:02}Z", self.year, self.day, self.clock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        let of = |ms| Moment::at(ms).rfc3339();
        assert_eq!(of(0), "1970-01-01T00:00:00Z");
        assert_eq!(of(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(of(1_795_269_899_999), "2026-11-21T14:04:59Z");
        assert_eq!(Moment::at(1_795_269_899_999).day(), "21 November 2026");
    }
}
