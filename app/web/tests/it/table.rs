//! The tables of `docs/permissions.md`, as the document has them.

use chat::{Action, Refusal};

const DOCUMENT: &str = include_str!("../../../../docs/permissions.md");
const OPEN: &str = "## In an open room";
const ENDED: &str = "## In a room that has ended";
const OF_TWO: &str = "## In a private chat of two";
const ERASED: &str = "## In a room that was erased";

/// Who somebody is: a column of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Owner,
    CoOwner,
    Member,
    Visitor,
    Outsider,
    Expelled,
    /// One of the two of a private chat.
    Either,
    /// Anybody else, at a private chat of two.
    Others,
}

/// How far a room has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Open,
    Ended,
    Erased,
}

/// What the document says of `action`, done by whom in a room of this stage: why not, or yes.
///
/// # Panics
/// When the document does not say it, or not in the words that it explains.
pub fn answer(action: Action, by: Column, stage: Stage) -> Result<(), Refusal> {
    let of_two = matches!(by, Column::Either | Column::Others);
    let word = match stage {
        Stage::Erased => return Err(Refusal::Erased),
        Stage::Open if of_two => cell(OF_TWO, action, by),
        Stage::Open => cell(OPEN, action, by),
        Stage::Ended if !of_two => cell(ENDED, action, by),
        // "After its end, as above": each of the two has the owner's powers.
        Stage::Ended => match cell(OF_TWO, action, by) {
            "yes" => cell(ENDED, action, Column::Owner),
            other => other,
        },
    };
    match word {
        "yes" => Ok(()),
        "no" => Err(Refusal::NotAllowed(action)),
        "private" => Err(Refusal::Private),
        "expelled" => Err(Refusal::Expelled),
        "stays" => Err(Refusal::OwnerStays),
        "ended" => Err(Refusal::Ended),
        "of two" => Err(Refusal::OnlyTwo),
        other => panic!("docs/permissions.md does not explain {other}"),
    }
}

fn cell(section: &str, action: Action, by: Column) -> &'static str {
    let rows = rows(section);
    let by = rows[0].iter().position(|name| *name == format!("{by:?}")).expect("a column");
    let row = rows.iter().find(|row| row[0] == format!("{action:?}"));
    row.unwrap_or_else(|| panic!("{section} has no row for {action:?}"))[by]
}

/// The table below the heading `section`, and its first row.
fn rows(section: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = DOCUMENT.split_once(section).expect("the document has the section");
    let lines = below.lines().skip(1).take_while(|line| !line.starts_with('#'));
    let lines = lines.filter(|line| line.starts_with('|'));
    let cells = |line: &'static str| {
        let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        line.expect("a row ends as it begins").split('|').map(str::trim).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn the_document_has_a_row_for_every_action() {
    let actions: Vec<_> = Action::all().map(|action| format!("{action:?}")).collect();
    assert!(actions.len() >= 17, "need actions for this to mean anything");
    for section in [OPEN, ENDED, OF_TWO] {
        let named: Vec<_> = rows(section)[2..].iter().map(|row| row[0].to_owned()).collect();
        assert_eq!(named, actions, "{section}");
    }
    assert!(DOCUMENT.contains(&format!("{ERASED}\n\nNothing")), "nobody may do anything there");
}
