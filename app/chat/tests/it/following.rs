//! Following a room as a page does: subscribe, look, follow.

use std::sync::Arc;

use chat::{
    Chat, Entry, FactsChanged, Follower, NewRoom, PersonHint, Role, RoomId, Step, Subscription,
    Visibility, What,
};
use eventsourcing::{EventStore, MemoryStore};
use pubsub::Received;

use crate::cast::{DEADLINE, House, ana, ben, in_every_house};

/// A page that shows everything in a room.
pub struct Reader {
    chat: Chat,
    pub room: RoomId,
    subscription: Subscription,
    follower: Follower,
    pub shown: Vec<Entry>,
}

impl Reader {
    pub async fn enter(chat: &Chat, room: &RoomId) -> Self {
        let subscription = chat.subscribe(room);
        let follower = Follower::at(0);
        let (chat, room) = (chat.clone(), room.clone());
        let mut reader = Self { chat, room, subscription, follower, shown: Vec::new() };
        reader.reload().await;
        reader
    }

    async fn reload(&mut self) {
        let page = self.chat.timeline().newest(&self.room, usize::MAX).await.expect("no fault");
        if page.head.change >= self.follower.shown() {
            self.shown = page.entries();
            self.follower.reloaded(page.head.change);
        }
    }

    /// Takes one announcement.
    async fn step(&mut self) {
        match self.subscription.recv().await {
            Received::Lagged => self.reload().await,
            Received::Hint(change) => match self.follower.hint(change.number) {
                Step::Apply => self.show(change.what),
                Step::Reload => self.reload().await,
                Step::Ignore => {}
            },
        }
    }

    fn show(&mut self, what: What) {
        match what {
            What::Posted(message) => self.shown.push(Entry::Message(message)),
            What::Noticed(notice) => self.shown.push(Entry::Notice(notice)),
            What::Edited(message) => {
                let same = |entry: &&mut Entry| matches!(entry, Entry::Message(known) if known.number == message.number);
                let known = self.shown.iter_mut().find(same).expect("it was said before");
                *known = Entry::Message(message);
            }
            What::Erased => self.shown.clear(),
            _ => {}
        }
    }

    pub async fn until(&mut self, change: u64) {
        let reached = async {
            while self.follower.shown() < change {
                self.step().await;
            }
        };
        tokio::time::timeout(DEADLINE, reached).await.expect("announced in time");
    }
}

#[tokio::test]
async fn what_is_said_is_announced_once_it_can_be_read() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let mut subscription = house.chat.subscribe(&kitchen);
        let posted = house.say(&kitchen, &ana(), "hello").await.expect("accepted");
        let hint = tokio::time::timeout(DEADLINE, subscription.recv()).await.expect("announced");
        let Received::Hint(change) = hint else { panic!("one hint fits: {hint:?}") };
        assert_eq!((change.number, &change.room), (posted.change, &kitchen));
        let page = house.chat.timeline().newest(&kitchen, 1).await.expect("no fault");
        assert_eq!(change.what, What::Posted(page.messages[0].clone()));
        assert_eq!(page.head.change, change.number);
    })
    .await;
}

#[tokio::test]
async fn another_room_is_not_announced() {
    let house = House::in_memory().await;
    let kitchen = house.kitchen().await.id;
    let cellar = house.chat.create_room(&ana(), NewRoom::default()).await.expect("a room").id;
    let mut in_the_cellar = house.chat.subscribe(&cellar);
    house.say(&kitchen, &ana(), "hello").await.expect("accepted");
    house.say(&cellar, &ana(), "echo").await.expect("accepted");
    let hint = tokio::time::timeout(DEADLINE, in_the_cellar.recv()).await.expect("announced");
    assert!(matches!(hint, Received::Hint(change) if change.room == cellar));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_shows_what_the_timeline_holds_however_late_it_is() {
    for house in [House::in_memory().await, House::on_disk().await] {
        let kitchen = house.kitchen().await.id;
        house.chatter(&kitchen, &ana(), 5).await;
        let mut early = Reader::enter(&house.chat, &kitchen).await;
        // More than a mailbox holds: the early reader sleeps through all of it.
        house.chatter(&kitchen, &ana(), 400).await;
        let mut late = Reader::enter(&house.chat, &kitchen).await;
        let last = house.say(&kitchen, &ana(), "the last word").await.expect("accepted");

        early.until(last.change).await;
        late.until(last.change).await;
        let all = house.everything(&kitchen).await.entries();
        assert_eq!(all.len(), 406);
        assert!(early.shown == all, "the early reader shows everything");
        assert!(late.shown == all, "so does the late one");
        house.close().await;
    }
}

#[tokio::test]
async fn edits_removals_and_notices_are_announced() {
    in_every_house(async |house| {
        let kitchen = house.kitchen().await.id;
        let mut reader = Reader::enter(&house.chat, &kitchen).await;
        house.say(&kitchen, &ana(), "helo").await.expect("accepted");
        house.say(&kitchen, &ana(), "nonsense").await.expect("accepted");
        house.chat.edit(&kitchen, &ana(), 1, "hello").await.expect("hers");
        house.chat.retitle(&kitchen, &ana(), "The big kitchen").await.expect("hers");
        let last = house.chat.remove(&kitchen, &ana(), 2).await.expect("hers");
        reader.until(last.change).await;
        let page = house.everything(&kitchen).await;
        assert_eq!((page.messages.len(), page.notices.len()), (2, 1));
        assert_eq!(reader.shown, page.entries());

        let last = house.chat.erase(&kitchen, &ana()).await.expect("hers");
        reader.until(last.change).await;
        assert_eq!(reader.shown, []);
        let late = Reader::enter(&house.chat, &kitchen).await;
        assert_eq!(late.shown, []);
        assert_eq!(late.follower.shown(), last.change, "the last change stays known");
    })
    .await;
}

#[tokio::test]
async fn facts_are_announced_to_the_room_and_to_whom_they_concern() {
    in_every_house(async |house| {
        let room = NewRoom { visibility: Visibility::Private, ..NewRoom::titled("Den") };
        let den = house.chat.create_room(&ana(), room).await.expect("a room");
        let mut facts = house.chat.subscribe_facts(&den.id);
        let mut bens = house.chat.subscribe_person(&ben().id);
        let mut told = async |change: u64| {
            let hint = tokio::time::timeout(DEADLINE, facts.recv()).await.expect("announced");
            let Received::Hint(FactsChanged { room, number }) = hint else { panic!("{hint:?}") };
            assert_eq!((room, number), (den.id.clone(), change));
        };
        let mut concerned = async || {
            let hint = tokio::time::timeout(DEADLINE, bens.recv()).await.expect("announced");
            assert_eq!(hint, Received::Hint(PersonHint::Standing(den.id.clone())));
        };

        let knocked = house.chat.knock(&den.id, &ben()).await.expect("he may");
        told(knocked.change).await;
        concerned().await;
        assert_eq!(house.chat.directory().knocks(&den.id).await, Ok(vec![ben()]));
        let admitted = house.chat.admit(&den.id, &ana(), &ben()).await.expect("she may");
        told(admitted.change).await;
        concerned().await;
        let role = house.chat.role(&den, &ben().id).await;
        assert_eq!(role, Ok(Role::Member), "it can be read when it is announced");
        let titled = house.chat.retitle(&den.id, &ana(), "Attic").await.expect("she may");
        told(titled.change).await;
        // What is said is no fact: the next one is.
        house.say(&den.id, &ben(), "hello").await.expect("he may");
        let expelled = house.chat.expel(&den.id, &ana(), &ben()).await.expect("she may");
        told(expelled.change).await;
        concerned().await;
        assert_eq!(house.chat.role(&den, &ben().id).await, Ok(Role::Expelled));
    })
    .await;
}

#[tokio::test]
async fn what_is_said_on_one_node_is_announced_on_the_other() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let nodes = [House::node(log.clone()).await, House::node(log).await];
    let kitchen = nodes[0].kitchen().await.id;
    let mut reader = Reader::enter(&nodes[1].chat, &kitchen).await;
    let posted = nodes[0].say(&kitchen, &ana(), "hello").await.expect("accepted");
    reader.until(posted.change).await;
    assert_eq!(reader.shown, nodes[0].everything(&kitchen).await.entries());
    for node in nodes {
        node.close().await;
    }
}
