//! A server that is killed with a hundred links to be looked at: they all have their cards after the
//! next start, and nobody was asked more than twice.

use std::{
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chat::{NewRoom, RoomId};
use fetch::Opening;
use previews::Settings;
use tasks::{Clock, Scope};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    cast::{self, DEADLINE, House, NOON_MS, sqlite, until},
    web::{HERE, Site, Web, html},
};

const LINKS: usize = 100;
/// Says to this very test that it is the one to be killed: the folder, and the site's port.
const FOLDER: &str = "PREVIEWS_KILLED_FOLDER";
const PORT: &str = "PREVIEWS_KILLED_PORT";

/// Each on a host of its own, so that none waits for another.
fn url(number: usize, port: u16) -> String {
    format!("http://site{number}.test:{port}/{number}")
}

/// Answers nothing until it is told to.
async fn held(web: &Web, answers: &Arc<AtomicBool>) -> Site {
    let answers = answers.clone();
    let site = web.site("all", move |visit| {
        let answers = answers.clone();
        Box::pin(async move {
            until("it answers", || answers.load(Ordering::SeqCst)).await;
            let title = format!("<title>{}</title>", visit.path);
            visit.answer(html(&title)).await;
        })
    });
    site.await
}

/// Says a hundred links and then so; until it is killed.
async fn to_be_killed(folder: &Path, port: u16) {
    let (scope, clock) = (Scope::root("killed"), Clock::manual(NOON_MS));
    let allow = vec![Opening { address: HERE, port: Some(port) }];
    let settings = Settings { allow, ..Settings::default() };
    let fetcher = Web::new().fetcher();
    let log = sqlite(folder);
    let (chat, _previews, _settings) =
        cast::open(log, Some(folder), &clock, fetcher, settings, &scope).await;
    let kitchen = chat.create_room(&cast::ana(), NewRoom::default()).await.expect("a room").id;
    for first in (0..LINKS).step_by(chat::CARDS_MAX) {
        let numbers = first..LINKS.min(first + chat::CARDS_MAX);
        let body: Vec<_> = numbers.map(|number| url(number, port)).collect();
        cast::say(&chat, &clock, &kitchen, &body.join(" ")).await;
    }
    println!("said in {kitchen}");
    std::future::pending::<()>().await;
}

fn start(folder: &Path, port: u16) -> Child {
    let this = std::env::current_exe().expect("this is a program");
    let mut command = Command::new(this);
    command.args(["killed::a_hundred_pending_links_survive_a_kill", "--exact", "--nocapture"]);
    command.env(FOLDER, folder).env(PORT, port.to_string());
    command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts")
}

/// The room in which everything was said.
async fn said(child: &mut Child) -> RoomId {
    let output = child.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        if let Some((_, room)) = line.split_once("said in ") {
            return RoomId::parse(room).expect("a room");
        }
    }
    panic!("it ended before it was killed")
}

#[tokio::test]
async fn a_hundred_pending_links_survive_a_kill() {
    if let (Some(folder), Ok(port)) = (std::env::var_os(FOLDER), std::env::var(PORT)) {
        return to_be_killed(folder.as_ref(), port.parse().expect("a port")).await;
    }
    let (web, answers) = (Web::new(), Arc::new(AtomicBool::new(false)));
    let site = held(&web, &answers).await;
    let folder = tempfile::tempdir().expect("a folder for this test");
    let mut child = start(folder.path(), site.port);
    let room = tokio::time::timeout(DEADLINE, said(&mut child)).await.expect("in time");
    until("half of them are being fetched", || site.came() >= LINKS / 2).await;
    child.kill().await.expect("it is killed");
    assert!(
        !cast::files_with(folder.path(), "site99.test").is_empty(),
        "this test needs the links"
    );

    answers.store(true, Ordering::SeqCst);
    let (log, clock) = (sqlite(folder.path()), Clock::manual(NOON_MS + 1_000_000));
    let house = House::open(log, Some(folder), clock, web.fetcher(), web.settings()).await;
    house.caught_up().await;
    let page = house.chat.timeline().range(&room, 1, u64::MAX).await.expect("no fault");
    let mut titles: Vec<_> = page.messages.iter().flat_map(|message| &message.cards).collect();
    titles.sort_by_key(|card| card.link.clone());
    assert_eq!(titles.len(), LINKS, "every link has its card");
    for number in 0..LINKS {
        let times = site.asked(&format!("/{number}"));
        assert!((1..=2).contains(&times), "{number} was asked for {times} times");
    }
    let twice = (0..LINKS).filter(|number| site.asked(&format!("/{number}")) == 2).count();
    assert!(twice >= LINKS / 2, "those in hand were asked again: {twice}");
    house.close().await;
}
