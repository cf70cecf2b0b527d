//! What the trees of `diff.rs` need on their way into a frame.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// The client that this server speaks to; another version warns in the browser's console.
pub(crate) const CLIENT_VERSION: &str = "1.2.12";

/// Moves the statics that occur more than once into the table `p` and refers to them by number
/// (protocol document §4.2). Components resolve statics by themselves, so theirs stay.
pub(crate) fn share_templates(message: &mut Map<String, Value>) {
    let mut seen = HashMap::new();
    visit(message, &mut |statics| *seen.entry(statics.clone()).or_insert(0) += 1);
    seen.retain(|_, times| *times > 1);
    if seen.is_empty() {
        return;
    }
    let mut table = Map::new();
    let mut numbers: HashMap<Value, usize> = HashMap::new();
    visit(message, &mut |statics| {
        if !seen.contains_key(statics) {
            return;
        }
        let next = numbers.len();
        let number = *numbers.entry(statics.clone()).or_insert(next);
        let statics = std::mem::replace(statics, json!(number));
        table.insert(number.to_string(), statics);
    });
    message.insert("p".to_owned(), Value::Object(table));
}

/// Calls `each` with the statics of every template outside of components.
fn visit(tree: &mut Map<String, Value>, each: &mut impl FnMut(&mut Value)) {
    for (key, value) in tree.iter_mut() {
        match (key.as_str(), value) {
            ("s", statics) => each(statics),
            ("c" | "e" | "t" | "r" | "p" | "stream", _) => {}
            (_, Value::Object(inner)) => visit(inner, each),
            // A moved entry of a loop: [old index, change].
            (_, Value::Array(moved)) => {
                if let Some(Value::Object(inner)) = moved.get_mut(1) {
                    visit(inner, each);
                }
            }
            _ => {}
        }
    }
}

/// The attributes of a start tag, `a="b" c`, as a map for the `container` of a join reply.
pub(crate) fn attributes(text: &str) -> Value {
    let mut attributes = Map::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let close = quoted.find('"').unwrap_or(quoted.len());
            value = quoted[..close].replace("&quot;", "\"").replace("&amp;", "&");
            rest = quoted.get(close + 1..).unwrap_or_default();
        } else {
            rest = rest.get(1..).unwrap_or_default();
        }
        attributes.insert(name, json!(value));
        rest = rest.trim_start();
    }
    Value::Object(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statics_that_repeat_go_into_the_table() {
        let list = json!(["<b>", "</b>"]);
        let Value::Object(mut message) = json!({
            "s": ["<p>", "", "</p>"],
            "0": {"s": list, "0": "a"},
            "1": {"k": {"0": {"0": {"s": list, "0": "b"}}, "1": [0, {"0": {"s": list, "0": "c"}}], "kc": 2}, "s": ["", ""]},
            "c": {"1": {"s": list}},
        }) else {
            unreachable!("an object")
        };
        share_templates(&mut message);
        assert_eq!(message["p"], json!({"0": ["<b>", "</b>"]}));
        assert_eq!(message["0"]["s"], json!(0));
        assert_eq!(message["1"]["k"]["1"][1]["0"]["s"], json!(0));
        assert_eq!(message["1"]["s"], json!(["", ""]));
        assert_eq!(message["c"]["1"]["s"], list);
    }

    #[test]
    fn a_message_without_repetition_stays() {
        let Value::Object(mut message) = json!({"s": ["a"], "0": {"s": ["b"]}}) else {
            unreachable!("an object")
        };
        share_templates(&mut message);
        assert!(!message.contains_key("p"));
    }

    #[test]
    fn attributes_are_read_from_a_tag() {
        assert_eq!(
            attributes(" class=\"a b\" data-x phx-remove=\"[&quot;x&quot;]\""),
            json!({"class": "a b", "data-x": "", "phx-remove": "[\"x\"]"})
        );
    }
}
