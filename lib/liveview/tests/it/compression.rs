//! Pages go out compressed to those who can read that, and as they are to others.

use std::io::Read;

use flate2::read::GzDecoder;
use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use liveview::{
    Cx, Endpoint, Interrupt, LiveView, Message, Page as Around, Rendered, Secret, html,
};
use tasks::Scope;

/// As long as its path says.
struct Wall(usize);

#[derive(Message)]
enum NoMsg {}

impl LiveView for Wall {
    type Context = ();
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let bricks = cx.params().get("bricks").and_then(|bricks| bricks.parse().ok());
        bricks.map(Wall).ok_or(Interrupt::Status(404))
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { <p>for brick in 0..self.0 { <b>{brick}</b> }</p> }
    }
}

fn layout(page: Around<'_>) -> Rendered {
    html! {
        <!doctype html>
        <html><head><title>"Wall"</title></head><body data-csrf={page.csrf_token}>{page.content}</body></html>
    }
}

async fn answer(path: &str, accept: Option<&str>) -> (HeaderMap, Vec<u8>) {
    let secret = Secret::new(&[7; 32]).expect("it is long enough");
    let endpoint = Endpoint::builder((), secret, &Scope::root("test"))
        .live_session("main", layout, |routes| _ = routes.live::<Wall>("/{bricks}"))
        .build();
    let mut request = Request::builder().method(Method::GET).uri(path);
    if let Some(accept) = accept {
        request = request.header(header::ACCEPT_ENCODING, accept);
    }
    let answer = endpoint.handle(request.body(()).expect("it is a request")).await;
    let (head, body) = answer.into_parts();
    (head.headers, body.collect().await.expect("it is in memory").to_bytes().to_vec())
}

#[tokio::test]
async fn a_long_page_is_a_short_answer() {
    let (headers, body) = answer("/2000", Some("gzip, deflate, br, zstd")).await;
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(headers.contains_key(header::SET_COOKIE));
    let mut page = String::new();
    GzDecoder::new(&*body).read_to_string(&mut page).expect("it is gzip");
    assert!(page.ends_with("</html>") && page.contains("<b>1999</b>"), "{page}");
    assert!(page.len() > 4 * body.len(), "{} of {}", body.len(), page.len());
}

#[tokio::test]
async fn others_get_the_page_as_it_is() {
    for (path, accept) in [("/2000", None), ("/2000", Some("br")), ("/1", Some("gzip"))] {
        let (headers, body) = answer(path, accept).await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING), "{path} for {accept:?}");
        assert!(String::from_utf8(body).expect("a page is UTF-8").ends_with("</html>"));
    }
}
