//! A component without a prop that it needs.

use liveview::{Rendered, component, html};

#[component]
fn Card(title: &str, level: u8) -> Rendered {
    html! { <h1>{title} {level}</h1> }
}

fn main() {
    let _ = html! { <p><Card level={1}/></p> };
}
