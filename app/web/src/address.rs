//! Addresses of pages, with what their forms ask for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a query as it is (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `path` with those of `fields` that are not empty as its query.
pub(crate) fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(separator);
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, ENCODED));
        separator = '&';
    }
    address
}

#[cfg(test)]
mod tests {
    use liveview::Params;

    use super::*;

    #[test]
    fn what_is_asked_for_reads_back() {
        let text = "Zoë & co? 100% #1 +1";
        let address = address("/search", &[("q", text), ("by", ""), ("room", "tea")]);
        let (path, query) = address.split_once('?').expect("it has a query");
        assert_eq!(path, "/search");
        let params = Params::decode(query);
        assert_eq!((params.get("q"), params.get("by")), (Some(text), None));
        assert_eq!(params.get("room"), Some("tea"));
        assert!(address.is_ascii());
    }

    #[test]
    fn nothing_asked_for_is_the_path() {
        assert_eq!(address("/", &[("q", "")]), "/");
    }
}
