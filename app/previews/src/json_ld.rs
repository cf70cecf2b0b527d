//! What JSON-LD in a page says of it (<https://schema.org>, "JSON-LD 1.1" of the W3C).

use serde_json::Value;

/// The longest script that is read, in bytes.
pub(crate) const SCRIPT_BYTES_MAX: usize = 64 * 1024;
/// How deep lists and graphs nest.
const DEPTH_MAX: usize = 4;
/// Pictures that are taken.
const IMAGES_MAX: usize = 4;

/// What is told around a page and not of it: whose site it is, who wrote, where one is.
const AROUND: [&str; 9] = [
    "Organization",
    "NewsMediaOrganization",
    "Corporation",
    "Person",
    "WebSite",
    "BreadcrumbList",
    "ListItem",
    "ImageObject",
    "SearchAction",
];

/// What the objects of a page say, the first that says something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkedData {
    /// The headline of any, else the name of any.
    pub title: Option<String>,
    pub description: Option<String>,
    /// As they are written, maybe relative.
    pub images: Vec<String>,
}

/// Reads a script; what is no JSON says nothing. Texts are as they were written.
pub(crate) fn read(script: &str) -> LinkedData {
    let mut reader = Reader::default();
    if script.len() <= SCRIPT_BYTES_MAX
        && let Ok(value) = serde_json::from_str(script)
    {
        reader.read(&value, 0);
    }
    let Reader { headline, name, description, images } = reader;
    LinkedData { title: headline.or(name), description, images }
}

#[derive(Default)]
struct Reader {
    headline: Option<String>,
    name: Option<String>,
    description: Option<String>,
    images: Vec<String>,
}

impl Reader {
    fn read(&mut self, value: &Value, depth: usize) {
        match value {
            _ if depth > DEPTH_MAX => {}
            Value::Array(values) => values.iter().for_each(|value| self.read(value, depth + 1)),
            Value::Object(object) => match object.get("@graph") {
                Some(graph) => self.read(graph, depth + 1),
                None if is_around(&value["@type"]) => {}
                None => self.object(value),
            },
            _ => {}
        }
    }

    fn object(&mut self, object: &Value) {
        first(&mut self.headline, &object["headline"]);
        first(&mut self.name, &object["name"]);
        first(&mut self.description, &object["description"]);
        self.image(&object["image"], 0);
        self.image(&object["thumbnailUrl"], 0);
    }

    /// An address, an `ImageObject`, or a list of them.
    fn image(&mut self, image: &Value, depth: usize) {
        match image {
            _ if depth > DEPTH_MAX || self.images.len() >= IMAGES_MAX => {}
            Value::String(address) if !address.trim().is_empty() => {
                self.images.push(address.clone());
            }
            Value::Array(images) => images.iter().for_each(|image| self.image(image, depth + 1)),
            Value::Object(object) => {
                let address = object.get("url").or_else(|| object.get("contentUrl"));
                address.into_iter().for_each(|address| self.image(address, depth + 1));
            }
            _ => {}
        }
    }
}

fn first(place: &mut Option<String>, value: &Value) {
    let text = value.as_str().filter(|text| !text.trim().is_empty());
    if let (None, Some(text)) = (&place, text) {
        *place = Some(text.to_owned());
    }
}

fn is_around(kind: &Value) -> bool {
    let is = |kind: &Value| kind.as_str().is_some_and(|kind| AROUND.contains(&kind));
    is(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, title: Option<&str>, description: Option<&str>, images: &[&str]) {
        let data = read(script);
        assert_eq!(data.title.as_deref(), title, "title of {script}");
        assert_eq!(data.description.as_deref(), description, "description of {script}");
        assert_eq!(data.images, images, "images of {script}");
    }

    #[test]
    fn objects_lists_and_graphs_are_read() {
        let article =
            r#"{"@type":"NewsArticle","headline":"Tea","description":"Green","image":"a.png"}"#;
        check(article, Some("Tea"), Some("Green"), &["a.png"]);
        check(&format!("[{article}]"), Some("Tea"), Some("Green"), &["a.png"]);
        let graph = format!(r#"{{"@graph":[{{"@type":"WebSite","name":"Site"}},{article}]}}"#);
        check(&graph, Some("Tea"), Some("Green"), &["a.png"]);
    }

    #[test]
    fn pictures_are_addresses_objects_or_lists() {
        check(r#"{"image":["a.png","b.png"]}"#, None, None, &["a.png", "b.png"]);
        check(r#"{"image":{"@type":"ImageObject","url":"a.png"}}"#, None, None, &["a.png"]);
        check(r#"{"image":[{"contentUrl":"a.png"}]}"#, None, None, &["a.png"]);
        check(
            r#"{"thumbnailUrl":"t.png","image":{"url":["a.png"]}}"#,
            None,
            None,
            &["a.png", "t.png"],
        );
        check(r#"{"image":[1,null,"",{"width":3}]}"#, None, None, &[]);
    }

    #[test]
    fn a_headline_counts_more_than_a_name() {
        check(r#"[{"name":"Name"},{"headline":"Headline"}]"#, Some("Headline"), None, &[]);
        check(r#"{"@type":"Product","name":"Pot"}"#, Some("Pot"), None, &[]);
        check(
            r#"{"@type":["Organization","Brand"],"name":"Maker","logo":"l.png"}"#,
            None,
            None,
            &[],
        );
        check(r#"[{"headline":" "},{"headline":"Second"}]"#, Some("Second"), None, &[]);
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for script in ["", "{", "null", "\"text\"", "{\"headline\":3}", "// <![CDATA[", "{'a':1}"] {
            check(script, None, None, &[]);
        }
        check(&"[".repeat(50_000), None, None, &[]);
        let nested = format!("{}{{\"headline\":\"deep\"}}{}", "[".repeat(20), "]".repeat(20));
        check(&nested, None, None, &[]);
        let long = format!(r#"{{"headline":"{}"}}"#, "x".repeat(SCRIPT_BYTES_MAX));
        check(&long, None, None, &[]);
    }
}
