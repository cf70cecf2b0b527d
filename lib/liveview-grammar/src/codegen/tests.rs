//! What markup becomes: statics joined by `·`, and what is reported.

use super::Template;
use crate::{parse::parse, place::Bound};

/// The statics of the outermost place, with a `·` for each dynamic.
#[track_caller]
fn statics(source: &str) -> String {
    let (children, errors) = parse(source.parse().unwrap());
    assert!(errors.is_empty(), "{errors:?}");
    Template::of(&children, &Bound::default()).statics.join("·")
}

#[track_caller]
fn is_root(source: &str) -> bool {
    let (children, errors) = parse(source.parse().unwrap());
    assert!(errors.is_empty(), "{errors:?}");
    Template::of(&children, &Bound::default()).root
}

/// The code, which must be an expression.
#[track_caller]
fn code(source: &str) -> String {
    let (children, errors) = parse(source.parse().unwrap());
    assert!(errors.is_empty(), "{errors:?}");
    let code = super::rendered(&children);
    syn::parse2::<syn::Expr>(code.clone()).unwrap_or_else(|error| panic!("{error}: {code}"));
    code.to_string().replace(":: liveview :: rt ::", "").replace("component :: ", "")
}

/// `line:column message` of everything reported.
fn errors(source: &str) -> Vec<String> {
    let (_, errors) = parse(source.parse().unwrap());
    let place = |error: &syn::Error| error.span().start();
    errors.iter().map(|e| format!("{}:{} {e}", place(e).line, place(e).column)).collect()
}

#[test]
fn an_element_is_static() {
    assert_eq!(statics("<p class=\"a\" hidden>Hello</p>"), "<p class=\"a\" hidden>Hello</p>");
    assert_eq!(statics("<br><hr/><i/>"), "<br><hr><i></i>");
    assert_eq!(statics("<!doctype html>\n<html></html>"), "<!doctype html>\n<html></html>");
    assert_eq!(
        statics("<my-item data-x-1=\"2\" xlink:href=\"#\" tabindex=3/>"),
        "<my-item data-x-1=\"2\" xlink:href=\"#\" tabindex=\"3\"></my-item>"
    );
    assert_eq!(
        statics("<a @click.once=\"x\" .b type=\"t\" for=\"f\"></a>"),
        "<a @click.once=\"x\" .b type=\"t\" for=\"f\"></a>"
    );
    assert_eq!(statics("<svg><path d=\"M0 0\"/></svg>"), "<svg><path d=\"M0 0\"></path></svg>");
}

#[test]
fn attributes_are_dynamic_by_their_kind() {
    assert_eq!(statics("<p id={id} class={\"a\"}></p>"), "<p id=\"·\" class=\"a\"></p>");
    assert_eq!(statics("<p title?={t} {..rest} a></p>"), "<p·· a></p>");
    assert_eq!(statics("<input disabled={d} value={v}>"), "<input· value=\"·\">");
    assert_eq!(
        statics("<a phx-click={Msg::A} phx-value-id={i}></a>"),
        "<a phx-click=\"·\" phx-value-id=\"·\"></a>"
    );
    assert_eq!(
        statics("<a phx-click=\"inc\" title=\"a \\\"b\\\" & <c>\"></a>"),
        "<a phx-click=\"inc\" title=\"a &quot;b&quot; &amp; &lt;c&gt;\"></a>"
    );
}

#[test]
fn text_keeps_its_spacing() {
    assert_eq!(
        statics("<p>Hello,   {name}!  How are\n  you (really)? [a, b]</p>"),
        "<p>Hello, ·! How are you (really)? [a, b]</p>"
    );
    assert_eq!(statics("<p>a<b>b</b> c</p>"), "<p>a<b>b</b> c</p>");
    assert_eq!(statics("<p> a </p>"), "<p> a </p>");
    assert_eq!(statics("<p> </p>"), "<p> </p>");
    assert_eq!(statics("<p>\n  a\n</p>"), "<p>a</p>");
    assert_eq!(statics("\n<b/>\n\n<b/> <b/><b/>\n"), "<b></b>\n<b></b> <b></b><b></b>");
    assert_eq!(statics("<p>({n} of {m})</p>"), "<p>(· of ·)</p>");
    assert_eq!(statics("<p>( <b>x</b> )</p>"), "<p>( <b>x</b> )</p>");
    assert_eq!(statics("{a}{b} {c}\n{d}"), "·· ·\n·");
    assert_eq!(
        statics("<p>1.5 + 2 = 3.5; a -> b & c</p>"),
        "<p>1.5 + 2 = 3.5; a -&gt; b &amp; c</p>"
    );
    assert_eq!(
        statics("<p>&copy; &#169; &#xa9; &nope & so;</p>"),
        "<p>&copy; &#169; &#xa9; &amp;nope &amp; so;</p>"
    );
}

#[test]
fn strings_are_text() {
    assert_eq!(statics("<p>\"don't <b>\"</p>"), "<p>don't &lt;b&gt;</p>");
    assert_eq!(statics("<p>It \"isn't\" so, \"is it\"?</p>"), "<p>It isn't so, is it?</p>");
    assert_eq!(statics("<script>\"a < b && 'c'\"</script>"), "<script>a < b && 'c'</script>");
    assert_eq!(statics("<pre>\n  \"a\\n\"\n  \"b\"\n</pre>"), "<pre>a\nb</pre>");
    assert_eq!(statics("<textarea>{text}</textarea>"), "<textarea>\n·</textarea>");
}

#[test]
fn comments_and_empty_braces_leave_nothing() {
    assert_eq!(statics("<p>a<!-- no {x} <b> -->b {} c</p>"), "<p>ab c</p>");
    assert_eq!(statics("<!-- top -->\n<p></p>"), "<p></p>");
}

#[test]
fn control_flow_is_one_dynamic() {
    assert_eq!(statics("<p>if x { <b></b> } else { c }</p>"), "<p>·</p>");
    assert_eq!(statics("<p>\"a \" if x { <b></b> } done</p>"), "<p>a  · done</p>");
    assert_eq!(statics("<ul>\n for i in 0..3 { <li>{i}</li> }\n</ul>"), "<ul>·</ul>");
    assert_eq!(statics("match x { Some(y) if y > 1 => { {y} } None => {}, _ => { <b/> } }"), "·");
    assert_eq!(statics("let a = 1;\n<p>{a}</p>"), "<p>·</p>");
    assert_eq!(statics("<b/>\nlet a = 1;\n<p>{a}</p>"), "<b></b>\n<p>·</p>");
    assert_eq!(statics("<p>what if we wait for it</p>"), "<p>what if we wait for it</p>");
    assert_eq!(statics("<li :for={i in x} :if={*i > 1} :key={i}>{i}</li>"), "·");
    assert_eq!(statics("<Card title=\"x\"><p>a</p><:foot>b</:foot></Card>"), "·");
}

#[test]
fn heads_end_where_their_expression_does() {
    code("if let Some(x) = match y { 1 => Some(2), _ => None } { {x} }");
    code("if a && let Some(x) = b { {x} } else if c { d } else { e }");
    code("for (i, x) in xs.iter().map(|x| { x + 1 }).enumerate() { {i} {x} }");
    code("match Some(1) { Some(x @ 1..=3) | Some(x) => { <p>{x}</p> } None => { } }");
}

#[test]
fn one_element_is_a_root() {
    assert!(is_root("<p></p>"));
    assert!(is_root("\n<!-- a --> let x = 1; <p>{x}</p> "));
    assert!(!is_root("<p></p><p></p>"));
    assert!(!is_root("a"));
    assert!(!is_root("<p :if={x}></p>"));
    assert!(!is_root("<p :for={y in x}></p>"));
    assert!(!is_root("<Card/>"));
    assert!(!is_root("<!doctype html><html></html>"));
}

#[test]
fn places_are_looked_at() {
    assert!(code("{self.name}").contains("shown (& (self . name))"));
    assert!(code("{name}").contains("text (name)"));
    assert!(code("for x in xs { {x} {name} }").contains("text (x)"));
    assert!(code("for x in xs { {x} {name} }").contains("shown (& (name))"));
    assert!(code("<Card>{inner}</Card>").contains("shown (& (inner))"));
    assert!(code("<p id={id}></p>").contains("attr_value (& (id))"));
}

#[test]
fn messages_are_checked() {
    let bound = code("<a phx-click={ui::Msg::Post}></a>");
    assert!(bound.contains("ui :: Msg :: Post { .. }"), "{bound}");
    assert!(bound.contains("__message . __binding_Post ()"), "{bound}");
    assert!(code("<a phx-click={Msg::Del { id: 1 }}></a>").contains("__binding_Del"));
    assert!(code("<a phx-click={Msg::Pick(1)}></a>").contains("__binding_Pick"));
    assert!(!code("<a phx-click={Js::new().show(x)}></a>").contains("__binding"));
    assert!(!code("<a phx-click={self.close()}></a>").contains("__binding"));
}

#[test]
fn components_are_built() {
    let call = code("<ui::Card title=\"x\" big n={1} type=\"t\" data-id={i}>a</ui::Card>");
    assert!(call.contains("ui :: Card :: __new () . title (\"x\") . big (true) . n (1) . r#type (\"t\") . data_id (i) . inner_markup ("), "{call}");
    let call = code("<Table><:col name=\"a\" :let={row} :for={c in cs}>{row}</:col></Table>");
    assert!(
        call.contains("__slot_col (| __entry | __entry . name (\"a\") . inner_markup ("),
        "{call}"
    );
}

#[test]
fn tags_must_match() {
    assert_eq!(
        errors("<div><b>x</div>"),
        ["1:9 expected `</b>` for the `<b>` of line 1, found `</div>`"]
    );
    assert_eq!(
        errors("<p>a</q></p>"),
        [
            "1:4 expected `</p>` for the `<p>` of line 1, found `</q>`",
            "1:8 `</p>` closes nothing that is open here"
        ]
    );
    assert_eq!(
        errors("<div><i>"),
        [
            "1:6 `<i>` is not closed: expected `</i>`",
            "1:1 `<div>` is not closed: expected `</div>`"
        ]
    );
    assert_eq!(
        errors("<br>x</br>"),
        ["1:5 `<br>` has no content and so no closing tag: write `<br>` alone"]
    );
    assert_eq!(errors("<p>if x { </p> } </p>"), ["1:10 `</p>` closes nothing that is open here"]);
    assert_eq!(
        errors("<div <p></p>"),
        ["1:5 expected `>` to end `<div`", "1:1 `<div>` is not closed: expected `</div>`"]
    );
    assert_eq!(errors("<>a</>").len(), 2);
}

#[test]
fn attributes_must_make_sense() {
    assert_eq!(
        errors("<p id=x id=\"a\" id=\"b\" :iff={a} :for={x}></p>"),
        [
            "1:3 expected `id=\"text\"` or `id={expression}`",
            "1:15 `id` is given twice",
            "1:23 there is no `:iff`: expected `:if`, `:for`, `:key` or `:let`",
            "1:37 expected `:for={pattern in iterator}`"
        ]
    );
    assert_eq!(errors("<p :if=\"a\" id={} :let={x} {x}></p>").len(), 4);
    assert_eq!(
        errors("<p :key={1}></p>"),
        ["1:4 `:key` stands beside `:for`, or on the only node of a `for` body"]
    );
    assert_eq!(errors("<Card a=\"1\" a=\"2\"/>"), ["1:12 `a` is given twice"]);
    assert_eq!(errors("<p><:col></:col></p>"), ["1:5 `<:col>` stands directly inside a component"]);
}

#[test]
fn text_must_be_told_from_code() {
    assert_eq!(
        errors("<p>for you</p>"),
        ["1:3 `for` begins `for pattern in iterator { … }` here; if it is text, put it in quotes"]
    );
    assert_eq!(errors("<p>if only</p>").len(), 1);
    assert_eq!(errors("<p>'tis so</p>"), ["1:3 text with an apostrophe goes in quotes: \"don't\""]);
    assert_eq!(errors("<p>a < b</p>").len(), 1);
    assert!(
        errors("<p>then if x { <b>y</b> }</p>")[0].contains("put the text before it in quotes")
    );
    assert_eq!(
        errors("<pre>a b</pre>"),
        ["1:5 the text of `<pre>` goes in quotes: its spacing matters"]
    );
    assert_eq!(errors("\"a\"if x { b }").len(), 1);
    assert_eq!(errors("match x { 1 => <b/>, _ => {} }").len(), 1);
}

#[test]
fn nothing_panics() {
    for source in [
        "<",
        "</",
        "<p",
        "<p a",
        "<p a=",
        "<p a?=",
        "<p :",
        "<p :for=",
        "<!",
        "<!--",
        "if",
        "if x",
        "for",
        "for x in",
        "match",
        "match x { a }",
        "let",
        "let x",
        "{..}",
        "<:",
        "<:a",
        "</>",
        "<p {..}>",
        "&",
        "&#",
        "else",
        "<A::",
        "<p :for={in x}></p>",
        "match x { => }",
        "<a/",
        "(<b>)",
        "<!doctype",
        "()",
        "<A><:b/></A>",
        "if {} {}",
        "</br>",
    ] {
        drop(crate::html(source.parse().unwrap()));
    }
}
