//! Trying a link: what its page says of itself.
//!
//! The address of this page has the link that is looked at, so what one sees can be sent to somebody.
//! Without a script the page asks for itself again until the answer is there.

mod shown;

use std::{convert::Infallible, time::Duration};

use identity::Guest;
use liveview::{Cx, Form, Interrupt, LiveView, Mailbox, Message, Rendered, html};
use previews::{AskError, Link, LinkError, Preview, Previews, Status};
use pubsub::Received;
use tokio::{sync::oneshot, time::sleep};

use crate::{
    address::address,
    companion::{self, Companion, News},
    house::House,
    layout::{self, Here},
    limits::Kind,
};

/// What is quick needs no sign that it takes its time.
const SLOW_AFTER: Duration = Duration::from_millis(300);
/// How often a page without a script asks again by itself; longer than any answer takes.
const RELOADS_MAX: u32 = 8;

/// What somebody typed.
#[derive(Clone, Debug, Form)]
pub(crate) struct UrlForm {
    pub(crate) url: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    /// The text in the field is another one.
    Typed(UrlForm),
    /// Enter, or the button.
    Look(UrlForm),
    /// What came of it is not enough.
    Again(UrlForm),
    Answer(companion::Answer),
    #[internal]
    News(News),
    /// The request of this turn takes longer than a moment.
    #[internal]
    Slow(u64),
    /// What became of the request of this turn.
    #[internal]
    Heard(u64, Box<Result<Preview, AskError>>),
}

impl From<News> for Msg {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct PreviewLive {
    me: Guest,
    companion: Companion,
    /// The text in the field, as it was typed.
    typed: String,
    shown: Shown,
    /// Counts what was asked for: an answer to an earlier request is not shown.
    turn: u64,
    /// Dropped, whoever waits for the answer of an earlier turn stops.
    _waiting: Option<oneshot::Sender<Infallible>>,
    /// How often this page asked again by itself; `None`: a script takes care of it.
    reloads: Option<u32>,
}

/// What stands below the field.
#[derive(Debug)]
enum Shown {
    Nothing,
    /// This is no link.
    Unfit(LinkError),
    /// Nothing was asked, for this reason.
    Refused {
        text: String,
        /// Whether it may be otherwise in a moment.
        is_passing: bool,
    },
    Known {
        preview: Box<Preview>,
        manner: Manner,
    },
}

/// How the answer came, or comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    AtOnce,
    /// It takes longer than a moment.
    Slowly,
    /// Somebody wanted another try, and the one before was only just now: it is told again.
    TooSoon,
}

impl LiveView for PreviewLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("Link preview");
        let house = cx.app().clone();
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        let reloads = cx.params().get("reloads").and_then(|count| count.parse().ok());
        Ok(Self {
            companion: Companion::mount(&me, None, cx).await?,
            typed: String::new(),
            shown: Shown::Nothing,
            turn: 0,
            _waiting: None,
            reloads: (!cx.connected()).then(|| reloads.unwrap_or(0)),
            me,
        })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.typed = cx.params().get("url").unwrap_or_default().to_owned();
        let again = cx.params().get("again").is_some();
        self.look(again, cx).await;
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Typed(form) if self.is_shown(&form) => {}
            Msg::Look(form) if self.is_shown(&form) && !self.has_failed() => {}
            // The same question once more; the address stays as it is.
            Msg::Look(form) if self.is_shown(&form) => self.look(true, cx).await,
            Msg::Again(form) if self.is_shown(&form) => self.look(true, cx).await,
            Msg::Typed(UrlForm { url })
            | Msg::Look(UrlForm { url })
            | Msg::Again(UrlForm { url }) => {
                cx.patch_in_place(address("/preview", &[("url", &url)]));
            }
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::News(news) => self.companion.hear(news, cx).await,
            Msg::Slow(turn) if turn == self.turn => self.take_time(),
            Msg::Heard(turn, heard) if turn == self.turn => {
                self.shown = Shown::of(*heard, Manner::Slowly)
            }
            Msg::Slow(_) | Msg::Heard(..) => {}
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {layout::top(Here::Elsewhere, &self.me)}
            <main class="page prose" id="main">
                <h1>Link preview</h1>
                <p class="hint">"What a web page says of itself, as a link to it shows in a room. This server looks at the page; the site does not learn who you are."</p>
                <form id="preview-form" class="open-room" action="/preview" method="get" phx-change={Msg::Typed} phx-submit={Msg::Look}>
                    <label for="preview-url">Enter URL</label>
                    <input id="preview-url" type="text" inputmode="url" name={UrlForm::FIELDS.url} value={self.typed} autocomplete="off" autocapitalize="off" spellcheck="false" autofocus phx-debounce="300" aria-describedby="preview-status">
                    <button type="submit" class="button">Preview</button>
                </form>
                <div id="preview" data-of={self.typed}>{self.render_shown()}</div>
                {layout::footer()}
            </main>
            {self.companion.render_invites()}
        }
    }
}

impl PreviewLive {
    /// Looks at what was typed, and forgets what was looked at before. `again`: a failure that is
    /// remembered is not enough.
    async fn look(&mut self, again: bool, cx: &mut Cx<Self>) {
        self.turn += 1;
        self._waiting = None;
        self.shown = match Link::parse(&self.typed) {
            Err(LinkError::Empty) => Shown::Nothing,
            Err(error) => Shown::Unfit(error),
            Ok(link) => self.ask(link, again, cx).await,
        };
    }

    async fn ask(&mut self, link: Link, again: bool, cx: &mut Cx<Self>) -> Shown {
        let house = cx.app().clone();
        if let Err(refusal) = house.limits.check(Kind::Preview, cx.peer(), &self.me.id) {
            return Shown::Refused { text: refusal.to_string(), is_passing: true };
        }
        let changes = house.previews.subscribe(&link);
        let asked = match again {
            true => house.previews.ask_again(&link).await,
            false => house.previews.ask(&link).await,
        };
        if asked.as_ref().is_ok_and(|preview| preview.status == Status::Pending) {
            let (stay, gone) = oneshot::channel();
            self._waiting = Some(stay);
            let wait = Wait { previews: house.previews, link, changes, turn: self.turn };
            cx.spawn_with(|mailbox| wait.run(mailbox, gone));
        }
        let manner = match &asked {
            Ok(preview) if again && preview.status != Status::Pending => Manner::TooSoon,
            Ok(_) | Err(_) if cx.connected() => Manner::AtOnce,
            // A page without a script has only this one moment to say that it takes longer.
            Ok(_) | Err(_) => Manner::Slowly,
        };
        Shown::of(asked, manner)
    }

    fn take_time(&mut self) {
        if let Shown::Known { manner, .. } = &mut self.shown {
            *manner = Manner::Slowly;
        }
    }

    /// Whether what is shown is about this text.
    fn is_shown(&self, form: &UrlForm) -> bool {
        form.url.trim() == self.typed.trim()
    }

    /// Whether another try is worth something.
    fn has_failed(&self) -> bool {
        match &self.shown {
            Shown::Known { preview, .. } => matches!(preview.status, Status::Error(_)),
            Shown::Refused { is_passing, .. } => *is_passing,
            Shown::Nothing | Shown::Unfit(_) => false,
        }
    }

    fn render_shown(&self) -> Rendered {
        match &self.shown {
            Shown::Nothing => shown::nothing(),
            Shown::Unfit(error) => shown::unfit(*error),
            Shown::Refused { text, is_passing } => {
                shown::refused(text, is_passing.then_some(&self.typed))
            }
            Shown::Known { preview, manner } => html! {
                {shown::preview(preview, *manner, &self.typed)}
                {self.reload_at(preview).map(shown::reload)}
            },
        }
    }

    /// Where a page without a script looks again by itself.
    fn reload_at(&self, preview: &Preview) -> Option<String> {
        let reloads = self.reloads.filter(|_| preview.status == Status::Pending)? + 1;
        let fields = [("url", self.typed.as_str()), ("reloads", &reloads.to_string())];
        (reloads <= RELOADS_MAX).then(|| address("/preview", &fields))
    }
}

impl Shown {
    fn of(known: Result<Preview, AskError>, manner: Manner) -> Self {
        match known {
            Ok(preview) => Self::Known { preview: Box::new(preview), manner },
            Err(error) => {
                let is_passing = !matches!(error, AskError::Off(_));
                Self::Refused { text: error.to_string(), is_passing }
            }
        }
    }
}

/// Waiting for the answer to one request.
struct Wait {
    previews: Previews,
    link: Link,
    changes: previews::Subscription,
    turn: u64,
}

impl Wait {
    /// Tells what becomes of it, until it is final or somebody asked for something else.
    async fn run(self, mailbox: Mailbox<Msg>, gone: oneshot::Receiver<Infallible>) {
        let turn = self.turn;
        let slow = async {
            sleep(SLOW_AFTER).await;
            mailbox.send(Msg::Slow(turn)).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = gone => {}
            () = slow => {}
            () = self.hear(&mailbox) => {}
        }
    }

    async fn hear(mut self, mailbox: &Mailbox<Msg>) {
        loop {
            let heard = match self.changes.recv().await {
                Received::Hint(preview) => Ok(preview),
                Received::Lagged => self.previews.ask(&self.link).await,
            };
            let is_final = !heard.as_ref().is_ok_and(|known| known.status == Status::Pending);
            if !mailbox.send(Msg::Heard(self.turn, Box::new(heard))).await || is_final {
                return;
            }
        }
    }
}
