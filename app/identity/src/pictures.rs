//! The pictures of people who signed in: fetched once, made ours, kept by content.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use fetch::{Fetcher, Guard, Limits, Opening};
use http::{Request, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::fs;
use url::Url;

use crate::{
    door,
    picture::{self, PictureError},
    random,
};

/// What fetching may take.
const LIMITS: Limits = Limits {
    wire_bytes_max: picture::FILE_BYTES_MAX,
    body_bytes_max: picture::FILE_BYTES_MAX,
    ..door::LIMITS
};
/// Pictures that are kept in memory, where there is no folder. Full: none is added, and the person
/// keeps their pattern.
const IN_MEMORY_MAX: usize = 256;

/// Where pictures are kept, by the hash of their content.
pub(crate) enum Pictures {
    Memory(Mutex<HashMap<String, Arc<[u8]>>>),
    Folder(PathBuf),
}

/// There is no new picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("it could not be fetched")]
    Http(#[from] fetch::FetchError),
    #[error("it is at no address that can be fetched")]
    Address,
    #[error("it was answered {0}")]
    Status(StatusCode),
    #[error("no picture can be made of it")]
    Picture(#[from] PictureError),
    #[error("making it panicked")]
    Panicked,
    #[error("it could not be kept")]
    Keep(#[from] io::Error),
    #[error("there is no place for it")]
    Full,
}

impl Pictures {
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        let Some(folder) = folder else { return Ok(Self::Memory(Mutex::default())) };
        std::fs::create_dir_all(&folder)?;
        Ok(Self::Folder(folder))
    }

    /// Fetches the picture at `url`, makes it ours, keeps it, and returns the hash of its content.
    ///
    /// `provider` said that it is there. Addresses of this machine and its network are not asked,
    /// except the provider's own, because people can write such an address into their profile.
    ///
    /// # Errors
    /// See [`FetchError`]; nothing changed.
    ///
    /// # Cancellation
    /// The picture may have been kept.
    pub async fn fetch(
        &self,
        fetcher: &Fetcher,
        url: &Url,
        provider: &Url,
    ) -> Result<String, FetchError> {
        let guard = Guard::public_or(openings(fetcher, url, provider).await?);
        let request = Request::get(url.as_str()).header(http::header::ACCEPT, "image/*");
        let request = request.body(Vec::new()).map_err(|_| FetchError::Address)?;
        let answer = fetcher.send(request, &guard, &LIMITS).await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let made = tokio::task::spawn_blocking(move || picture::make(answer.body())).await;
        self.keep(made.map_err(|_| FetchError::Panicked)??).await
    }

    async fn keep(&self, png: Vec<u8>) -> Result<String, FetchError> {
        let hash = Sha256::digest(&png);
        let content: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Memory(pictures) => {
                let mut pictures = pictures.lock().expect("no panic while the pictures are held");
                if pictures.len() >= IN_MEMORY_MAX && !pictures.contains_key(&content) {
                    return Err(FetchError::Full);
                }
                pictures.insert(content.clone(), png.into());
            }
            Self::Folder(folder) => write_whole(&file(folder, &content), &png).await?,
        }
        Ok(content)
    }

    /// The picture with this content, if it is still there.
    pub async fn read(&self, content: &str) -> Option<Arc<[u8]>> {
        match self {
            Self::Memory(pictures) => {
                let pictures = pictures.lock().expect("no panic while the pictures are held");
                pictures.get(content).cloned()
            }
            Self::Folder(folder) => fs::read(file(folder, content)).await.ok().map(Arc::from),
        }
    }

    /// Removes a picture that nobody has any more. One that cannot be removed stays, unseen.
    pub async fn remove(&self, content: &str) {
        match self {
            Self::Memory(pictures) => {
                let mut pictures = pictures.lock().expect("no panic while the pictures are held");
                pictures.remove(content);
            }
            Self::Folder(folder) => {
                if let Err(error) = fs::remove_file(file(folder, content)).await {
                    tracing::warn!(%error, "a picture that nobody has could not be removed");
                }
            }
        }
    }
}

/// The addresses of the provider, on the port that `url` has.
async fn openings(
    fetcher: &Fetcher,
    url: &Url,
    provider: &Url,
) -> Result<Vec<Opening>, fetch::FetchError> {
    let port = url.port_or_known_default();
    let found = fetcher.addresses(provider, &LIMITS).await?;
    Ok(found.into_iter().map(|address| Opening { address, port }).collect())
}

fn file(folder: &Path, content: &str) -> PathBuf {
    folder.join(format!("{content}.png"))
}

/// Whoever reads the file sees all of it or none.
async fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = file.with_extension(random::token());
    fs::write(&beside, bytes).await?;
    fs::rename(&beside, file).await
}

#[cfg(test)]
mod tests {
    use fetch::{Config, Refused};

    use super::*;

    #[tokio::test]
    async fn nothing_of_the_house_is_asked_but_the_provider() {
        let provider = "http://127.0.0.9:9/".parse().expect("a URL");
        let fetcher = Fetcher::new(Config::default());
        let fetch = async |url: &str| {
            let url = url.parse().expect("a URL");
            let pictures = Pictures::Memory(Mutex::default());
            match pictures.fetch(&fetcher, &url, &provider).await {
                Err(FetchError::Http(error)) => error,
                other => panic!("{url}: {other:?}"),
            }
        };
        for url in [
            "http://127.0.0.1:9/a.png",
            "http://localhost/a.png",
            "http://[::1]/a.png",
            "http://169.254.169.254/a.png",
            "http://[::ffff:127.0.0.9]:9/a.png",
        ] {
            let error = fetch(url).await;
            let is_refused = matches!(error, fetch::FetchError::Refused(Refused::NotPublic(_)));
            assert!(is_refused, "{url}: {error:?}");
        }
        let error = fetch("http://127.0.0.9:1/a.png").await;
        assert!(matches!(error, fetch::FetchError::Unreachable { .. }), "on any port: {error:?}");
    }
}
