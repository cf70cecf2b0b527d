//! The links in a message.

use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
    parse_document,
};

use crate::Link;

/// Stands for `&` while parsing, as where messages are shown: `&amp;` in a message is no entity.
const AMPERSAND: char = '\u{FDD0}';

/// What is nested deeper is shown as it was typed, so there is no link in it.
const DEPTH_MAX: usize = 24;

/// The different links in `body`, in order, at most `max`: the ones that a reader sees as links, so
/// not those in code. Parsed as messages are shown (comrak with autolinks).
pub fn links(body: &str, max: usize) -> Vec<Link> {
    let text = body.replace(AMPERSAND, "").replace('&', AMPERSAND.encode_utf8(&mut [0; 3]));
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    let arena = Arena::new();
    let root = parse_document(&arena, &text, &options);
    let mut found = Found { links: Vec::new(), max };
    found.under(root, 1);
    found.links
}

struct Found {
    links: Vec<Link>,
    max: usize,
}

impl Found {
    fn under<'a>(&mut self, node: &'a AstNode<'a>, depth: usize) {
        for child in node.children() {
            let is_markup = self.take(child);
            if self.links.len() >= self.max {
                return;
            }
            if is_markup && depth < DEPTH_MAX {
                self.under(child, depth + 1);
            }
        }
    }

    /// Takes the link that `node` is, if it is one; whether what is under it is shown as markup.
    fn take<'a>(&mut self, node: &'a AstNode<'a>) -> bool {
        match &node.data.borrow().value {
            NodeValue::Link(link) | NodeValue::Image(link) => self.add(&link.url),
            NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::BlockQuote
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Emph
            | NodeValue::Strong
            | NodeValue::Strikethrough => true,
            _ => false,
        }
    }

    fn add(&mut self, url: &str) -> bool {
        let url = url.replace(AMPERSAND, "&");
        let lower = url.to_ascii_lowercase();
        let is_web = lower.starts_with("https://") || lower.starts_with("http://");
        if !is_web || url.chars().any(char::is_control) {
            return lower.starts_with("mailto:");
        }
        if let Ok(link) = Link::parse(&url)
            && !self.links.contains(&link)
            && self.links.len() < self.max
        {
            self.links.push(link);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let found = links(body, 3);
        let found: Vec<&str> = found.iter().map(Link::as_str).collect();
        assert_eq!(found, expected, "of {body:?}");
    }

    #[test]
    fn what_is_shown_as_a_link_is_one() {
        check("see https://example.org/x.", &["https://example.org/x"]);
        check("(https://example.org/a_(b))", &["https://example.org/a_(b)"]);
        check("www.example.org", &["http://www.example.org/"]);
        check("[tea](https://example.org/?a=1&b=2)", &["https://example.org/?a=1&b=2"]);
        check("<https://example.org/tea>", &["https://example.org/tea"]);
        check("![tea](https://example.org/tea.png)", &["https://example.org/tea.png"]);
        check("[tea][t]\n\n[t]: https://example.org/t", &["https://example.org/t"]);
        check("> - *~~**https://example.org/deep**~~*", &["https://example.org/deep"]);
        check("# https://example.org/heading", &["https://example.org/heading"]);
    }

    #[test]
    fn an_entity_in_a_link_is_what_was_typed() {
        check("https://example.org/?a&amp;b", &["https://example.org/?a&amp;b"]);
        check("[a](https://example.org/&lt;)", &["https://example.org/&lt;"]);
    }

    #[test]
    fn code_html_and_other_schemes_have_no_links() {
        check("`https://example.org`", &[]);
        check("```\nhttps://example.org\n```", &[]);
        check("    https://example.org", &[]);
        check("<a href=\"https://example.org\">", &[]);
        check("mailto:ana@example.org ana@example.org", &[]);
        check("[a](javascript:alert(1)) [b](/r/kitchen) [c](data:text/html,x)", &[]);
        check("\\https://", &[]);
        check("https://ana:secret@example.org/", &[]);
    }

    #[test]
    fn links_are_told_apart_by_their_normal_form() {
        check(
            "https://example.org https://EXAMPLE.org:443/#a https://example.org/b",
            &["https://example.org/", "https://example.org/b"],
        );
    }

    #[test]
    fn there_are_no_more_than_asked_for() {
        let body = "https://example.org/1 https://example.org/2 > https://example.org/3\n\n\
                    - https://example.org/4";
        assert_eq!(links(body, 3).len(), 3);
        assert_eq!(links(body, 9).len(), 4);
        assert_eq!(links(body, 0), []);
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = format!("{}https://example.org/", "> ".repeat(2_000));
        check(&deep, &[]);
        let shown = format!("{}https://example.org/", "> ".repeat(20));
        check(&shown, &["https://example.org/"]);
        check(&"[".repeat(4_000), &[]);
    }
}
