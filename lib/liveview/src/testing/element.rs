//! Elements as a test sees them, and forms as a browser sends them.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Selector};
use serde_json::{Map, Value, json};

/// An element of a page, as it was when it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The tag's name.
    pub name: String,
    /// All text inside, without space at either end.
    pub text: String,
    /// The element as HTML.
    pub html: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    pub(super) fn of(element: ElementRef<'_>) -> Self {
        let attributes = element.value().attrs();
        Self {
            name: element.value().name().to_owned(),
            text: element.text().collect::<String>().trim().to_owned(),
            html: element.html(),
            attributes: attributes.map(|(name, value)| (name.into(), value.into())).collect(),
        }
    }

    /// The value of an attribute.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The element's id; empty if it has none.
    pub fn id(&self) -> &str {
        self.attr("id").unwrap_or_default()
    }

    /// `phx-value-*`, and the `value` of elements that have one.
    pub(super) fn event_value(&self) -> Map<String, Value> {
        let prefixed = self.attributes.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("phx-value-")?.to_owned(), json!(value)))
        });
        let mut values: Map<_, _> = prefixed.collect();
        if matches!(&*self.name, "button" | "input" | "select" | "textarea" | "li" | "option") {
            let value = match &*self.name {
                "textarea" => self.text.clone(),
                "li" => "0".to_owned(),
                _ => self.attr("value").unwrap_or_default().to_owned(),
            };
            values.insert("value".to_owned(), json!(value));
        }
        values
    }
}

pub(super) fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css} is no selector: {error}"))
}

/// The element itself or the nearest one around it that `is_it`.
pub(super) fn closest<'a>(
    element: ElementRef<'a>,
    is_it: impl Fn(&ElementRef<'a>) -> bool,
) -> Option<ElementRef<'a>> {
    let around = element.ancestors().filter_map(ElementRef::wrap);
    std::iter::once(element).chain(around).find(is_it)
}

/// What a person has done to one form.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) values: BTreeMap<String, String>,
    pub(super) used: BTreeSet<String>,
}

struct Control {
    name: String,
    value: String,
    hidden: bool,
    always_used: bool,
}

/// The form as the client's `serializeForm` sends it; `only` one field if that has its own event.
pub(super) fn encode(
    form: ElementRef<'_>,
    typed: &Typed,
    submitter: Option<(&str, &str)>,
    only: Option<&str>,
) -> String {
    let controls = controls(form, typed, submitter);
    let mut pairs = Vec::new();
    for control in &controls {
        if only.is_some_and(|only| control.name != only) {
            continue;
        }
        let mut same = controls.iter().filter(|other| other.name == control.name);
        let used = typed.used.contains(&control.name)
            || same.clone().any(|other| other.always_used)
            || submitter.is_some_and(|(name, _)| name == control.name);
        if !used && !same.all(|other| other.hidden) {
            pairs.push(format!("{}=", escape(&unused(&control.name))));
        }
        pairs.push(format!("{}={}", escape(&control.name), escape(&control.value)));
    }
    pairs.join("&")
}

/// Names of the fields that a form could send.
pub(super) fn field_names(form: ElementRef<'_>) -> BTreeSet<String> {
    let inputs = selector("input, select, textarea");
    let names = form.select(&inputs).filter_map(|input| input.value().attr("name"));
    names.map(str::to_owned).collect()
}

fn controls(form: ElementRef<'_>, typed: &Typed, submitter: Option<(&str, &str)>) -> Vec<Control> {
    let mut controls = Vec::new();
    for input in form.select(&selector("input, select, textarea, button")) {
        let attr = |name| input.value().attr(name);
        let Some(name) = attr("name").filter(|_| attr("disabled").is_none()) else { continue };
        let given = typed.values.get(name);
        let kind = attr("type").unwrap_or_default();
        let value = match (input.value().name(), kind) {
            ("button", _) | ("input", "submit" | "image" | "button" | "reset") => {
                submitter.filter(|(by, _)| *by == name).map(|(_, value)| value.to_owned())
            }
            ("input", "file") => None,
            ("input", "checkbox" | "radio") => {
                let value = attr("value").unwrap_or("on");
                let checked = given.map_or(attr("checked").is_some(), |given| given == value);
                checked.then(|| value.to_owned())
            }
            ("select", _) => given.cloned().or_else(|| chosen(input)),
            ("textarea", _) => Some(given.cloned().unwrap_or_else(|| input.text().collect())),
            _ => Some(given.cloned().unwrap_or_else(|| attr("value").unwrap_or_default().into())),
        };
        controls.extend(value.map(|value| Control {
            name: name.to_owned(),
            value,
            hidden: kind == "hidden",
            always_used: attr("phx-no-unused-field").is_some(),
        }));
    }
    controls
}

fn chosen(select: ElementRef<'_>) -> Option<String> {
    let options: Vec<_> = select.select(&selector("option")).collect();
    let chosen = options.iter().find(|option| option.value().attr("selected").is_some());
    let option = chosen.or(options.first())?;
    Some(option.value().attr("value").map_or_else(|| option.text().collect(), str::to_owned))
}

/// `user[name]` → `user[_unused_name]`.
fn unused(name: &str) -> String {
    let array = name.ends_with("[]");
    let base = name.strip_suffix("[]").unwrap_or(name);
    let base = match base.strip_suffix(']').and_then(|base| base.rsplit_once('[')) {
        Some((before, last)) => format!("{before}[_unused_{last}]"),
        None => format!("_unused_{base}"),
    };
    if array { format!("{base}[]") } else { base }
}

/// `application/x-www-form-urlencoded`.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                escaped.push(byte.into());
            }
            b' ' => escaped.push('+'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;

    #[test]
    fn a_form_is_sent_as_captured() {
        // As captured from phoenix_live_view 1.2.12 (protocol document §5.1).
        let page = Html::parse_fragment(
            "<form><input name=\"user[name]\" value=\"Zoë &amp; co\"><select name=\"user[tags][]\">\
             <option>t1</option></select><input type=\"hidden\" name=\"h\" value=\"hid\">\
             <button name=\"btn\" value=\"go\"></button></form>",
        );
        let form = page.select(&selector("form")).next().expect("a form");
        let typed = Typed { used: ["user[name]".to_owned()].into(), ..Typed::default() };
        let sent = "user%5Bname%5D=Zo%C3%AB+%26+co&user%5B_unused_tags%5D%5B%5D=&user%5Btags%5D%5B%5D=t1&h=hid";
        assert_eq!(encode(form, &typed, None, None), sent);
        let submitted = encode(form, &typed, Some(("btn", "go")), None);
        assert_eq!(submitted, format!("{sent}&btn=go"));
    }
}
