//! Messages compared exactly; all of them are true for phoenix_live_view 1.2.12.

use serde_json::{Value, json};

use super::Differ;
use crate::{
    ComponentCx, LiveComponent, Message, Myself, Place, Rendered, Stream, Temporary,
    effects::Effects, html, live_component, wire::share_templates,
};

mod properties;

/// The next message of a differ.
fn message(differ: &mut Differ, rendered: Rendered) -> Value {
    Value::Object(differ.render(rendered, &mut Effects::default(), &|_| String::new()))
}

fn differ() -> Differ {
    Differ::new("v", true)
}

#[test]
fn a_value_that_changed_is_sent_alone() {
    let page = |name: &str, online: u32| html! { <h1>{name}</h1><p>{online}" online"</p> };
    let mut differ = differ();
    assert_eq!(
        message(&mut differ, page("Lobby", 3)),
        json!({"0": "Lobby", "1": "3", "s": ["<h1>", "</h1><p>", " online</p>"]}),
    );
    assert_eq!(message(&mut differ, page("Lobby", 4)), json!({"1": "4"}));
    assert_eq!(message(&mut differ, page("Lobby", 4)), json!({}));
}

#[test]
fn a_condition_that_flips_brings_its_statics() {
    let page = |typing: Option<&str>, or_else: bool| {
        html! {
            <div>
                if let Some(name) = typing { <b>{name}" is typing"</b> }
                else if or_else { <i>"nobody"</i> }
            </div>
        }
    };
    let typing = |name: &str| json!({"0": name, "s": ["<b>", " is typing</b>"], "r": 1});
    let mut differ = differ();
    assert_eq!(
        message(&mut differ, page(Some("ann"), false)),
        json!({"0": typing("ann"), "s": ["<div>", "</div>"]}),
    );
    assert_eq!(message(&mut differ, page(Some("bob"), false)), json!({"0": {"0": "bob"}}));
    assert_eq!(message(&mut differ, page(None, false)), json!({"0": ""}));
    assert_eq!(message(&mut differ, page(Some("cy"), false)), json!({"0": typing("cy")}));
    assert_eq!(
        message(&mut differ, page(None, true)),
        json!({"0": {"s": ["<i>nobody</i>"], "r": 1}}),
    );
}

/// Entries are keyed by their first letter.
fn list(items: &[&str]) -> Rendered {
    html! { <ul>for item in items.iter().copied() { <li :key={&item[..1]}>{item}</li> }</ul> }
}

#[test]
fn entries_of_a_loop_are_moved_and_changed_by_key() {
    let mut differ = differ();
    let mut next = |items: &[&str]| message(&mut differ, list(items));
    assert_eq!(
        next(&["a", "b", "c"]),
        json!({
            "0": {"s": ["<li>", "</li>"], "k": {"0": {"0": "a"}, "1": {"0": "b"}, "2": {"0": "c"}, "kc": 3}},
            "s": ["<ul>", "</ul>"],
        }),
    );
    // Append, prepend, edit, swap, delete and edit.
    assert_eq!(next(&["a", "b", "c", "d"]), json!({"0": {"k": {"3": {"0": "d"}, "kc": 4}}}));
    assert_eq!(
        next(&["z", "a", "b", "c", "d"]),
        json!({"0": {"k": {"0": {"0": "z"}, "1": 0, "2": 1, "3": 2, "4": 3, "kc": 5, "km": true}}}),
    );
    assert_eq!(next(&["z", "a!", "b", "c", "d"]), json!({"0": {"k": {"1": {"0": "a!"}, "kc": 5}}}),);
    assert_eq!(
        next(&["a!", "z", "b", "c", "d"]),
        json!({"0": {"k": {"0": 1, "1": 0, "kc": 5, "km": true}}}),
    );
    assert_eq!(
        next(&["a!", "b", "c?", "d"]),
        json!({"0": {"k": {"1": 2, "2": [3, {"0": "c?"}], "3": 4, "kc": 4, "km": true}}}),
    );
    assert_eq!(next(&["a!", "b", "c?"]), json!({"0": {"k": {"kc": 3}}}));
    assert_eq!(next(&["a!", "b", "c?"]), json!({}));
}

#[test]
fn an_empty_loop_is_no_text() {
    let filled = json!({"s": ["<li>", "</li>"], "k": {"0": {"0": "a"}, "kc": 1}});
    let mut differ = differ();
    let mut next = |items: &[&str]| message(&mut differ, list(items));
    assert_eq!(next(&[]), json!({"0": "", "s": ["<ul>", "</ul>"]}));
    assert_eq!(next(&["a"]), json!({"0": filled}));
    assert_eq!(next(&[]), json!({"0": ""}));
    assert_eq!(next(&[]), json!({}));
    assert_eq!(next(&["a"]), json!({"0": filled}));
}

#[test]
fn a_condition_in_an_entry_moves_with_it() {
    let page = |items: &[(&str, Option<&str>)]| {
        html! {
            <ul>
                for (name, mark) in items.iter().copied() {
                    <li :key={name}>{name}if let Some(mark) = mark { <b>{mark}</b> }</li>
                }
            </ul>
        }
    };
    let mut differ = differ();
    let mut next = |items: &[(&str, Option<&str>)]| message(&mut differ, page(items));
    let bold = |text: &str| json!({"0": text, "s": ["<b>", "</b>"], "r": 1});
    assert_eq!(
        next(&[("a", Some("!")), ("b", None)])["0"]["k"],
        json!({"0": {"0": "a", "1": bold("!")}, "1": {"0": "b", "1": ""}, "kc": 2}),
    );
    assert_eq!(
        next(&[("a", Some("!")), ("b", Some("new"))]),
        json!({"0": {"k": {"1": {"1": bold("new")}, "kc": 2}}}),
    );
    assert_eq!(
        next(&[("b", Some("new")), ("a", None)]),
        json!({"0": {"k": {"0": 1, "1": [0, {"1": ""}], "kc": 2, "km": true}}}),
    );
}

type Line = (&'static str, &'static str);

fn log(lines: &Stream<Line>) -> Rendered {
    html! {
        <div id="log" phx-update="stream">
            {lines.each(|id, (_, text)| html! { <p id={id}>{*text}</p> })}
        </div>
    }
}

#[test]
fn a_stream_is_sent_and_forgotten() {
    let mut lines = Stream::new("lines", |(id, _): &Line| (*id).to_owned());
    let mut differ = differ();
    lines.extend([("m-1", "one"), ("m-2", "two")], Place::LAST);
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({
            "0": {
                "s": ["<p id=\"", "\">", "</p>"],
                "k": {"0": {"0": "m-1", "1": "one"}, "1": {"0": "m-2", "1": "two"}, "kc": 2},
                "stream": ["v-lines", [["m-1", -1, null, false], ["m-2", -1, null, false]], []],
            },
            "s": ["<div id=\"log\" phx-update=\"stream\">", "</div>"],
        }),
    );
    assert_eq!(message(&mut differ, log(&lines)), json!({}));

    lines.insert(("m-0", "zero"), Place::FIRST);
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {
            "k": {"0": {"0": "m-0", "1": "zero"}, "kc": 1},
            "stream": ["v-lines", [["m-0", 0, null, false]], []],
        }}),
    );
    lines.delete("m-1");
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {"k": {"kc": 0}, "stream": ["v-lines", [], ["m-1"]]}}),
    );
    lines.insert(("m-4", "four"), Place::LAST.limit(-3));
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {
            "k": {"0": {"0": "m-4", "1": "four"}, "kc": 1},
            "stream": ["v-lines", [["m-4", -1, -3, false]], []],
        }}),
    );
    lines.reset([("m-5", "five")], Place::LAST);
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {
            "k": {"0": {"0": "m-5", "1": "five"}, "kc": 1},
            "stream": ["v-lines", [["m-5", -1, null, false]], [], true],
        }}),
    );
    lines.insert(("m-5", "FIVE"), Place::LAST.update_only());
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {
            "k": {"0": {"0": "m-5", "1": "FIVE"}, "kc": 1},
            "stream": ["v-lines", [["m-5", -1, null, true]], []],
        }}),
    );
    lines.delete("m-5");
    lines.insert(("m-5", "five"), Place::LAST.update_only());
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {"k": {"kc": 0}, "stream": ["v-lines", [], ["m-5"]]}}),
    );
    lines.clear();
    assert_eq!(
        message(&mut differ, log(&lines)),
        json!({"0": {"k": {"kc": 0}, "stream": ["v-lines", [], [], true]}}),
    );
}

struct Label(&'static str);

#[derive(Message)]
enum LabelMsg {}

impl LiveComponent for Label {
    type Props = &'static str;
    type Msg = LabelMsg;

    fn mount(text: &'static str, _: &mut ComponentCx<'_>) -> Self {
        Label(text)
    }

    fn props(&mut self, text: &'static str, _: &mut ComponentCx<'_>) {
        self.0 = text;
    }

    fn update(&mut self, message: LabelMsg, _: &mut ComponentCx<'_>) {
        match message {}
    }

    fn render(&self, _: Myself) -> Rendered {
        html! { <span>{self.0}</span> }
    }
}

fn labels(texts: [Option<&'static str>; 2]) -> Rendered {
    let [first, second] =
        texts.map(|text| text.map(|text| live_component::<Label>(text[..1].to_owned(), text)));
    html! { <div>{first}{second}</div> }
}

#[test]
fn components_are_sent_by_number() {
    let span = |text: &str| json!({"0": text, "s": ["<span>", "</span>"], "r": 1});
    let mut differ = differ();
    assert_eq!(
        message(&mut differ, labels([Some("one"), Some("two")])),
        json!({
            "0": 1, "1": 2, "s": ["<div>", "", "</div>"],
            "c": {"1": span("one"), "2": span("two")},
        }),
    );
    let next = message(&mut differ, labels([Some("one"), Some("tWO")]));
    assert_eq!(next, json!({"c": {"2": {"0": "tWO"}}}));
    assert_eq!(message(&mut differ, labels([Some("one"), None])), json!({"1": ""}));
    differ.components_going(&[2]);
    assert_eq!(differ.components_gone(&[2]), [2]);
    // Numbers are not used again.
    let next = message(&mut differ, labels([Some("one"), Some("two")]));
    assert_eq!(next, json!({"1": 3, "c": {"3": span("two")}}));
}

#[test]
fn a_component_that_comes_back_in_time_stays_and_is_sent_in_full() {
    let mut differ = differ();
    message(&mut differ, labels([Some("one"), Some("two")]));
    message(&mut differ, labels([Some("one"), None]));
    differ.components_going(&[2]);
    let next = message(&mut differ, labels([Some("one"), Some("two")]));
    assert_eq!(next, json!({"1": 2, "c": {"2": {"0": "two", "s": ["<span>", "</span>"], "r": 1}}}),);
    assert!(differ.components_gone(&[2]).is_empty());
}

#[test]
fn a_temporary_value_is_sent_once() {
    let page = |text: &Temporary<&'static str>| {
        html! { <p>{text.show(|text| html! { <b>{*text}</b> })}</p> }
    };
    let bold = |text: &str| json!({"0": text, "s": ["<b>", "</b>"], "r": 1});
    let mut text = Temporary::new("a");
    let mut differ = differ();
    let first = json!({"0": bold("a"), "s": ["<p>", "</p>"]});
    assert_eq!(message(&mut differ, page(&text)), first);
    assert!(text.is_sent());
    assert_eq!(message(&mut differ, page(&text)), json!({}));
    text.set("b");
    assert_eq!(message(&mut differ, page(&text)), json!({"0": bold("b")}));
}

#[test]
fn statics_that_repeat_are_sent_once() {
    let page = |names: &[&str]| {
        html! {
            for name in names.iter().copied() { <li :key={name}>if !name.is_empty() { <b>{name}</b> }</li> }
        }
    };
    let Value::Object(mut message) = message(&mut differ(), page(&["a", "b"])) else {
        unreachable!("messages are objects");
    };
    share_templates(&mut message);
    let entry = |name: &str| json!({"0": {"0": name, "s": 0, "r": 1}});
    assert_eq!(message["p"], json!({"0": ["<b>", "</b>"]}));
    assert_eq!(message["0"]["k"], json!({"0": entry("a"), "1": entry("b"), "kc": 2}));
}

#[test]
fn a_new_root_replaces_everything() {
    let label = || live_component::<Label>("l", "one");
    let page = |other: bool| match other {
        false => html! { <p>{label()}</p> },
        true => html! { <div>{label()}</div> },
    };
    let span = json!({"0": "one", "s": ["<span>", "</span>"], "r": 1});
    let mut differ = differ();
    let first = json!({"0": 1, "s": ["<p>", "</p>"], "c": {"1": span}});
    assert_eq!(message(&mut differ, page(false)), first);
    let second = json!({"0": 1, "s": ["<div>", "</div>"], "c": {"1": span}});
    assert_eq!(message(&mut differ, page(true)), second);
}

#[test]
fn an_update_of_what_is_not_shown_does_not_keep_an_insert_away() {
    let mut lines = Stream::new("lines", |(id, _): &Line| (*id).to_owned());
    let mut differ = differ();
    lines.insert(("m-1", "early"), Place::LAST.update_only());
    lines.push(("m-1", "one"));
    let next = message(&mut differ, log(&lines));
    assert_eq!(next["0"]["k"], json!({"0": {"0": "m-1", "1": "one"}, "kc": 1}));
    assert_eq!(next["0"]["stream"], json!(["v-lines", [["m-1", -1, null, false]], []]));
}
