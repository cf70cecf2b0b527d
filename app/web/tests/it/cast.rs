//! A tea house with its pages, and people with browsers.

use std::{io, net::SocketAddr, sync::Arc};

use chat::{Chat, MessageId, RoomId, Settings, Store};
use eventsourcing::{EventStore, MemoryStore, Position, ReadModelHome};
use fetch::{Fetcher, Resolve, Resolved, Trust};
use http::HeaderValue;
use identity::{Guest, GuestName, GuestSession, Identity};
use liveview::{Secret, ServeConfig, Session, testing::Browser};
use previews::Previews;
use rustls::RootCertStore;
use tasks::{Clock, Scope};
use tokio::{net::TcpListener, sync::watch};
use web::{House, Limits, Program, RateTable, Web};

use crate::{
    http_client::{self, Answer, form},
    site::Site,
};

/// Noon of a day, UTC.
const NOON_MS: i64 = 20_000 * 86_400_000 + 43_200_000;
/// Longer than any limit of a room is remembered.
const LONG_MS: i64 = 3_600_000;

/// The whole house in memory: its log, its pages, and where it answers over TCP.
pub struct TeaHouse {
    pub chat: Chat,
    pub previews: Previews,
    pub clock: Clock,
    pub log: Arc<dyn EventStore>,
    pub web: Web,
    pub address: SocketAddr,
    _scope: Scope,
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Person {
    pub guest: Guest,
    pub browser: Browser,
    session: Session,
    cookie: String,
}

impl TeaHouse {
    /// A house whose limits of people and addresses nobody reaches: those of rooms stay.
    pub async fn open() -> Self {
        Self::with_rates(wide()).await
    }

    pub async fn with_rates(rates: RateTable) -> Self {
        let off = previews::Settings { enabled: false, ..previews::Settings::default() };
        Self::with(rates, off).await
    }

    /// A house that looks at links to `site`, and to nobody else.
    pub async fn with_previews(site: &Site) -> Self {
        Self::with(wide(), site.settings()).await
    }

    pub async fn with(rates: RateTable, links: previews::Settings) -> Self {
        let scope = Scope::root("test");
        let clock = Clock::manual(NOON_MS);
        let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let identity = identity::Config {
            log: log.clone(),
            read_models: ReadModelHome::Memory,
            avatars: None,
            providers: Vec::new(),
            base_url: "http://localhost".to_owned(),
        };
        let identity = Identity::open(identity, clock.clone(), &scope).await;
        let (_fixed, settings) = watch::channel(Settings::default());
        let store = Store::Given { log: log.clone(), read_models: ReadModelHome::Memory };
        let config = chat::Config { settings: settings.clone(), ..chat::Config::new(store) };
        let chat = Chat::open(config, clock.clone(), &scope).await.expect("the chat opens");
        let links = previews_config(log.clone(), links);
        let previews = Previews::open(links, chat.clone(), clock.clone(), &scope).await;
        let previews = previews.expect("previews open");
        let house = House {
            chat: chat.clone(),
            previews: previews.clone(),
            identity: identity.expect("the identities open"),
            limits: Limits::new(watch::channel(rates).1, clock.clone()),
            program: Program { version: "0", commit: None, settings },
        };
        let web = Web::new(house, web_config(), &scope);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        scope.spawn("listener", web.clone().serve(listener, scope.clone()));
        Self { chat, previews, clock, log, web, address, _scope: scope }
    }

    /// Somebody new.
    pub fn person(&self, name: &str) -> Person {
        let mut guest = GuestSession::fresh();
        guest.rename(GuestName::parse(name).expect("a name"));
        let mut session = Session::fresh();
        for (field, value) in guest.to_fields() {
            session.set(field, value);
        }
        let header = self.web.endpoint().set_cookie(&session);
        let header = header.to_str().expect("cookies are ASCII");
        let cookie = header.split(';').next().unwrap_or_default().to_owned();
        let (key, value) = cookie.split_once('=').expect("a cookie has a value");
        let mut browser = Browser::new(self.web.endpoint());
        browser.set_cookie(key, value);
        Person { guest: guest.guest(), browser, session, cookie }
    }

    /// Loads a page as `who`, without a script.
    pub async fn get(&self, who: &Person, path: &str) -> Answer {
        http_client::request(self.address, "GET", path, &[("cookie", &who.cookie)], "").await
    }

    /// Sends a form of one of our pages as `who`.
    pub async fn post(&self, who: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, Some(who), Some(&who.token()), fields).await
    }

    /// Sends a form with the cookie of `who` and a token of anybody's.
    pub async fn post_with(
        &self,
        path: &str,
        who: Option<&Person>,
        token: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let cookie = who.map(|who| ("cookie", who.cookie.as_str()));
        let headers: Vec<_> = [kind].into_iter().chain(cookie).collect();
        let token = token.map(|token| ("_csrf_token", token));
        let fields: Vec<_> = token.into_iter().chain(fields.iter().copied()).collect();
        http_client::request(self.address, "POST", path, &headers, &form(&fields)).await
    }

    /// Says `body`, and waits until it can be read.
    pub async fn say(&self, room: &RoomId, who: &Person, body: &str) -> u64 {
        let said = self.chat.post(room, &who.guest, MessageId::random(), body).await;
        self.caught_up().await;
        said.unwrap_or_else(|error| panic!("{body}: {error}")).number
    }

    /// Lets so much time pass that nobody did anything just now.
    pub fn rest(&self) {
        self.clock.advance_ms(LONG_MS);
    }

    /// Lets as much time pass as somebody needs to press a button again.
    pub fn rest_a_little(&self) {
        self.clock.advance_ms(30_000);
    }

    pub async fn caught_up(&self) {
        self.chat.caught_up().await.expect("the read models catch up");
    }

    /// The end of the log now.
    pub async fn now(&self) -> Position {
        self.log.head().await.expect("the log can be read")
    }

    /// What happened after `position`: `room Posted`, say.
    pub async fn since(&self, position: Position) -> Vec<String> {
        let page = self.log.read_all(position, 1_000).await.expect("the log can be read");
        let told =
            page.events.iter().map(|event| format!("{} {}", event.stream.kind(), event.name));
        told.collect()
    }
}

impl Person {
    /// A token of their forms.
    pub fn token(&self) -> String {
        self.session.csrf_token()
    }

    pub fn id(&self) -> &str {
        self.guest.id.as_str()
    }

    /// What opens their session.
    pub fn secret(&self) -> &str {
        self.session.get("guest_secret").expect("every session has a secret")
    }

    /// The header that says who they are.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

fn web_config() -> web::Config {
    web::Config {
        secret: Secret::random(),
        https: false,
        origins: Vec::new(),
        behind_proxy: false,
        serve: ServeConfig::default(),
    }
}

/// Previews in memory, of what can be reached without a name.
fn previews_config(log: Arc<dyn EventStore>, links: previews::Settings) -> previews::Config {
    let fetcher = fetch::Config {
        resolver: Arc::new(NoNames),
        trust: Trust::Roots(Arc::new(RootCertStore::empty())),
        user_agent: HeaderValue::from_static("Teahouse"),
    };
    previews::Config {
        log,
        folder: None,
        fetcher: Fetcher::new(fetcher),
        settings: watch::channel(links).1,
        origins: Vec::new(),
        concurrency: 4,
    }
}

/// Knows nobody: tests ask for nothing outside of this machine.
struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        Box::pin(async move { Err(io::Error::other(format!("{host} is outside"))) })
    }
}

/// Rates that nobody reaches.
pub fn wide() -> RateTable {
    let rate = web::Rate { at_once: 1_000_000, per_minute: 60_000_000 };
    let rates = web::Rates { address: rate, person: rate };
    RateTable {
        rooms: rates,
        messages: rates,
        knocks: rates,
        invites: rates,
        searches: rates,
        sign_ins: rates,
        names: rates,
        previews: rates,
    }
}
