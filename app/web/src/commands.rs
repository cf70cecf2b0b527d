//! What a line in the composer asks for: to say it, or something else that begins with a slash.

use chat::Visibility;

/// What was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// To be said as it stands.
    Say(String),
    /// `/me waves`
    Do(String),
    /// `/nick Ana`
    Rename(String),
    /// `/title The kitchen`
    Retitle(String),
    /// `/private`, `/public`, `/unlisted`
    SetVisibility(Visibility),
    /// `/help`
    Help,
    /// Nothing that is known: what to write instead.
    Unclear(String),
}

/// What `/help` says.
pub(crate) const HELP: &str = "/nick Name: be called something else · /me waves: say what you do · \
     /title Name: rename the room · /private, /unlisted, /public: who may enter · //text: say a \
     line that begins with a slash";

impl Line {
    /// Reads what was typed. White space before a command does not count; a slash that nothing
    /// follows, or that no letter follows, is text.
    pub(crate) fn read(typed: &str) -> Self {
        let text = typed.trim();
        let Some(command) = text.strip_prefix('/') else { return Self::Say(typed.to_owned()) };
        if command.starts_with('/') {
            return Self::Say(command.to_owned());
        }
        let end = command.find(char::is_whitespace).unwrap_or(command.len());
        let (name, rest) = (command[..end].to_lowercase(), command[end..].trim());
        if !name.starts_with(char::is_alphabetic) {
            return Self::Say(typed.to_owned());
        }
        let with = |read: fn(String) -> Self, wants: &str| match rest {
            "" => Self::Unclear(format!("Write it behind the command: {wants}")),
            rest => read(rest.to_owned()),
        };
        match name.as_str() {
            "nick" => with(Self::Rename, "/nick Your new name"),
            "title" => with(Self::Retitle, "/title The new name of the room"),
            "me" => with(Self::Do, "/me waves"),
            "private" => Self::SetVisibility(Visibility::Private),
            "unlisted" => Self::SetVisibility(Visibility::Unlisted),
            "public" => Self::SetVisibility(Visibility::Public),
            "help" => Self::Help,
            _ => Self::Unclear(format!(
                "There is no command /{name}. /help lists them; begin with two slashes to say it."
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: Line) {
        assert_eq!(Line::read(typed), expected, "{typed:?}");
    }

    #[test]
    fn commands_are_read() {
        let text = |text: &str| text.to_owned();
        check("/nick Ana", Line::Rename(text("Ana")));
        check("  /nick   Ana of the kitchen  ", Line::Rename(text("Ana of the kitchen")));
        check("/NICK Ana", Line::Rename(text("Ana")));
        check("/title The kitchen\n", Line::Retitle(text("The kitchen")));
        check("/me waves\nand leaves", Line::Do(text("waves\nand leaves")));
        check("/private", Line::SetVisibility(Visibility::Private));
        check("/unlisted please", Line::SetVisibility(Visibility::Unlisted));
        check(" /public", Line::SetVisibility(Visibility::Public));
        check("/help", Line::Help);
    }

    #[test]
    fn everything_else_is_said() {
        for said in ["hello", "  hello ", "a /nick Ana", "/", "/ me", "/2", "", "\n/\n", "1/2"] {
            check(said, Line::Say(said.to_owned()));
        }
        check("//nick Ana", Line::Say("/nick Ana".to_owned()));
        check("  //etc/hosts", Line::Say("/etc/hosts".to_owned()));
    }

    #[test]
    fn what_is_unclear_says_what_to_write() {
        let hint = |typed: &str| match Line::read(typed) {
            Line::Unclear(hint) => hint,
            other => panic!("{typed} is {other:?}"),
        };
        assert!(hint("/nick").contains("/nick Your new name"));
        assert!(hint(" /me  ").contains("/me waves"));
        assert!(hint("/title").contains("/title"));
        assert!(hint("/NICKNAME x").contains("no command /nickname"));
    }
}
