//! What a page says of itself: its `<head>`, read piece by piece.

mod said;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lol_html::{
    HandlerResult, MemorySettings, doc_text, element, end_tag,
    html_content::{TextChunk, TextType},
    send,
};
use url::Url;

pub(crate) use said::web_address;

use crate::{charset::Text, json_ld, line::beginning};
use said::{RAW_BYTES_MAX, Said};

/// As much of a page is read, in bytes of UTF-8.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Tags that are looked at.
const TAGS_MAX: usize = 5_000;
/// `<meta>` tags that are looked at.
const METAS_MAX: usize = 256;
/// JSON-LD scripts that are read.
const SCRIPTS_MAX: usize = 4;
/// Bytes that are decoded at a time: of those after the end of the head, no more are.
const STEP_BYTES: usize = 16 * 1024;
/// What the parser may keep: a tag that has not ended, open elements, attributes.
const PARSER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads the head of an HTML page as it comes. Pure.
///
/// Reading stops at `<body>`, or at `</head>` if there was a title. Every text is bounded; tags
/// beyond a bound are passed over. Wherever the page is cut into pieces, the same comes of it.
pub struct HeadReader {
    /// `None`: enough was read.
    parts: Option<Parts>,
    notes: Arc<Mutex<Notes>>,
    /// Bytes of UTF-8 that may come.
    left: usize,
}

struct Parts {
    text: Text,
    parser: Parser,
}

type Parser = send::HtmlRewriter<'static, fn(&[u8])>;

/// Whether more of the page is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The head goes on.
    More,
    /// The rest does not matter.
    Enough,
}

/// What a page says of itself. Texts have their entities decoded, are one line, and are cut at a
/// bound; addresses are absolute. Of several that say the same, the first that says something counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// OpenGraph's, else Twitter's, else JSON-LD's headline, else `<title>`.
    pub title: Option<String>,
    /// OpenGraph's, else Twitter's, else that of `<meta name=description>`, else JSON-LD's.
    pub description: Option<String>,
    /// OpenGraph's site name, else the application's name.
    pub site: Option<String>,
    /// Pictures of the page, the best first.
    pub images: Vec<Url>,
    /// Where oEmbed as JSON can be had (<https://oembed.com>).
    pub oembed: Option<Url>,
    /// The site's icon, the largest of those named; always the last resort for a picture.
    pub icon: Option<Url>,
}

impl HeadReader {
    /// Begins. `charset` is what the header says.
    pub fn new(charset: Option<&str>) -> Self {
        let notes = Arc::default();
        let parts = Some(Parts { text: Text::new(charset), parser: parser(&notes) });
        Self { parts, notes, left: TEXT_BYTES_MAX }
    }

    /// Takes the next piece.
    pub fn write(&mut self, piece: &[u8]) -> Reading {
        for step in piece.chunks(STEP_BYTES) {
            let Some(parts) = &mut self.parts else { break };
            let text = parts.text.write(step);
            if !parse(&mut parts.parser, &mut self.left, &text) {
                self.parts = None;
            }
        }
        if self.parts.is_some() { Reading::More } else { Reading::Enough }
    }

    /// What the page at `base` said. Relative addresses are resolved against `<base>` or `base`.
    pub fn finish(mut self, base: &Url) -> Head {
        if let Some(Parts { text, mut parser }) = self.parts.take()
            && parse(&mut parser, &mut self.left, &text.finish())
        {
            let _whatever_was_open = parser.end();
        }
        let notes = std::mem::take(&mut *lock(&self.notes));
        notes.said.conclude(base)
    }
}

impl fmt::Debug for HeadReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadReader").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Whether the head goes on after `text`.
fn parse(parser: &mut Parser, left: &mut usize, text: &str) -> bool {
    let part = beginning(text, *left);
    *left -= part.len();
    // An error is our own stop, or that a bound is reached: what was read counts all the same.
    parser.write(part.as_bytes()).is_ok() && part.len() == text.len()
}

fn parser(notes: &Arc<Mutex<Notes>>) -> Parser {
    let (of_tags, of_text) = (Arc::clone(notes), Arc::clone(notes));
    let on_tag = move |tag: &mut send::Element<'_, '_>| {
        let stops = lock(&of_tags).tag(tag)?;
        if stops == StopsAtEnd::Yes {
            let notes = Arc::clone(&of_tags);
            tag.on_end_tag(end_tag!(move |_| lock(&notes).head_ends()))?;
        }
        Ok(())
    };
    let memory = MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX);
    let settings = send::Settings::new_send()
        .with_memory_settings(memory)
        .with_strict(false)
        .append_element_content_handler(element!("*", on_tag))
        .append_document_content_handler(doc_text!(move |text| {
            lock(&of_text).text(text);
            Ok(())
        }));
    // What the page would look like is of no interest.
    send::HtmlRewriter::new(settings, |_: &[u8]| {})
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The head is over.
#[derive(Debug, thiserror::Error)]
#[error("enough was read")]
struct Enough;

/// Whether reading stops at the end of an element.
#[derive(PartialEq)]
enum StopsAtEnd {
    Yes,
    No,
}

/// What was read so far.
#[derive(Default)]
struct Notes {
    said: Said,
    tags: usize,
    metas: usize,
    scripts: usize,
    within: Within,
    /// Of the element that is open.
    text: String,
}

/// Which element's text is being collected.
#[derive(Clone, Copy, Default, PartialEq)]
enum Within {
    #[default]
    Nothing,
    Title,
    LinkedData,
}

impl Notes {
    fn tag(&mut self, tag: &send::Element<'_, '_>) -> Result<StopsAtEnd, Enough> {
        self.tags += 1;
        self.within = Within::Nothing;
        self.text.clear();
        if self.tags > TAGS_MAX {
            return Err(Enough);
        }
        // A picture in the page has titles and scripts of its own.
        if !tag.namespace_uri().ends_with("xhtml") {
            return Ok(StopsAtEnd::No);
        }
        match &*tag.tag_name() {
            "body" => return Err(Enough),
            "head" => return Ok(StopsAtEnd::Yes),
            "title" => self.within = Within::Title,
            "meta" => self.meta(tag),
            "link" => self.link(tag),
            "base" => self.said.base(attribute(tag, "href")),
            "script" => self.script(tag),
            _ => {}
        }
        Ok(StopsAtEnd::No)
    }

    fn meta(&mut self, tag: &send::Element<'_, '_>) {
        self.metas += 1;
        if self.metas > METAS_MAX {
            return;
        }
        let Some(content) = attribute(tag, "content") else { return };
        // One tag may speak for several: `<meta name=description property=og:description …>`.
        for name in ["property", "name", "itemprop"] {
            let keys = attribute(tag, name).unwrap_or_default().to_ascii_lowercase();
            keys.split_whitespace().for_each(|key| self.said.meta(key, &content));
        }
    }

    fn link(&mut self, tag: &send::Element<'_, '_>) {
        let (Some(rel), Some(href)) = (attribute(tag, "rel"), attribute(tag, "href")) else {
            return;
        };
        let kind = attribute(tag, "type").unwrap_or_default();
        let sizes = attribute(tag, "sizes").unwrap_or_default();
        self.said.link(&rel.to_ascii_lowercase(), href, &kind.to_ascii_lowercase(), &sizes);
    }

    fn script(&mut self, tag: &send::Element<'_, '_>) {
        let kind = attribute(tag, "type").unwrap_or_default();
        if kind.trim().to_ascii_lowercase().starts_with("application/ld+json")
            && self.scripts < SCRIPTS_MAX
        {
            self.scripts += 1;
            self.within = Within::LinkedData;
        }
    }

    fn text(&mut self, chunk: &TextChunk<'_>) {
        let bytes_max = match (self.within, chunk.text_type()) {
            (Within::Title, TextType::RCData) => RAW_BYTES_MAX,
            // One more than is read: a script that is cut short is none.
            (Within::LinkedData, TextType::ScriptData) => json_ld::SCRIPT_BYTES_MAX + 1,
            _ => return,
        };
        self.text.push_str(beginning(chunk.as_str(), bytes_max - self.text.len()));
        if chunk.last_in_text_node() {
            let text = std::mem::take(&mut self.text);
            match std::mem::take(&mut self.within) {
                Within::Title => self.said.title(&text),
                Within::LinkedData => self.said.linked_data(json_ld::read(&text)),
                Within::Nothing => {}
            }
        }
    }

    /// Some pages say everything after it.
    fn head_ends(&self) -> HandlerResult {
        if self.said.has_title() { Err(Enough.into()) } else { Ok(()) }
    }
}

/// The value of an attribute, with its entities decoded.
fn attribute(tag: &send::Element<'_, '_>, name: &str) -> Option<String> {
    let value = tag.get_attribute(name)?;
    Some(htmlize::unescape_attribute(beginning(&value, RAW_BYTES_MAX)).into_owned())
}
