//! What a browser and its person do at a provider: follow, fill in, agree or not.

use std::collections::BTreeMap;

use fetch::{Fetcher, Guard, Limits};
use http::{Method, Request, StatusCode, header};
use url::{Url, form_urlencoded};

use crate::cast::HOUSE_URL;

/// A browser with cookies, which knows one provider.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

/// Where a browser is.
pub enum At {
    /// On a page of the provider.
    Page { url: Url, html: String },
    /// Back at the house, with this query.
    Back(String),
}

impl Browser {
    /// Goes to the provider, signs in as `login`, agrees to everything, and comes back.
    pub async fn sign_in(&mut self, url: &str, login: &str) -> String {
        let mut at = self.open(url).await;
        // A page to sign in, and one to agree.
        for _ in 0..3 {
            match at {
                At::Back(query) => return query,
                At::Page { url, html } => at = self.submit(&url, &html, login, "1").await,
            }
        }
        panic!("the provider has more pages than expected")
    }

    /// Goes to the provider and says no.
    pub async fn decline(&mut self, url: &str) -> String {
        let At::Page { url, html } = self.open(url).await else { panic!("nobody was asked") };
        let abort = html.split('"').find(|text| text.ends_with("/abort")).map(str::to_owned);
        let at = match abort {
            Some(abort) => self.open(&abort).await,
            None => self.submit(&url, &html, "", "0").await,
        };
        let At::Back(query) = at else { panic!("the provider insists") };
        query
    }

    pub async fn open(&mut self, url: &str) -> At {
        self.follow(Method::GET, url.parse().expect("an address"), String::new()).await
    }

    async fn submit(&mut self, page: &Url, html: &str, login: &str, authorize: &str) -> At {
        let action = attribute(html, "<form", "action").expect("the page has a form");
        let mut fields = form_urlencoded::Serializer::new(String::new());
        for input in html.split("<input").skip(1) {
            let named = attribute(input, "", "name");
            if let (Some(name), Some(value)) = (named, attribute(input, "", "value")) {
                fields.append_pair(&name, &value);
            }
        }
        fields.append_pair("login", login).append_pair("password", "any");
        fields.append_pair("authorize", authorize);
        let action = page.join(&action).expect("an address");
        self.follow(Method::POST, action, fields.finish()).await
    }

    async fn follow(&mut self, method: Method, url: Url, body: String) -> At {
        let (mut method, mut url, mut body) = (method, url, body);
        for _ in 0..10 {
            if url.as_str().starts_with(HOUSE_URL) {
                return At::Back(url.query().unwrap_or_default().to_owned());
            }
            let answer = self.request(method, &url, body).await;
            let Some(location) = answer.headers().get(header::LOCATION) else {
                assert_eq!(answer.status(), StatusCode::OK, "{url}: {}", answer.body());
                return At::Page { url, html: answer.into_body() };
            };
            url = url.join(location.to_str().expect("ASCII")).expect("an address");
            (method, body) = (Method::GET, String::new());
        }
        panic!("redirected in circles")
    }

    async fn request(&mut self, method: Method, url: &Url, body: String) -> http::Response<String> {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .expect("a request");
        let fetcher = Fetcher::new(fetch::Config::default());
        let answer = fetcher.send(request, &Guard::anywhere(), &Limits::default()).await;
        let answer = answer.expect("an answer");
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().expect("ASCII"));
        }
        answer.map(|body| String::from_utf8_lossy(&body).into_owned())
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a name and a value");
        match value {
            "" => self.cookies.remove(name),
            _ => self.cookies.insert(name.to_owned(), value.to_owned()),
        };
    }
}

/// The value of `attribute` in the tag that begins with `tag`.
fn attribute(html: &str, tag: &str, attribute: &str) -> Option<String> {
    let inside = html[html.find(tag)?..].split('>').next()?;
    let value = inside.split_once(&format!(" {attribute}=\""))?.1.split('"').next()?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}
