//! What a host may change while the server runs: `settings.toml` in the data folder.

use fetch::{Opening, OpeningError};
use previews::DomainError;
use serde::Deserialize;
use web::{Rate, RateTable, Rates};

/// The file, in the data folder. Without one, everything is as usual.
pub const FILE: &str = "settings.toml";

/// What the file says, over what is usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub chat: chat::Settings,
    pub limits: RateTable,
    pub previews: previews::Settings,
}

impl Settings {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// In words for the host, with the line where the mistake is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| place(text, &error))?;
        file.checked()
    }
}

/// The file as it is written; what is left out is as usual.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fleeting_idle_minutes: Option<i64>,
    answer_within_minutes: Option<i64>,
    housekeeping_every_seconds: Option<i64>,
    grace_seconds: Option<i64>,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    previews: PreviewsTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    rooms: Option<KindTable>,
    messages: Option<KindTable>,
    knocks: Option<KindTable>,
    invitations: Option<KindTable>,
    searches: Option<KindTable>,
    sign_ins: Option<KindTable>,
    names: Option<KindTable>,
    previews: Option<KindTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindTable {
    address: Option<RateEntry>,
    person: Option<RateEntry>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateEntry {
    at_once: u32,
    per_minute: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewsTable {
    enabled: Option<bool>,
    #[serde(default)]
    deny: Vec<Domain>,
    #[serde(default)]
    allow: Vec<Reached>,
}

/// A domain, in its normal form.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Domain(String);

impl TryFrom<String> for Domain {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        previews::Settings::domain(&text).map(Self)
    }
}

/// An address that may be reached although it is not public.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Reached(Opening);

impl TryFrom<String> for Reached {
    type Error = OpeningError;

    fn try_from(text: String) -> Result<Self, OpeningError> {
        text.parse().map(Self)
    }
}

const MINUTE_MS: i64 = 60 * 1_000;
const MONTH_MINUTES: i64 = 30 * 24 * 60;

impl File {
    fn checked(self) -> Result<Settings, String> {
        let usual = Settings::default();
        let read = |value: Option<i64>, unit_ms: i64, usual_ms: i64, name: &str, max: i64| {
            let Some(value) = value else { return Ok(usual_ms) };
            match (1..=max).contains(&value) {
                true => Ok(value * unit_ms),
                false => Err(format!("{name} must be from 1 to {max}")),
            }
        };
        let chat = chat::Settings {
            fleeting_idle_ms: read(
                self.fleeting_idle_minutes,
                MINUTE_MS,
                usual.chat.fleeting_idle_ms,
                "fleeting_idle_minutes",
                MONTH_MINUTES,
            )?,
            answer_within_ms: read(
                self.answer_within_minutes,
                MINUTE_MS,
                usual.chat.answer_within_ms,
                "answer_within_minutes",
                MONTH_MINUTES,
            )?,
            housekeeping_every_ms: read(
                self.housekeeping_every_seconds,
                1_000,
                usual.chat.housekeeping_every_ms,
                "housekeeping_every_seconds",
                3_600,
            )?,
            grace_ms: read(self.grace_seconds, 1_000, usual.chat.grace_ms, "grace_seconds", 300)?,
        };
        let previews = self.previews.over(usual.previews);
        Ok(Settings { chat, limits: self.limits.over(usual.limits)?, previews })
    }
}

impl PreviewsTable {
    fn over(self, usual: previews::Settings) -> previews::Settings {
        previews::Settings {
            enabled: self.enabled.unwrap_or(usual.enabled),
            deny: self.deny.into_iter().map(|Domain(domain)| domain).collect(),
            allow: self.allow.into_iter().map(|Reached(opening)| opening).collect(),
        }
    }
}

impl LimitsTable {
    fn over(self, usual: RateTable) -> Result<RateTable, String> {
        let rates = |name: &str, kind: Option<KindTable>, usual: Rates| {
            kind.map_or(Ok(usual), |kind| kind.over(name, usual))
        };
        Ok(RateTable {
            rooms: rates("rooms", self.rooms, usual.rooms)?,
            messages: rates("messages", self.messages, usual.messages)?,
            knocks: rates("knocks", self.knocks, usual.knocks)?,
            invites: rates("invitations", self.invitations, usual.invites)?,
            searches: rates("searches", self.searches, usual.searches)?,
            sign_ins: rates("sign_ins", self.sign_ins, usual.sign_ins)?,
            names: rates("names", self.names, usual.names)?,
            previews: rates("previews", self.previews, usual.previews)?,
        })
    }
}

impl KindTable {
    fn over(self, name: &str, usual: Rates) -> Result<Rates, String> {
        let rate = |whose: &str, entry: Option<RateEntry>, usual: Rate| match entry {
            None => Ok(usual),
            Some(RateEntry { at_once: 0, .. } | RateEntry { per_minute: 0, .. }) => {
                Err(format!("limits.{name}.{whose} must allow at least 1 at once and 1 per minute"))
            }
            Some(RateEntry { at_once, per_minute }) => Ok(Rate { at_once, per_minute }),
        };
        Ok(Rates {
            address: rate("address", self.address, usual.address)?,
            person: rate("person", self.person, usual.person)?,
        })
    }
}

/// The mistake on one line, with its place.
pub fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count() + 1);
    let message = error.message().replace('\n', " ");
    line.map_or(message.clone(), |line| format!("line {line}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_as_usual() {
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
        assert_eq!(Settings::parse("# all as usual\n[limits]\n"), Ok(Settings::default()));
    }

    #[test]
    fn what_is_said_holds_and_the_rest_stays() {
        let text = "fleeting_idle_minutes = 10\ngrace_seconds = 8\n\
            [limits.rooms]\nperson = { at_once = 3, per_minute = 1 }\n";
        let settings = Settings::parse(text).expect("it is right");
        assert_eq!(settings.chat.fleeting_idle_ms, 600_000);
        assert_eq!(settings.chat.grace_ms, 8_000);
        assert_eq!(settings.chat.answer_within_ms, chat::Settings::default().answer_within_ms);
        assert_eq!(settings.limits.rooms.person, Rate { at_once: 3, per_minute: 1 });
        assert_eq!(settings.limits.rooms.address, RateTable::default().rooms.address);
        assert_eq!(settings.limits.names, RateTable::default().names);
    }

    #[test]
    fn what_may_be_previewed_is_said_in_a_table() {
        let text = "[previews]\nenabled = false\ndeny = [\"Example.COM\", \"tracker.test\"]\n\
            allow = [\"127.0.0.1:4000\", \"10.0.0.7\", \"[::1]:8080\"]\n";
        let previews = Settings::parse(text).expect("it is right").previews;
        assert!(!previews.enabled);
        assert_eq!(previews.deny, ["example.com", "tracker.test"]);
        let allowed = ["127.0.0.1:4000", "10.0.0.7", "[::1]:8080"];
        assert_eq!(previews.allow, allowed.map(|text| text.parse().expect("an address")));
        let usual = Settings::parse("[previews]\n").expect("it is right").previews;
        assert_eq!(usual, previews::Settings::default());

        let mistake = |text: &str| Settings::parse(text).expect_err("it is wrong");
        let name = mistake("[previews]\nallow = [\n  \"127.0.0.1:1\",\n  \"localhost\",\n]");
        assert!(name.starts_with("line 2: ") && name.contains("localhost"), "{name}");
        let url = mistake("[previews]\ndeny = [\"https://example.com/\"]");
        assert!(url.starts_with("line 2: ") && url.contains("is not a domain"), "{url}");
        assert!(mistake("[previews]\nenabled = \"no\"").starts_with("line 2: "));
        assert!(mistake("\n[previews]\nconcurrency = 1").starts_with("line 3: "));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let mistake = |text: &str| Settings::parse(text).expect_err("it is wrong");
        assert!(mistake("grace_seconds = 8\nfleeting = 1\n").starts_with("line 2: "));
        assert!(mistake("\n\ngrace_seconds = \"long\"\n").starts_with("line 3: "));
        assert!(mistake("grace_seconds = \n").starts_with("line 1: "));
        assert_eq!(mistake("grace_seconds = 0"), "grace_seconds must be from 1 to 300");
        assert!(mistake("answer_within_minutes = 99999999").contains("43200"));
        let none = "[limits.searches]\naddress = { at_once = 0, per_minute = 1 }";
        assert!(mistake(none).contains("limits.searches.address"));
    }
}
