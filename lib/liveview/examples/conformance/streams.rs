//! Lists that neither side keeps.

use std::time::Duration;

use liveview::{
    ComponentCx, Cx, Form, Interrupt, Js, LiveComponent, LiveView, Message, Myself, Place,
    Rendered, Stream, html, live_component,
};
use serde_json::json;

use crate::{
    pieces::{NoMsg, Patch},
    world::{Program, World},
};

#[derive(Clone, Debug)]
struct User {
    id: String,
    name: String,
}

fn user(id: impl ToString, name: &str) -> User {
    User { id: id.to_string(), name: name.to_owned() }
}

fn chris_and_callan() -> [User; 2] {
    [user(1, "chris"), user(2, "callan")]
}

/// What comes after the dash of an element's id.
fn id_of(dom_id: &str) -> &str {
    dom_id.split_once('-').map_or(dom_id, |(_, id)| id)
}

fn move_to(stream: &mut Stream<User>, dom_id: &str, name: &str, place: Place) {
    stream.delete(dom_id);
    stream.insert(user(id_of(dom_id), name), place);
}

pub struct StreamLive {
    users: Stream<User>,
    admins: Stream<User>,
    count: u64,
    /// Whether the list has an item that is not of the stream.
    empty_item: bool,
}

#[derive(Message)]
pub enum StreamMsg {
    Delete {
        id: String,
    },
    Update {
        id: String,
    },
    MoveToFirst {
        id: String,
    },
    MoveToLast {
        id: String,
    },
    Move {
        id: String,
        name: String,
        at: i64,
    },
    ResetUsers,
    ResetUsersReorder,
    AdminDelete {
        id: String,
    },
    AdminUpdate {
        id: String,
    },
    AdminMoveToFirst {
        id: String,
    },
    AdminMoveToLast {
        id: String,
    },
    #[event("sandbox:eval")]
    Eval(Program),
}

impl LiveView for StreamLive {
    type Context = World;
    type Msg = StreamMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let mut users = Stream::new("users", |user: &User| format!("users-{}", user.id));
        users.extend(chris_and_callan(), Place::LAST);
        let mut admins = Stream::new("admins", |user: &User| format!("admins-{}", user.id));
        admins.extend([user(1, "chris-admin"), user(2, "callan-admin")], Place::LAST);
        let empty_item = cx.params().param("empty_item").is_some();
        Ok(Self { users, admins, count: 0, empty_item })
    }

    async fn update(&mut self, message: StreamMsg, cx: &mut Cx<Self>) {
        let Self { users, admins, .. } = self;
        match message {
            StreamMsg::Delete { id } => users.delete(id),
            StreamMsg::Update { id } => users.push(user(id_of(&id), "updated")),
            StreamMsg::MoveToFirst { id } => move_to(users, &id, "updated", Place::FIRST),
            StreamMsg::MoveToLast { id } => move_to(users, &id, "updated", Place::LAST),
            StreamMsg::Move { id, name, at } => move_to(users, &id, &name, Place::at(at)),
            StreamMsg::ResetUsers => self.reset([]),
            StreamMsg::ResetUsersReorder => {
                self.reset([user(3, "peter"), user(1, "chris"), user(4, "mona")]);
            }
            StreamMsg::AdminDelete { id } => admins.delete(id),
            StreamMsg::AdminUpdate { id } => admins.push(user(id_of(&id), "updated")),
            StreamMsg::AdminMoveToFirst { id } => move_to(admins, &id, "updated", Place::FIRST),
            StreamMsg::AdminMoveToLast { id } => move_to(admins, &id, "updated", Place::LAST),
            StreamMsg::Eval(program) => {
                match program.value.contains("append-users") {
                    true => users.extend([user(4, "foo"), user(3, "last_user")], Place::LAST),
                    false => self.reset([]),
                }
                cx.reply(json!({}));
            }
        }
    }

    fn render(&self) -> Rendered {
        if self.empty_item {
            return self.with_empty_item();
        }
        let click = |id: &str, message: fn(String) -> StreamMsg| message(id.to_owned());
        html! {
            <div id="users" phx-update="stream">
                {self.users.each(|id, user| html! {
                    <div id={id} data-count={self.count}>
                        {user.name}
                        <button phx-click={click(id, |id| StreamMsg::Delete { id })}>delete</button>
                        <button phx-click={click(id, |id| StreamMsg::Update { id })}>update</button>
                        <button phx-click={click(id, |id| StreamMsg::MoveToFirst { id })}>
                            make first
                        </button>
                        <button phx-click={click(id, |id| StreamMsg::MoveToLast { id })}>
                            make last
                        </button>
                        <button
                            phx-click="move"
                            phx-value-id={id} phx-value-name="moved" phx-value-at="1"
                        >
                            move
                        </button>
                        <button phx-click={Js::new().hide(Js::to(&format!("#{id}")))}>JS Hide</button>
                    </div>
                })}
            </div>
            <div id="admins" phx-update="stream">
                {self.admins.each(|id, user| html! {
                    <div id={id} data-count={self.count}>
                        {user.name}
                        <button phx-click={click(id, |id| StreamMsg::AdminDelete { id })}>
                            delete
                        </button>
                        <button phx-click={click(id, |id| StreamMsg::AdminUpdate { id })}>
                            update
                        </button>
                        <button phx-click={click(id, |id| StreamMsg::AdminMoveToFirst { id })}>
                            make first
                        </button>
                        <button phx-click={click(id, |id| StreamMsg::AdminMoveToLast { id })}>
                            make last
                        </button>
                    </div>
                })}
            </div>
            {live_component::<StreamComponent>("stream-component", ())}
            <button phx-click={StreamMsg::ResetUsers}>Reset users</button>
            <button phx-click={StreamMsg::ResetUsersReorder}>Reorder users</button>
        }
    }
}

impl StreamLive {
    fn reset<const N: usize>(&mut self, users: [User; N]) {
        self.count += 1;
        self.users.reset(users, Place::LAST);
    }

    fn with_empty_item(&self) -> Rendered {
        html! {
            <div id="users" phx-update="stream">
                {self.users.each(|id, user| html! { <div id={id}>{user.name}</div> })}
                <div id="users-empty" only-child>Empty!</div>
            </div>
            <style>
                "[only-child] { display: none; } [only-child]:only-child { display: block; }"
            </style>
        }
    }
}

struct StreamComponent {
    users: Stream<User>,
}

#[derive(Message)]
enum ComponentMsg {
    Delete { id: String },
    Update { id: String },
    MoveToFirst { id: String },
    MoveToLast { id: String },
}

impl LiveComponent for StreamComponent {
    type Props = ();
    type Msg = ComponentMsg;

    fn mount((): (), _: &mut ComponentCx<'_>) -> Self {
        let mut users = Stream::new("c_users", |user: &User| format!("c_users-{}", user.id));
        users.extend(chris_and_callan(), Place::LAST);
        Self { users }
    }

    fn props(&mut self, (): (), _: &mut ComponentCx<'_>) {}

    fn update(&mut self, message: ComponentMsg, _: &mut ComponentCx<'_>) {
        let users = &mut self.users;
        match message {
            ComponentMsg::Delete { id } => users.delete(id),
            ComponentMsg::Update { id } => users.push(user(id_of(&id), "updated")),
            ComponentMsg::MoveToFirst { id } => move_to(users, &id, "updated", Place::FIRST),
            ComponentMsg::MoveToLast { id } => move_to(users, &id, "updated", Place::LAST),
        }
    }

    fn render(&self, myself: Myself) -> Rendered {
        let delete = |id: &str| ComponentMsg::Delete { id: id.to_owned() };
        let update = |id: &str| ComponentMsg::Update { id: id.to_owned() };
        let first = |id: &str| ComponentMsg::MoveToFirst { id: id.to_owned() };
        let last = |id: &str| ComponentMsg::MoveToLast { id: id.to_owned() };
        html! {
            <div id="c_users" phx-update="stream">
                {self.users.each(|id, user| html! {
                    <div id={id}>
                        {user.name}
                        <button phx-click={delete(id)} phx-target={myself}>delete</button>
                        <button phx-click={update(id)} phx-target={myself}>update</button>
                        <button phx-click={first(id)} phx-target={myself}>make first</button>
                        <button phx-click={last(id)} phx-target={myself}>make last</button>
                    </div>
                })}
            </div>
        }
    }
}

pub struct HealthyLive {
    category: &'static str,
    items: Stream<User>,
}

impl LiveView for HealthyLive {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let items = Stream::new("items", |item: &User| format!("items-{}", item.id));
        Ok(Self { category: "fruits", items })
    }

    async fn params(&mut self, cx: &mut Cx<Self>) {
        let items = match cx.params().get("category") {
            Some("veggies") => {
                self.category = "veggies";
                [user(3, "Carrots"), user(4, "Tomatoes")]
            }
            _ => {
                self.category = "fruits";
                [user(1, "Apples"), user(2, "Oranges")]
            }
        };
        self.items.reset(items, Place::LAST);
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        let (other, title) = match self.category {
            "fruits" => ("/healthy/veggies", "Fruits"),
            _ => ("/healthy/fruits", "Veggies"),
        };
        html! {
            <p><Patch to={other}>Switch</Patch></p>
            <h1>{title}</h1>
            <ul id="items" phx-update="stream">
                {self.items.each(|id, item| html! { <li id={id}>{item.name}</li> })}
            </ul>
        }
    }
}

fn letters(letters: &str) -> Vec<User> {
    letters.chars().map(|letter| user(letter.to_lowercase(), &letter.to_string())).collect()
}

fn letter_stream() -> Stream<User> {
    let mut items = Stream::new("items", |item: &User| format!("items-{}", item.id));
    items.extend(letters("ABCD"), Place::LAST);
    items
}

pub struct ResetLive {
    items: Stream<User>,
    hides_removed: bool,
}

#[derive(Message)]
pub enum ResetMsg {
    Filter,
    Reorder,
    Reset,
    Prepend,
    Append,
    BulkInsert,
    InsertAtOne,
    InsertExistingAtOne,
    DeleteInsertExistingAtOne,
    PrependExisting,
    AppendExisting,
    NewUpdateOnly,
    ExistingUpdateOnly,
}

impl LiveView for ResetLive {
    type Context = World;
    type Msg = ResetMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let hides_removed = cx.params().param("phx-remove").is_some();
        Ok(Self { items: letter_stream(), hides_removed })
    }

    async fn update(&mut self, message: ResetMsg, cx: &mut Cx<Self>) {
        let items = &mut self.items;
        let unique = || {
            let number = cx.app().unique();
            user(format!("a-{number}"), &number.to_string())
        };
        let c = || user("c", "C");
        match message {
            ResetMsg::Filter => items.reset(letters("BCD"), Place::LAST),
            ResetMsg::Reorder => items.reset(letters("BACD"), Place::LAST),
            ResetMsg::Reset => items.reset(letters("ABCD"), Place::LAST),
            ResetMsg::Prepend => items.insert(unique(), Place::FIRST),
            ResetMsg::Append => items.insert(unique(), Place::LAST),
            ResetMsg::BulkInsert => items.extend(letters("GFE"), Place::at(1)),
            ResetMsg::InsertAtOne => items.insert(unique(), Place::at(1)),
            ResetMsg::InsertExistingAtOne => items.insert(c(), Place::at(1)),
            ResetMsg::DeleteInsertExistingAtOne => {
                items.delete("items-c");
                items.insert(c(), Place::at(1));
            }
            ResetMsg::PrependExisting => items.insert(c(), Place::FIRST),
            ResetMsg::AppendExisting => items.insert(c(), Place::LAST),
            ResetMsg::NewUpdateOnly => items.insert(user("e", "E"), Place::LAST.update_only()),
            ResetMsg::ExistingUpdateOnly => {
                let name = format!("C {}", cx.app().unique());
                items.insert(user("c", &name), Place::LAST.update_only());
            }
        }
    }

    fn render(&self) -> Rendered {
        let on_remove = self.hides_removed.then(|| Js::new().hide(Default::default()));
        html! {
            <ul phx-update="stream" id="thelist">
                {self.items.each(|id, item| html! {
                    <li id={id} phx-remove?={on_remove.clone()}>{item.name}</li>
                })}
            </ul>
            <button phx-click={ResetMsg::Filter}>Filter</button>
            <button phx-click={ResetMsg::Reorder}>Reorder</button>
            <button phx-click={ResetMsg::Reset}>Reset</button>
            <button phx-click={ResetMsg::Prepend}>Prepend</button>
            <button phx-click={ResetMsg::Append}>Append</button>
            <button phx-click={ResetMsg::BulkInsert}>Bulk insert</button>
            <button phx-click={ResetMsg::InsertAtOne}>Insert at 1</button>
            <button phx-click={ResetMsg::InsertExistingAtOne}>Insert C at 1</button>
            <button phx-click={ResetMsg::DeleteInsertExistingAtOne}>Delete C and insert at 1</button>
            <button phx-click={ResetMsg::PrependExisting}>Prepend C</button>
            <button phx-click={ResetMsg::AppendExisting}>Append C</button>
            <button phx-click={ResetMsg::NewUpdateOnly}>Add E (update only)</button>
            <button phx-click={ResetMsg::ExistingUpdateOnly}>Update C (update only)</button>
        }
    }
}

/// Components that are themselves the items of a stream.
pub struct ResetComponentsLive {
    items: Stream<User>,
}

#[derive(Message)]
pub enum Reorder {
    Reorder,
}

impl LiveView for ResetComponentsLive {
    type Context = World;
    type Msg = Reorder;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { items: letter_stream() })
    }

    async fn update(&mut self, Reorder::Reorder: Reorder, _: &mut Cx<Self>) {
        self.items.reset(letters("EAFG"), Place::LAST);
    }

    fn render(&self) -> Rendered {
        html! {
            <ul phx-update="stream" id="thelist">
                {self.items.each(|id, item| html! {
                    {live_component::<ItemComponent>(id, (id.to_owned(), item.clone()))}
                })}
            </ul>
            <button phx-click={Reorder::Reorder}>Reorder</button>
        }
    }
}

struct ItemComponent(String, User);

impl LiveComponent for ItemComponent {
    type Props = (String, User);
    type Msg = NoMsg;

    fn mount((id, item): (String, User), _: &mut ComponentCx<'_>) -> Self {
        Self(id, item)
    }

    fn props(&mut self, (id, item): (String, User), _: &mut ComponentCx<'_>) {
        *self = Self(id, item);
    }

    fn update(&mut self, message: NoMsg, _: &mut ComponentCx<'_>) {
        match message {}
    }

    fn render(&self, _: Myself) -> Rendered {
        html! { <li id={self.0}>{self.1.name}</li> }
    }
}

/// Components with streams of their own as items of a stream.
pub struct NestedResetLive {
    items: Stream<User>,
}

impl LiveView for NestedResetLive {
    type Context = World;
    type Msg = Reorder;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { items: letter_stream() })
    }

    async fn update(&mut self, Reorder::Reorder: Reorder, _: &mut Cx<Self>) {
        self.items.reset(letters("EAFG"), Place::LAST);
    }

    fn render(&self) -> Rendered {
        html! {
            <ul phx-update="stream" id="thelist">
                {self.items.each(|id, item| html! {
                    {live_component::<NestedList>(id, (id.to_owned(), item.clone()))}
                })}
            </ul>
            <button phx-click={Reorder::Reorder} id="parent-reorder">Reorder</button>
        }
    }
}

struct NestedList {
    id: String,
    item: User,
    nested: Stream<User>,
}

impl NestedList {
    fn letters(&self, letters: &str) -> Vec<User> {
        let item = |letter: char| {
            let id = format!("{}-{}", self.id, letter.to_lowercase());
            user(id, &format!("N-{letter}"))
        };
        letters.chars().map(item).collect()
    }
}

impl LiveComponent for NestedList {
    type Props = (String, User);
    type Msg = Reorder;

    fn mount((id, item): (String, User), cx: &mut ComponentCx<'_>) -> Self {
        let nested = Stream::new("nested", |item: &User| format!("nested-{}", item.id));
        let mut list = Self { id, item, nested };
        let letters = list.letters(if cx.connected() { "ABCD" } else { "EFGH" });
        list.nested.reset(letters, Place::LAST);
        list
    }

    fn props(&mut self, (id, item): (String, User), _: &mut ComponentCx<'_>) {
        (self.id, self.item) = (id, item);
    }

    fn update(&mut self, Reorder::Reorder: Reorder, _: &mut ComponentCx<'_>) {
        self.nested.reset(self.letters("EAFG"), Place::LAST);
    }

    fn render(&self, myself: Myself) -> Rendered {
        let nested_id = format!("{}-nested", self.id);
        html! {
            <li id={self.id}>
                {self.item.name}
                <div id={nested_id} phx-update="stream" style="display: flex; gap: 4px;">
                    {self.nested.each(|id, item| html! { <span id={id}>{item.name}</span> })}
                </div>
                <button phx-click={Reorder::Reorder} phx-target={myself}>Reorder</button>
            </li>
        }
    }
}

pub struct LimitLive {
    place: Limits,
    last: u64,
    items: Stream<u64>,
}

#[derive(Clone, Copy, Form)]
pub struct Limits {
    at: i64,
    limit: i64,
}

#[derive(Message)]
pub enum LimitMsg {
    Configure(Limits),
    #[event("insert_10")]
    InsertTen,
    #[event("insert_1")]
    InsertOne,
    Clear,
}

impl LimitLive {
    fn insert(&mut self, count: u64) {
        let place = Place::at(self.place.at).limit(self.place.limit);
        self.items.extend(self.last + 1..=self.last + count, place);
        self.last += count;
    }

    fn clear(&mut self) {
        self.items.clear();
        self.last = 0;
    }
}

impl LiveView for LimitLive {
    type Context = World;
    type Msg = LimitMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let items = Stream::new("items", |id: &u64| format!("items-{id}"));
        let mut view = Self { place: Limits { at: -1, limit: -5 }, last: 0, items };
        view.insert(10);
        Ok(view)
    }

    async fn update(&mut self, message: LimitMsg, _: &mut Cx<Self>) {
        match message {
            LimitMsg::Configure(place) => {
                self.place = place;
                self.clear();
                self.insert(10);
            }
            LimitMsg::InsertTen => self.insert(10),
            LimitMsg::InsertOne => self.insert(1),
            LimitMsg::Clear => self.clear(),
        }
    }

    fn render(&self) -> Rendered {
        let Limits { at, limit } = self.place;
        html! {
            <form phx-submit={LimitMsg::Configure}>
                "at: "<input type="text" name="at" value={at}>
                "limit: "<input type="text" name="limit" value={limit}>
                <button type="submit">recreate stream</button>
            </form>
            <div>"configured with at: "{at}", limit: "{limit}</div>
            <button phx-click={LimitMsg::InsertTen}>add 10</button>
            <button phx-click={LimitMsg::InsertOne}>add 1</button>
            <button phx-click={LimitMsg::Clear}>clear</button>
            <ul id="items" phx-update="stream">
                // Text between items, as other templates have it: the client must not hoard it.
                "\n"
                {self.items.each(|id, item| html! { "\n"<li id={id}>{item}</li> })}
            </ul>
        }
    }
}

/// A stream inside a loop, filled after the first render.
pub struct InsideForLive {
    items: Stream<User>,
}

#[derive(Message)]
pub enum InsideForMsg {
    #[internal]
    Loaded,
}

impl LiveView for InsideForLive {
    type Context = World;
    type Msg = InsideForMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.after(Duration::from_millis(50), InsideForMsg::Loaded);
        Ok(Self { items: Stream::new("items", |item: &User| format!("items-{}", item.id)) })
    }

    async fn update(&mut self, InsideForMsg::Loaded: InsideForMsg, _: &mut Cx<Self>) {
        self.items.extend(letters("ABCD"), Place::LAST);
    }

    fn render(&self) -> Rendered {
        html! {
            <div :for={_ in [1]}>
                <ul phx-update="stream" id="thelist">
                    {self.items.each(|id, item| html! { <li id={id}>{item.name}</li> })}
                </ul>
            </div>
        }
    }
}
