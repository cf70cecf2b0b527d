//! Children and a named slot for a component that takes neither.

use liveview::{Rendered, component, html};

#[component]
fn Card(title: &str) -> Rendered {
    html! { <h1>{title}</h1> }
}

fn main() {
    let _ = html! { <Card title="a">text</Card> };
    let _ = html! { <Card title="a"><:foot>text</:foot></Card> };
}
