//! What several tests need.

use std::sync::Arc;

use crate::{Link, Picture, fetching::Fetched};

pub(crate) fn link(text: &str) -> Link {
    Link::parse(text).expect("a link")
}

/// A page with this title, and no picture.
pub(crate) fn fetched(title: &str) -> Arc<Fetched> {
    Arc::new(Fetched {
        url: "https://tea.test/".to_owned(),
        site: "tea.test".to_owned(),
        title: Some(title.to_owned()),
        description: None,
        picture: None,
    })
}

/// A page with a picture of so many bytes.
pub(crate) fn pictured(title: &str, bytes: usize) -> Arc<Fetched> {
    let picture = Picture {
        media_type: "image/jpeg",
        width: 640,
        height: 480,
        bytes: vec![title.len() as u8; bytes].into(),
    };
    Arc::new(Fetched { picture: Some(picture), ..(*fetched(title)).clone() })
}
