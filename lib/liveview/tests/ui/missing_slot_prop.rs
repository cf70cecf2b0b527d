//! A slot entry without its name, and a component without its slot.

use liveview::{Rendered, component, component::Slot, html, slot};

/// A column.
#[slot]
struct Col<'a> {
    name: &'a str,
    inner: Slot<'a>,
}

#[component]
fn Table(col: Col<'_>, inner: Slot) -> Rendered {
    html! { <h1>{col.name}{col.inner}{inner}</h1> }
}

#[component]
fn Entries(#[prop(slot)] col: Vec<Col<'_>>) -> Rendered {
    html! { for col in col { <b>{col.name}{col.inner}</b> } }
}

fn main() {
    let _ = html! { <Entries><:col>x</:col></Entries> };
    let _ = html! { <Table>x</Table> };
}
