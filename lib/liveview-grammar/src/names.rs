//! Names that HTML and the LiveView client give a meaning.

/// Elements without content and closing tag (HTML, "void elements").
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Attributes that mean true by being there (HTML, "boolean attributes").
const BOOLEAN: &[&str] = &[
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "checked",
    "controls",
    "default",
    "defer",
    "disabled",
    "formnovalidate",
    "hidden",
    "inert",
    "ismap",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "novalidate",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// Attributes whose value is an event or JS commands (`phoenix_live_view`, "Bindings").
const EVENTS: &[&str] = &[
    "phx-click",
    "phx-click-away",
    "phx-change",
    "phx-submit",
    "phx-blur",
    "phx-focus",
    "phx-keydown",
    "phx-keyup",
    "phx-window-keydown",
    "phx-window-keyup",
    "phx-window-focus",
    "phx-window-blur",
    "phx-viewport-top",
    "phx-viewport-bottom",
    "phx-auto-recover",
    "phx-mounted",
    "phx-remove",
    "phx-connected",
    "phx-disconnected",
];

pub(crate) fn is_void(element: &str) -> bool {
    VOID.iter().any(|name| name.eq_ignore_ascii_case(element))
}

pub(crate) fn is_boolean(attribute: &str) -> bool {
    BOOLEAN.iter().any(|name| name.eq_ignore_ascii_case(attribute))
}

pub(crate) fn is_event(attribute: &str) -> bool {
    EVENTS.contains(&attribute)
}

/// Elements whose content a browser takes as it is.
pub(crate) fn is_raw_text(element: &str) -> bool {
    matches!(element, "script" | "style")
}

/// Elements in which whitespace shows, so that the source's own must not get in.
pub(crate) fn keeps_whitespace(element: &str) -> bool {
    matches!(element, "pre" | "textarea" | "script" | "style")
}

/// `Post` and `A`, but neither `post` nor `POST`.
pub(crate) fn is_camel_case(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase)
        && (name.len() == 1 || letters.any(char::is_lowercase))
}

/// `EditDone` becomes `edit_done`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && at > 0 && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Text of an HTML text node.
pub(crate) fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text of a double-quoted attribute.
pub(crate) fn escape_attribute(text: &str) -> String {
    escape_text(text).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variants_become_names_of_events() {
        assert_eq!(snake_case("Inc"), "inc");
        assert_eq!(snake_case("EditDone"), "edit_done");
        assert_eq!(snake_case("HTTPError2"), "http_error2");
    }

    #[test]
    fn constants_are_not_variants() {
        assert!(is_camel_case("Post") && is_camel_case("A"));
        assert!(!is_camel_case("POST") && !is_camel_case("post"));
    }
}
