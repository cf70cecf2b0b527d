//! Whatever a view shows one after the other, the browser ends with what it shows last, and whoever
//! joins a shared view late ends with what the others have.

use proptest::prelude::*;
use serde_json::Value;

use super::{Differ, message};
use crate::{Place, Rendered, Stream, html, testing::tree::Tree};

type Entry = (u8, String, Option<u8>, Vec<u8>);

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (0..8u8, "[a<]{0,2}", any::<Option<u8>>(), prop::collection::vec(0..4u8, 0..4));
    prop::collection::vec(entry, 0..6)
}

fn page((title, entries): &(Option<u8>, Vec<Entry>)) -> Rendered {
    html! {
        <main>
            if let Some(title) = title { <h1>{*title}</h1> } else { "none" }
            <ul>
                for (key, text, mark, inner) in entries {
                    <li :key={*key} title={text}>
                        {text}
                        if let Some(mark) = mark { <b>{*mark}</b> }
                        for number in inner { <i :key={*number}>{*number}</i> }
                    </li>
                }
            </ul>
        </main>
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert { id: u8, tall: bool, at: i64, limit: Option<i64>, update_only: bool },
    Delete(u8),
    Clear,
    Send,
    Join,
    Resync,
}

fn step() -> impl Strategy<Value = Step> {
    let limit = prop_oneof![3 => Just(None), 1 => (-4..5i64).prop_map(Some)];
    let insert = (0..6u8, any::<bool>(), -1..5i64, limit, any::<bool>());
    prop_oneof![
        6 => insert.prop_map(|(id, tall, at, limit, update_only)| Step::Insert { id, tall, at, limit, update_only }),
        2 => (0..6u8).prop_map(Step::Delete),
        1 => Just(Step::Clear),
        5 => Just(Step::Send),
        2 => Just(Step::Join),
        1 => Just(Step::Resync),
    ]
}

fn log(lines: &Stream<(u8, usize, bool)>) -> Rendered {
    html! {
        <ol id="log" phx-update="stream">
            {lines.each(|id, (_, text, tall)| match tall {
                true => html! { <li id={id}><b>{*text}</b></li> },
                false => html! { <li id={id}>{*text}</li> },
            })}
        </ol>
    }
}

proptest! {
    #[test]
    fn the_browser_shows_what_was_rendered_last(
        models in prop::collection::vec((any::<Option<u8>>(), entries()), 1..6),
        share in any::<bool>(),
    ) {
        let (mut differ, mut tree) = (super::differ(), Tree::default());
        for model in &models {
            let mut next = message(&mut differ, page(model));
            if let (true, Value::Object(next)) = (share, &mut next) {
                super::share_templates(next);
            }
            tree.merge(&next);
            prop_assert_eq!(tree.unmarked_html(), page(model).to_html());
        }
    }

    #[test]
    fn all_who_look_at_a_shared_view_see_the_same(steps in prop::collection::vec(step(), 1..40)) {
        let mut lines = Stream::new("lines", |(id, ..): &(u8, usize, bool)| format!("m-{id}"));
        let mut differ = Differ::shared("v");
        let mut first = Tree::default();
        first.merge(&message(&mut differ, log(&lines)));
        let mut others: Vec<Tree> = Vec::new();
        for (number, step) in steps.into_iter().chain([Step::Send]).enumerate() {
            match step {
                Step::Insert { id, tall, at, limit, update_only } => {
                    lines.insert((id, number, tall), Place { at, limit, update_only });
                }
                Step::Delete(id) => lines.delete(format!("m-{id}")),
                Step::Clear => lines.clear(),
                Step::Send => {
                    let next = message(&mut differ, log(&lines));
                    first.merge(&next);
                    others.iter_mut().for_each(|other| drop(other.merge(&next)));
                }
                Step::Join => {
                    let mut tree = Tree::default();
                    tree.merge(&Value::Object(differ.whole(false)));
                    others.push(tree);
                }
                Step::Resync => {
                    let whole = Value::Object(differ.whole(true));
                    others.iter_mut().for_each(|other| drop(other.merge(&whole)));
                }
            }
            for other in &others {
                prop_assert_eq!(other.unmarked_html(), first.unmarked_html());
            }
        }
    }
}
