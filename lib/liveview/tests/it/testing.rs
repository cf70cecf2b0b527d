//! The browser in memory notices what is wrong.

use std::sync::atomic::{AtomicU32, Ordering};

use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Message, Page as Around, Rendered, Secret, Stream, html,
    testing::{Browser, Page},
};
use tasks::Scope;

/// Renders something else each time.
struct Moody;

#[derive(Message)]
enum NoMsg {}

static RENDERS: AtomicU32 = AtomicU32::new(0);

impl LiveView for Moody {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Moody)
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <p>{RENDERS.fetch_add(1, Ordering::SeqCst)}</p> }
    }
}

/// Gives items other ids than it was told.
struct Liar(Stream<u32>);

impl LiveView for Liar {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut items = Stream::new("items", u32::to_string);
        items.push(1);
        Ok(Liar(items))
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <ol id="items" phx-update="stream">{self.0.each(|_, item| html! { <li id="x">{item}</li> })}</ol> }
    }
}

/// Listens to nothing.
struct Deaf;

impl LiveView for Deaf {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Deaf)
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <p><button type="button">"?"</button></p><form id="plain"><input name="a"></form> }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"x"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

async fn visit(path: &str) -> Page {
    let endpoint = Endpoint::builder((), Secret::random(), &Scope::root("test"))
        .live_session("main", layout, |routes| {
            routes.live::<Moody>("/moody").live::<Liar>("/liar").live::<Deaf>("/deaf");
        })
        .build();
    Browser::new(&endpoint).visit(path).await
}

#[tokio::test]
#[should_panic(expected = "and the view renders")]
async fn a_browser_that_has_something_else_than_the_view_renders() {
    visit("/moody").await;
}

#[tokio::test]
#[should_panic(expected = "is in no place")]
async fn an_item_with_another_id() {
    visit("/liar").await;
}

#[tokio::test]
#[should_panic(expected = "nothing listens")]
async fn a_click_that_nobody_hears() {
    visit("/deaf").await.click("button").await;
}

#[tokio::test]
#[should_panic(expected = "is to match one element")]
async fn a_selector_that_matches_nothing() {
    visit("/deaf").await.find("#nobody");
}

#[tokio::test]
#[should_panic(expected = "has no field b")]
async fn a_field_that_is_not_there() {
    visit("/deaf").await.change("#plain", &[("b", "x")]).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "it did not come")]
async fn a_wait_in_vain() {
    visit("/deaf").await.until(|page| page.has("#nobody")).await;
}

#[tokio::test]
#[should_panic(expected = "/nowhere: ")]
async fn a_page_that_is_not_there() {
    visit("/nowhere").await;
}
