//! `html!` without components.

use std::{borrow::Cow, sync::Arc};

use liveview::{Attrs, Raw, Rendered};
use liveview_macros::html;

struct Person {
    name: String,
    nick: Option<String>,
    age: u32,
    title: &'static str,
    admin: bool,
}

fn ana() -> Person {
    Person { name: "Ana <3".into(), nick: None, age: 33, title: "Dr", admin: true }
}

#[test]
fn text_and_attributes_are_escaped() {
    let (class, tip) = ("a \"b\"", Some("x & y"));
    let page = html! { <p class={class} title?={tip} lang?={None::<&str>} hidden={true} data-n={3}>"It's <"{1 + 1}</p> };
    assert_eq!(
        page.to_html(),
        "<p class=\"a &quot;b&quot;\" title=\"x &amp; y\" hidden data-n=\"3\">It's &lt;2</p>"
    );
}

impl Person {
    fn card(&self) -> Rendered {
        html! {
            <dl id={self.name} class={self.title} inert={self.admin} title?={self.nick}>
                <dt>{self.title} {self.name}</dt>
                <dd>{self.age} ({self.nick})</dd>
            </dl>
        }
    }
}

#[test]
fn fields_are_looked_at_and_not_taken() {
    assert_eq!(
        ana().card().to_html(),
        "<dl id=\"Ana &lt;3\" class=\"Dr\" inert>\
         <dt>Dr Ana &lt;3</dt>\n<dd>33 ()</dd></dl>"
    );
}

#[test]
fn variables_of_around_a_loop_are_looked_at() {
    let owner = "Ana".to_owned();
    let page = html! {
        <ul>
            for (at, name) in ["x".to_owned(), "y".to_owned()].into_iter().enumerate() {
                let shown = name.to_uppercase();
                <li :key={name} id={at}>{shown} of {owner}</li>
            }
        </ul>
        {owner}
    };
    assert_eq!(
        page.to_html(),
        "<ul><li id=\"0\">X of Ana</li><li id=\"1\">Y of Ana</li></ul>\nAna"
    );
}

#[test]
fn control_flow_renders_its_branch() {
    fn page(n: Option<u32>) -> String {
        html! {
            if let Some(n) = n && n > 1 { <b>{n}</b> } else if n.is_some() { one } else { "none" }
            match n { Some(0) => { " zero" } Some(n) if n > 5 => { <i>{n}</i> } _ => {} }
            <u :if={n.is_none()}>no</u>
            <s :for={i in 0..3} :if={Some(i) != n}>{i}</s>
        }
        .to_html()
    }
    assert_eq!(page(Some(7)), "<b>7</b>\n<i>7</i>\n\n<s>0</s><s>1</s><s>2</s>");
    assert_eq!(page(Some(0)), "one\n zero\n\n<s>1</s><s>2</s>");
    assert_eq!(page(None), "none\n\n<u>no</u>\n<s>0</s><s>1</s><s>2</s>");
}

#[test]
fn bindings_reach_their_siblings_alone() {
    let x = 1;
    let page = html! { <p>let x = 2; {x}</p><p>{x}</p> };
    assert_eq!(page.to_html(), "<p>2</p><p>1</p>");
}

#[test]
fn errors_of_expressions_go_through() {
    fn sum(numbers: &[&str]) -> Result<Rendered, std::num::ParseIntError> {
        Ok(html! { <p>for n in numbers { {n.parse::<u8>()? + 1} }</p> })
    }
    assert_eq!(sum(&["1", "2"]).unwrap().to_html(), "<p>23</p>");
    assert!(sum(&["x"]).is_err());
}

#[test]
fn markup_is_given_away() {
    struct Parts {
        head: Rendered,
    }
    let (body, parts) = (html! { <i/> }, Parts { head: html! { <b/> } });
    let page =
        html! { {{ parts.head }}{body}{Raw::new("<u>")}{Some(html! { x })}{vec![html! { y }]} };
    assert_eq!(page.to_html(), "<b></b><i></i><u>xy");
}

#[test]
fn kinds_of_text() {
    let (cow, arc, boxed): (Cow<str>, Arc<str>, Box<str>) = ("a".into(), "b".into(), "c".into());
    let all = (&cow, &arc, &boxed, 'd', 1.5);
    let page = html! { {all.0}{all.1}{all.2}{all.3}{all.4} {cow}{arc}{boxed} };
    assert_eq!(page.to_html(), "abcd1.5 abc");
}

#[test]
fn attributes_of_run_time() {
    let attrs = Attrs::default().set("data-a", "1").set_optional("data-b", None::<&str>);
    assert_eq!(html! { <p {..attrs} id="x"/> }.to_html(), "<p data-a=\"1\" id=\"x\"></p>");
}

#[test]
fn raw_text_is_as_it_is() {
    let text = "\nx";
    assert_eq!(
        html! { <script>"if (a < b) {}"</script> }.to_html(),
        "<script>if (a < b) {}</script>"
    );
    assert_eq!(html! { <textarea>{text}</textarea> }.to_html(), "<textarea>\n\nx</textarea>");
}

#[test]
fn macros_may_write_markup() {
    macro_rules! link {
        ($href:literal, $text:expr) => {
            html! { <a href=$href>{$text}</a> }
        };
    }
    assert_eq!(link!("/a", 1 + 1).to_html(), "<a href=\"/a\">2</a>");
}

#[test]
fn loops_over_borrowed_values() {
    let (names, flags) = (["a", "b"], [Some("x"), None]);
    let page = html! {
        for name in &names { <b id={name} hidden={&false}>{name}</b> }
        for flag in &flags { <i title?={flag}>{flag}</i> }
    };
    assert_eq!(page.to_html(), "<b id=\"a\">a</b><b id=\"b\">b</b>\n<i title=\"x\">x</i><i></i>");
}
