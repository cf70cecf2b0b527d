//! Ana, Ben, the house they are in, and the providers that know them.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use eventsourcing::{EventStore, MemoryStore, ReadModelHome};
use identity::{
    Arrival, Config, GuestName, GuestSession, Identity, PersonChange, Provider, SignInError,
    Subscription,
};
use pubsub::Received;
use tasks::{Clock, Scope};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::browser::Browser;

/// Longer than anything here takes.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// Where the house would be for browsers; nobody has to reach it.
pub const HOUSE_URL: &str = "http://127.0.0.1:9";
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";

const CLIENT_SECRET: &str = "secret-of-the-tests";

/// Identities, and what is under them.
pub struct House {
    pub identity: Identity,
    pub clock: Clock,
    pub scope: Scope,
    pub log: Arc<dyn EventStore>,
}

impl House {
    pub async fn open(providers: Vec<Provider>) -> Self {
        Self::on(Arc::new(MemoryStore::new()), providers, None).await
    }

    /// One of several nodes that share a log, or one after another.
    pub async fn on(
        log: Arc<dyn EventStore>,
        providers: Vec<Provider>,
        avatars: Option<PathBuf>,
    ) -> Self {
        let clock = Clock::manual(Clock::system().now_ms());
        let scope = Scope::root("test");
        let config = Config {
            log: log.clone(),
            read_models: ReadModelHome::Memory,
            avatars,
            providers,
            base_url: HOUSE_URL.to_owned(),
        };
        let identity = Identity::open(config, clock.clone(), &scope).await.expect("it opens");
        identity.caught_up().await.expect("it catches up");
        Self { identity, clock, scope, log }
    }

    /// What is read is what the log says, and nothing is left behind.
    pub async fn close(self) {
        for (name, verdict) in self.identity.verify().await.expect("it can be compared") {
            assert_eq!(verdict.differences, [], "{name}");
        }
        self.identity.shutdown(DEADLINE).await;
        assert_eq!(self.scope.stop(DEADLINE).await, Ok(()), "no task is left behind");
    }

    /// Signs in `session` as `login`, in a browser that has never been at the provider.
    pub async fn sign_in(&self, session: &GuestSession, login: &str) -> GuestSession {
        let arrival = self.try_sign_in(session, login).await;
        arrival.expect("they are signed in").session
    }

    pub async fn try_sign_in(
        &self,
        session: &GuestSession,
        login: &str,
    ) -> Result<Arrival, SignInError> {
        let provider = self.identity.providers()[0].id().to_owned();
        let begun = self.identity.begin_sign_in(&provider, session, "/me").await?;
        let query = Browser::default().sign_in(&begun.url, login).await;
        self.identity.finish_sign_in(&provider, &query, &begun.pending, session, FIREFOX).await
    }
}

/// A provider in a process of its own; it ends with this.
pub struct Running {
    pub provider: Provider,
    process: Process,
}

struct Process {
    child: Child,
    /// Held open: a process that cannot say something ends.
    _output: Output,
}

type Output = Lines<BufReader<ChildStdout>>;

impl Running {
    /// GitHub's addresses and answers.
    pub async fn github() -> Self {
        let (process, url) = start("github").await;
        let provider = Provider::GitHub {
            client_id: "Iv1.of-the-tests".into(),
            client_secret: CLIENT_SECRET.into(),
            web_url: url.clone(),
            api_url: url,
        };
        Self { provider, process }
    }

    /// A provider of OpenID Connect.
    pub async fn openid() -> Self {
        let (process, issuer) = start("openid").await;
        let provider = Provider::OpenId {
            id: "openid".into(),
            label: "The house".into(),
            issuer,
            client_id: "teahouse".into(),
            client_secret: CLIENT_SECRET.into(),
        };
        Self { provider, process }
    }

    pub async fn stop(mut self) {
        self.process.child.kill().await.expect("it can be ended");
    }

    pub async fn both() -> [Self; 2] {
        [Self::github().await, Self::openid().await]
    }
}

async fn start(name: &str) -> (Process, String) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../e2e/providers");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci` in e2e/providers first");
    let mut child = Command::new("node")
        .arg(format!("{name}.js"))
        .arg(format!("{HOUSE_URL}{}", identity::callback_path(name)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Node.js starts");
    let output = child.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    let line = timeout(DEADLINE, lines.next_line()).await.expect("the provider starts in time");
    let url = line.expect("it can be read").expect("the provider prints where it is");
    (Process { child, _output: lines }, url)
}

pub fn name(text: &str) -> GuestName {
    GuestName::parse(text).expect("a name")
}

/// A guest who chose a name.
pub fn guest(called: &str) -> GuestSession {
    let mut session = GuestSession::fresh();
    session.rename(name(called));
    session
}

/// The next thing that happened to a person.
pub async fn next(changes: &mut Subscription<PersonChange>) -> PersonChange {
    match timeout(DEADLINE, changes.recv()).await.expect("something happens in time") {
        Received::Hint(change) => change,
        lagged => panic!("a few changes are not too many: {lagged:?}"),
    }
}
