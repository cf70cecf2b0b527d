//! Light markdown: emphasis, code, quotes, lists and links; everything else stays what was typed.
//!
//! The parser is `comrak` (CommonMark with GitHub's autolinks and strikethrough). The writer is
//! ours and knows a dozen elements, so that nothing else can come out: HTML is text, pictures are
//! links, headings are bold, and a link that leads to anything but the web or mail is shown as it
//! was written.

use std::fmt::Write;

use comrak::{
    Arena, Options,
    nodes::{AstNode, ListType, NodeValue},
    parse_document,
};
use liveview::escape;

use crate::quote;

/// Stands for `&` while parsing, so that `&lt;` in a message is shown as `&lt;`. A code point that
/// is no character (Unicode 23.7); it is dropped from what people write.
const AMPERSAND: char = '\u{FDD0}';

/// How deep quotes and lists nest; what is deeper is shown as it was typed.
const DEPTH_MAX: usize = 24;

/// How many messages are quoted under one that links to them.
const QUOTES_MAX: usize = 3;

/// A message as HTML.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) html: String,
    /// The messages that it links to: see [`quote::address`].
    pub(crate) quotes: Vec<String>,
}

/// The HTML of a message.
pub(crate) fn write(text: &str) -> Written {
    let text = text.replace(AMPERSAND, "").replace('&', AMPERSAND.encode_utf8(&mut [0; 3]));
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    let arena = Arena::new();
    let root = parse_document(&arena, &text, &options);
    let lines: Vec<&str> = text.split('\n').collect();
    let html = String::with_capacity(text.len() * 2);
    let mut writer = Writer { html, quotes: Vec::new(), lines, depth: 0 };
    writer.children(root);
    Written { html: writer.html, quotes: writer.quotes }
}

struct Writer<'t> {
    html: String,
    quotes: Vec<String>,
    lines: Vec<&'t str>,
    depth: usize,
}

impl Writer<'_> {
    fn children<'a>(&mut self, node: &'a AstNode<'a>) {
        self.depth += 1;
        match self.depth <= DEPTH_MAX {
            true => node.children().for_each(|child| self.node(child)),
            false => self.source(node),
        }
        self.depth -= 1;
    }

    fn around<'a>(&mut self, tag: &str, node: &'a AstNode<'a>) {
        let _infallible = write!(self.html, "<{tag}>");
        self.children(node);
        let _infallible = write!(self.html, "</{tag}>");
    }

    fn node<'a>(&mut self, node: &'a AstNode<'a>) {
        let data = node.data.borrow();
        match &data.value {
            NodeValue::Paragraph if self.is_in_tight_list(node) => self.children(node),
            NodeValue::Paragraph => self.around("p", node),
            NodeValue::Heading(_) => {
                self.html.push_str("<p>");
                self.around("strong", node);
                self.html.push_str("</p>");
            }
            NodeValue::BlockQuote => self.around("blockquote", node),
            NodeValue::List(list) => match list.list_type {
                ListType::Bullet => self.around("ul", node),
                ListType::Ordered if list.start == 1 => self.around("ol", node),
                ListType::Ordered => {
                    let _infallible = write!(self.html, "<ol start=\"{}\">", list.start);
                    self.children(node);
                    self.html.push_str("</ol>");
                }
            },
            NodeValue::Item(_) => self.around("li", node),
            NodeValue::CodeBlock(block) => {
                self.html.push_str("<pre><code>");
                self.text(block.literal.trim_end_matches('\n'));
                self.html.push_str("</code></pre>");
            }
            NodeValue::HtmlBlock(block) => {
                self.html.push_str("<p>");
                self.lines_of_text(block.literal.trim_end_matches('\n'));
                self.html.push_str("</p>");
            }
            NodeValue::ThematicBreak => self.html.push_str("<hr>"),
            NodeValue::Text(text) => self.text(text),
            NodeValue::HtmlInline(text) => self.lines_of_text(text),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.html.push_str("<br>"),
            NodeValue::Code(code) => {
                self.html.push_str("<code>");
                self.text(&code.literal);
                self.html.push_str("</code>");
            }
            NodeValue::Emph => self.around("em", node),
            NodeValue::Strong => self.around("strong", node),
            NodeValue::Strikethrough => self.around("del", node),
            NodeValue::Link(link) | NodeValue::Image(link) => match safe_url(&link.url) {
                Some(url) => self.link(&url, node),
                None => self.source(node),
            },
            NodeValue::Document => self.children(node),
            _ => self.source(node),
        }
    }

    fn is_in_tight_list<'a>(&self, node: &'a AstNode<'a>) -> bool {
        let Some(list) = node.parent().and_then(|item| item.parent()) else { return false };
        matches!(&list.data.borrow().value, NodeValue::List(list) if list.tight)
    }

    fn link<'a>(&mut self, url: &str, node: &'a AstNode<'a>) {
        let quoted = quote::address(url).filter(|address| !self.quotes.contains(address));
        let places = QUOTES_MAX.saturating_sub(self.quotes.len());
        self.quotes.extend(quoted.into_iter().take(places));
        let attributes = "target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\"";
        let _infallible = write!(self.html, "<a href=\"{}\" {attributes}>", escape(url));
        let before = self.html.len();
        self.children(node);
        if self.html.len() == before {
            self.html.push_str(&escape(url));
        }
        self.html.push_str("</a>");
    }

    /// What was typed, as it was typed.
    fn source<'a>(&mut self, node: &'a AstNode<'a>) {
        let place = node.data.borrow().sourcepos;
        let (first, last) = (place.start.line, place.end.line);
        for number in first..=last {
            let Some(line) = self.lines.get(number.wrapping_sub(1)).copied() else { return };
            let from = if number == first { place.start.column.saturating_sub(1) } else { 0 };
            let to = if number == last { place.end.column } else { line.len() };
            if number > first {
                self.html.push_str("<br>");
            }
            self.text(line.get(from..to.min(line.len())).unwrap_or(line));
        }
    }

    fn lines_of_text(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.html.push_str("<br>");
            }
            self.text(line);
        }
    }

    fn text(&mut self, text: &str) {
        self.html.push_str(&escape(&text.replace(AMPERSAND, "&")));
    }
}

/// The URL if it leads to the web, to mail or to a message here; no other scheme, and nothing else
/// relative to the page.
fn safe_url(url: &str) -> Option<String> {
    let url = url.replace(AMPERSAND, "&");
    let lower = url.to_ascii_lowercase();
    let is_safe = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
        || quote::address(&url).is_some();
    (is_safe && !url.chars().any(char::is_control)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        write(text).html
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(html(text), expected, "of {text:?}");
    }

    #[test]
    fn emphasis_code_and_line_breaks() {
        check(
            "*a* **b** ~~c~~ `d`\ne",
            "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code><br>e</p>",
        );
        check("```rust\nlet a = 1 < 2;\n```", "<pre><code>let a = 1 &lt; 2;</code></pre>");
        check("- a\n- b", "<ul><li>a</li><li>b</li></ul>");
        check("> a", "<blockquote><p>a</p></blockquote>");
        check("# Hi", "<p><strong>Hi</strong></p>");
    }

    #[test]
    fn html_is_shown_as_it_was_typed() {
        check("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        check("a <b>b</b> &amp; &lt;", "<p>a &lt;b&gt;b&lt;/b&gt; &amp;amp; &amp;lt;</p>");
        check("`a & b &amp;`", "<p><code>a &amp; b &amp;amp;</code></p>");
    }

    #[test]
    fn only_links_to_the_web_and_mail_are_links() {
        check(
            "[a](https://example.org/?a=1&b=2)",
            "<p><a href=\"https://example.org/?a=1&amp;b=2\" target=\"_blank\" \
             rel=\"noopener noreferrer nofollow ugc\">a</a></p>",
        );
        check("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>");
        check("![a](x.png)", "<p>![a](x.png)</p>");
        check("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>");
        assert!(html("see https://example.org/x.").contains("href=\"https://example.org/x\""));
        assert!(html("www.example.org").contains("<a href=\"http://www.example.org\""));
    }

    #[test]
    fn messages_that_are_linked_to_are_quoted_once_each() {
        let quotes = |text: &str| write(text).quotes;
        let here = "http://localhost:4000/r/kitchen";
        assert_eq!(quotes(&format!("see {here}/7#m-7, and {here}/7")), [format!("{here}/7")]);
        assert_eq!(quotes("[what Ben said](/r/kitchen/7)"), ["/r/kitchen/7"]);
        assert!(html("[so](/r/kitchen/7)").contains("<a href=\"/r/kitchen/7\""));
        check("[so](/me)", "<p>[so](/me)</p>");
        check("[so](//evil.example/r/kitchen/7)", "<p>[so](//evil.example/r/kitchen/7)</p>");
        assert_eq!(quotes(&format!("`{here}/7`")), [""; 0], "code is code");
        let many: String = (1..9).map(|number| format!("{here}/{number} ")).collect();
        assert_eq!(quotes(&many).len(), QUOTES_MAX);
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = ">".repeat(4_000);
        assert!(html(&deep).len() < 400_000);
        let brackets = "[".repeat(4_000);
        assert!(html(&brackets).contains("[["));
    }
}
