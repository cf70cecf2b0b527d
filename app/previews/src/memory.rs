//! What is known of links: in memory, and what the page asked for in files behind it.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use chat::RoomId;

use crate::{
    Link, StoredPicture,
    cache::{Cache, CacheLimits, Keeper},
    fetching::Fetched,
    flights::Landed,
    known::Known,
    page_store::PageStore,
};

/// The cache, and the files of pages.
pub(crate) struct Memory {
    cache: Mutex<Cache>,
    pages: PageStore,
}

impl Memory {
    pub fn new(pages: PageStore) -> Self {
        Self { cache: Mutex::new(Cache::new(CacheLimits::default())), pages }
    }

    /// What is in memory of `link`.
    pub fn known(&self, link: &Link) -> Option<Known> {
        self.lock().known(link)
    }

    /// What is known of `link`, also from before a restart.
    pub async fn recall(&self, link: &Link, now_ms: i64) -> Option<Known> {
        if let Some(known) = self.known(link) {
            return Some(known);
        }
        let read = self.pages.read(link, now_ms).await;
        let known = read.inspect_err(|error| failed(error, "be read")).ok()??;
        let mut cache = self.lock();
        // Somebody may have been quicker, and know more.
        if let Some(known) = cache.known(link) {
            return Some(known);
        }
        cache.keep(link, known.clone(), &Keeper::Page);
        Some(known)
    }

    /// The last good result, if it is of use.
    pub fn useful(&self, link: &Link, now_ms: i64) -> Option<Arc<Fetched>> {
        self.known(link)?.useful(now_ms).cloned()
    }

    /// Takes note of one more fetch.
    pub fn learn(&self, link: &Link, landed: &Landed, keeper: &Keeper, now_ms: i64) -> Known {
        self.lock().learn(link, landed, keeper, now_ms)
    }

    /// `keeper` uses what is known of `link`, too.
    pub fn share(&self, link: &Link, keeper: &Keeper) {
        self.lock().share(link, keeper);
    }

    /// Keeps what the page asked for, for after a restart. What cannot be kept is known until then.
    pub async fn save(&self, link: &Link, known: &Known) {
        if let Err(error) = self.pages.write(link, known).await {
            failed(&error, "be kept");
        }
    }

    /// The picture of a page.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn picture(&self, id: &str) -> io::Result<Option<StoredPicture>> {
        let found = self.lock().picture(id);
        match found {
            Some(picture) => {
                let (media_type, bytes) = (picture.media_type, picture.bytes);
                Ok(Some(StoredPicture { media_type, bytes }))
            }
            None => self.pages.picture(id).await,
        }
    }

    pub fn forget_card(&self, room: &RoomId, number: u64, link: &Link) {
        self.lock().forget_card(room, number, link);
    }

    pub fn forget_message(&self, room: &RoomId, number: u64) {
        self.lock().forget_message(room, number);
    }

    pub fn forget_room(&self, room: &RoomId) {
        self.lock().forget_room(room);
    }

    /// What has had its time goes.
    pub async fn expire(&self, now_ms: i64) {
        self.lock().expire(now_ms);
        if let Err(error) = self.pages.expire(now_ms).await {
            failed(&error, "be removed");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().expect("no panic while the cache is held")
    }
}

fn failed(error: &io::Error, what: &str) {
    tracing::warn!(%error, "a preview could not {what}");
}
