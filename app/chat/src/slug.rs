//! The readable name of a room in its address.

use std::fmt;

use identity::GuestName;
use serde::{Deserialize, Serialize};

/// The shortest slug, in characters.
pub const SLUG_CHARS_MIN: usize = 3;
/// The longest slug, in characters.
pub const SLUG_CHARS_MAX: usize = 64;

/// Words that are, or may become, addresses of the product itself, or that would pass a room off as
/// the house's own. None of them can be the slug of a room.
#[rustfmt::skip]
const RESERVED: [&str; 64] = [
    "about", "abuse", "account", "accounts", "admin", "administrator", "analysis", "api", "app",
    "assets", "auth", "blog", "config", "contact", "dashboard", "docs", "download", "embed", "error",
    "export", "favicon", "feed", "file", "files", "help", "healthz", "home", "host", "image", "images",
    "import", "index", "invite", "legal", "live", "lobby", "login", "logout", "media", "metrics", "moderator",
    "new", "oauth", "presence", "preview", "previews", "privacy", "public", "pulse", "readyz", "register",
    "robots", "room", "rooms", "root", "search", "security", "settings", "signin", "signup", "static",
    "status", "support", "system",
];

/// Reserved as well, though too short to be slugs today.
const RESERVED_SHORT: [&str; 3] = ["me", "r", "ws"];

/// The readable name of a room in its address: 3 to 64 characters of `[a-z0-9-]`, no dash at either
/// end and no two in a row, and no reserved word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why an address is not that of a room and never will be, for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    #[error("A room's address has {SLUG_CHARS_MIN} to {SLUG_CHARS_MAX} characters.")]
    Length,
    #[error("A room's address is made of small letters a–z, digits and single dashes.")]
    Characters,
    #[error("A room's address neither starts nor ends with a dash, nor has two in a row.")]
    Dashes,
    #[error("This address belongs to the house; please choose another.")]
    Reserved,
}

impl Slug {
    /// Reads a slug exactly as it stands in an address.
    ///
    /// # Errors
    /// The first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        if RESERVED.contains(&text) || RESERVED_SHORT.contains(&text) {
            return Err(SlugError::Reserved);
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(SlugError::Characters);
        }
        if !(SLUG_CHARS_MIN..=SLUG_CHARS_MAX).contains(&text.len()) {
            return Err(SlugError::Length);
        }
        if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return Err(SlugError::Dashes);
        }
        Ok(Self(text.to_owned()))
    }

    /// A memorable slug, the same for the same `seed`: "amber-kettle-42". There are some nine
    /// million; whoever takes one must be ready to find it taken.
    pub fn mnemonic(seed: u64) -> Self {
        const NUMBERS: u64 = 990;
        let words = GuestName::friendly(seed / NUMBERS);
        let words = words.as_str().to_lowercase().replace(' ', "-");
        Self(format!("{words}-{}", 10 + seed % NUMBERS))
    }

    /// Some memorable slug.
    pub(crate) fn random() -> Self {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).expect("the operating system gives random bytes");
        Self::mnemonic(u64::from_le_bytes(seed))
    }

    /// A slug as it was recorded, whatever has become reserved since.
    pub(crate) fn recorded(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slug({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, text: &str, expected: Result<(), SlugError>) {
        assert_eq!(
            Slug::parse(text).map(|slug| assert_eq!(slug.as_str(), text)),
            expected,
            "{sentence}: {text}"
        );
    }

    #[test]
    fn slugs() {
        check("a word is a slug", "kitchen", Ok(()));
        check("words digits and dashes are a slug", "amber-kettle-42", Ok(()));
        check("three characters are enough", "tea", Ok(()));
        check("two are not", "te", Err(SlugError::Length));
        check("sixty four fit", &"t".repeat(64), Ok(()));
        check("sixty five do not", &"t".repeat(65), Err(SlugError::Length));
        check("nothing is no slug", "", Err(SlugError::Length));
        for text in ["-tea", "tea-", "tea--pot", "---"] {
            check("no dash at an end or twice", text, Err(SlugError::Dashes));
        }
        for text in ["Tea", "tea pot", "tea/pot", "tea_pot", "thé", "tea\n", "..", "%2e"] {
            check("no other characters", text, Err(SlugError::Characters));
        }
        for text in [
            "r",
            "me",
            "about",
            "analysis",
            "preview",
            "dashboard",
            "healthz",
            "readyz",
            "metrics",
            "assets",
            "live",
            "login",
            "logout",
            "auth",
            "api",
            "admin",
            "new",
        ] {
            check("a page of the house is no room", text, Err(SlugError::Reserved));
        }
    }

    #[test]
    fn every_mnemonic_is_a_slug() {
        for seed in (0..200_000).chain([u64::MAX, u64::MAX - 1]) {
            let slug = Slug::mnemonic(seed);
            assert_eq!(Slug::parse(slug.as_str()), Ok(slug));
        }
    }
}
