//! Which path leads where.

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chat::RoomId;
use http::{StatusCode, header};
use liveview::{Endpoint, Secret, ServeConfig};
use pubsub::Received;
use tasks::{Clock, Scope};
use tokio::net::TcpListener;

use crate::{
    about_live::AboutLive,
    assets, avatar, forms, forms_me, forms_room,
    house::House,
    layout,
    lobby_live::LobbyLive,
    lobby_rooms::{LobbyCounts, LobbyRooms},
    me_live::MeLive,
    preview_live::PreviewLive,
    preview_pictures, quote,
    revocations_task::revocations_task,
    room_feed::RoomFeed,
    room_live::RoomLive,
    room_people::RoomPeople,
    search_live::SearchLive,
    sign_in, visitor,
};

/// Largest body of a form, bytes: a message of the longest kind, percent-encoded, and its fields.
const FORM_BYTES_MAX: usize = 64 * 1024;
/// How long the answer to a plain form waits for the message to be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// How the pages are served.
#[derive(Clone, Debug)]
pub struct Config {
    /// Signs cookies and tokens; the same on every node.
    pub secret: Secret,
    /// Whether the pages are reached over HTTPS (through a proxy): cookies go over HTTPS only then.
    pub https: bool,
    /// Other origins whose pages may connect, such as `https://chat.example.org`.
    pub origins: Vec<String>,
    /// A proxy stands in front, and says where browsers come from (`X-Forwarded-For`).
    pub behind_proxy: bool,
    /// Limits of the listener.
    pub serve: ServeConfig,
}

/// Teahouse over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    router: Router,
    doors: Doors,
    serve: ServeConfig,
}

/// What the handlers beside the live views use.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) house: House,
    pub(crate) endpoint: Endpoint<House>,
    /// Signs what is kept in a browser while somebody signs in.
    pub(crate) secret: Secret,
    pub(crate) clock: Clock,
    pub(crate) https: bool,
}

impl Web {
    /// Puts the pages together; their tasks belong to `scope`.
    pub fn new(house: House, config: Config, scope: &Scope) -> Self {
        let secret = config.secret.clone();
        let endpoint = Endpoint::builder(house.clone(), config.secret, scope)
            .cookie_name("_teahouse")
            .secure_cookie(config.https)
            .origins(config.origins)
            .statics([assets::script_url().to_owned(), assets::style_url().to_owned()])
            .header(header::CONTENT_SECURITY_POLICY, layout::CONTENT_SECURITY_POLICY)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::REFERRER_POLICY, "same-origin")
            .greet(visitor::greet)
            .admit(visitor::admit)
            .own_tabs("as", "guest")
            .socket_id(visitor::socket_id)
            .trust_proxy(config.behind_proxy)
            .error_page(layout::error_page)
            .live_session("pages", layout::page, |routes| {
                routes
                    .live::<LobbyLive>("/")
                    .live::<AboutLive>("/about")
                    .live::<MeLive>("/me")
                    .live::<SearchLive>("/search")
                    .live::<PreviewLive>("/preview")
                    .live::<RoomLive>("/r/{slug}")
                    .live::<RoomLive>("/r/{slug}/{number}");
            })
            .shared::<RoomFeed>()
            .shared::<RoomPeople>()
            .shared::<LobbyRooms>()
            .shared::<LobbyCounts>()
            .build();
        let revocations = house.identity.revocations();
        scope.spawn_abortable("revocations", revocations_task(endpoint.clone(), revocations));
        let (clock, https) = (Clock::system(), config.https);
        let doors = Doors { house, endpoint, secret, clock, https };
        let router = Router::new()
            .route("/r/{slug}/post", post(forms_room::post))
            .route("/r/{slug}/open", post(forms_room::claim))
            .route("/r/{slug}/{act}", post(forms_room::act).get(live))
            .route("/r/{slug}/{number}/quote", get(quote::quote))
            .route("/r/{slug}/cards/{id}", get(preview_pictures::of_card))
            .route("/preview/images/{id}", get(preview_pictures::of_page))
            .route("/rooms", post(forms::start))
            .route("/open", get(forms::open))
            .route("/invites/{room}/{act}", post(forms::answer))
            .route("/me/name", post(forms_me::rename))
            .route("/me/sessions/{id}/revoke", post(forms_me::revoke))
            .route("/me/blocks/{id}/unblock", post(forms_me::unblock))
            .route("/me/links/retry", post(forms_me::retry))
            .route("/me/links/forget", post(forms_me::forget))
            .route("/sign-out", post(forms_me::sign_out))
            .route("/sign-in/{provider}", post(sign_in::begin))
            .route("/sign-in/{provider}/callback", get(sign_in::finish))
            .route("/people/{id}/avatar", get(avatar::avatar))
            .route("/assets/{*file}", get(asset))
            .route("/favicon.ico", get(favicon))
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .fallback(live)
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .with_state(doors.clone());
        Self { router, doors, serve: config.serve }
    }

    /// Answers on `listener` until `scope` stops.
    pub async fn serve(self, listener: TcpListener, scope: Scope) {
        liveview::serve(listener, self.router, self.serve, scope).await;
    }

    /// The endpoint of the live views, for tests and measurements.
    pub fn endpoint(&self) -> &Endpoint<House> {
        &self.doors.endpoint
    }
}

impl Doors {
    /// Notes which browser uses a session, for the page that lists them.
    async fn note_visit(&self, headers: &HeaderMap) {
        if self.endpoint.has_session(headers) {
            let session = visitor::session(&self.endpoint.session(headers));
            self.house.identity.seen(&session, sign_in::user_agent(headers)).await;
        }
    }

    /// Waits until the message is announced, so that the page that is loaded next shows it.
    pub(crate) async fn until_shown(&self, room: &RoomId, number: u64) {
        let mut hints = self.house.chat.subscribe(room);
        let shown = async {
            loop {
                let head = self.house.chat.timeline().head(room).await;
                if head.is_ok_and(|head| head.messages >= number) {
                    return;
                }
                let (Received::Hint(_) | Received::Lagged) = hints.recv().await;
            }
        };
        let _late_is_not_lost = tokio::time::timeout(SHOWN_WITHIN, shown).await;
    }
}

async fn live(State(doors): State<Doors>, request: Request) -> Response {
    doors.note_visit(request.headers()).await;
    doors.endpoint.handle(request).await.into_response()
}

async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    assets::respond(uri.path(), &headers)
}

async fn favicon(headers: HeaderMap) -> Response {
    assets::respond(assets::favicon_url(), &headers)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The store can be read.
async fn readyz(State(doors): State<Doors>) -> Response {
    match doors.house.chat.directory().recent_public(1).await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response(),
    }
}
