//! From a link to what its page says and its picture: the only file that asks the network.

use std::{sync::Arc, time::Duration};

use fetch::{FetchError, Fetcher, Guard, Incoming, Limits};
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

use crate::{
    Head, HeadReader, Link, Picture, Reading, Reason, Settings,
    kind::Kind,
    line::{SITE_CHARS_MAX, TITLE_CHARS_MAX, line},
    oembed::{ANSWER_BYTES_MAX, OEmbed},
};

/// All of it, from the first look-up to the picture, may take this long.
const FETCH_WITHIN: Duration = Duration::from_secs(10);
/// By so much later, even what waits for others ends.
const GRACE: Duration = Duration::from_millis(500);
/// As much of a page is read, as it is sent and as it is read, in bytes. What follows is of no use.
const HTML_BYTES_MAX: usize = 512 * 1024;
/// The largest picture that is fetched, in bytes.
const PICTURE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Pictures that the page names and that are tried.
const IMAGES_TRIED_MAX: usize = 2;
/// Pictures that are decoded at a time, at most: each may take 100 MB of memory for a moment.
const DECODED_MAX: usize = 4;

const ACCEPT_PAGE: &str = "text/html,application/xhtml+xml;q=0.9,image/*;q=0.8,*/*;q=0.1";
const ACCEPT_OEMBED: &str = "application/json";
const ACCEPT_PICTURE: &str = "image/webp,image/png,image/jpeg,image/gif";

/// What came of a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// Where it is, after redirects.
    pub url: String,
    /// Whose page it is: a name, or the host.
    pub site: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub picture: Option<Picture>,
}

/// Fetches pages and their pictures.
pub(crate) struct Fetching {
    fetcher: Fetcher,
    decoders: Arc<Semaphore>,
}

/// One fetch: who may be reached, and until when.
struct Errand<'a> {
    fetching: &'a Fetching,
    guard: Guard,
    ends: Instant,
}

/// What a link led to.
enum Found {
    Page { head: Box<Head>, url: Url },
    Picture { picture: Picture, url: Url },
}

impl Fetching {
    pub fn new(fetcher: Fetcher) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { fetcher, decoders: Arc::new(Semaphore::new(cores.min(DECODED_MAX))) }
    }

    /// Fetches the page and its picture, 10 seconds in all. What is there by then is shown.
    ///
    /// # Errors
    /// Why there is nothing to show. A picture that cannot be had is no error.
    ///
    /// # Cancellation
    /// Its connections are closed.
    pub async fn fetch(&self, settings: &Settings, link: &Link) -> Result<Fetched, Reason> {
        let ends = Instant::now() + FETCH_WITHIN;
        let errand = Errand { fetching: self, guard: settings.guard(), ends };
        match errand.look(link).await? {
            Found::Picture { picture, url } => Ok(Fetched {
                site: site_of(&url),
                title: file_name(&url),
                description: None,
                url: url.into(),
                picture: Some(picture),
            }),
            Found::Page { head, url } => errand.complete(*head, url).await,
        }
    }

    /// Decodes on a thread that may block; one that was begun is finished, whoever waits.
    async fn decode(&self, bytes: Vec<u8>) -> Option<Picture> {
        let turn = self.decoders.clone().acquire_owned().await.ok()?;
        let decoded = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            Picture::read(&bytes)
        });
        // No picture, a damaged one, or one that a decoder panicked at: all the same here.
        decoded.await.ok()?.ok()
    }
}

impl Errand<'_> {
    /// What the link itself leads to.
    async fn look(&self, link: &Link) -> Result<Found, Reason> {
        let host = link.host().to_owned();
        let looking = async {
            let mut incoming = self.get(link.url(), ACCEPT_PAGE, PICTURE_BYTES_MAX).await?;
            let status = incoming.status();
            if !status.is_success() || matches!(status.as_u16(), 204 | 205) {
                return Err(Reason::Status(status.as_u16()));
            }
            let (said, url) = (incoming.content_type(), incoming.url().clone());
            if let Some(said) = &said {
                // Nothing of a body is read that has no preview.
                Kind::of(Some(said), &[])?;
            }
            let first = incoming.chunk().await?.unwrap_or_default();
            match Kind::of(said.as_ref(), &first)? {
                Kind::Html { charset } => {
                    let head = read_head(incoming, &first, charset.as_deref(), &url).await?;
                    Ok(Found::Page { head: Box::new(head), url })
                }
                Kind::Picture => {
                    let picture = self.read_picture(incoming, &first).await?;
                    Ok(Found::Picture { picture, url })
                }
            }
        };
        let late = || Err(FetchError::Late { host }.into());
        // Each request ends in time by itself; this is for a decoder that is taken.
        tokio::time::timeout_at(self.ends + GRACE, looking).await.unwrap_or_else(|_| late())
    }

    async fn read_picture(&self, mut incoming: Incoming, first: &[u8]) -> Result<Picture, Reason> {
        let mut bytes = first.to_vec();
        while let Some(piece) = incoming.chunk().await? {
            bytes.extend_from_slice(&piece);
        }
        let picture = self.fetching.decode(bytes).await;
        picture.ok_or_else(|| Reason::Kind("a picture that cannot be read".to_owned()))
    }

    /// What else there is: oEmbed where the page itself says too little, and the picture.
    async fn complete(&self, head: Head, url: Url) -> Result<Fetched, Reason> {
        let mut fetched = Fetched {
            site: head.site.clone().unwrap_or_else(|| site_of(&url)),
            url: url.into(),
            title: head.title.clone(),
            description: head.description.clone(),
            picture: None,
        };
        let rest = async {
            let mut image = None;
            if let Some(at) = head.oembed.filter(|_| head.title.is_none() || head.images.is_empty())
                && let Some(oembed) = self.oembed(&at).await
            {
                fetched.title = fetched.title.take().or(oembed.title);
                if let (None, Some(site)) = (&head.site, oembed.site) {
                    fetched.site = site;
                }
                image = oembed.image;
            }
            let images = head.images.into_iter().take(IMAGES_TRIED_MAX);
            for at in images.chain(image).chain(head.icon) {
                fetched.picture = self.picture(&at).await;
                if fetched.picture.is_some() {
                    break;
                }
            }
        };
        // Late: what is there is shown without it.
        let _ = tokio::time::timeout_at(self.ends, rest).await;
        let says_something = fetched.title.is_some() || fetched.description.is_some();
        (says_something || fetched.picture.is_some()).then_some(fetched).ok_or(Reason::Nothing)
    }

    async fn oembed(&self, at: &Url) -> Option<OEmbed> {
        let incoming = self.get(at, ACCEPT_OEMBED, ANSWER_BYTES_MAX).await.ok()?;
        let url = incoming.url().clone();
        let said = incoming.content_type()?.essence;
        let is_json = said == "application/json" || said.ends_with("+json");
        if !incoming.status().is_success() || !(is_json || said == "text/javascript") {
            return None;
        }
        OEmbed::read(&incoming.bytes().await.ok()?, &url)
    }

    async fn picture(&self, at: &Url) -> Option<Picture> {
        let incoming = self.get(at, ACCEPT_PICTURE, PICTURE_BYTES_MAX).await.ok()?;
        // What a picture says of itself is often wrong; that it says to be a page is not.
        let is_picture =
            |said: &str| said.starts_with("image/") || said == "application/octet-stream";
        let said = incoming.content_type();
        if !incoming.status().is_success() || said.is_some_and(|said| !is_picture(&said.essence)) {
            return None;
        }
        let bytes = incoming.bytes().await.ok()?;
        self.fetching.decode(bytes).await
    }

    async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        bytes_max: usize,
    ) -> Result<Incoming, FetchError> {
        let limits = Limits {
            total: self.ends.saturating_duration_since(Instant::now()),
            wire_bytes_max: bytes_max,
            body_bytes_max: bytes_max,
            ..Limits::default()
        };
        self.fetching.fetcher.get(url, accept, &self.guard, &limits).await
    }
}

/// Reads as much of a page as is of use, and closes the connection.
async fn read_head(
    mut incoming: Incoming,
    first: &[u8],
    charset: Option<&str>,
    url: &Url,
) -> Result<Head, Reason> {
    incoming.at_most(HTML_BYTES_MAX.saturating_sub(first.len()));
    let mut reader = HeadReader::new(charset);
    let mut reading = reader.write(first);
    while reading == Reading::More {
        match incoming.chunk().await {
            Ok(Some(piece)) => reading = reader.write(&piece),
            Ok(None) | Err(FetchError::TooLarge { .. }) => break,
            Err(error) => {
                // What came before it broke off, or became too slow, may be enough.
                let head = reader.finish(url);
                return if head.title.is_some() { Ok(head) } else { Err(error.into()) };
            }
        }
    }
    Ok(reader.finish(url))
}

/// Whose page it is, if it does not say.
fn site_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    line(host.strip_prefix("www.").unwrap_or(host), SITE_CHARS_MAX).unwrap_or_default()
}

/// What the file at `url` is called.
fn file_name(url: &Url) -> Option<String> {
    let name = url.path_segments()?.next_back()?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    line(&name, TITLE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_goes_by_its_files_name() {
        let name = |url: &str| file_name(&Url::parse(url).expect("a URL"));
        assert_eq!(
            name("https://tea.test/a/green%20tea.png?b=c").as_deref(),
            Some("green tea.png")
        );
        assert_eq!(name("https://tea.test/").as_deref(), None);
        let site = |url: &str| site_of(&Url::parse(url).expect("a URL"));
        let long = format!("https://{}.test/", ["a"; 60].join("."));
        assert!(site(&long).chars().count() <= chat::CARD_SITE_CHARS_MAX, "a room takes it");
        assert_eq!(
            (site("https://www.tea.test/"), site("https://a.tea.test/")),
            ("tea.test".to_owned(), "a.tea.test".to_owned())
        );
    }
}
