//! What happened in a room besides what was said: quiet lines between the messages, the same for
//! everyone.

use std::sync::Arc;

use chat::{Happening, Notice, Retention, Role, Visibility};
use identity::GuestName;
use liveview::{Rendered, html};

use crate::{message::Moment, retention};

/// The most lines below one message; of a longer row the last ones are shown.
pub(crate) const LINES_MAX: usize = 50;
/// A row of more lines than this is folded up.
const UNFOLDED_MAX: usize = 2;

/// One line, ready to be shown.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    text: String,
    /// RFC 3339, UTC.
    at: String,
    clock: String,
}

impl Line {
    fn of(notice: &Notice) -> Self {
        let moment = Moment::at(notice.at_ms);
        Self { text: sentence(notice), at: moment.rfc3339(), clock: moment.clock() }
    }
}

/// The lines of a row of notices.
pub(crate) fn lines(notices: &[Arc<Notice>]) -> Vec<Line> {
    let skipped = notices.len().saturating_sub(LINES_MAX);
    notices[skipped..].iter().map(|notice| Line::of(notice)).collect()
}

/// The lines between two messages: a few as they are, more of them folded up.
pub(crate) fn render(lines: &[Line]) -> Rendered {
    let last = lines.last().map(|line| line.text.as_str()).unwrap_or_default();
    html! {
        if lines.len() > UNFOLDED_MAX {
            <details class="happened">
                <summary>{last}" "<span class="happened-more">{format!("and {} more", lines.len() - 1)}</span></summary>
                {each(lines)}
            </details>
        } else {
            <div class="happened">{each(lines)}</div>
        }
    }
}

fn each(lines: &[Line]) -> Rendered {
    html! {
        <ul>
            for line in lines {
                <li>{line.text.as_str()}" "<time datetime={line.at}>{line.clock.as_str()}</time></li>
            }
        </ul>
    }
}

/// What happened, in words.
pub(crate) fn sentence(notice: &Notice) -> String {
    let by = name(&notice.by.name);
    match &notice.what {
        Happening::Retitled { from, to } => retitled(by, from.as_deref(), to.as_deref()),
        Happening::VisibilityChanged { to } => match to {
            Visibility::Public => format!("{by} made the room public: it is listed in the lobby"),
            Visibility::Unlisted => format!("{by} made the room unlisted: its link opens it"),
            Visibility::Private => format!("{by} made the room private: only members may enter"),
        },
        Happening::RetentionChanged { to } => match to {
            Retention::Kept => format!("{by} made the room keep what is said"),
            Retention::Fleeting { idle_ms } => {
                let span = retention::span(*idle_ms);
                format!("{by} made the room fleeting: erased {span} after the last person has left")
            }
        },
        Happening::Admitted { who } => format!("{by} let {} in", name(&who.name)),
        Happening::RoleChanged { who, role } => {
            let what = if *role == Role::CoOwner { "a co-owner" } else { "a member again" };
            format!("{by} made {} {what}", name(&who.name))
        }
        Happening::Transferred { to } => {
            format!("{by} handed the room over to {}", name(&to.name))
        }
        Happening::Expelled { who } => format!("{by} removed {} from the room", name(&who.name)),
        Happening::Pardoned { who } => format!("{by} lets {} come back", name(&who.name)),
        Happening::Left => format!("{by} left the room"),
        Happening::Renamed { from } => format!("{} is now called {by}", name(from)),
        Happening::Ended { reason: None } => format!("{by} ended the conversation"),
        Happening::Ended { reason: Some(reason) } => {
            format!("{by} ended the conversation: {reason}")
        }
    }
}

fn retitled(by: &str, from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{by} renamed the room from “{from}” to “{to}”"),
        (None, Some(to)) => format!("{by} named the room “{to}”"),
        (Some(from), None) => format!("{by} took the name “{from}” off the room"),
        // Both were erased.
        (None, None) => format!("{by} renamed the room"),
    }
}

/// A name that was erased leaves somebody.
fn name(name: &GuestName) -> &str {
    if name.as_str().is_empty() { "Somebody" } else { name.as_str() }
}

#[cfg(test)]
mod tests {
    use identity::{Guest, GuestId};

    use super::*;

    fn guest(name: &str) -> Guest {
        let id = GuestId::parse("0000000000000001").expect("sixteen digits");
        Guest { id, name: GuestName::recorded(name.to_owned()) }
    }

    #[track_caller]
    fn check(what: Happening, said: &str) {
        let notice = Notice { change: 2, by: guest("Ana"), what, at_ms: 0 };
        assert_eq!(sentence(&notice), said);
    }

    #[test]
    fn what_happens_is_said_in_a_sentence() {
        let title = |text: &str| Some(text.to_owned());
        check(
            Happening::Retitled { from: title("A"), to: title("B") },
            "Ana renamed the room from “A” to “B”",
        );
        check(Happening::Retitled { from: None, to: title("B") }, "Ana named the room “B”");
        check(
            Happening::Renamed { from: GuestName::recorded("Anna".to_owned()) },
            "Anna is now called Ana",
        );
        check(Happening::Expelled { who: guest("Ben") }, "Ana removed Ben from the room");
        check(
            Happening::RoleChanged { who: guest("Ben"), role: Role::CoOwner },
            "Ana made Ben a co-owner",
        );
        check(Happening::Admitted { who: guest("") }, "Ana let Somebody in");
        check(
            Happening::RetentionChanged { to: Retention::Fleeting { idle_ms: 1_800_000 } },
            "Ana made the room fleeting: erased 30 minutes after the last person has left",
        );
    }

    #[test]
    fn a_long_row_is_folded_and_bounded() {
        let left = |change| Notice { change, by: guest("Ana"), what: Happening::Left, at_ms: 0 };
        let notices: Vec<_> = (0..200).map(|change| Arc::new(left(change))).collect();
        let lines = lines(&notices);
        assert_eq!(lines.len(), LINES_MAX);
        let html = render(&lines).to_html();
        assert!(html.contains("<details") && html.contains("and 49 more"), "{html}");
        assert!(!render(&lines[..2]).to_html().contains("<details"));
    }
}
