//! The first page: start a room, open one, see which there are.

use std::net::IpAddr;

use chat::{NewRoom, Retention, Slug, SlugError, TITLE_CHARS_MAX, Visibility};
use identity::{Guest, NAME_CHARS_MAX, PersonChange};
use liveview::{Cx, Form, Interrupt, LiveView, Message, Params, Rendered, html, shared};
use pubsub::Received;

use crate::{
    companion::{self, Companion},
    house::House,
    layout::{self, Here},
    limits::Kind,
    lobby_rooms::{Asked, LobbyCounts, LobbyRooms, Order, TEXT_CHARS_MAX},
    naming::{self, NameForm},
    retention,
};

/// Starts a room.
#[derive(Clone, Debug, Default, Form)]
pub(crate) struct StartForm {
    pub(crate) title: String,
    /// `public`, `unlisted` or `private`; nothing: public.
    pub(crate) visibility: String,
    /// `kept`, or the idle time in milliseconds; nothing: kept.
    pub(crate) retention: String,
}

/// Opens a room by address or link.
#[derive(Clone, Debug, Form)]
pub(crate) struct OpenForm {
    pub(crate) address: String,
}

/// Looks for public rooms.
#[derive(Clone, Debug, Form)]
pub(crate) struct FindForm {
    pub(crate) q: String,
    pub(crate) sort: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    Start(StartForm),
    Open(OpenForm),
    Rename(NameForm),
    Find(FindForm),
    Answer(companion::Answer),
    #[internal]
    News(companion::News),
    #[internal]
    Renamed(Guest),
}

impl From<companion::News> for Msg {
    fn from(news: companion::News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct LobbyLive {
    me: Guest,
    csrf_token: String,
    info: Option<String>,
    companion: Companion,
    start: StartForm,
    start_refusal: String,
    open: Field,
    name: Field,
    asked: Asked,
    /// Why the list is not what was asked for.
    find_refusal: String,
    fleeting_idle_ms: i64,
}

/// What is in a form's field, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Field {
    pub(crate) text: String,
    pub(crate) refusal: String,
}

impl LiveView for LobbyLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("Lobby");
        let house = cx.app().clone();
        let mut names = house.identity.subscribe(&crate::visitor::session(cx.session()).guest_id());
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        let companion = Companion::mount(&me, None, cx).await?;
        cx.spawn_with(|mailbox| async move {
            loop {
                let Received::Hint(PersonChange::Renamed { guest, .. }) = names.recv().await else {
                    continue;
                };
                if !mailbox.send(Msg::Renamed(guest)).await {
                    return;
                }
            }
        });
        let kept = |kind: &str| cx.flash().get(kind).unwrap_or_default().to_owned();
        let field = |text: &str, refusal: &str| Field { text: kept(text), refusal: kept(refusal) };
        let typed = field("name", "name_refusal");
        let shown = if typed.refusal.is_empty() { me.name.as_str().to_owned() } else { typed.text };
        Ok(Self {
            csrf_token: cx.session().csrf_token(),
            info: cx.flash().get("info").map(str::to_owned),
            companion,
            start: StartForm {
                title: kept("title"),
                visibility: kept("visibility"),
                retention: kept("retention"),
            },
            start_refusal: kept("title_refusal"),
            open: field("address", "address_refusal"),
            name: Field { text: shown, refusal: typed.refusal },
            asked: Asked { page: 1, ..Asked::default() },
            find_refusal: String::new(),
            fleeting_idle_ms: house.fleeting_idle_ms(),
            me,
        })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        let asked = Asked::read(cx.params());
        let is_search = asked.text != self.asked.text && !asked.text.is_empty();
        let checked = match is_search {
            true => cx.app().limits.check(Kind::Search, cx.peer(), &self.me.id),
            false => Ok(()),
        };
        match checked {
            Ok(()) => (self.asked, self.find_refusal) = (asked, String::new()),
            Err(refusal) => self.find_refusal = refusal.to_string(),
        }
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Start(form) => match start(cx.app(), &self.me, cx.peer(), &form).await {
                Ok(path) => cx.navigate(path),
                Err(refusal) => (self.start, self.start_refusal) = (form, refusal),
            },
            Msg::Open(form) => match open(&form) {
                Ok(path) => cx.navigate(path),
                Err(refusal) => self.open = Field { text: form.address, refusal },
            },
            Msg::Rename(form) => self.rename(form, cx).await,
            Msg::Find(form) => {
                let params = Params::from_iter([("q", &form.q), ("sort", &form.sort)]);
                let asked = Asked::read(&params);
                // Who leaves the field, for a link to the next page say, has asked nothing new.
                if asked != self.asked.at(1) {
                    cx.patch(asked.path());
                }
            }
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::News(news) => self.companion.hear(news, cx).await,
            Msg::Renamed(guest) => self.be(guest),
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {layout::top(Here::Lobby, &self.me)}
            <div class="lobby-columns">
                <main class="page lobby" id="main">
                    {self.info.as_ref().map(|text| html! { <p class="info" role="status">{text}</p> })}
                    <h1>A place to talk that is yours</h1>
                    <p class="intro">"Start a room and send its link to whoever should come. No sign-up, and nothing leaves this server."</p>
                    {self.start_form()}
                    {self.open_form()}
                    {self.name_form()}
                    {self.public_rooms()}
                    {layout::footer()}
                </main>
                <div class="lobby-side">{self.companion.render_rooms()}</div>
            </div>
            {self.companion.render_invites()}
        }
    }
}

impl LobbyLive {
    async fn rename(&mut self, form: NameForm, cx: &mut Cx<Self>) {
        match naming::rename(cx.app(), &self.me, cx.peer(), &form.name).await {
            Ok(renamed) => {
                self.be(renamed.guest);
                let namesake = naming::has_namesake(cx.app(), &self.me).await;
                self.info = Some(naming::answer(&self.me, namesake));
            }
            Err(refusal) => self.name = Field { text: form.name, refusal },
        }
    }

    fn be(&mut self, me: Guest) {
        self.name = Field { text: me.name.as_str().to_owned(), refusal: String::new() };
        self.me = me;
    }

    fn start_form(&self) -> Rendered {
        let is_open = !self.start.visibility.is_empty() || !self.start.retention.is_empty();
        html! {
            <form id="start" class="open-room start" action="/rooms" method="post" phx-submit={Msg::Start}>
                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                <label for="start-title">"What is it about? (You may leave this empty.)"</label>
                <input id="start-title" type="text" name={StartForm::FIELDS.title} value={self.start.title} maxlength={TITLE_CHARS_MAX} autocomplete="off" aria-describedby="start-refusal">
                <button type="submit" class="button">Start a room</button>
                <p class="refusal" role="alert" id="start-refusal">{self.start_refusal}</p>
                <details class="options" id="start-options" open={is_open}>
                    <summary>"Who may enter, and how long it lasts"</summary>
                    {self.visibility_choice()}
                    {self.retention_choice()}
                </details>
            </form>
        }
    }

    fn visibility_choice(&self) -> Rendered {
        let choices = [
            ("public", "Public", "listed below, open to everyone"),
            ("unlisted", "Unlisted", "whoever has the link may enter"),
            ("private", "Private", "members only; others may knock"),
        ];
        let chosen = Some(self.start.visibility.as_str()).filter(|chosen| !chosen.is_empty());
        let chosen = chosen.unwrap_or("public").to_owned();
        html! {
            <fieldset>
                <legend>Who may enter</legend>
                for (value, label, hint) in choices {
                    <label class="choice"><input type="radio" name={StartForm::FIELDS.visibility} value={value} checked={value == chosen}>" "{label}<span class="hint">{hint}</span></label>
                }
            </fieldset>
        }
    }

    fn retention_choice(&self) -> Rendered {
        let idle = self.fleeting_idle_ms.to_string();
        let is_fleeting = !matches!(self.start.retention.as_str(), "" | "kept");
        let hint = format!(
            "erased {} after the last person has left",
            retention::span(self.fleeting_idle_ms)
        );
        html! {
            <fieldset>
                <legend>How long it lasts</legend>
                <label class="choice"><input type="radio" name={StartForm::FIELDS.retention} value="kept" checked={!is_fleeting}>" Kept"<span class="hint">until you delete it</span></label>
                <label class="choice"><input type="radio" name={StartForm::FIELDS.retention} value={idle} checked={is_fleeting}>" Fleeting"<span class="hint">{hint}</span></label>
            </fieldset>
        }
    }

    fn open_form(&self) -> Rendered {
        html! {
            <form id="open" class="open-room" action="/open" method="get" phx-submit={Msg::Open}>
                <label for="open-address">Open a room by its name or link</label>
                <input id="open-address" type="text" name={OpenForm::FIELDS.address} value={self.open.text} autocomplete="off" autocapitalize="none" spellcheck="false" required aria-describedby="open-refusal">
                <button type="submit" class="button quiet">Open</button>
                <p class="refusal" role="alert" id="open-refusal">{self.open.refusal}</p>
            </form>
        }
    }

    fn name_form(&self) -> Rendered {
        html! {
            <form id="name" class="open-room" action="/me/name" method="post" phx-submit={Msg::Rename}>
                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                <input type="hidden" name="return_to" value="/">
                <label for="name-name">Your name, as others see it</label>
                <input id="name-name" type="text" name={NameForm::FIELDS.name} value={self.name.text} maxlength={NAME_CHARS_MAX} autocomplete="nickname" required aria-describedby="name-refusal">
                <button type="submit" class="button quiet">Change</button>
                <p class="refusal" role="alert" id="name-refusal">{self.name.refusal}</p>
            </form>
        }
    }

    fn public_rooms(&self) -> Rendered {
        html! {
            <section aria-labelledby="rooms-title">
                <h2 id="rooms-title">Public rooms</h2>
                {shared::<LobbyCounts>(&())}
                {self.find_form()}
                {shared::<LobbyRooms>(&self.asked)}
            </section>
        }
    }

    fn find_form(&self) -> Rendered {
        html! {
            <form id="find" class="find-room" role="search" action="/" method="get" phx-change={Msg::Find} phx-submit={Msg::Find}>
                <div class="field">
                    <label for="find-text">Find a room</label>
                    <input id="find-text" type="search" name={FindForm::FIELDS.q} value={self.asked.text} maxlength={TEXT_CHARS_MAX} autocomplete="off" phx-debounce="300" aria-describedby="find-refusal">
                </div>
                <div class="field">
                    <label for="find-sort">Order</label>
                    <select id="find-sort" name={FindForm::FIELDS.sort}>
                        for order in Order::ALL {
                            <option value={order.name()} selected={order == self.asked.order}>{order.label()}</option>
                        }
                    </select>
                </div>
                <button type="submit" class="button quiet without-script">Find</button>
                <p class="refusal" role="alert" id="find-refusal">{self.find_refusal}</p>
            </form>
        }
    }
}

/// Starts a room and returns its path; or why not, for the person.
pub(crate) async fn start(
    house: &House,
    me: &Guest,
    peer: Option<IpAddr>,
    form: &StartForm,
) -> Result<String, String> {
    let room = NewRoom {
        title: Some(form.title.clone()),
        visibility: visibility(&form.visibility).ok_or("Choose who may enter.")?,
        retention: kept_for(&form.retention).ok_or("Choose how long the room lasts.")?,
    };
    house.limits.check(Kind::Room, peer, &me.id).map_err(|refusal| refusal.to_string())?;
    let room = house.chat.create_room(me, room).await.map_err(|error| error.to_string())?;
    Ok(format!("/r/{}", room.slug.as_str()))
}

fn visibility(name: &str) -> Option<Visibility> {
    match name {
        "" | "public" => Some(Visibility::Public),
        "unlisted" => Some(Visibility::Unlisted),
        "private" => Some(Visibility::Private),
        _ => None,
    }
}

fn kept_for(name: &str) -> Option<Retention> {
    match name {
        "" => Some(Retention::Kept),
        chosen => retention::read(&Params::from_iter([("retention", chosen)])),
    }
}

/// The path of the room that was asked for by address, path or whole link; or what is wrong.
pub(crate) fn open(form: &OpenForm) -> Result<String, String> {
    let typed = form.address.trim();
    let after = typed.rsplit_once("/r/").map_or(typed, |(_, rest)| rest);
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    // People write names as they speak: "Tea Garden" is /r/tea-garden.
    let slug = after[..end].trim().to_lowercase().replace([' ', '_'], "-");
    let slug = Slug::parse(&slug).map_err(|error: SlugError| error.to_string())?;
    Ok(format!("/r/{}", slug.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_opened_by_name_path_or_link() {
        let path = |address: &str| open(&OpenForm { address: address.to_owned() });
        for address in [
            "tea-garden",
            " Tea Garden ",
            "/r/tea-garden",
            "https://chat.example.org/r/tea-garden?x#m-3",
        ] {
            assert_eq!(path(address), Ok("/r/tea-garden".to_owned()), "{address}");
        }
        assert!(path("").is_err());
        assert!(path("<script>").is_err());
    }

    #[test]
    fn a_room_is_public_and_kept_unless_it_is_said() {
        assert_eq!(
            (visibility(""), kept_for("")),
            (Some(Visibility::Public), Some(Retention::Kept))
        );
        assert_eq!(visibility("private"), Some(Visibility::Private));
        assert_eq!(kept_for("600000"), Some(Retention::Fleeting { idle_ms: 600_000 }));
        assert_eq!((visibility("secret"), kept_for("soon")), (None, None));
    }
}
