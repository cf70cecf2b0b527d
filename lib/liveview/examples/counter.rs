//! A number and two buttons.
//!
//! Run with `cargo run -p liveview --example counter -- <node_modules>`, naming a folder with the
//! npm packages `phoenix` and `phoenix_live_view`, and open <http://localhost:4000/>.

use liveview::{Cx, Endpoint, Interrupt, LiveView, Message, Page, Raw, Rendered, Secret, html};

struct Counter(i64);

#[derive(Message)]
enum Msg {
    Down,
    Up,
}

impl LiveView for Counter {
    type Context = ();
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Counter(0))
    }

    async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
        match message {
            Msg::Down => self.0 -= 1,
            Msg::Up => self.0 += 1,
        }
    }

    fn render(&self) -> Rendered {
        html! { <button phx-click={Msg::Down}>-</button>{self.0}<button phx-click={Msg::Up}>+</button> }
    }
}

fn layout(page: Page<'_>) -> Rendered {
    let connect = "let params = {_csrf_token: document.body.dataset.csrf};
        new LiveView.LiveSocket('/live', Phoenix.Socket, {params}).connect()";
    let folder = std::env::args().nth(1).expect("the folder is named");
    let file = |path| std::fs::read_to_string(format!("{folder}/{path}")).expect("npm's file");
    html! {
        <title>Counter</title>
        <script>{Raw::new(file("phoenix/priv/static/phoenix.min.js"))}</script>
        <script>{Raw::new(file("phoenix_live_view/priv/static/phoenix_live_view.min.js"))}</script>
        <body data-csrf={page.csrf_token}>{page.content}<script>{Raw::new(connect)}</script></body>
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let scope = tasks::Scope::root("counter");
    let endpoint = Endpoint::builder((), Secret::random(), &scope)
        .live_session("main", layout, |routes| _ = routes.live::<Counter>("/"))
        .build();
    let listener = tokio::net::TcpListener::bind("localhost:4000").await?;
    liveview::serve(listener, endpoint, Default::default(), scope).await;
    Ok(())
}
