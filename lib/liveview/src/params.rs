//! Parameters of URLs and forms: text in nested maps and lists, as Phoenix decodes them.
//!
//! `a=1&b[c]=2&d[]=3&d[]=4` is `{a: "1", b: {c: "2"}, d: ["3", "4"]}`. Keys in brackets nest, empty
//! brackets append to a list, the last of two equal scalar keys wins (`Plug.Conn.Query`).

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// How deep brackets may nest; what is deeper is refused by being left out.
const DEPTH_MAX: usize = 16;

/// A nested map of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(BTreeMap<String, Param>);

/// Text, a list or a map.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// A scalar; numbers and booleans of a JSON event arrive as their text.
    Text(String),
    /// `name[]=…`.
    List(Vec<Param>),
    /// `name[key]=…`.
    Map(Params),
}

impl Params {
    /// Decodes `application/x-www-form-urlencoded` text.
    pub fn decode(encoded: &str) -> Self {
        let mut params = Params::default();
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let path = key_path(&form_decode(key));
            if path.len() <= DEPTH_MAX {
                params.put(&path, form_decode(value));
            }
        }
        params
    }

    /// Takes the members of a JSON object; anything else is an empty map.
    pub fn from_json(value: &Value) -> Self {
        let Value::Object(members) = value else { return Params::default() };
        Params(members.iter().map(|(key, value)| (key.clone(), Param::from_json(value))).collect())
    }

    /// The text at `key`, if it is text.
    pub fn get(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(Param::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// What is at `key`.
    pub fn param(&self, key: &str) -> Option<&Param> {
        self.0.get(key)
    }

    /// Sets `key` to `text`.
    pub fn set(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.0.insert(key.into(), Param::Text(text.into()));
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: &str) -> Option<Param> {
        self.0.remove(key)
    }

    /// Takes over every entry of `other`, in place of its own where both have one.
    pub fn merge(&mut self, other: Params) {
        self.0.extend(other.0);
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Param)> {
        self.0.iter().map(|(key, param)| (key.as_str(), param))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(key, param)| (key.clone(), param.to_json())).collect())
    }

    fn put(&mut self, path: &[String], text: String) {
        let Some((key, rest)) = path.split_first() else { return };
        let slot = self.0.entry(key.clone());
        let Some(next) = rest.first() else {
            slot.insert_entry(Param::Text(text));
            return;
        };
        if next.is_empty() {
            let param = slot.or_insert_with(|| Param::List(Vec::new()));
            if !matches!(param, Param::List(_)) {
                *param = Param::List(Vec::new());
            }
            let Param::List(list) = param else { return };
            list.push(match rest.len() {
                1 => Param::Text(text),
                _ => Param::Map(Params::default().with(&rest[1..], text)),
            });
            return;
        }
        let param = slot.or_insert_with(|| Param::Map(Params::default()));
        if !matches!(param, Param::Map(_)) {
            *param = Param::Map(Params::default());
        }
        if let Param::Map(map) = param {
            map.put(rest, text);
        }
    }

    fn with(mut self, path: &[String], text: String) -> Self {
        self.put(path, text);
        self
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Params(
            pairs.into_iter().map(|(key, text)| (key.into(), Param::Text(text.into()))).collect(),
        )
    }
}

impl Param {
    fn from_json(value: &Value) -> Self {
        match value {
            Value::Null => Param::Text(String::new()),
            Value::String(text) => Param::Text(text.clone()),
            Value::Bool(_) | Value::Number(_) => Param::Text(value.to_string()),
            Value::Array(items) => Param::List(items.iter().map(Param::from_json).collect()),
            Value::Object(_) => Param::Map(Params::from_json(value)),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Param::Text(text) => Value::String(text.clone()),
            Param::List(items) => Value::Array(items.iter().map(Param::to_json).collect()),
            Param::Map(params) => params.to_json(),
        }
    }
}

/// `user[name]` → `["user", "name"]`, `a[]` → `["a", ""]`; a key without a well-formed bracket is
/// itself.
pub(crate) fn key_path(key: &str) -> Vec<String> {
    let whole = || vec![key.to_owned()];
    let Some(open) = key.find('[').filter(|open| *open > 0 && key.ends_with(']')) else {
        return whole();
    };
    let mut path = vec![key[..open].to_owned()];
    path.extend(key[open + 1..key.len() - 1].split("][").map(str::to_owned));
    path
}

fn form_decode(text: &str) -> String {
    let spaces = text.replace('+', " ");
    percent_decode_str(&spaces).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest_and_lists_grow() {
        let params = Params::decode("a=1&b%5Bc%5D=Zo%C3%AB+%26+co&d[]=3&d[]=4&e[0][x]=5&f");
        assert_eq!(
            params.to_json(),
            json!({"a": "1", "b": {"c": "Zoë & co"}, "d": ["3", "4"], "e": {"0": {"x": "5"}}, "f": ""})
        );
    }

    #[test]
    fn the_last_of_two_equal_keys_wins_and_shapes_may_change() {
        let params = Params::decode("a=1&a=2&b=1&b[x]=2&c[x]=1&c[]=2");
        assert_eq!(params.to_json(), json!({"a": "2", "b": {"x": "2"}, "c": ["2"]}));
    }

    #[test]
    fn too_deep_a_key_is_left_out() {
        let deep = format!("a{}=1&b=2", "[x]".repeat(10_000));
        assert_eq!(Params::decode(&deep).to_json(), json!({"b": "2"}));
    }
}
