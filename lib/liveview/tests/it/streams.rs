//! Streams as a browser shows them: what the view did one thing after the other is on screen.

use liveview::{
    ComponentCx, Cx, Endpoint, EventValue, Interrupt, LiveComponent, LiveView, Message, Myself,
    Page as Around, Place, Rendered, Secret, Stream, html, live_component,
    testing::{Browser, Page},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasks::Scope;

#[derive(Clone, Debug)]
struct Line {
    id: u8,
    text: String,
}

fn line(id: u8, text: impl Into<String>) -> Line {
    Line { id, text: text.into() }
}

/// What a test tells the view to do, through a hook.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Op {
    Push(u8, String),
    Insert(u8, String, i64),
    Update(u8, String),
    Delete(u8),
    Clear,
    Reset(Vec<u8>),
    Unrelated,
    Hide,
}

struct Log {
    lines: Stream<Line>,
    unrelated: u32,
    hidden: bool,
}

#[derive(Message)]
enum Msg {
    Do(EventValue),
}

impl Log {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Push(id, text) => self.lines.push(line(id, text)),
            Op::Insert(id, text, at) => self.lines.insert(line(id, text), Place::at(at)),
            Op::Update(id, text) => self.lines.insert(line(id, text), Place::LAST.update_only()),
            Op::Delete(id) => self.lines.delete(format!("l-{id}")),
            Op::Clear => self.lines.clear(),
            Op::Reset(ids) => {
                self.lines.reset(ids.into_iter().map(|id| line(id, "reset")), Place::LAST);
            }
            Op::Unrelated => self.unrelated += 1,
            Op::Hide => self.hidden = !self.hidden,
        }
    }
}

impl LiveView for Log {
    type Context = Option<usize>;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let dom_id = |line: &Line| format!("l-{}", line.id);
        let mut lines = match *cx.app() {
            Some(limit) => Stream::windowed("lines", dom_id, limit),
            None => Stream::new("lines", dom_id),
        };
        lines.extend([line(1, "one"), line(2, "two")], Place::LAST);
        Ok(Log { lines, unrelated: 0, hidden: false })
    }

    async fn update(&mut self, Msg::Do(value): Msg, _: &mut Cx<Self>) {
        let ops: Vec<Op> = serde_json::from_value(value.json()["ops"].clone()).expect("ops");
        ops.into_iter().for_each(|op| self.apply(op));
    }

    fn render(&self) -> Rendered {
        html! {
            <b>{self.unrelated}</b>
            <ol :if={!self.hidden} id="log" phx-update="stream">
                {self.lines.each(|id, line| html! {
                    <li id={id}>{line.text}if line.text.len() > 3 { <i>"!"</i> }</li>
                })}
            </ol>
        }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Log"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

async fn log(limit: Option<usize>) -> Page {
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    let endpoint = Endpoint::builder(limit, secret, &Scope::root("test"))
        .live_session("main", layout, |routes| {
            routes.live::<Log>("/").live::<Boxes>("/boxes");
        })
        .build();
    Browser::new(&endpoint).visit("/").await
}

async fn perform(page: &mut Page, ops: &[Op]) {
    page.hook_event("b", "do", json!({ "ops": ops })).await;
}

impl Op {
    fn perform(self, model: &mut Vec<(u8, String)>, limit: Option<usize>) {
        let (id, text, at, update_only) = match self {
            Op::Push(id, text) => (id, text, usize::MAX, false),
            Op::Insert(id, text, at) => {
                (id, text, usize::try_from(at).unwrap_or(usize::MAX), false)
            }
            Op::Update(id, text) => (id, text, usize::MAX, true),
            Op::Delete(id) => return model.retain(|(known, _)| *known != id),
            Op::Clear => return model.clear(),
            Op::Reset(ids) => {
                model.clear();
                for id in ids {
                    Op::Push(id, "reset".into()).perform(model, limit);
                }
                return;
            }
            Op::Unrelated | Op::Hide => return,
        };
        if let Some(known) = model.iter_mut().find(|(known, _)| *known == id) {
            known.1 = text;
        } else if !update_only {
            model.insert(at.min(model.len()), (id, text));
            let excess = limit.map_or(0, |limit| model.len().saturating_sub(limit));
            model.drain(..excess);
        }
    }
}

fn check(page: &Page, model: &[(u8, String)]) {
    let shown: Vec<_> =
        page.find_all("#log li").into_iter().map(|li| (li.id().to_owned(), li.text)).collect();
    let bang = |text: &str| if text.len() > 3 { "!" } else { "" };
    let expected: Vec<_> = model
        .iter()
        .map(|(id, text)| (format!("l-{id}"), format!("{text}{}", bang(text))))
        .collect();
    assert_eq!(shown, expected);
}

async fn run(limit: Option<usize>, turns: Vec<Vec<Op>>) {
    let mut page = log(limit).await;
    let mut model = Vec::new();
    Op::Push(1, "one".into()).perform(&mut model, limit);
    Op::Push(2, "two".into()).perform(&mut model, limit);
    check(&page, &model);
    for ops in turns {
        page.hook_event("b", "do", json!({ "ops": ops })).await;
        ops.into_iter().for_each(|op| op.perform(&mut model, limit));
        check(&page, &model);
    }
}

/// Anything, with inserts before one of the first `at`.
fn op(at: i64) -> impl Strategy<Value = Op> {
    let text = prop::sample::select(vec!["a", "bb", "cccc", "<d>"]).prop_map(str::to_owned);
    prop_oneof![
        4 => (0..8u8, text.clone()).prop_map(|(id, text)| Op::Push(id, text)),
        2 => (0..8u8, text.clone(), 0..at).prop_map(|(id, text, at)| Op::Insert(id, text, at)),
        2 => (0..8u8, text).prop_map(|(id, text)| Op::Update(id, text)),
        2 => (0..8u8).prop_map(Op::Delete),
        1 => Just(Op::Clear),
        1 => prop::collection::btree_set(0..8u8, 0..5)
            .prop_map(|ids| Op::Reset(ids.into_iter().rev().collect())),
        1 => Just(Op::Unrelated),
    ]
}

fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn the_browser_shows_what_the_view_did(
        // Deletes of one message come before its inserts, so indexes are for messages of one change.
        turns in prop::collection::vec(prop::collection::vec(op(1), 1..5), 1..12),
    ) {
        block_on(run(None, turns));
    }

    #[test]
    fn a_window_shows_the_last(
        limit in 1..5usize,
        turns in prop::collection::vec(op(5).prop_map(|op| vec![op]), 1..20),
    ) {
        block_on(run(Some(limit), turns.clone()));
        block_on(run(None, turns));
    }
}

#[tokio::test]
async fn a_rejoin_shows_what_mount_inserts() {
    let mut page = log(None).await;
    perform(&mut page, &[Op::Push(7, "gone".into()), Op::Delete(1)]).await;
    assert_eq!(page.stream_ids("lines"), ["l-2", "l-7"]);
    page.reconnect().await;
    assert_eq!(page.stream_ids("lines"), ["l-1", "l-2"]);
}

#[tokio::test]
async fn a_container_that_comes_back_is_empty_until_something_comes() {
    let mut page = log(None).await;
    page.hook_event("b", "do", json!({ "ops": [Op::Hide] })).await;
    assert!(!page.has("#log"));
    page.hook_event("b", "do", json!({ "ops": [Op::Hide] })).await;
    assert_eq!(page.texts("#log li"), Vec::<String>::new());
    page.hook_event("b", "do", json!({ "ops": [Op::Push(5, "new".into())] })).await;
    assert_eq!(page.texts("#log li"), ["new"]);
}

#[tokio::test]
async fn what_happens_while_the_container_is_hidden_comes_with_it() {
    let mut page = log(None).await;
    let ops = [Op::Hide, Op::Push(5, "new".into())];
    page.hook_event("b", "do", json!({ "ops": ops })).await;
    page.hook_event("b", "do", json!({ "ops": [Op::Hide] })).await;
    assert_eq!(page.texts("#log li"), ["new"]);
}

/// Two boxes with a stream of the same name each.
struct Boxes;

#[derive(Message)]
enum NoMsg {}

impl LiveView for Boxes {
    type Context = Option<usize>;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Boxes)
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { {live_component::<Tray>("a", 'a')}{live_component::<Tray>("b", 'b')} }
    }
}

struct Tray {
    name: char,
    cups: Stream<String>,
    count: u32,
}

#[derive(Message)]
enum TrayMsg {
    Fill,
    Empty,
}

impl LiveComponent for Tray {
    type Props = char;
    type Msg = TrayMsg;

    fn mount(name: char, _: &mut ComponentCx<'_>) -> Self {
        let mut cups = Stream::new("cups", Clone::clone);
        cups.push(format!("{name}-0"));
        Tray { name, cups, count: 0 }
    }

    fn props(&mut self, _: char, _: &mut ComponentCx<'_>) {}

    fn update(&mut self, message: TrayMsg, _: &mut ComponentCx<'_>) {
        match message {
            TrayMsg::Empty => self.cups.clear(),
            TrayMsg::Fill => {
                self.count += 1;
                self.cups.insert(format!("{}-{}", self.name, self.count), Place::FIRST);
            }
        }
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! {
            <section id={format!("tray-{}", self.name)}>
                <button class="fill" phx-click={TrayMsg::Fill} phx-target={myself}>"Fill"</button>
                <button class="empty" phx-click={TrayMsg::Empty} phx-target={myself}>"Empty"</button>
                <ul id={format!("cups-{}", self.name)} phx-update="stream">
                    {self.cups.each(|id, cup| html! { <li id={id}>{cup}</li> })}
                </ul>
            </section>
        }
    }
}

#[tokio::test]
async fn components_have_streams_of_their_own() {
    let mut page = log(None).await;
    page.navigate("/boxes").await;
    page.click("#tray-a .fill").await;
    page.click("#tray-b .fill").await;
    page.click("#tray-b .fill").await;
    page.click("#tray-a .empty").await;
    page.click("#tray-a .fill").await;
    assert_eq!(page.texts("#cups-a li"), ["a-2"]);
    assert_eq!(page.texts("#cups-b li"), ["b-2", "b-1", "b-0"]);
    assert_eq!(page.take_refusals(), Vec::<Value>::new());
}
