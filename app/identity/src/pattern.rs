//! What is shown for a person without a picture: a pattern of their own, from their id alone.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::{COLOURS, GuestId};

/// Cells in a row and in a column; the right side mirrors the left.
const SIDE: usize = 5;
const COLUMNS: usize = SIDE.div_ceil(2);

/// The twelve colours in which people's names are written on light pages. On [`GROUND`] they are
/// as readable in a dark room.
const INKS: [&str; COLOURS as usize] = [
    "#9d404c", "#9b471b", "#865901", "#6d6603", "#42721f", "#007654", "#017272", "#076e8b",
    "#2b64a8", "#5d56a7", "#7e4a93", "#934273",
];
const GROUND: &str = "#f3ece2";

/// An SVG of a few hundred bytes: symmetric, 5 by 5 cells, in the person's colour.
pub(crate) fn svg(person: &GuestId) -> String {
    let ink = INKS[usize::from(person.colour())];
    let mut path = String::new();
    for (row, column) in cells(person) {
        write!(path, "M{column} {row}h1v1h-1z").expect("a string takes everything");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-1 -1 7 7\" width=\"96\" height=\"96\" \
         shape-rendering=\"crispEdges\"><path fill=\"{GROUND}\" d=\"M-1-1h7v7h-7z\"/>\
         <path fill=\"{ink}\" d=\"{path}\"/></svg>"
    )
}

/// The cells with ink, each 15 bits of a hash say; at least a third and at most two thirds of the
/// left side, so that every pattern is one.
fn cells(person: &GuestId) -> Vec<(usize, usize)> {
    let places = SIDE * COLUMNS;
    let mut hash = Sha256::digest(person.as_str());
    let bits = loop {
        let bits = u16::from_be_bytes([hash[0], hash[1]]) >> 1;
        if (5..=10).contains(&bits.count_ones()) {
            break bits;
        }
        hash = Sha256::digest(hash);
    };
    let inked = (0..places).filter(|place| bits >> place & 1 == 1);
    let both = |place| {
        let (row, column) = (place / COLUMNS, place % COLUMNS);
        let mirrored = SIDE - 1 - column;
        std::iter::once((row, column)).chain((mirrored != column).then_some((row, mirrored)))
    };
    inked.flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_pattern_is_symmetric_and_neither_empty_nor_full() {
        for _ in 0..200 {
            let cells: BTreeSet<_> = cells(&GuestId::random()).into_iter().collect();
            assert!((5..=20).contains(&cells.len()), "{cells:?}");
            assert!(cells.iter().all(|(row, column)| cells.contains(&(*row, 4 - column))));
        }
    }

    /// People learn each other's patterns: they never change.
    #[test]
    fn the_pattern_of_a_known_id_is_fixed() {
        let person = GuestId::parse("NKuGo9D0aVeTsJs2").expect("an id");
        let rows = |row| (0..SIDE).map(move |column| (row, column));
        let inked = cells(&person);
        let drawn: Vec<String> = (0..SIDE)
            .map(|row| {
                rows(row).map(|cell| if inked.contains(&cell) { '#' } else { '.' }).collect()
            })
            .collect();
        assert_eq!(drawn, ["#...#", "#...#", ".###.", ".....", ".###."]);
    }

    #[test]
    fn people_have_different_patterns() {
        let patterns: BTreeSet<_> = (0..100).map(|_| svg(&GuestId::random())).collect();
        assert!(patterns.len() > 95);
    }
}
