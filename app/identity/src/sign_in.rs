//! Going to a provider and coming back as somebody.

use eventsourcing::{CommandId, DispatchError};
use tokio::sync::SemaphorePermit;
use url::{Url, form_urlencoded};

use crate::{
    Fault, Guest, GuestId, GuestSession, Identity, SignInError,
    account::{Account, AccountKey, Bound},
    browser,
    door::{Door, DoorError, Profile, error_word},
    error::Causes,
    pending::Pending,
    person::{Command, SignIn},
    return_to::local_path,
};

/// Where to send the browser of somebody who wants to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The provider's page.
    pub url: String,
    /// To be kept in a signed, HTTP-only cookie until [`Identity::finish_sign_in`], at most 10
    /// minutes, with `SameSite=Lax`: the provider's page leads back from another site.
    pub pending: String,
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// To be put into the cookie, in place of the one they had, which counts no more.
    pub session: GuestSession,
    /// A path on this site.
    pub return_to: String,
}

/// What a provider sends back in the address.
#[derive(Default)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

/// The path of this server to which a provider sends people back.
pub fn callback_path(provider: &str) -> String {
    format!("/sign-in/{provider}/callback")
}

impl Identity {
    /// Begins to sign in the browser of `session` with the provider called `provider`, and goes on
    /// to `return_to` afterwards, if that is a path on this site.
    ///
    /// # Errors
    /// See [`SignInError`]; nothing changed.
    pub async fn begin_sign_in(
        &self,
        provider: &str,
        session: &GuestSession,
        return_to: &str,
    ) -> Result<Departure, SignInError> {
        let (_, door) = self.door(provider)?;
        let _place = self.place()?;
        let now_ms = self.now_ms();
        let pending = Pending::begin(provider, session, local_path(return_to), now_ms);
        let url = door.departure(&pending, now_ms).await;
        let url = url.map_err(|error| self.refused_at_door(provider, error))?;
        Ok(Departure { url: url.into(), pending: pending.to_text() })
    }

    /// Ends what [`Identity::begin_sign_in`] began: `query` is the callback's, `pending` and
    /// `session` are what the browser's cookies hold, `browser` is its `User-Agent`.
    ///
    /// A guest who signs in for the first time stays who they are; otherwise the session is that of
    /// the person whose account it is. `session` is closed: whoever else has its cookie is nobody.
    ///
    /// # Errors
    /// See [`SignInError`]. After a fault it is unknown whether they are signed in; beginning again
    /// is safe.
    pub async fn finish_sign_in(
        &self,
        provider: &str,
        query: &str,
        pending: &str,
        session: &GuestSession,
        browser: &str,
    ) -> Result<Arrival, SignInError> {
        let (label, door) = self.door(provider)?;
        let _place = self.place()?;
        let pending = Pending::parse(pending).ok_or(SignInError::NotBegunHere)?;
        let callback = Callback::parse(query);
        pending.check(provider, session, callback.state.as_deref(), self.now_ms())?;
        if !self.is_open(session) {
            return Err(SignInError::NotBegunHere);
        }
        self.0.spent.spend(&pending.state)?;
        let code = callback.code(label, door)?;
        let profile = door.arrival(code, &pending).await;
        let profile = profile.map_err(|error| self.refused_at_door(provider, error))?;
        let session = self.let_in(label, &profile, session, browser).await;
        let session = session.map_err(SignInError::Fault)?;
        self.begin_picture(session.guest_id(), profile.picture, door.home());
        Ok(Arrival { session, return_to: local_path(&pending.return_to) })
    }

    fn door(&self, provider: &str) -> Result<(&str, &Door), SignInError> {
        let known = self.0.providers.iter().zip(&self.0.doors);
        let mut known = known.filter(|(known, _)| known.id() == provider);
        let (known, door) = known.next().ok_or(SignInError::UnknownProvider)?;
        Ok((known.label(), door))
    }

    fn place(&self) -> Result<SemaphorePermit<'_>, SignInError> {
        self.0.at_doors.try_acquire().map_err(|_| SignInError::Busy)
    }

    /// Logs what went wrong, for the host, and says what the person is told.
    fn refused_at_door(&self, provider: &str, error: DoorError) -> SignInError {
        match error {
            DoorError::World(_) => SignInError::Fault(Fault::log("signing in", &error)),
            DoorError::Unproven(why) => {
                tracing::warn!(provider.id = provider, why, "a provider proved nothing");
                let label = self.door(provider).map_or(provider, |(label, _)| label);
                SignInError::Unproven { provider: label.to_owned() }
            }
        }
    }

    async fn let_in(
        &self,
        provider: &str,
        profile: &Profile,
        from: &GuestSession,
        browser: &str,
    ) -> Result<GuestSession, Fault> {
        let person = self.person_of(&profile.account, &from.guest_id()).await?;
        let stays = person == from.guest_id();
        // Who comes as somebody else leaves the name of who they were behind.
        let name = if stays { from.guest().name } else { GuestSession::fresh().guest().name };
        let session = GuestSession::of_account(Guest { id: person.clone(), name: name.clone() });
        let sign_in = SignIn {
            name,
            suggested: profile.name.clone(),
            provider: provider.to_owned(),
            login: profile.login.clone(),
            session: session.session_id().clone(),
            browser: browser::describe(browser),
            closes: stays.then(|| from.session_id().clone()),
            at_ms: self.now_ms(),
        };
        let receipt = self.command(&person, Command::SignIn(sign_in)).await?;
        if !stays {
            self.close(&from.guest_id(), from.session_id()).await?;
        }
        self.0.sightings.forget(from.session_id());
        self.readable(receipt.position).await;
        let guest = self.guest(&session).await?;
        let mut session = session;
        session.rename(guest.name);
        Ok(session)
    }

    /// Whose account it is: of who had it first, or else of the guest who comes with it, unless
    /// that guest has another one. Of several at once, the log lets one be first.
    async fn person_of(&self, account: &AccountKey, guest: &GuestId) -> Result<GuestId, Fault> {
        let has_another = self.0.people.account(guest).await?.is_some();
        let person = if has_another { GuestId::random() } else { guest.clone() };
        let bind = Bound { person: person.clone(), at_ms: self.now_ms() };
        let bound = self.0.dispatch.send::<Account>(account.as_str(), CommandId::random(), bind);
        match bound.await {
            Ok(_) => Ok(person),
            Err(DispatchError::Refused(before)) => Ok(before.to),
            Err(error) => Err(Fault::log("binding an account", &error)),
        }
    }

    /// Fetches the picture beside the rest. When too many are being fetched, this one is left out;
    /// the next sign-in tries again.
    fn begin_picture(&self, person: GuestId, picture: Option<Url>, provider: &Url) {
        let Some(picture) = picture else { return };
        let Ok(place) = self.0.at_pictures.clone().try_acquire_owned() else { return };
        let (identity, provider) = (self.clone(), provider.clone());
        self.0.jobs.spawn_abortable("picture", async move {
            let _place = place;
            identity.take_picture(&person, &picture, &provider).await;
        });
    }

    async fn take_picture(&self, person: &GuestId, picture: &Url, provider: &Url) {
        let fetched = self.0.pictures.fetch(&self.0.fetcher, picture, provider).await;
        let content = match fetched {
            Ok(content) => content,
            Err(error) => {
                tracing::info!(error = %Causes(&error), "a person keeps the picture they had");
                return;
            }
        };
        // A fault is in the log already, and the next sign-in tries again.
        let Ok(before) = self.0.people.picture(person).await else { return };
        let pictured = Command::Picture { content: content.clone(), at_ms: self.now_ms() };
        let Ok(receipt) = self.command(person, pictured).await else { return };
        self.readable(receipt.position).await;
        if let Some(before) = before.filter(|before| *before != content)
            && self.0.people.is_shown(&before).await == Ok(false)
        {
            self.0.pictures.remove(&before).await;
        }
    }
}

impl Callback {
    fn parse(query: &str) -> Self {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => &mut callback.state,
                "code" => &mut callback.code,
                "error" => &mut callback.error,
                "iss" => &mut callback.issuer,
                _ => continue,
            };
            *field = Some(value.into_owned());
        }
        callback
    }

    /// What can be exchanged for who it is.
    fn code(self, label: &str, door: &Door) -> Result<String, SignInError> {
        let provider = label.to_owned();
        if self.issuer.is_some_and(|issuer| !door.is_from(&issuer)) {
            tracing::warn!(provider.label = label, "an answer is from another provider");
            return Err(SignInError::Unproven { provider });
        }
        match (self.code, self.error.as_deref()) {
            (_, Some("access_denied")) => Err(SignInError::Declined { provider }),
            (Some(code), None) if !code.is_empty() => Ok(code),
            (_, error) => {
                let word = error.and_then(error_word).unwrap_or_else(|| "no code".to_owned());
                tracing::warn!(provider.label = label, word, "a provider sent somebody back");
                Err(SignInError::Unproven { provider })
            }
        }
    }
}
