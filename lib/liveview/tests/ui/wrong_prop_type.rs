//! A prop of another type.

use liveview::{Rendered, component, html};

#[component]
fn Card(title: &str) -> Rendered {
    html! { <h1>{title}</h1> }
}

fn main() {
    let _ = html! { <Card title={3}/> };
}
