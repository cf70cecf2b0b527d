//! What this is, and how long it keeps what is said.

use identity::Guest;
use liveview::{Cx, Interrupt, LiveView, Message, Rendered, html};

use crate::{
    companion::{self, Companion, News},
    house::House,
    layout::{self, Here},
    retention,
};

#[derive(Debug, Message)]
pub(crate) enum Msg {
    Answer(companion::Answer),
    #[internal]
    News(News),
}

impl From<News> for Msg {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct AboutLive {
    me: Guest,
    companion: Companion,
    version: &'static str,
    commit: Option<&'static str>,
    fleeting_idle_ms: i64,
}

impl LiveView for AboutLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("About");
        let house = cx.app().clone();
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        Ok(Self {
            companion: Companion::mount(&me, None, cx).await?,
            version: house.program.version,
            commit: house.program.commit,
            fleeting_idle_ms: house.fleeting_idle_ms(),
            me,
        })
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::News(news) => self.companion.hear(news, cx).await,
        }
    }

    fn render(&self) -> Rendered {
        let idle = retention::span(self.fleeting_idle_ms);
        let commit = self.commit.map(|commit| format!(", built from {commit}"));
        html! {
            {layout::top(Here::About, &self.me)}
            <main class="page prose" id="main">
                <h1>About Teahouse</h1>
                <p>"Teahouse is a place to talk that runs on one machine: this one. Start a room, send its link to whoever should come, and talk."</p>
                <h2>What is kept</h2>
                <p>"A message that was sent is on the disk of this server. A room is kept until its owner deletes it, unless it is fleeting: a fleeting room is erased, with everything that was said in it, when nobody has been there and nothing was said for "{idle}", or for the time its owner chose. The room says when."</p>
                <p>"What is erased or removed is made unreadable in the log, in the lists and in the search. What remains is a receipt: that there was a room, and how many messages it had."</p>
                <p>"Who you are is a signed cookie in your browser. You may take any name, and other people may take the same."</p>
                <h2>What leaves this server</h2>
                <p>"No page loads a script, a font, a picture or a counter from anywhere else. If you sign in, your browser goes to the provider you chose, and comes back."</p>
                <p>"When somebody sends a link, this server may ask for the page behind it, once for everyone, and shows what it says of itself. The site sees this server, and not who sent or read the link. "<a href="/preview">Try a link</a>"."</p>
                <h2>By keyboard</h2>
                <p>"Press "<kbd>"?"</kbd>" on any page for all keys, and "<kbd>"/"</kbd>" to search."</p>
                <p><button type="button" class="button quiet" data-help>Show the keys</button></p>
                <h2>Version</h2>
                <p>"Teahouse "{self.version}{commit}"."</p>
                <p class="latency" id="latency" phx-hook="Latency" phx-update="ignore" hidden><span class="latency-dot" aria-hidden="true"></span><span class="latency-text"></span></p>
                {layout::footer()}
            </main>
            {self.companion.render_invites()}
        }
    }
}
