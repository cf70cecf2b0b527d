//! A person's own page: name, picture, sign-in, sessions, blocks, links that could not be shown.

use identity::{
    Account, Guest, GuestId, GuestSession, NAME_CHARS_MAX, PersonChange, SessionId, SessionInfo,
};
use liveview::{Cx, Form, Interrupt, LiveView, Mailbox, Message, Rendered, html};
use pubsub::{Received, Subscription};

use crate::{
    companion::{self, Companion, News},
    house::House,
    layout::{self, Here},
    lobby_live::Field,
    lost_links::{self, LostLink},
    message::rfc3339,
    naming::{self, NameForm},
    visitor,
};

/// A session, a person or a link that a button is about, by its id. The field is not called `id`: a
/// form's own id would be hidden behind it in the browser, where elements are told apart by it.
#[derive(Clone, Debug, Form)]
pub(crate) struct IdForm {
    pub(crate) which: String,
}

#[derive(Debug, Message)]
pub(crate) enum Msg {
    Rename(NameForm),
    Revoke(IdForm),
    Unblock(IdForm),
    Retry(IdForm),
    Forget(IdForm),
    Answer(companion::Answer),
    #[internal]
    News(News),
    /// Something about the person has changed, in another tab perhaps.
    #[internal]
    Changed,
}

impl From<News> for Msg {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[derive(Debug)]
pub(crate) struct MeLive {
    session: GuestSession,
    csrf_token: String,
    me: Guest,
    name: Field,
    info: Option<String>,
    sign_in_refusal: String,
    refusal: String,
    providers: Vec<(String, String)>,
    account: Option<Account>,
    sessions: Vec<SessionInfo>,
    blocks: Vec<Guest>,
    lost_links: Vec<LostLink>,
    companion: Companion,
    /// How often something changed while the page was open: the picture is asked for anew.
    changes: u32,
}

impl LiveView for MeLive {
    type Context = House;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.title("You");
        let house = cx.app().clone();
        let session = visitor::session(cx.session());
        let id = session.guest_id();
        let (changes, hints) = (house.identity.subscribe(&id), house.chat.subscribe_person(&id));
        let me = house.guest(cx.session()).await.map_err(Interrupt::fault)?;
        cx.spawn_with(|mailbox| follow(changes, hints, mailbox));
        let kept = |kind: &str| cx.flash().get(kind).unwrap_or_default().to_owned();
        let refusal = kept("name_refusal");
        let text = if refusal.is_empty() { me.name.as_str().to_owned() } else { kept("name") };
        let providers = house.identity.providers().iter();
        let providers = providers.map(|one| (one.id().to_owned(), one.label().to_owned()));
        Ok(Self {
            csrf_token: cx.session().csrf_token(),
            name: Field { text, refusal },
            info: cx.flash().get("info").map(str::to_owned),
            sign_in_refusal: kept("sign_in_refusal"),
            refusal: kept("refusal"),
            providers: providers.collect(),
            account: house.identity.account(&id).await.map_err(Interrupt::fault)?,
            sessions: house.identity.sessions(&id).await.map_err(Interrupt::fault)?,
            blocks: house.chat.blocks(&id).await.map_err(Interrupt::fault)?,
            lost_links: lost_links::find(&house, &id).await.map_err(Interrupt::fault)?,
            companion: Companion::mount(&me, None, cx).await?,
            changes: 0,
            session,
            me,
        })
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Rename(form) => self.rename(form, cx).await,
            Msg::Revoke(form) => {
                let revoked = revoke(cx.app(), &self.me.id, &form).await;
                self.said(revoked, cx).await;
            }
            Msg::Unblock(form) => {
                let unblocked = unblock(cx.app(), &self.me, &form).await;
                self.said(unblocked, cx).await;
            }
            Msg::Retry(form) => {
                let retried = lost_links::retry(cx.app(), &self.me, cx.peer(), &form).await;
                self.said(retried, cx).await;
            }
            Msg::Forget(form) => {
                let forgotten = lost_links::forget(cx.app(), &self.me, &form).await;
                self.said(forgotten, cx).await;
            }
            Msg::Answer(answer) => self.companion.answer(answer, cx).await,
            Msg::News(news) => self.companion.hear(news, cx).await,
            Msg::Changed => {
                self.changes += 1;
                self.look(cx.app()).await;
            }
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {layout::top(Here::Me, &self.me)}
            <main class="page me-page" id="main">
                {self.info.as_ref().map(|text| html! { <p class="info" role="status">{text}</p> })}
                <h1>You</h1>
                <p class="refusal" role="alert" id="me-refusal">{self.refusal}</p>
                {self.render_name()}
                {self.render_sign_in()}
                {self.render_sessions()}
                {self.render_blocks()}
                {lost_links::render(&self.lost_links, &self.csrf_token)}
                {self.render_sign_out()}
                {self.companion.render_rooms()}
                {layout::footer()}
            </main>
            {self.companion.render_invites()}
        }
    }
}

impl MeLive {
    async fn rename(&mut self, form: NameForm, cx: &mut Cx<Self>) {
        match naming::rename(cx.app(), &self.me, cx.peer(), &form.name).await {
            Ok(renamed) => {
                self.me = renamed.guest;
                let text = self.me.name.as_str().to_owned();
                self.name = Field { text, refusal: String::new() };
                let has_namesake = naming::has_namesake(cx.app(), &self.me).await;
                self.info = Some(naming::answer(&self.me, has_namesake));
            }
            Err(refusal) => self.name = Field { text: form.name, refusal },
        }
    }

    async fn said(&mut self, done: Result<String, String>, cx: &mut Cx<Self>) {
        match done {
            Ok(info) => (self.info, self.refusal) = (Some(info), String::new()),
            Err(refusal) => self.refusal = refusal,
        }
        self.look(cx.app()).await;
    }

    /// Looks at everything again. A fault is logged where it happened, and what was shown stays.
    async fn look(&mut self, house: &House) {
        if let Ok(Some(me)) = house.identity.guest_by_id(&self.me.id).await
            && me != self.me
        {
            self.name = Field { text: me.name.as_str().to_owned(), refusal: String::new() };
            self.me = me;
        }
        if let Ok(account) = house.identity.account(&self.me.id).await {
            self.account = account;
        }
        if let Ok(sessions) = house.identity.sessions(&self.me.id).await {
            self.sessions = sessions;
        }
        if let Ok(blocks) = house.chat.blocks(&self.me.id).await {
            self.blocks = blocks;
        }
        if let Ok(lost_links) = lost_links::find(house, &self.me.id).await {
            self.lost_links = lost_links;
        }
    }

    fn render_name(&self) -> Rendered {
        html! {
            <section aria-labelledby="name-title">
                <h2 id="name-title">Name and picture</h2>
                <div class="me-card" data-hue={self.me.colour()}><img class="avatar" src={self.picture()} alt="" width="64" height="64"><p><strong class="author">{self.me.name.as_str()}</strong><span class="hint">This is how others see you.</span></p></div>
                <form id="name" class="open-room" action="/me/name" method="post" phx-submit={Msg::Rename}>
                    <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                    <label for="name-name">Name</label>
                    <input id="name-name" type="text" name={NameForm::FIELDS.name} value={self.name.text} maxlength={NAME_CHARS_MAX} autocomplete="nickname" required aria-describedby="name-refusal">
                    <button type="submit" class="button">Change</button>
                    <p class="refusal" role="alert" id="name-refusal">{self.name.refusal}</p>
                </form>
            </section>
        }
    }

    /// The address of the picture, another one after each change: browsers keep what they have.
    fn picture(&self) -> String {
        match self.changes {
            0 => format!("/people/{}/avatar", self.me.id),
            changes => format!("/people/{}/avatar?{changes}", self.me.id),
        }
    }

    /// Nothing, where the host has configured no way to sign in and nobody is or tries.
    fn render_sign_in(&self) -> Option<Rendered> {
        let is_quiet = self.account.is_none() && self.sign_in_refusal.is_empty();
        if self.providers.is_empty() && is_quiet {
            return None;
        }
        let is_signed_in = self.session.signed_in_as().is_some();
        let account = self.account.as_ref().filter(|_| is_signed_in).map(|account| {
            let login = match account.login.as_str() {
                "" => account.provider.clone(),
                login => format!("{login} ({})", account.provider),
            };
            html! { <p>"Signed in as "<strong>{login}</strong>". Sign in on another device with the same account and you are the same person there."</p> }
        });
        Some(html! {
            <section aria-labelledby="sign-in-title" id="sign-in">
                <h2 id="sign-in-title">Sign in</h2>
                <p class="refusal" role="alert" id="sign-in-refusal">{self.sign_in_refusal}</p>
                {account}
                if !is_signed_in && !self.providers.is_empty() {
                    <p class="hint">"Keep your name, rooms and messages on every device. You stay who you are."</p>
                    <div class="answers">
                        for (id, label) in &self.providers {
                            <form action={format!("/sign-in/{id}")} method="post">
                                <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                                <input type="hidden" name="return_to" value="/me">
                                <button type="submit" class="button">{format!("Sign in with {label}")}</button>
                            </form>
                        }
                    </div>
                }
            </section>
        })
    }

    fn render_sessions(&self) -> Rendered {
        html! {
            <section aria-labelledby="sessions-title">
                <h2 id="sessions-title">Your browsers</h2>
                <ul class="plain-list" id="sessions">
                    for session in &self.sessions {
                        <li :key={session.id.as_str()}>{self.render_session(session)}</li>
                    }
                </ul>
            </section>
        }
    }

    fn render_session(&self, session: &SessionInfo) -> Rendered {
        let is_this = session.id == *self.session.session_id();
        let seen_at = rfc3339(session.seen_at_ms);
        html! {
            <div class="line">
                <span class="line-name">{session.browser.as_str()}<span class="hint">{is_this.then_some("this browser, ")}"last used "<time datetime={seen_at} data-style="recent">{seen_at}</time></span></span>
                if !is_this {
                    <form id={format!("revoke-{}", session.id)} action={format!("/me/sessions/{}/revoke", session.id)} method="post" phx-submit={Msg::Revoke}>
                        <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                        <input type="hidden" name={IdForm::FIELDS.which} value={session.id.as_str()}>
                        <button type="submit" class="button quiet" aria-label={format!("Sign out {}", session.browser)}>Sign out</button>
                    </form>
                }
            </div>
        }
    }

    fn render_blocks(&self) -> Rendered {
        html! {
            <section aria-labelledby="blocks-title">
                <h2 id="blocks-title">Blocked people</h2>
                if self.blocks.is_empty() {
                    <p class="hint">"Nobody. Whom you block cannot invite you or write to you in private; open their menu in a room to do it."</p>
                }
                <ul class="plain-list" id="blocks">
                    for blocked in &self.blocks {
                        <li :key={blocked.id.as_str()}>{self.render_block(blocked)}</li>
                    }
                </ul>
            </section>
        }
    }

    fn render_block(&self, blocked: &Guest) -> Rendered {
        html! {
            <div class="line">
                <span class="line-name">{blocked.name.as_str()}</span>
                <form id={format!("unblock-{}", blocked.id)} action={format!("/me/blocks/{}/unblock", blocked.id)} method="post" phx-submit={Msg::Unblock}>
                    <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                    <input type="hidden" name={IdForm::FIELDS.which} value={blocked.id.as_str()}>
                    <button type="submit" class="button quiet" aria-label={format!("Unblock {}", blocked.name.as_str())}>Unblock</button>
                </form>
            </div>
        }
    }

    fn render_sign_out(&self) -> Rendered {
        let (label, hint) = match self.session.signed_in_as() {
            Some(_) => (
                "Sign out of this browser",
                "You are a new guest here then, until you sign in again.",
            ),
            None => (
                "Become somebody else",
                "This browser forgets who you are, for good. What you said stays, and so do your rooms, but nobody owns them.",
            ),
        };
        html! {
            <section aria-labelledby="sign-out-title">
                <h2 id="sign-out-title">{label}</h2>
                <form id="sign-out" action="/sign-out" method="post">
                    <input type="hidden" name="_csrf_token" value={self.csrf_token}>
                    <p class="hint">{hint}</p>
                    <button type="submit" class="button quiet">{label}</button>
                </form>
            </section>
        }
    }
}

/// Ends another session of `me`; says what was done, or why not.
pub(crate) async fn revoke(house: &House, me: &GuestId, form: &IdForm) -> Result<String, String> {
    let gone = "That session has ended already.";
    let session = SessionId::parse(&form.which).map_err(|_| gone.to_owned())?;
    match house.identity.revoke(me, &session).await {
        Ok(true) => Ok("That browser is signed out.".to_owned()),
        Ok(false) => Err(gone.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Takes back a block; says what was done, or why not.
pub(crate) async fn unblock(house: &House, me: &Guest, form: &IdForm) -> Result<String, String> {
    let who = GuestId::parse(&form.which).map_err(|_| "You have not blocked them.".to_owned())?;
    house.chat.unblock(me, &who).await.map_err(|error| error.to_string())?;
    Ok("Unblocked.".to_owned())
}

/// Tells the page when something about its person changes.
async fn follow(
    mut changes: Subscription<PersonChange>,
    mut hints: Subscription<chat::PersonHint>,
    mailbox: Mailbox<Msg>,
) {
    loop {
        tokio::select! {
            _changed_or_lagged = changes.recv() => {}
            hint = hints.recv() => match hint {
                Received::Hint(chat::PersonHint::Blocks) | Received::Lagged => {}
                Received::Hint(_) => continue,
            },
        }
        if !mailbox.send(Msg::Changed).await {
            return;
        }
    }
}
