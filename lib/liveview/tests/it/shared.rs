//! Shared views in pages: everybody sees the same, however long they have been looking.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Mailbox, Message, Page as Around, Rendered, Secret,
    SharedCx, SharedView, Stream, html, shared,
    testing::{Browser, Page},
};
use proptest::prelude::*;
use tasks::{Clock, Scope};

/// The way to the instance of the room, and how often there was a new one.
#[derive(Clone, Default)]
struct World(Arc<Mutex<(Option<Mailbox<Said>>, usize)>>);

impl World {
    async fn say(&self, said: Said) {
        let mailbox = self.0.lock().unwrap().0.clone();
        assert!(mailbox.expect("somebody looks").send(said).await);
    }

    fn instances(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

#[derive(Clone, Debug)]
enum Said {
    Line(u8, &'static str),
    Unsay(u8),
    Silence,
    Topic(&'static str),
    Guests(Vec<u8>),
}

/// A room with everything that can depend on history: a window, a loop, a condition.
struct Room {
    lines: Stream<(u8, &'static str)>,
    topic: &'static str,
    guests: Vec<u8>,
}

impl SharedView for Room {
    type Context = World;
    type Key = u8;
    type Msg = Said;

    fn id(key: &u8) -> String {
        format!("room-{key}")
    }

    async fn mount(_: u8, cx: &mut SharedCx<Self>) -> Result<Self, Interrupt> {
        let mut world = cx.app().0.lock().unwrap();
        *world = (Some(cx.mailbox()), world.1 + 1);
        drop(world);
        let lines = Stream::windowed("lines", |(id, _)| format!("l-{id}"), 3);
        Ok(Room { lines, topic: "", guests: Vec::new() })
    }

    async fn update(&mut self, said: Said, cx: &mut SharedCx<Self>) {
        match said {
            Said::Line(id, text) => {
                self.lines.push((id, text));
                cx.push_event("said", serde_json::json!({ "id": id }));
            }
            Said::Unsay(id) => self.lines.delete(format!("l-{id}")),
            Said::Silence => self.lines.clear(),
            Said::Topic(topic) => self.topic = topic,
            Said::Guests(guests) => self.guests = guests,
        }
    }

    fn render(&self) -> Rendered {
        html! {
            if self.topic.is_empty() { <em>"Anything"</em> } else { <h2>{self.topic}</h2> }
            <ol id="lines" phx-update="stream">
                {self.lines.each(|id, (_, text)| html! { <li id={id}>{*text}</li> })}
            </ol>
            <ul>
                for guest in &self.guests {
                    <li :key={guest} class="guest">if guest % 2 == 0 { <b>{guest}</b> } else { {guest} }</li>
                }
            </ul>
        }
    }
}

struct Visit;

#[derive(Message)]
enum NoMsg {}

impl LiveView for Visit {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Visit)
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <main>{shared::<Room>(&1)}</main> }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Room"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

fn house(clock: Clock) -> (World, Endpoint<World>) {
    let world = World::default();
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    let endpoint = Endpoint::builder(world.clone(), secret, &Scope::root("test"))
        .clock(clock)
        .live_session("main", layout, |routes| _ = routes.live::<Visit>("/"))
        .shared::<Room>()
        .build();
    (world, endpoint)
}

async fn visit(endpoint: &Endpoint<World>) -> Page {
    Browser::new(endpoint).visit("/").await
}

/// Waits until the page shows what a page that joins now shows.
async fn check_like_a_fresh_one(page: &mut Page, endpoint: &Endpoint<World>) -> String {
    let fresh = visit(endpoint).await.view_html("room-1");
    page.until(|page| page.view_html("room-1") == fresh).await;
    fresh
}

#[tokio::test]
async fn an_empty_window_is_the_same_for_the_old_and_the_new() {
    let (world, endpoint) = house(Clock::system());
    let mut old = visit(&endpoint).await;
    world.say(Said::Line(1, "hello")).await;
    old.until(|page| page.texts("#lines li") == ["hello"]).await;
    world.say(Said::Silence).await;
    old.until(|page| page.texts("#lines li").is_empty()).await;
    let mut new = visit(&endpoint).await;
    world.say(Said::Line(2, "again")).await;
    for page in [&mut old, &mut new] {
        page.until(|page| page.texts("#lines li") == ["again"]).await;
    }
    assert_eq!(old.view_html("room-1"), new.view_html("room-1"));
    assert_eq!(new.take_event("said"), Some(serde_json::json!({ "id": 2 })));
}

#[tokio::test]
async fn an_empty_loop_is_the_same_for_the_old_and_the_new() {
    let (world, endpoint) = house(Clock::system());
    let mut old = visit(&endpoint).await;
    for guests in [vec![1, 2], vec![], vec![3], vec![]] {
        world.say(Said::Guests(guests.clone())).await;
        old.until(|page| page.find_all(".guest").len() == guests.len()).await;
    }
    let mut new = visit(&endpoint).await;
    world.say(Said::Guests(vec![4, 5])).await;
    for page in [&mut old, &mut new] {
        page.until(|page| page.texts(".guest") == ["4", "5"]).await;
    }
    assert_eq!(old.view_html("room-1"), new.view_html("room-1"));
}

#[tokio::test]
async fn a_page_shows_what_browsers_show() {
    let (world, endpoint) = house(Clock::system());
    let mut live = visit(&endpoint).await;
    world.say(Said::Topic("Tea")).await;
    for (id, text) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        world.say(Said::Line(id, text)).await;
    }
    live.until(|page| page.texts("#lines li") == ["two", "three", "four"]).await;
    let dead = Browser::new(&endpoint).open("/").await;
    assert!(!dead.is_live());
    assert_eq!(dead.texts("#lines li"), ["two", "three", "four"]);
    assert_eq!(dead.text("h2"), "Tea");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_nobody_looks_at_is_dropped_after_a_while() {
    let clock = Clock::manual(1_000_000);
    let (world, endpoint) = house(clock.clone());
    let page = visit(&endpoint).await;
    world.say(Said::Topic("Tea")).await;
    drop(page);
    let pass = async |seconds: u64| {
        clock.advance_ms(i64::try_from(seconds * 1000).expect("a while"));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    };
    pass(20).await;
    let page = visit(&endpoint).await;
    assert_eq!((world.instances(), page.text("h2")), (1, "Tea".to_owned()));
    drop(page);
    pass(31).await;
    pass(31).await;
    let page = visit(&endpoint).await;
    assert_eq!((world.instances(), page.text("em")), (2, "Anything".to_owned()));
}

fn said() -> impl Strategy<Value = Said> {
    let text = prop::sample::select(vec!["a", "b", "c"]);
    let topic = prop::sample::select(vec!["", "Tea", "Milk"]);
    prop_oneof![
        4 => (0..6u8, text).prop_map(|(id, text)| Said::Line(id, text)),
        1 => (0..6u8).prop_map(Said::Unsay),
        1 => Just(Said::Silence),
        1 => topic.prop_map(Said::Topic),
        2 => prop::collection::btree_set(0..6u8, 0..5)
            .prop_map(|guests| guests.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
            .prop_map(Said::Guests),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn whoever_joins_at_any_moment_sees_what_everybody_sees(
        turns in prop::collection::vec((prop::collection::vec(said(), 0..4), any::<bool>()), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (world, endpoint) = house(Clock::system());
            let mut pages = vec![visit(&endpoint).await];
            for (says, joins) in turns {
                for said in says {
                    world.say(said).await;
                }
                if joins {
                    // What was said is not waited for: the join meets it on its way.
                    pages.push(visit(&endpoint).await);
                }
            }
            world.say(Said::Topic("The end")).await;
            pages[0].until(|page| page.has("h2") && page.text("h2") == "The end").await;
            for page in &mut pages {
                check_like_a_fresh_one(page, &endpoint).await;
            }
            assert_eq!(world.instances(), 1);
        });
    }
}
