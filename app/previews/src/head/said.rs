//! What tags said, and what counts of it.

use url::Url;

use crate::{
    LINK_CHARS_MAX,
    json_ld::LinkedData,
    line::{DESCRIPTION_CHARS_MAX, SITE_CHARS_MAX, TITLE_CHARS_MAX, line},
};

/// The longest text that is looked at, in bytes as it was written: the longest that is shown, with
/// every character as an entity.
pub(super) const RAW_BYTES_MAX: usize = 4 * 1024;
/// Pictures that are kept of each kind.
const IMAGES_MAX: usize = 4;
/// The side of an icon for phones that names no size, in pixels (Apple's "Configuring Web
/// Applications").
const PHONE_ICON_SIDE: u32 = 60;

/// What tags said so far. Of each kind, the first that says something counts.
#[derive(Default)]
pub(super) struct Said {
    open_graph: Told,
    twitter: Told,
    linked: Told,
    plain: Told,
    site: Option<String>,
    application: Option<String>,
    base: Option<String>,
    oembed: Option<String>,
    /// The side of the largest icon, in pixels, and where it is.
    icon: Option<(u32, String)>,
}

/// What one kind of tags said. Addresses are as they were written.
#[derive(Default)]
struct Told {
    title: Option<String>,
    description: Option<String>,
    images: Vec<String>,
}

impl Told {
    fn image(&mut self, address: &str) {
        // A picture in the page's own text is no picture that can be fetched.
        let is_address = !address.trim().is_empty() && address.len() <= LINK_CHARS_MAX;
        if is_address && self.images.len() < IMAGES_MAX {
            self.images.push(address.to_owned());
        }
    }
}

impl Said {
    /// `<meta>` with `key` in lower case, whichever attribute that came from.
    pub fn meta(&mut self, key: &str, content: &str) {
        match key {
            "og:title" => title(&mut self.open_graph, content),
            "og:description" => description(&mut self.open_graph, content),
            "og:image" | "og:image:url" | "og:image:secure_url" => self.open_graph.image(content),
            "og:site_name" => first(&mut self.site, content, SITE_CHARS_MAX),
            "twitter:title" => title(&mut self.twitter, content),
            "twitter:description" => description(&mut self.twitter, content),
            "twitter:image" | "twitter:image:src" => self.twitter.image(content),
            "description" => description(&mut self.plain, content),
            "image" | "thumbnail" => self.plain.image(content),
            "application-name" => first(&mut self.application, content, SITE_CHARS_MAX),
            _ => {}
        }
    }

    /// `<link>`; `rel` and `kind` in lower case.
    pub fn link(&mut self, rel: &str, href: String, kind: &str, sizes: &str) {
        if href.len() > LINK_CHARS_MAX || href.trim().is_empty() {
            return;
        }
        let is = |wanted: &str| rel.split_ascii_whitespace().any(|rel| rel == wanted);
        let is_phone = is("apple-touch-icon") || is("apple-touch-icon-precomposed");
        let is_oembed = ["application/json+oembed", "text/json+oembed"]
            .iter()
            .any(|wanted| kind.trim().starts_with(wanted));
        if is_oembed && is("alternate") {
            self.oembed.get_or_insert(href);
        } else if is("image_src") {
            self.plain.image(&href);
        } else if is_phone || is("icon") {
            self.icon(href, kind, sizes, is_phone);
        }
    }

    fn icon(&mut self, href: String, kind: &str, sizes: &str, is_phone: bool) {
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        if kind.contains("svg") || path.ends_with(".svg") {
            return;
        }
        let side = match sizes.split_whitespace().filter_map(side).max() {
            // Nothing here reads that format; but some are PNG, whatever they are called.
            _ if kind.contains("icon") || path.ends_with(".ico") => 0,
            Some(side) => side,
            None if is_phone => PHONE_ICON_SIDE,
            None => 1,
        };
        if self.icon.as_ref().is_none_or(|(largest, _)| side > *largest) {
            self.icon = Some((side, href));
        }
    }

    /// `<base href>`.
    pub fn base(&mut self, href: Option<String>) {
        if self.base.is_none() {
            self.base = href;
        }
    }

    /// The text of `<title>`, as it was written.
    pub fn title(&mut self, raw: &str) {
        title(&mut self.plain, &htmlize::unescape(raw));
    }

    /// What a script says. Its texts are no markup, and yet often have entities in them.
    pub fn linked_data(&mut self, data: LinkedData) {
        let text = |text: Option<String>| htmlize::unescape(text.unwrap_or_default()).into_owned();
        title(&mut self.linked, &text(data.title));
        description(&mut self.linked, &text(data.description));
        data.images.iter().for_each(|address| self.linked.image(address));
    }

    pub fn has_title(&self) -> bool {
        let told = [&self.open_graph, &self.twitter, &self.linked, &self.plain];
        told.iter().any(|told| told.title.is_some())
    }

    /// What counts, of the page at `page`.
    pub fn conclude(self, page: &Url) -> super::Head {
        let base = self.base.and_then(|href| web_address(&href, page));
        let base = base.as_ref().unwrap_or(page);
        let Self { open_graph, twitter, linked, plain, .. } = self;
        let mut images = Vec::new();
        let written = [open_graph.images, twitter.images, linked.images, plain.images].concat();
        for image in written.iter().filter_map(|address| web_address(address, base)) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        super::Head {
            title: open_graph.title.or(twitter.title).or(linked.title).or(plain.title),
            description: open_graph
                .description
                .or(twitter.description)
                .or(plain.description)
                .or(linked.description),
            site: self.site.or(self.application),
            images,
            oembed: self.oembed.and_then(|href| web_address(&href, base)),
            icon: self.icon.and_then(|(_, href)| web_address(&href, base)),
        }
    }
}

fn title(told: &mut Told, text: &str) {
    first(&mut told.title, text, TITLE_CHARS_MAX);
}

fn description(told: &mut Told, text: &str) {
    first(&mut told.description, text, DESCRIPTION_CHARS_MAX);
}

fn first(place: &mut Option<String>, text: &str, chars_max: usize) {
    if place.is_none() {
        *place = line(text, chars_max);
    }
}

/// `32x32`; `any` has no size.
fn side(size: &str) -> Option<u32> {
    let (width, height) = size.split_once(['x', 'X'])?;
    Some(width.parse::<u32>().ok()?.min(height.parse().ok()?))
}

/// Where `written` leads from `base`; `None`: nowhere in the web.
pub(crate) fn web_address(written: &str, base: &Url) -> Option<Url> {
    let url = base.join(written.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_web && url.as_str().len() <= LINK_CHARS_MAX).then_some(url)
}
