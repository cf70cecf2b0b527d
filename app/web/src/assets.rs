//! What the browser loads beside the page: one script, one style sheet, one icon, and the tiny script that sets the
//! colour scheme before anything is painted.
//!
//! The build script bundles, hashes and compresses them; they are embedded here. A file's name holds the hash of its
//! content, so a browser may keep it for ever and a new release is a new name.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderName, StatusCode};

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// As the source calls it, such as `app.js`.
    pub name: &'static str,
    /// Where the browser asks for it: `/assets/app-<hash>.js`.
    pub url: &'static str,
    pub content_type: &'static str,
    /// Quoted, as it goes into the header.
    pub etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static TABLE: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets_table.rs"));

/// For ever: another content would have another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The page's script: `<script defer phx-track-static src=…>`.
pub fn script_url() -> &'static str {
    named("app.js").url
}

/// Sets the colour scheme before the first paint: `<script src=…>` in the head, neither `defer` nor `async`.
pub fn theme_script_url() -> &'static str {
    named("theme.js").url
}

/// The page's style: `<link rel="stylesheet" phx-track-static href=…>`.
pub fn style_url() -> &'static str {
    named("app.css").url
}

/// The icon: `<link rel="icon" type="image/svg+xml" href=…>`.
pub fn favicon_url() -> &'static str {
    named("favicon.svg").url
}

/// The file that `path` asks for, such as `/assets/app-0123456789abcdef.js`.
pub fn lookup(path: &str) -> Option<&'static Asset> {
    TABLE.iter().find(|asset| asset.url == path)
}

/// Answers a request for `path` with its file, `304` if the browser has it already, or `404`.
pub fn respond(path: &str, request: &HeaderMap) -> Response {
    match lookup(path) {
        Some(asset) => asset.respond(request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Asset {
    /// The bytes to send to a browser that sent this `Accept-Encoding`, and the `Content-Encoding` they have, if any.
    pub fn encoded(&self, accept: &str) -> (&'static [u8], Option<&'static str>) {
        let forms = [("br", self.brotli), ("gzip", self.gzip)];
        forms
            .into_iter()
            .filter(|(coding, _)| accepts(accept, coding))
            .find_map(|(coding, bytes)| bytes.map(|bytes| (bytes, Some(coding))))
            .unwrap_or((self.plain, None))
    }

    fn respond(&self, request: &HeaderMap) -> Response {
        let text = |name: HeaderName| {
            request.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let known = text(IF_NONE_MATCH)
            .split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == self.etag);
        let (bytes, coding) = self.encoded(text(ACCEPT_ENCODING));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(bytes));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(coding) = coding {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_static(self.etag));
        headers.insert(CACHE_CONTROL, FOR_EVER);
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

/// Whether an `Accept-Encoding` header allows `coding` (RFC 9110 §12.5.3; a `*` is not taken as an invitation).
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut fields = part.split(';').map(str::trim);
        let named = fields.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = fields
            .filter_map(|field| field.strip_prefix("q="))
            .any(|quality| quality.parse::<f32>().is_ok_and(|quality| quality == 0.0));
        named && !refused
    })
}

fn named(name: &str) -> &'static Asset {
    TABLE
        .iter()
        .find(|asset| asset.name == name)
        .expect("build.mjs lists every file that is named here")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn every_file_is_found_under_its_own_address() {
        for url in [script_url(), theme_script_url(), style_url(), favicon_url()] {
            assert_eq!(lookup(url).map(|asset| asset.url), Some(url));
        }
        assert!(lookup("/assets/app.js").is_none());
    }

    #[test]
    fn the_smallest_form_the_browser_takes_is_sent() {
        let script = named("app.js");
        assert_eq!(script.encoded("gzip, deflate, br").1, Some("br"));
        assert_eq!(script.encoded("gzip, br;q=0").1, Some("gzip"));
        assert_eq!(script.encoded("").1, None);
        assert!(script.encoded("br").0.len() < script.encoded("").0.len());
    }

    #[test]
    fn a_hashed_file_is_kept_for_ever_and_not_sent_twice() {
        let response = respond(style_url(), &request(ACCEPT_ENCODING, "br"));
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()[CONTENT_ENCODING], "br");
        let again = respond(style_url(), &request(IF_NONE_MATCH, named("app.css").etag));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(respond("/assets/other.js", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }

    /// Of this, the unmodified client is 40 KB. A page with sixty messages is 8 to 12 KB more, since
    /// pages are sent compressed: a first visit is somewhat above the 60 KB that it should be.
    #[test]
    fn script_and_style_stay_within_their_budget() {
        let sent: usize = ["app.js", "theme.js", "app.css", "favicon.svg"]
            .map(|name| named(name).encoded("br").0.len())
            .iter()
            .sum();
        assert!(sent <= 56 * 1024, "{sent} bytes are too many");
    }
}
