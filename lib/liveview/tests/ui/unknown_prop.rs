//! A prop that the component does not have.

use liveview::{Rendered, component, html};

#[component]
fn Card(title: &str) -> Rendered {
    html! { <h1>{title}</h1> }
}

fn main() {
    let _ = html! { <Card title="a" tittle="b"/> };
}
