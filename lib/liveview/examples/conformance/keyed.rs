//! Tables whose rows change places, with and without keys.

use std::sync::atomic::{AtomicU64, Ordering};

use liveview::{
    Cx, Form, Interrupt, LiveView, Message, Rendered, component, component::Slot, html, slot,
};
use serde_json::{Value, json};

use crate::world::World;

pub struct KeyedLive {
    tab: Tab,
    items: Vec<Item>,
    size: usize,
    count: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Tab {
    All,
    Rows,
    Unkeyed,
}

struct Item {
    id: u64,
    other: String,
    bar: String,
}

#[derive(Message)]
pub enum Msg {
    Randomize,
    #[event("change_0")]
    ChangeFirst,
    ChangeOther,
    ChangeSize(Size),
    #[event("sandbox:eval")]
    Eval,
}

#[derive(Form)]
pub struct Size {
    size: Option<usize>,
}

impl LiveView for KeyedLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { tab: Tab::All, items: random_items(10), size: 10, count: 0 })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        self.tab = match cx.params().get("tab") {
            Some("rows_keyed") => Tab::Rows,
            Some("no_keyed") => Tab::Unkeyed,
            _ => Tab::All,
        };
    }

    async fn update(&mut self, message: Msg, cx: &mut Cx<Self>) {
        match message {
            Msg::Randomize => self.randomize(),
            Msg::ChangeSize(Size { size }) => {
                self.size = size.unwrap_or_default();
                self.randomize();
            }
            Msg::ChangeFirst => {
                let bar = cx.app().unique().to_string();
                let first = Item { id: 2000, other: "hey".to_owned(), bar };
                self.items.splice(..self.items.len().min(1), [first]);
            }
            Msg::ChangeOther => {
                let others = self.items.iter_mut().map(|item| &mut item.other);
                others.for_each(|other| *other = format!("hey {}", cx.app().unique()));
            }
            Msg::Eval => cx.reply(json!({ "result": self.items_as_json() })),
        }
    }

    fn render(&self) -> Rendered {
        let tab = |tab: Tab, name: &'static str, text: &'static str| {
            let class = if self.tab == tab { "tab tab-active" } else { "tab" };
            let href = format!("/keyed-comprehension?tab={name}");
            html! {
                <a
                    role="tab" class={class} href={href}
                    data-phx-link="patch" data-phx-link-state="push"
                >
                    {text}
                </a>
            }
        };
        html! {
            <nav role="tablist">
                {tab(Tab::All, "all_keyed", "All keyed")}
                {tab(Tab::Rows, "rows_keyed", "Rows keyed")}
                {tab(Tab::Unkeyed, "no_keyed", "No keyed")}
            </nav>
            <button phx-click={Msg::Randomize}>randomize</button>
            <button phx-click={Msg::ChangeFirst}>change first</button>
            <button phx-click={Msg::ChangeOther}>change other</button>
            <form><input phx-change={Msg::ChangeSize} name="size" value={self.size}></form>
            <div :for={i in 1..=2} :key={i}>
                <Table tab={self.tab} rows={&self.items}>
                    <:col id="1" name="Foo" :let={row}>
                        <Cell count={self.count} name={&row.bar}/>{i}" "
                    </:col>
                    <:col id="2" name="Count" :let={_row}>{self.count}" "</:col>
                </Table>
            </div>
        }
    }
}

impl KeyedLive {
    fn randomize(&mut self) {
        self.items = random_items(self.size);
        self.count += 1;
    }

    fn items_as_json(&self) -> Value {
        let item = |item: &Item| {
            let entry = json!({ "other": item.other, "foo": { "bar": item.bar } });
            json!({ "id": item.id, "entry": entry })
        };
        self.items.iter().map(item).collect()
    }
}

#[slot]
struct Col<'a> {
    id: &'a str,
    name: &'a str,
    inner: Slot<'a, &'a Item>,
}

/// The same table in three ways of telling its entries apart.
#[component]
fn Table(tab: Tab, rows: &[Item], #[prop(slot)] col: Vec<Col<'_>>) -> Rendered {
    html! {
        <table>
            match tab {
                Tab::All => {
                    <thead><tr><th :for={col in &col} :key={col.id}>{col.name}</th></tr></thead>
                    <tbody>
                        <tr :for={row in rows} :key={row.id}>
                            <td :for={col in &col} :key={format!("{}_{}", row.id, col.id)}>
                                {col.inner.with(row)}
                            </td>
                        </tr>
                    </tbody>
                }
                Tab::Rows => {
                    <thead><tr><th :for={col in &col}>{col.name}</th></tr></thead>
                    <tbody>
                        <tr :for={row in rows} :key={row.id}>
                            <td :for={col in &col}>{col.inner.with(row)}</td>
                        </tr>
                    </tbody>
                }
                Tab::Unkeyed => {
                    <thead><tr><th :for={col in &col}>{col.name}</th></tr></thead>
                    <tbody>
                        <tr :for={row in rows}>
                            <td :for={col in &col}>{col.inner.with(row)}</td>
                        </tr>
                    </tbody>
                }
            }
        </table>
    }
}

#[component]
fn Cell(count: u64, name: &str) -> Rendered {
    html! { <span>" Count: "{count}" Name: "{name}" "</span> }
}

/// `size` of the numbers up to twice as many, in any order.
fn random_items(size: usize) -> Vec<Item> {
    let mut numbers: Vec<u64> = (1..=2 * size as u64).collect();
    for at in 0..size {
        let other = at + random() as usize % (numbers.len() - at);
        numbers.swap(at, other);
    }
    let item = |id| Item { id, other: "hey".to_owned(), bar: format!("New{}", id + 1) };
    numbers.into_iter().take(size).map(item).collect()
}

/// Steps of a splitmix64 generator: mixed enough for an order of rows.
fn random() -> u64 {
    static STATE: AtomicU64 = AtomicU64::new(0);
    let step = 0x9E37_79B9_7F4A_7C15;
    let mut mixed = STATE.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
