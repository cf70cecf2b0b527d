//! The sites: what they do, and what is to be said of them.

use std::{io::Write as _, sync::Arc, time::Duration};

use flate2::{Compression, write::GzEncoder};
use previews::Link;

use crate::web::{Serving, Speaks, Visit, Web, found, html, moved, png, status};

/// A link, and what is to come of it.
pub struct Place {
    pub name: String,
    pub link: Link,
    pub expected: Expected,
    /// Seconds, whatever anybody does.
    pub takes_long: bool,
}

#[derive(Clone, Debug)]
pub enum Expected {
    Titled(String),
    Pictured,
    /// A page whose picture cannot be had.
    Unpictured,
    NotAllowed,
    Failed,
    Unfit,
    Kind,
    Status(u16),
    Nothing,
    /// An answer, whichever.
    Any,
}

const TITLE: &str = "Tea & cake";
const HEAD: &str = "<!doctype html><html lang=en><head><title>Tea &amp; cake</title>";
const MOMENT: Duration = Duration::from_millis(50);

fn titled() -> Expected {
    Expected::Titled(TITLE.to_owned())
}

/// Opens sites, and notes what is to come of each.
struct Opening<'a> {
    web: &'a Web,
    places: Vec<Place>,
}

impl Opening<'_> {
    async fn add<F>(&mut self, kind: &str, expected: Expected, serve: F)
    where
        F: Fn(Visit) -> Serving + Send + Sync + 'static,
    {
        self.speaking(kind, Speaks::Plainly, expected, serve).await;
    }

    async fn speaking<F>(&mut self, kind: &str, speaks: Speaks, expected: Expected, serve: F)
    where
        F: Fn(Visit) -> Serving + Send + Sync + 'static,
    {
        let name = format!("{kind}{}", self.places.len());
        let site = self.web.speaking(&name, speaks, serve).await;
        let link = site.link("/page");
        self.places.push(Place { name, link, expected, takes_long: false });
    }

    /// A site that always says the same.
    async fn saying(&mut self, kind: &str, expected: Expected, bytes: Vec<u8>) {
        let bytes = Arc::new(bytes);
        let serve = move |visit: Visit| -> Serving {
            let bytes = bytes.clone();
            Box::pin(async move { visit.answer(&*bytes).await })
        };
        self.add(kind, expected, serve).await;
    }

    /// A site that answers each path with what `answer` makes of it.
    async fn answering<F>(&mut self, kind: &str, expected: Expected, answer: F)
    where
        F: Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    {
        let serve = move |visit: Visit| -> Serving {
            let answer = answer(&visit.path);
            Box::pin(async move { visit.answer(answer).await })
        };
        self.add(kind, expected, serve).await;
    }

    /// The last one takes all the time there is.
    fn takes_long(&mut self) {
        self.places.last_mut().expect("there is one").takes_long = true;
    }
}

/// All of them.
pub async fn open(web: &Web) -> Vec<Place> {
    let mut opening = Opening { web, places: Vec::new() };
    ordinary(&mut opening).await;
    encoded(&mut opening).await;
    pictured(&mut opening).await;
    badly_pictured(&mut opening).await;
    redirecting(&mut opening).await;
    refusing(&mut opening).await;
    lying(&mut opening).await;
    broken(&mut opening).await;
    huge(&mut opening).await;
    secret(&mut opening).await;
    slow(&mut opening).await;
    opening.places
}

async fn ordinary(opening: &mut Opening<'_>) {
    let heads = [
        "<title>Tea &amp; cake</title>",
        "<title>\n  Tea\n  &amp; cake </title>",
        "<meta property=\"og:title\" content=\"Tea &amp; cake\"><title>Other</title>",
        "<title>Other</title><meta property='og:title' content='Tea & cake'>",
        "<meta content=\"Tea &#38; cake\" property=\"og:title\">",
        "<META NAME=\"twitter:title\" CONTENT=\"Tea &amp; cake\">",
        "<meta data-rh=true name=og:title property=og:title content='Tea &amp; cake' />",
        "<script type='application/ld+json'>{\"@type\":\"Article\",\"headline\":\"Tea & cake\"}</script>",
        "<!-- <title>Not this</title> --><title>Tea &amp; cake</title>",
        "<script>document.write('<title>Not this</title>')</script><title>Tea &amp; cake</title>",
        "<style>title{content:'<title>'}</style><title>Tea &amp; cake</title>",
        "<svg><title>Not this</title></svg><meta property=og:title content='Tea &amp; cake'>",
        "<link rel=stylesheet href=a.css><base href=/a/><title>Tea &amp; cake</title>",
        "<meta property=og:title content=''><title>Tea &amp; cake</title>",
        "<meta property=og:title><title>Tea &amp; cake</title>",
    ];
    for head in heads {
        for page in [
            format!("<!doctype html><html><head>{head}</head><body>Tea</body></html>"),
            format!("{head}<body><title>Later</title>"),
            format!("\n\n<html>\n{head}\n<p>no body"),
            format!("<html><head>{head}<body>{}", "<p>Tea</p>".repeat(5_000)),
        ] {
            opening.saying("ordinary", titled(), html(&page)).await;
        }
    }
    for kind in
        ["application/xhtml+xml", "TEXT/HTML", "text/html;charset", "text/html; charset=\"\""]
    {
        opening.saying("kind", titled(), found(kind, HEAD)).await;
    }
    let unsaid = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{HEAD}", HEAD.len());
    opening.saying("unsaid", titled(), unsaid.into_bytes()).await;
    let until_closed = format!("HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n{HEAD}");
    opening.saying("closed", titled(), until_closed.into_bytes()).await;
    let chunks = HEAD.bytes().map(|byte| format!("1\r\n{}\r\n", byte as char)).collect::<String>();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    );
    opening.saying("chunked", titled(), chunked.into_bytes()).await;
}

async fn encoded(opening: &mut Opening<'_>) {
    let name = "Чай и пирог 茶 ケーキ";
    for (label, text) in [
        ("windows-1251", "Чай и пирог"),
        ("koi8-r", "Чай и пирог"),
        ("iso-8859-1", "Thé et gâteau"),
        ("windows-1252", "Thé – gâteau"),
        ("shift_jis", "お茶とケーキ"),
        ("euc-jp", "お茶とケーキ"),
        ("gbk", "茶和蛋糕"),
        ("big5", "茶和蛋糕"),
        ("euc-kr", "차와 케이크"),
        ("utf-8", name),
    ] {
        let expected = || Expected::Titled(text.to_owned());
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect("an encoding");
        let bytes = |page: String| encoding.encode(&page).0.into_owned();
        let page = bytes(format!("<title>{text}</title>"));
        opening
            .saying("header", expected(), found(&format!("text/html; charset={label}"), page))
            .await;
        let page = bytes(format!("<meta charset={label}><title>{text}</title>"));
        opening.saying("meta", expected(), found("text/html", page)).await;
        let page = bytes(format!(
            "<meta http-equiv=content-type content='text/html; charset={label}'><title>{text}</title>"
        ));
        opening.saying("equiv", expected(), found("text/html", page)).await;
        // Said to be something else, or nothing that exists.
        let page = bytes(format!("<title>{text}</title>"));
        let wrong = found("text/html; charset=utf-16be", page.clone());
        opening.saying("wrong", Expected::Any, wrong).await;
        opening.saying("unknown", Expected::Any, found("text/html; charset=klingon", page)).await;
    }
}

fn with_picture(of: &str) -> Vec<u8> {
    html(&format!("{HEAD}<meta property=og:image content=\"{of}\">"))
}

async fn pictured(opening: &mut Opening<'_>) {
    for (number, at) in ["/a.png", "a.png", "//HOST/a.png", "?a.png", "/a.png#b"].iter().enumerate()
    {
        for size in [(800, 420), (64, 64), (120, 800)] {
            let picture = found("image/png", png(size.0, size.1, [number as u8, 0, 0]));
            let page = with_picture(&at.replace("//HOST", ""));
            let answer = move |path: &str| match path.contains("a.png") {
                true => picture.clone(),
                false => page.clone(),
            };
            opening.answering("pictured", Expected::Pictured, answer).await;
        }
    }
    let picture = found("image/png", png(400, 400, [9, 9, 9]));
    opening.saying("picture", Expected::Pictured, picture).await;
}

async fn badly_pictured(opening: &mut Opening<'_>) {
    let good = png(400, 400, [1, 2, 3]);
    let mut vast = good.clone();
    vast[16..24].copy_from_slice(&[0, 0, 0x80, 0, 0, 0, 0x80, 0]);
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("gone", status(404)),
        ("fault", status(500)),
        ("page", html("<title>No picture</title>")),
        ("svg", found("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")),
        ("empty", found("image/png", "")),
        ("torn", found("image/png", &good[..good.len() / 2])),
        ("vast", found("image/png", vast)),
        ("junk", found("image/jpeg", [7; 10_000])),
        ("text", found("image/gif", "GIF89a but no")),
        ("tiny", found("image/png", png(1, 1, [0, 0, 0]))),
        ("heavy", found("image/png", vec![0; 6 << 20])),
        ("loop", moved("/a.png")),
        ("inside", moved("http://127.0.0.1:9/")),
        ("silent", Vec::new()),
    ];
    for (kind, answer) in bad {
        let page = with_picture("/a.png");
        let answers = move |path: &str| match path {
            "/a.png" => answer.clone(),
            _ => page.clone(),
        };
        opening.answering(kind, Expected::Unpictured, answers).await;
    }
    for at in [
        "http://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.png",
        "http://0x7f.1/a.png",
        "https://ana:secret@tea.test/a.png",
        "ftp://tea.test/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "http://nobody.example/a.png",
        "http://tea.test:22/a.png",
        "http://",
        "",
        "\\\\a\\b",
    ] {
        opening.saying("named", Expected::Unpictured, with_picture(at)).await;
    }
    for kind in ["icon", "oembed"] {
        let page = match kind {
            "icon" => format!("{HEAD}<link rel=icon href=http://127.0.0.1/a.png>"),
            _ => format!(
                "{HEAD}<link rel=alternate type=application/json+oembed href=http://10.0.0.1/>"
            ),
        };
        opening.saying(kind, Expected::Unpictured, html(&page)).await;
    }
    let oembeds: [&[u8]; 6] = [b"", b"{", b"[]", b"null", &[b'['; 60_000], &[b' '; 200_000]];
    for json in oembeds {
        let answer = found("application/json", json);
        let page =
            html(&format!("{HEAD}<link rel=alternate type=application/json+oembed href=/o>"));
        let answers = move |path: &str| if path == "/o" { answer.clone() } else { page.clone() };
        opening.answering("oembed", Expected::Unpictured, answers).await;
    }
}

async fn redirecting(opening: &mut Opening<'_>) {
    for steps in 1..=7_usize {
        let expected = if steps <= 5 { titled() } else { Expected::Unfit };
        let answer = move |path: &str| {
            let at = path.strip_prefix("/step").and_then(|text| text.parse().ok()).unwrap_or(0);
            if at == steps { html(HEAD) } else { moved(&format!("/step{}", at + 1)) }
        };
        opening.answering("chain", expected, answer).await;
    }
    for to in ["/page", "/page?a", "http://HOST/page", "?"] {
        opening.saying("loop", Expected::Any, moved(to)).await;
    }
    opening.saying("loop", Expected::Unfit, moved("/page")).await;
    for to in [
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/",
        "http://2130706433/",
        "file:///etc/passwd",
        "gopher://tea.test/",
        "javascript:alert(1)",
        "https://a:b@tea.test/",
        "http://tea.test:25/",
    ] {
        opening.saying("away", Expected::NotAllowed, moved(to)).await;
    }
    opening.saying("nowhere", Expected::Unfit, moved("http://")).await;
    opening.saying("nobody", Expected::Failed, moved("http://nobody.example/")).await;
}

async fn refusing(opening: &mut Opening<'_>) {
    for code in
        [204, 205, 300, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 504, 599]
    {
        opening.saying("status", Expected::Status(code), status(code)).await;
    }
    for kind in [
        "application/pdf",
        "text/plain",
        "video/mp4",
        "application/octet-stream",
        "font/woff2",
        "application/json",
        "x/y",
        "multipart/mixed",
    ] {
        opening.saying("kind", Expected::Kind, found(kind, HEAD)).await;
    }
    let unsaid = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\x7fELF\x02\x01\x01\0\0".to_vec();
    opening.saying("unsaid", Expected::Kind, unsaid).await;
    for page in ["", "<p>hello", "<title></title>", "<title> \n </title>", "\0\0\0\0", "hello"] {
        opening.saying("silent", Expected::Nothing, html(page)).await;
    }
}

async fn lying(opening: &mut Opening<'_>) {
    let says = |length: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{HEAD}"
        )
        .into_bytes()
    };
    opening.saying("longer", titled(), says("100000")).await;
    opening.saying("longest", Expected::Any, says("18446744073709551615")).await;
    opening.saying("shorter", Expected::Any, says("20")).await;
    for length in ["-1", "a", "99999999999999999999999", "1, 2", "0x10", ""] {
        opening.saying("length", Expected::Any, says(length)).await;
    }
    let both = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{HEAD}\r\n0\r\n\r\n",
        HEAD.len()
    );
    opening.saying("both", Expected::Any, both.into_bytes()).await;
    for chunk in ["zz\r\n", "fffffffffffffffff\r\n", "5\r\ntea", "-1\r\n"] {
        let chunked = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n{chunk}"
        );
        opening.saying("chunk", Expected::Failed, chunked.into_bytes()).await;
    }
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let kind = format!("text/html\r\ncontent-encoding: {encoding}");
        opening.saying("encoding", Expected::Any, found(&kind, HEAD)).await;
    }
}

async fn broken(opening: &mut Opening<'_>) {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"220 mail ESMTP\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-",
        b"<html><title>HTTP/0.9</title>",
        b"\x16\x03\x01\x00\x05hello",
        b"\0\0\0\0\0\0\0\0",
        b"",
    ] {
        opening.saying("noise", Expected::Failed, bytes.to_vec()).await;
    }
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(5_000));
    opening.saying("heads", Expected::Any, many.into_bytes()).await;
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(1 << 20));
    opening.saying("head", Expected::Any, long.into_bytes()).await;
    opening.speaking("torn", Speaks::NotAtAll, Expected::Failed, |_| Box::pin(async {})).await;
    let start = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n";
    for (said, expected) in [
        ("", Expected::Failed),
        ("HTTP/1.1 200", Expected::Failed),
        ("HTTP/1.1 200 OK\r\ncontent-type", Expected::Failed),
        (start, Expected::Any),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1000\r\n\r\n<ti",
            Expected::Any,
        ),
    ] {
        opening
            .add("torn", expected, move |mut visit| {
                Box::pin(async move {
                    visit.say(said).await;
                    visit.tear();
                })
            })
            .await;
    }
}

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        out.write_all(part).expect("memory takes all");
    }
    out.finish().expect("memory takes all")
}

async fn huge(opening: &mut Opening<'_>) {
    let zeros = vec![b' '; 64 << 20];
    let kind = "text/html\r\ncontent-encoding: gzip";
    let bombs = [
        (titled(), gzip(&[HEAD.as_bytes(), &zeros])),
        (Expected::Nothing, gzip(&[b"<html>", &zeros, HEAD.as_bytes()])),
        (Expected::Any, gzip(&[b"<title>", &zeros])),
        (titled(), gzip(&[HEAD.as_bytes()])),
    ];
    for (expected, bomb) in bombs {
        opening.saying("bomb", expected, found(kind, bomb)).await;
    }
    let start = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n";
    for (first, rest, expected) in [
        (HEAD, "<meta a=b>", titled()),
        ("<html>", "<meta name=a content=b>", Expected::Nothing),
        ("<html>", "<div>", Expected::Nothing),
        ("<html>", "                ", Expected::Nothing),
        ("<html", " a=b", Expected::Any),
        ("<title>", "tea ", Expected::Any),
        ("<!--", "-- ", Expected::Any),
        ("<script>", "</scrip", Expected::Any),
        ("<html>", "<script type=application/ld+json>[[[[[[", Expected::Any),
        ("<html>", "&amp;&#x26;&", Expected::Nothing),
        ("<html>", "<svg><math><table><template>", Expected::Any),
    ] {
        let rest: Arc<str> = rest.repeat(16_384 / rest.len()).into();
        opening
            .add("endless", expected, move |mut visit| {
                let rest = rest.clone();
                Box::pin(async move {
                    if visit.say(format!("{start}{first}")).await {
                        visit.say_for_ever(rest.as_bytes(), Duration::ZERO).await;
                    }
                })
            })
            .await;
    }
    let page = with_picture("/a.png");
    opening
        .add("endless", Expected::Unpictured, move |mut visit| {
            let page = page.clone();
            Box::pin(async move {
                if visit.path != "/a.png" {
                    return visit.answer(page).await;
                }
                if visit.say("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n").await {
                    visit.say_for_ever(&[0; 16_384], Duration::ZERO).await;
                }
            })
        })
        .await;
}

async fn secret(opening: &mut Opening<'_>) {
    for trusted in [true, true, true, false, false, false] {
        let name = format!("secret{}", opening.places.len());
        let speaks = opening.web.secrets(&name, trusted);
        let expected = if trusted { titled() } else { Expected::Unfit };
        let serve = |visit: Visit| -> Serving { Box::pin(visit.answer(html(HEAD))) };
        opening.speaking("secret", speaks, expected, serve).await;
    }
    // Somebody else's, although it is to be trusted.
    for _ in 0..3 {
        let speaks = opening.web.secrets("somebody", true);
        let serve = |visit: Visit| -> Serving { Box::pin(visit.answer(html(HEAD))) };
        opening.speaking("secret", speaks, Expected::Unfit, serve).await;
    }
    for _ in 0..3 {
        let serve = |visit: Visit| -> Serving { Box::pin(visit.answer(html(HEAD))) };
        let speaks = Speaks::PlainlyWhereSecretsAreExpected;
        opening.speaking("plain", speaks, Expected::Any, serve).await;
        // It waits for a request that never comes as text.
        opening.takes_long();
    }
}

async fn slow(opening: &mut Opening<'_>) {
    for _ in 0..10 {
        // Slow, but it comes.
        let serve = |mut visit: Visit| -> Serving {
            Box::pin(async move {
                let answer = html(HEAD);
                for piece in answer.chunks(16) {
                    tokio::time::sleep(MOMENT).await;
                    visit.say(piece).await;
                }
            })
        };
        opening.add("slow", titled(), serve).await;
    }
    let start = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n";
    let drips: [(String, &[u8], Expected); 6] = [
        (String::new(), b"H", Expected::Failed),
        ("HTTP/1.1 200 OK\r\na: ".to_owned(), b"b", Expected::Failed),
        ("HTTP/1.1 200 OK\r\n".to_owned(), b"a: b\r\n", Expected::Any),
        (start.to_owned(), b" ", Expected::Any),
        (format!("{start}<title>"), b"t", Expected::Any),
        (format!("{start}{HEAD}"), b"<p>", titled()),
    ];
    for (first, drip, expected) in drips {
        let serve = move |mut visit: Visit| -> Serving {
            let first = first.clone();
            Box::pin(async move {
                if visit.say(first).await {
                    visit.say_for_ever(drip, MOMENT).await;
                }
            })
        };
        opening.add("drip", expected, serve).await;
        opening.takes_long();
    }
    for said in [
        "",
        "HTTP/1.1 200 OK\r\n",
        start,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>",
    ] {
        let serve = move |mut visit: Visit| -> Serving {
            Box::pin(async move {
                visit.say(said).await;
                std::future::pending::<()>().await;
            })
        };
        opening.add("hung", Expected::Failed, serve).await;
        opening.takes_long();
    }
    let page = with_picture("/a.png");
    let serve = move |visit: Visit| -> Serving {
        let page = page.clone();
        Box::pin(async move {
            match visit.path == "/a.png" {
                true => std::future::pending::<()>().await,
                false => visit.answer(page).await,
            }
        })
    };
    opening.add("hung", Expected::Unpictured, serve).await;
    opening.takes_long();
}
