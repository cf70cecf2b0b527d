//! What was asked for on the page, over restarts: a file for each link, and one for its picture.
//!
//! A page is `<link's hash>.<when>.json`, or `<link's hash>.<when>.<picture's hash>.<jpg or png>.json`,
//! and its picture `<link's hash><picture's hash>.<jpg or png>`. So names alone say what belongs
//! together and what has had its time, and say nothing to whoever does not know the link.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use serde::{Deserialize, Serialize};

use crate::{
    Link, Picture, Reason, StoredPicture,
    fetching::Fetched,
    files::Files,
    known::{Failure, Good, Known, hash},
    room_pictures::extension,
};

/// The shelf of pages.
const PAGES: &str = "pages";
/// Digits of a hash in the names of files.
const HASH_DIGITS: usize = 16;

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageLimits {
    /// Links; the ones that were fetched longest ago go.
    pub pages_max: usize,
    /// In milliseconds since they were fetched last.
    pub kept_ms: i64,
}

impl PageLimits {
    /// In a folder: 7 days, and 10,000 links.
    pub const FOLDER: Self = Self { pages_max: 10_000, kept_ms: 7 * 24 * 60 * 60 * 1_000 };
    /// In memory, where pictures take what others could use.
    pub const MEMORY: Self = Self { pages_max: 500, ..Self::FOLDER };
}

/// What was asked for on the page.
pub(crate) struct PageStore {
    files: Arc<Files>,
    limits: PageLimits,
    index: Mutex<Index>,
}

/// Which files there are, by the hash of their link.
#[derive(Default)]
struct Index {
    pages: HashMap<String, Names>,
    by_age: BTreeSet<(i64, String)>,
}

/// The files of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    key: String,
    at_ms: i64,
    /// The picture's hash and the end of its name.
    picture: Option<(String, String)>,
}

/// What a file says.
#[derive(Serialize, Deserialize)]
struct Kept {
    link: String,
    page: Option<KeptPage>,
    failure: Option<KeptFailure>,
    attempts: u32,
}

#[derive(Serialize, Deserialize)]
struct KeptPage {
    url: String,
    site: String,
    title: Option<String>,
    description: Option<String>,
    /// Width and height, in pixels; the picture is in its own file.
    picture: Option<(u32, u32)>,
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct KeptFailure {
    reason: Reason,
    at_ms: i64,
}

impl PageStore {
    /// Looks which files there are; what belongs to nothing goes.
    ///
    /// # Errors
    /// The files cannot be listed, or removed.
    pub async fn open(files: Arc<Files>, limits: PageLimits) -> io::Result<Self> {
        let found = files.list(Path::new(PAGES)).await?;
        let mut index = Index::default();
        for names in found.iter().filter_map(|name| Names::parse(name)) {
            let is_newer =
                index.pages.get(&names.key).is_none_or(|known| known.at_ms < names.at_ms);
            if is_newer {
                index.insert(names);
            }
        }
        let used: HashSet<_> = index.pages.values().flat_map(Names::files).collect();
        for name in found.iter().filter(|name| !used.contains(*name)) {
            files.remove(Path::new(PAGES), name).await?;
        }
        Ok(Self { files, limits, index: Mutex::new(index) })
    }

    /// What is known of `link`.
    ///
    /// # Errors
    /// A file cannot be read. One that is damaged is none.
    pub async fn read(&self, link: &Link, now_ms: i64) -> io::Result<Option<Known>> {
        let names = self.lock().pages.get(&key(link)).cloned();
        let Some(names) = names.filter(|names| !self.is_over(names.at_ms, now_ms)) else {
            return Ok(None);
        };
        let Some(json) = self.files.read(Path::new(PAGES), &names.page()).await? else {
            return Ok(None);
        };
        let Ok(kept) = serde_json::from_slice::<Kept>(&json) else { return Ok(None) };
        if kept.link != link.as_str() {
            return Ok(None);
        }
        let picture = match names.picture_file() {
            Some(name) => {
                let bytes = self.files.read(Path::new(PAGES), &name).await?;
                bytes.map(|bytes| (media_type(&name), bytes))
            }
            None => None,
        };
        Ok(Some(kept.known(picture)))
    }

    /// Keeps `known` of `link` in place of what was kept, and what makes room for it goes.
    ///
    /// # Errors
    /// It is kept for some links only, or was not kept.
    pub async fn write(&self, link: &Link, known: &Known) -> io::Result<()> {
        let Some(at_ms) = known.last_ms() else { return Ok(()) };
        let fetched = known.good.as_ref().map(|good| &good.fetched);
        let picture = fetched.and_then(|fetched| fetched.picture.as_ref());
        let names = Names {
            key: key(link),
            at_ms,
            picture: picture.map(|picture| {
                let extension = extension(picture.media_type).to_owned();
                (hash(&picture.bytes, HASH_DIGITS), extension)
            }),
        };
        if let (Some(picture), Some(name)) = (picture, names.picture_file()) {
            self.files.write(Path::new(PAGES), &name, picture.bytes.clone()).await?;
        }
        let json = serde_json::to_vec(&Kept::of(link, known)).map_err(io::Error::other)?;
        self.files.write(Path::new(PAGES), &names.page(), json.into()).await?;
        let gone = {
            let mut index = self.lock();
            let before = index.insert(names.clone());
            let mut gone: Vec<_> = before.iter().flat_map(Names::files).collect();
            gone.retain(|name| !names.files().contains(name));
            while index.pages.len() > self.limits.pages_max {
                gone.extend(index.remove_oldest().iter().flat_map(Names::files));
            }
            gone
        };
        self.remove(gone).await
    }

    /// The picture of a page, by the id that the page names.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn picture(&self, id: &str) -> io::Result<Option<StoredPicture>> {
        let name = {
            let index = self.lock();
            let names = id.get(..HASH_DIGITS).and_then(|key| index.pages.get(key));
            names.and_then(Names::picture_file)
        };
        let Some(name) = name.filter(|name| name.split('.').next() == Some(id)) else {
            return Ok(None);
        };
        let media_type = media_type(&name);
        let bytes = self.files.read(Path::new(PAGES), &name).await?;
        Ok(bytes.map(|bytes| StoredPicture { media_type, bytes }))
    }

    /// What has had its time goes.
    ///
    /// # Errors
    /// Some of it is there still; the next start removes it.
    pub async fn expire(&self, now_ms: i64) -> io::Result<()> {
        let gone = {
            let mut index = self.lock();
            let mut gone = Vec::new();
            while index.by_age.first().is_some_and(|(at_ms, _)| self.is_over(*at_ms, now_ms)) {
                gone.extend(index.remove_oldest().iter().flat_map(Names::files));
            }
            gone
        };
        self.remove(gone).await
    }

    fn is_over(&self, at_ms: i64, now_ms: i64) -> bool {
        now_ms.saturating_sub(at_ms) >= self.limits.kept_ms
    }

    async fn remove(&self, names: Vec<String>) -> io::Result<()> {
        for name in names {
            self.files.remove(Path::new(PAGES), &name).await?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("no panic while the index is held")
    }
}

impl Index {
    /// Returns what was known of that link.
    fn insert(&mut self, names: Names) -> Option<Names> {
        self.by_age.insert((names.at_ms, names.key.clone()));
        let before = self.pages.insert(names.key.clone(), names.clone());
        if let Some(before) = before.as_ref().filter(|before| before.at_ms != names.at_ms) {
            self.by_age.remove(&(before.at_ms, before.key.clone()));
        }
        before
    }

    fn remove_oldest(&mut self) -> Option<Names> {
        let (_, key) = self.by_age.pop_first()?;
        self.pages.remove(&key)
    }
}

impl Names {
    fn parse(page: &str) -> Option<Self> {
        let (key, at_ms, picture) = match page.split('.').collect::<Vec<_>>()[..] {
            [key, at_ms, "json"] => (key, at_ms, None),
            [key, at_ms, hash, extension, "json"] => {
                (key, at_ms, Some((hash.to_owned(), extension.to_owned())))
            }
            _ => return None,
        };
        Some(Self { key: key.to_owned(), at_ms: at_ms.parse().ok()?, picture })
    }

    fn page(&self) -> String {
        let Self { key, at_ms, picture } = self;
        match picture {
            Some((hash, extension)) => format!("{key}.{at_ms}.{hash}.{extension}.json"),
            None => format!("{key}.{at_ms}.json"),
        }
    }

    fn picture_file(&self) -> Option<String> {
        let (hash, extension) = self.picture.as_ref()?;
        Some(format!("{}{hash}.{extension}", self.key))
    }

    fn files(&self) -> Vec<String> {
        self.picture_file().into_iter().chain([self.page()]).collect()
    }
}

impl Kept {
    fn of(link: &Link, known: &Known) -> Self {
        let page = known.good.as_ref().map(|Good { fetched, at_ms }| KeptPage {
            url: fetched.url.clone(),
            site: fetched.site.clone(),
            title: fetched.title.clone(),
            description: fetched.description.clone(),
            picture: fetched.picture.as_ref().map(|picture| (picture.width, picture.height)),
            at_ms: *at_ms,
        });
        let failure = known
            .failure
            .as_ref()
            .map(|Failure { reason, at_ms }| KeptFailure { reason: reason.clone(), at_ms: *at_ms });
        Self { link: link.as_str().to_owned(), page, failure, attempts: known.attempts }
    }

    fn known(self, picture: Option<(&'static str, Arc<[u8]>)>) -> Known {
        let good = self.page.map(|page| {
            let picture =
                page.picture.zip(picture).map(|((width, height), (media_type, bytes))| Picture {
                    media_type,
                    width,
                    height,
                    bytes,
                });
            let KeptPage { url, site, title, description, at_ms, .. } = page;
            Good { fetched: Arc::new(Fetched { url, site, title, description, picture }), at_ms }
        });
        let failure = self.failure.map(|KeptFailure { reason, at_ms }| Failure { reason, at_ms });
        Known { good, failure, attempts: self.attempts }
    }
}

fn key(link: &Link) -> String {
    hash(link.as_str().as_bytes(), HASH_DIGITS)
}

fn media_type(name: &str) -> &'static str {
    if name.ends_with(".png") { "image/png" } else { "image/jpeg" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fetched, link, pictured};

    const NOON_MS: i64 = 1_000_000_000_000;
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

    fn tea(number: usize) -> Link {
        link(&format!("https://tea.test/{number}"))
    }

    fn known(landed: Result<Arc<Fetched>, Reason>, at_ms: i64) -> Known {
        let mut known = Known::default();
        known.learn(&landed, at_ms);
        known
    }

    async fn files(files: &Files) -> Vec<String> {
        let mut names = files.list(Path::new(PAGES)).await.expect("no fault");
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_restart_still_knows_a_page_and_its_picture() {
        let files = Arc::new(Files::open(None).expect("it opens"));
        let open = || PageStore::open(files.clone(), PageLimits::FOLDER);
        let mut page = known(Ok(pictured("tea", 100)), NOON_MS);
        page.learn(&Err(Reason::Status(500)), NOON_MS + 1);
        open().await.expect("it opens").write(&tea(1), &page).await.expect("written");

        let store = open().await.expect("it opens");
        let again = store.read(&tea(1), NOON_MS + 2).await.expect("no fault").expect("it is known");
        let shown = |known: &Known| known.preview(&tea(1), NOON_MS + 2);
        assert_eq!(shown(&again), shown(&page));
        let id = shown(&again).page.and_then(|page| page.image).expect("a picture").id;
        let picture = store.picture(&id).await.expect("no fault").expect("it is there");
        assert_eq!((picture.media_type, picture.bytes.len()), ("image/jpeg", 100));
        for other in ["", "..", &id[..20], &id.replace('0', "1"), "../../../../../secret.key"] {
            if other != id {
                assert_eq!(store.picture(other).await.expect("no fault"), None, "{other}");
            }
        }
        assert!(store.read(&tea(2), NOON_MS).await.expect("no fault").is_none());
    }

    #[tokio::test]
    async fn what_is_replaced_or_half_written_is_in_no_file() {
        let shelf = Arc::new(Files::open(None).expect("it opens"));
        let store = PageStore::open(shelf.clone(), PageLimits::FOLDER).await.expect("it opens");
        store.write(&tea(1), &known(Ok(pictured("a", 10)), NOON_MS)).await.expect("written");
        store.write(&tea(1), &known(Ok(pictured("bb", 10)), NOON_MS)).await.expect("written");
        assert_eq!(files(&shelf).await.len(), 2, "a page and a picture");
        store.write(&tea(1), &known(Ok(fetched("c")), NOON_MS + 1)).await.expect("written");
        let left = files(&shelf).await;
        assert_eq!(left.len(), 1, "the page: {left:?}");

        for name in ["0123456789abcdef.5.json.part", "0123456789abcdef0123456789abcdef.png"] {
            shelf.write(Path::new(PAGES), name, [1].into()).await.expect("written");
        }
        let older = left[0].replace(&(NOON_MS + 1).to_string(), &NOON_MS.to_string());
        shelf.write(Path::new(PAGES), &older, [1].into()).await.expect("written");
        PageStore::open(shelf.clone(), PageLimits::FOLDER).await.expect("it opens");
        assert_eq!(files(&shelf).await, left);
    }

    #[tokio::test]
    async fn pages_are_kept_for_a_week_and_so_many() {
        let shelf = Arc::new(Files::open(None).expect("it opens"));
        let limits = PageLimits { pages_max: 3, ..PageLimits::FOLDER };
        let store = PageStore::open(shelf.clone(), limits).await.expect("it opens");
        for number in 0..5 {
            let page = known(Ok(pictured("tea", 10)), NOON_MS + number as i64);
            store.write(&tea(number), &page).await.expect("written");
        }
        assert_eq!(files(&shelf).await.len(), 6);
        let is_known = async |number, now_ms| {
            store.read(&tea(number), now_ms).await.expect("no fault").is_some()
        };
        assert!(!is_known(1, NOON_MS).await && is_known(2, NOON_MS).await);
        assert!(!is_known(2, NOON_MS + 2 + 7 * DAY_MS).await, "its week is over");
        store.expire(NOON_MS + 3 + 7 * DAY_MS).await.expect("no fault");
        assert_eq!(files(&shelf).await.len(), 2);
        store.expire(NOON_MS + 4 + 7 * DAY_MS).await.expect("no fault");
        assert_eq!(files(&shelf).await, [""; 0]);
    }
}
