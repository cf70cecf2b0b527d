//! Components, slots and slot entries.

use liveview::{Binding, Rendered, component::Slot};
use liveview_macros::{Message, component, html, slot};

/// A box with a title.
#[component]
pub fn Card(
    title: &str,
    #[prop(default)] big: bool,
    #[prop(default = 3)] level: u8,
    #[prop(default, into)] note: Option<&str>,
    #[prop(default)] inner: Slot<'_>,
    #[prop(slot)] foot: Option<Slot<'_>>,
) -> Rendered {
    html! {
        <section class={if big { "big" } else { "small" }} title?={note}>
            <h1>{title} {level}</h1>
            {inner}
            if let Some(foot) = &foot { <footer>{foot.render()}</footer> }
        </section>
    }
}

#[test]
fn props_are_given_by_name() {
    let name = "Kitchen".to_owned();
    let page = html! { <Card big title={&name} note="n"/> };
    assert_eq!(
        page.to_html(),
        "<section class=\"big\" title=\"n\"><h1>Kitchen 3</h1>\n\n</section>"
    );
}

#[test]
fn children_and_named_slots_borrow() {
    let text = "hi".to_owned();
    let page = html! {
        <Card title="a" level={4}>
            <p>{text}</p>
            <:foot><i>{text}</i></:foot>
        </Card>
        {text}
    };
    assert_eq!(
        page.to_html(),
        "<section class=\"small\"><h1>a 4</h1>\n<p>hi</p>\n<footer><i>hi</i></footer></section>\nhi"
    );
}

/// Passes its children on.
#[component]
fn Twice(inner: Slot) -> Rendered {
    html! { <Card title="1">{inner}</Card><Card title="2">{inner}</Card> }
}

#[test]
fn children_are_passed_on() {
    let html = html! { <Twice><b/></Twice> }.to_html();
    assert_eq!(html.matches("<b></b>").count(), 2);
}

#[derive(Debug)]
struct Row {
    name: String,
    age: u32,
}

/// A column of a table.
#[slot]
struct Col<'a> {
    name: &'a str,
    #[prop(default)]
    wide: bool,
    inner: Slot<'a, &'a Row>,
}

/// A table.
#[component]
fn Table(rows: &[Row], #[prop(slot)] col: Vec<Col<'_>>) -> Rendered {
    html! {
        <table>
            <tr><th :for={col in &col} class?={col.wide.then_some("wide")}>{col.name}</th></tr>
            <tr :for={row in rows} :key={&row.name}>
                <td :for={col in &col}>{col.inner.with(row)}</td>
            </tr>
        </table>
    }
}

#[test]
fn entries_take_what_is_passed() {
    let rows = [Row { name: "Ana".into(), age: 33 }, Row { name: "Ben".into(), age: 44 }];
    let unit = "y".to_owned();
    let page = html! {
        <Table rows={&rows}>
            <:col name="Name" wide :let={row}><b>{row.name}</b></:col>
            <:col name="Age" :let={Row { age, .. }}>{age}{unit}</:col>
            <:col name="never" :if={rows.is_empty()}>x</:col>
            <:col :for={extra in ["a", "b"]} name={extra} :let={row}>{extra}{row.age}</:col>
        </Table>
    };
    assert_eq!(
        page.to_html(),
        "<table><tr><th class=\"wide\">Name</th><th>Age</th><th>a</th><th>b</th></tr>\n\
         <tr><td><b>Ana</b></td><td>33y</td><td>a33</td><td>b33</td></tr>\
         <tr><td><b>Ben</b></td><td>44y</td><td>a44</td><td>b44</td></tr></table>"
    );
}

/// What it is given, in brackets.
#[component]
fn Show<T: std::fmt::Display>(
    value: T,
    many: impl IntoIterator<Item = u8>,
    format: &dyn Fn(&str) -> String,
    inner: Slot<'_, u8>,
) -> Rendered {
    let value = format(&value.to_string());
    html! { <p>"["{value}"]" for n in many { {inner.with(n)} }</p> }
}

#[test]
fn components_may_be_generic() {
    let page = html! {
        <Show :let={n} value={1.5} many={[1, 2]} format={&|text| format!("<{text}>")}>{n + 1};</Show>
    };
    assert_eq!(page.to_html(), "<p>[&lt;1.5&gt;] 2;3;</p>");
}

#[test]
fn components_may_repeat() {
    let page = html! { <Card :for={t in ["a", "b"]} :if={t != "a"} :key={t} title={t}/> };
    assert_eq!(page.to_html(), "<section class=\"small\"><h1>b 3</h1>\n\n</section>");
    let page = html! { for t in ["b"] { <Card :key={t} title={t}/> } };
    assert_eq!(page.to_html(), "<section class=\"small\"><h1>b 3</h1>\n\n</section>");
}

#[derive(Message)]
enum Msg {
    Close,
}

/// A button.
#[component]
fn Button(phx_click: Binding, r#type: &str, aria_label: &str) -> Rendered {
    html! { <button phx-click={phx_click} type={r#type} aria-label={aria_label}/> }
}

#[test]
fn events_and_keywords_are_props() {
    let page = html! { <Button phx-click={Msg::Close} type="submit" aria-label="x"/> };
    assert_eq!(
        page.to_html(),
        "<button phx-click=\"close\" type=\"submit\" aria-label=\"x\"></button>"
    );
}
