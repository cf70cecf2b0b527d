//! What is known of links, in memory: bounded by entries and bytes, and forgotten with whoever asked.
//! Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chat::RoomId;

use crate::{
    Link, Picture, Reason,
    fetching::Fetched,
    known::{Known, page_image_id},
};

/// What an entry takes beside its texts and its picture, in bytes.
const ENTRY_BYTES: usize = 1_024;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheLimits {
    /// Links.
    pub entries_max: usize,
    /// Texts and pictures, in bytes.
    pub bytes_max: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { entries_max: 10_000, bytes_max: 64 * 1024 * 1024 }
    }
}

/// For whom something is kept: it is forgotten when none of them is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// People on the page.
    Page,
    /// A message of a room that everybody may read.
    Message { room: RoomId, number: u64 },
}

/// What is known of links. What was not used for longest goes first.
#[derive(Debug)]
pub(crate) struct Cache {
    limits: CacheLimits,
    entries: HashMap<Link, Entry>,
    /// By when they were used last.
    used: BTreeMap<u64, Link>,
    next_use: u64,
    bytes: usize,
    by_message: BTreeMap<(RoomId, u64), BTreeSet<Link>>,
    by_picture: HashMap<String, Link>,
}

#[derive(Debug)]
struct Entry {
    known: Known,
    used: u64,
    bytes: usize,
    picture: Option<String>,
    for_page: bool,
    messages: BTreeSet<(RoomId, u64)>,
}

impl Cache {
    pub fn new(limits: CacheLimits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
            used: BTreeMap::new(),
            next_use: 0,
            bytes: 0,
            by_message: BTreeMap::new(),
            by_picture: HashMap::new(),
        }
    }

    /// What is known of `link`.
    pub fn known(&mut self, link: &Link) -> Option<Known> {
        self.touch(link);
        self.entries.get(link).map(|entry| entry.known.clone())
    }

    /// Takes note of one more fetch of `link`, for `keeper`, and says what is known now.
    pub fn learn(
        &mut self,
        link: &Link,
        landed: &Result<Arc<Fetched>, Reason>,
        keeper: &Keeper,
        now_ms: i64,
    ) -> Known {
        let mut known = self.known(link).unwrap_or_default();
        known.learn(landed, now_ms);
        self.keep(link, known.clone(), keeper);
        known
    }

    /// Keeps `known` of `link` in place of what was kept, for `keeper` as well.
    pub fn keep(&mut self, link: &Link, known: Known, keeper: &Keeper) {
        let (mut for_page, mut messages) = match self.remove(link) {
            Some(entry) => (entry.for_page, entry.messages),
            None => (false, BTreeSet::new()),
        };
        match keeper {
            Keeper::Page => for_page = true,
            Keeper::Message { room, number } => {
                messages.insert((room.clone(), *number));
            }
        }
        self.insert(link, known, for_page, messages);
        self.make_room();
    }

    /// `keeper` uses what is kept of `link`, too.
    pub fn share(&mut self, link: &Link, keeper: &Keeper) {
        if let Some(known) = self.known(link) {
            self.keep(link, known, keeper);
        }
    }

    /// The picture of a page, by its id.
    pub fn picture(&mut self, id: &str) -> Option<Picture> {
        let link = self.by_picture.get(id)?.clone();
        self.known(&link)?.good?.fetched.picture.clone()
    }

    /// A card is gone: its link is no longer kept for that message.
    pub fn forget_card(&mut self, room: &RoomId, number: u64, link: &Link) {
        let message = (room.clone(), number);
        let Some(entry) = self.entries.get_mut(link) else { return };
        if !entry.messages.remove(&message) {
            return;
        }
        let nobody_is_left = !entry.for_page && entry.messages.is_empty();
        self.no_longer_for(link, &message);
        if nobody_is_left {
            self.remove(link);
        }
    }

    /// A message is gone, and its links with it.
    pub fn forget_message(&mut self, room: &RoomId, number: u64) {
        let links = self.by_message.get(&(room.clone(), number)).cloned().unwrap_or_default();
        for link in links {
            self.forget_card(room, number, &link);
        }
    }

    /// A room is gone, and its messages with it.
    pub fn forget_room(&mut self, room: &RoomId) {
        let messages = self.by_message.range((room.clone(), 0)..=(room.clone(), u64::MAX));
        let numbers: Vec<_> = messages.map(|((_, number), _)| *number).collect();
        for number in numbers {
            self.forget_message(room, number);
        }
    }

    /// What is of no use any more goes.
    pub fn expire(&mut self, now_ms: i64) {
        let over = self.entries.iter().filter(|(_, entry)| entry.known.is_over(now_ms));
        let over: Vec<_> = over.map(|(link, _)| link.clone()).collect();
        for link in over {
            self.remove(&link);
        }
    }

    fn touch(&mut self, link: &Link) {
        let Some(entry) = self.entries.get_mut(link) else { return };
        self.used.remove(&entry.used);
        entry.used = self.next_use;
        self.used.insert(self.next_use, link.clone());
        self.next_use += 1;
    }

    fn insert(
        &mut self,
        link: &Link,
        known: Known,
        for_page: bool,
        messages: BTreeSet<(RoomId, u64)>,
    ) {
        let picture = known.good.as_ref().and_then(|good| good.fetched.picture.as_ref());
        let picture = picture.map(|picture| page_image_id(link, picture));
        if let Some(id) = &picture {
            self.by_picture.insert(id.clone(), link.clone());
        }
        for message in &messages {
            self.by_message.entry(message.clone()).or_default().insert(link.clone());
        }
        let bytes = size(link, &known);
        self.bytes += bytes;
        self.used.insert(self.next_use, link.clone());
        let entry = Entry { known, used: self.next_use, bytes, picture, for_page, messages };
        self.entries.insert(link.clone(), entry);
        self.next_use += 1;
    }

    fn remove(&mut self, link: &Link) -> Option<Entry> {
        let entry = self.entries.remove(link)?;
        self.used.remove(&entry.used);
        self.bytes -= entry.bytes;
        if let Some(id) = &entry.picture {
            self.by_picture.remove(id);
        }
        for message in &entry.messages {
            self.no_longer_for(link, message);
        }
        Some(entry)
    }

    fn no_longer_for(&mut self, link: &Link, message: &(RoomId, u64)) {
        if let Some(links) = self.by_message.get_mut(message) {
            links.remove(link);
            if links.is_empty() {
                self.by_message.remove(message);
            }
        }
    }

    fn make_room(&mut self) {
        while self.entries.len() > self.limits.entries_max || self.bytes > self.limits.bytes_max {
            let Some((_, link)) = self.used.first_key_value() else { return };
            let link = link.clone();
            self.remove(&link);
        }
    }
}

fn size(link: &Link, known: &Known) -> usize {
    let good = known.good.as_ref().map_or(0, |good| {
        let Fetched { url, site, title, description, picture } = &*good.fetched;
        let texts = [title, description].into_iter().flatten().map(String::len).sum::<usize>();
        url.len() + site.len() + texts + picture.as_ref().map_or(0, |picture| picture.bytes.len())
    });
    ENTRY_BYTES + 4 * link.as_str().len() + good
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{fetched, link, pictured};

    const ROOMS: usize = 3;

    fn cache(entries_max: usize, bytes_max: usize) -> Cache {
        Cache::new(CacheLimits { entries_max, bytes_max })
    }

    fn message(room: &RoomId, number: u64) -> Keeper {
        Keeper::Message { room: room.clone(), number }
    }

    fn tea(number: usize) -> Link {
        link(&format!("https://tea.test/{number}"))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut cache = cache(2, usize::MAX);
        for number in [1, 2] {
            cache.learn(&tea(number), &Ok(fetched("tea")), &Keeper::Page, 0);
        }
        assert!(cache.known(&tea(1)).is_some());
        cache.learn(&tea(3), &Ok(fetched("tea")), &Keeper::Page, 0);
        assert!(cache.known(&tea(1)).is_some() && cache.known(&tea(3)).is_some());
        assert!(cache.known(&tea(2)).is_none(), "it made room");
    }

    #[test]
    fn a_link_is_forgotten_with_the_last_message_that_asked() {
        let (kitchen, cellar) = (RoomId::random(), RoomId::random());
        let mut cache = cache(10, usize::MAX);
        cache.learn(&tea(1), &Ok(fetched("tea")), &message(&kitchen, 1), 0);
        cache.share(&tea(1), &message(&cellar, 1));
        cache.learn(&tea(2), &Ok(fetched("tea")), &message(&kitchen, 1), 0);
        cache.learn(&tea(3), &Ok(fetched("tea")), &message(&kitchen, 1), 0);
        cache.share(&tea(3), &Keeper::Page);
        cache.forget_message(&kitchen, 1);
        assert!(cache.known(&tea(1)).is_some(), "the cellar asked as well");
        assert!(cache.known(&tea(2)).is_none(), "only the kitchen asked");
        assert!(cache.known(&tea(3)).is_some(), "somebody on the page asked as well");
        cache.forget_room(&cellar);
        assert!(cache.known(&tea(1)).is_none());
    }

    #[test]
    fn a_picture_is_found_by_its_id_until_there_is_another() {
        let mut cache = cache(10, usize::MAX);
        let picture = |fetched: &Arc<Fetched>| fetched.picture.clone().expect("a picture");
        let (one, other) = (pictured("one", 10), pictured("other", 10));
        let id = |of: &Arc<Fetched>| page_image_id(&tea(1), &picture(of));
        cache.learn(&tea(1), &Ok(one.clone()), &Keeper::Page, 0);
        assert_eq!(cache.picture(&id(&one)), Some(picture(&one)));
        cache.learn(&tea(1), &Ok(other.clone()), &Keeper::Page, 1);
        assert_eq!(cache.picture(&id(&one)), None);
        assert_eq!(cache.picture(&id(&other)), Some(picture(&other)));
    }

    #[test]
    fn what_is_of_no_use_expires() {
        let mut cache = cache(10, usize::MAX);
        cache.learn(&tea(1), &Err(Reason::Status(404)), &Keeper::Page, 0);
        cache.learn(&tea(2), &Ok(fetched("tea")), &Keeper::Page, 0);
        cache.expire(60 * 60 * 1_000);
        assert!(cache.known(&tea(1)).is_none() && cache.known(&tea(2)).is_some());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Learn { tea: usize, bytes: usize, keeper: Option<(usize, u64)> },
        Fail { tea: usize, keeper: Option<(usize, u64)> },
        Share { tea: usize, keeper: Option<(usize, u64)> },
        ForgetMessage { room: usize, number: u64 },
        ForgetRoom { room: usize },
        Expire { now_ms: i64 },
    }

    fn steps() -> impl Strategy<Value = Step> {
        let keeper = || proptest::option::of((0..ROOMS, 0..4_u64));
        prop_oneof![
            4 => (0..8_usize, 0..5_000_usize, keeper())
                .prop_map(|(tea, bytes, keeper)| Step::Learn { tea, bytes, keeper }),
            1 => (0..8_usize, keeper()).prop_map(|(tea, keeper)| Step::Fail { tea, keeper }),
            1 => (0..8_usize, keeper()).prop_map(|(tea, keeper)| Step::Share { tea, keeper }),
            1 => (0..ROOMS, 0..4_u64)
                .prop_map(|(room, number)| Step::ForgetMessage { room, number }),
            1 => (0..ROOMS).prop_map(|room| Step::ForgetRoom { room }),
            1 => (0..2 * 24 * 3_600_000_i64).prop_map(|now_ms| Step::Expire { now_ms }),
        ]
    }

    /// The bounds hold, and every index says what the entries say.
    fn check_whole(cache: &Cache) {
        assert!(cache.entries.len() <= cache.limits.entries_max);
        assert!(cache.bytes <= cache.limits.bytes_max);
        assert_eq!(cache.bytes, cache.entries.values().map(|entry| entry.bytes).sum::<usize>());
        assert_eq!(cache.used.len(), cache.entries.len());
        let pictures = cache.entries.values().filter(|entry| entry.picture.is_some()).count();
        assert_eq!(cache.by_picture.len(), pictures);
        let mut by_message: BTreeMap<_, BTreeSet<Link>> = BTreeMap::new();
        for (link, entry) in &cache.entries {
            assert_eq!(cache.used.get(&entry.used), Some(link));
            assert!(entry.for_page || !entry.messages.is_empty(), "kept for nobody: {link:?}");
            for message in &entry.messages {
                by_message.entry(message.clone()).or_default().insert(link.clone());
            }
        }
        assert_eq!(cache.by_message, by_message);
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_whole_and_forgets(steps in prop::collection::vec(steps(), 1..60)) {
            let rooms: Vec<_> = (0..ROOMS).map(|_| RoomId::random()).collect();
            let keeper = |keeper: Option<(usize, u64)>| match keeper {
                None => Keeper::Page,
                Some((room, number)) => message(&rooms[room], number),
            };
            let mut cache = cache(5, 12_000);
            for step in steps {
                match step {
                    Step::Learn { tea: number, bytes, keeper: of } => {
                        cache.learn(&tea(number), &Ok(pictured("tea", bytes)), &keeper(of), 0);
                    }
                    Step::Fail { tea: number, keeper: of } => {
                        let failure = Err(Reason::Status(500));
                        cache.learn(&tea(number), &failure, &keeper(of), 0);
                    }
                    Step::Share { tea: number, keeper: of } => {
                        cache.share(&tea(number), &keeper(of));
                    }
                    Step::ForgetMessage { room, number } => {
                        cache.forget_message(&rooms[room], number);
                        let gone = (rooms[room].clone(), number);
                        let is_left = |entry: &Entry| entry.messages.contains(&gone);
                        prop_assert!(!cache.entries.values().any(is_left));
                    }
                    Step::ForgetRoom { room } => {
                        cache.forget_room(&rooms[room]);
                        let of_room = |(of, _): &(RoomId, u64)| *of == rooms[room];
                        prop_assert!(!cache.by_message.keys().any(of_room));
                    }
                    Step::Expire { now_ms } => {
                        cache.expire(now_ms);
                        prop_assert!(!cache.entries.values().any(|entry| entry.known.is_over(now_ms)));
                    }
                }
                check_whole(&cache);
            }
        }
    }
}
