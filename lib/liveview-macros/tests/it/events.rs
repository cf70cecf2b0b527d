//! Messages and forms, there and back.

use liveview::{DecodeError, EventValue, Js, Message as _, Params};
use liveview_macros::{Form, Message, html};
use serde_json::json;

#[derive(Debug, Form, PartialEq)]
struct PostForm {
    body: String,
    #[field("reply-to")]
    reply_to: Option<u64>,
    loud: bool,
    tags: Vec<String>,
    author: Author,
}

#[derive(Debug, Form, PartialEq)]
struct Author {
    name: String,
}

#[derive(Debug, Message, PartialEq)]
enum Msg {
    Inc,
    EditDone,
    Delete {
        id: String,
        #[field("some-key")]
        key: Option<u32>,
    },
    Pick(#[field("at")] u32),
    Post(PostForm),
    #[event("custom-recovery")]
    Recover,
    #[internal]
    Tick(u32),
}

fn decode(event: &str, value: serde_json::Value) -> Result<Msg, DecodeError> {
    Msg::decode(event, &EventValue::from_payload("click", &value, None))
}

#[test]
fn events_become_messages() {
    assert_eq!(decode("inc", json!({})), Ok(Msg::Inc));
    assert_eq!(decode("edit_done", json!({"value": ""})), Ok(Msg::EditDone));
    assert_eq!(decode("custom-recovery", json!({})), Ok(Msg::Recover));
    assert_eq!(
        decode("delete", json!({"id": "7", "some-key": "1"})),
        Ok(Msg::Delete { id: "7".into(), key: Some(1) })
    );
    assert_eq!(decode("pick", json!({"at": 3})), Ok(Msg::Pick(3)));
    assert!(matches!(decode("pick", json!({})), Err(DecodeError::BadField { .. })));
    assert_eq!(decode("tick", json!({})), Err(DecodeError::UnknownEvent("tick".into())));
    let unused = Msg::Tick(1);
    assert_eq!(unused.encode(), ("", json!(null)));
}

#[test]
fn forms_become_messages() {
    let body = "body=hi&reply-to=3&loud=on&tags[]=a&tags[]=b&author[name]=Ana";
    let value = EventValue::from_payload("form", &json!(body), None);
    let form = PostForm {
        body: "hi".into(),
        reply_to: Some(3),
        loud: true,
        tags: vec!["a".into(), "b".into()],
        author: Author { name: "Ana".into() },
    };
    assert_eq!(Msg::decode("post", &value), Ok(Msg::Post(form)));
    let empty: PostForm = liveview::FormData::from_params(&Params::default()).unwrap();
    assert_eq!((empty.body, empty.author.name), (String::new(), String::new()));
}

#[test]
fn markup_says_what_decodes() {
    let id = "7".to_owned();
    let page = html! {
        <a phx-click={Msg::Delete { id: id.clone(), key: None }}/><a phx-click={Msg::Pick(3)}/>
        <a phx-click={Msg::Inc} phx-change={Msg::Post} phx-keydown={Msg::Delete}/>
        <a phx-click={Js::new().push(Msg::EditDone)} phx-blur?={id.is_empty().then_some(Msg::Inc)}/>
        <a phx-click="plain"/>
    };
    let html = page.to_html().replace("&quot;", "'");
    let lines: Vec<&str> = html.lines().collect();
    assert!(
        lines[0].contains("'event':'delete'") && lines[0].contains("{'id':'7','some-key':null}"),
        "{html}"
    );
    assert!(lines[0].contains("'event':'pick'") && lines[0].contains("{'at':3}"), "{html}");
    assert_eq!(lines[1], "<a phx-click=\"inc\" phx-change=\"post\" phx-keydown=\"delete\"></a>");
    assert!(lines[2].contains("'event':'edit_done'") && !lines[2].contains("blur"), "{html}");
    assert_eq!(lines[3], "<a phx-click=\"plain\"></a>");
}

#[test]
fn fields_are_named_once() {
    let page =
        html! { <input name={PostForm::FIELDS.reply_to}><input name={PostForm::FIELDS.body}> };
    assert_eq!(page.to_html(), "<input name=\"reply-to\"><input name=\"body\">");
    assert_eq!(Author::FIELDS.name.name(), "name");
}
