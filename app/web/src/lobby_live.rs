//! The first page: start a room, open one, see which there are.

use chat::{Chat, NewRoom, RoomSummary, Slug, SlugError, TITLE_CHARS_MAX};
use liveview::{Cx, Form, Interrupt, LiveView, Message, Rendered, html};

use crate::{house::House, layout, visitor};

/// How many rooms are listed.
const ROOMS_LISTED: usize = 30;

/// Starts a room.
#[derive(Clone, Debug, Form)]
pub(crate) struct StartForm {
    pub(crate) title: String,
}

/// Opens a room by address or link.
#[derive(Clone, Debug, Form)]
pub(crate) struct OpenForm {
    pub(crate) address: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    Start(StartForm),
    Open(OpenForm),
}

#[derive(Debug)]
pub(crate) struct LobbyLive {
    name: String,
    csrf_token: String,
    rooms: Vec<RoomSummary>,
    start: Field,
    open: Field,
}

/// What is in a form's field, and what is wrong with it.
#[derive(Debug, Default)]
struct Field {
    text: String,
    refusal: String,
}

impl LiveView for LobbyLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let rooms = cx.app().chat.directory().recent_public(ROOMS_LISTED).await;
        let kept = |kind: &str| cx.flash().get(kind).unwrap_or_default().to_owned();
        Ok(Self {
            name: visitor::guest(cx.session()).name.as_str().to_owned(),
            csrf_token: cx.session().csrf_token().to_owned(),
            rooms: rooms.map_err(Interrupt::fault)?,
            start: Field { text: kept("title"), refusal: kept("title_refusal") },
            open: Field { text: kept("address"), refusal: kept("address_refusal") },
        })
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Start(form) => {
                let me = visitor::guest(cx.session());
                match start(&cx.app().chat, &me, &form).await {
                    Ok(path) => cx.navigate(path),
                    Err(refusal) => self.start = Field { text: form.title, refusal },
                }
            }
            Msg::Open(form) => match open(&form) {
                Ok(path) => cx.navigate(path),
                Err(refusal) => self.open = Field { text: form.address, refusal },
            },
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <main class="page lobby">
                <header class="page-header">
                    <h1>Teahouse</h1>
                    {layout::theme_switch()}
                </header>
                <p class="intro">"A place to talk that is yours. Start a room and send its link to whoever should come; no sign-up, and nothing leaves this server."</p>
                <p class="you">"You are "<strong>{self.name}</strong>"."</p>
                {self.start_form()}
                {self.open_form()}
                <section aria-labelledby="rooms-title">
                    <h2 id="rooms-title">Rooms</h2>
                    if self.rooms.is_empty() {
                        <p class="empty">"No rooms yet. Start the first one."</p>
                    } else {
                        <ul class="room-list">
                            for room in &self.rooms {
                                <li :key={room.id.as_str()}>{room_line(room)}</li>
                            }
                        </ul>
                    }
                </section>
                <footer class="page-footer"><a href="/about">About Teahouse</a></footer>
            </main>
        }
    }
}

impl LobbyLive {
    fn start_form(&self) -> Rendered {
        html! {
            <form id="start" class="open-room" action="/rooms" method="post" phx-submit={Msg::Start}>
                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                <label for="start-title">"What is it about? (You may leave this empty.)"</label>
                <input id="start-title" type="text" name={StartForm::FIELDS.title} value={self.start.text} maxlength={TITLE_CHARS_MAX} autocomplete="off" aria-describedby="start-refusal">
                <button type="submit" class="button">Start a room</button>
                <p class="refusal" role="alert" id="start-refusal">{self.start.refusal}</p>
            </form>
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
}

fn room_line(room: &RoomSummary) -> Rendered {
    let count = match room.messages {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let active_at = crate::message::rfc3339(room.active_at_ms);
    html! {
        <a class="room-link" href={format!("/r/{}", room.slug.as_str())}>
            <span class="room-name">{room.name()}</span>
            <time class="room-when" datetime={active_at} data-style="recent">{active_at}</time>
            <span class="room-count">{count}</span>
        </a>
    }
}

/// Starts a room and returns its path; or why not, for the person.
pub(crate) async fn start(
    chat: &Chat,
    me: &identity::Guest,
    form: &StartForm,
) -> Result<String, String> {
    let room = chat
        .create_room(me, NewRoom::titled(&form.title))
        .await
        .map_err(|error| error.to_string())?;
    Ok(format!("/r/{}", room.slug.as_str()))
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
}
