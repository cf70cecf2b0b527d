//! Following a room as a page does: subscribe, look, follow.

use std::sync::Arc;

use chat::{Chat, Follower, Message, RoomId, Step, Subscription, What};
use eventsourcing::{EventStore, MemoryStore};
use pubsub::Received;

use crate::cast::{DEADLINE, House, ana, in_every_house};

/// A page that shows everything in a room.
struct Reader {
    chat: Chat,
    room: RoomId,
    subscription: Subscription,
    follower: Follower,
    shown: Vec<Arc<Message>>,
}

impl Reader {
    async fn enter(chat: &Chat, room: &RoomId) -> Self {
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
            self.shown = page.messages;
            self.follower.reloaded(page.head.change);
        }
    }

    /// Takes one announcement.
    async fn step(&mut self) {
        match self.subscription.recv().await {
            Received::Lagged => self.reload().await,
            Received::Hint(change) => match (self.follower.hint(change.number), change.what) {
                (Step::Apply, What::Posted(message)) => self.shown.push(message),
                (Step::Reload, _) => self.reload().await,
                (_, _) => {}
            },
        }
    }

    async fn until(&mut self, change: u64) {
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
        let all = house.everything(&kitchen).await.messages;
        assert_eq!(all.len(), 406);
        assert!(early.shown == all, "the early reader shows everything");
        assert!(late.shown == all, "so does the late one");
        house.close().await;
    }
}

#[tokio::test]
async fn what_is_said_on_one_node_is_announced_on_the_other() {
    let log: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let nodes = [House::node(log.clone()).await, House::node(log).await];
    let kitchen = nodes[0].kitchen().await.id;
    let mut reader = Reader::enter(&nodes[1].chat, &kitchen).await;
    let posted = nodes[0].say(&kitchen, &ana(), "hello").await.expect("accepted");
    reader.until(posted.change).await;
    assert_eq!(reader.shown, nodes[0].everything(&kitchen).await.messages);
    for node in nodes {
        node.close().await;
    }
}
