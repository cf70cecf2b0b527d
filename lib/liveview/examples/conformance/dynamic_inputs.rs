//! A form whose inputs come and go by what it sends.

use std::collections::BTreeMap;

use liveview::{Cx, Form, Interrupt, Js, LiveView, Message, Param, Params, Rendered, html};

use crate::world::World;

pub struct DynamicInputsLive {
    name: String,
    users: Vec<String>,
    checkboxes: bool,
    submitted: bool,
}

#[derive(Message)]
pub enum Msg {
    Validate(MyForm),
    Save(MyForm),
}

#[derive(Form)]
pub struct MyForm {
    my_form: Fields,
}

#[derive(Form)]
pub struct Fields {
    name: String,
    /// By their index when they were rendered.
    users: Params,
    /// The order of the indices; what is no index is a new one.
    users_sort: Vec<String>,
    users_drop: Vec<String>,
}

impl Fields {
    fn users(&self) -> Vec<String> {
        let mut left: BTreeMap<&str, String> =
            self.users.iter().map(|(index, user)| (index, name_of(user))).collect();
        let kept = self.users_sort.iter().filter(|index| !self.users_drop.contains(index));
        let mut users: Vec<String> =
            kept.map(|index| left.remove(index.as_str()).unwrap_or_default()).collect();
        let mut rest: Vec<_> = left.into_iter().collect();
        rest.retain(|(index, _)| !self.users_drop.iter().any(|dropped| dropped == index));
        rest.sort_by_key(|(index, _)| index.parse().unwrap_or(usize::MAX));
        users.extend(rest.into_iter().map(|(_, name)| name));
        users
    }
}

fn name_of(user: &Param) -> String {
    match user {
        Param::Map(user) => user.get("name").unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

impl LiveView for DynamicInputsLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let checkboxes = cx.params().get("checkboxes") == Some("1");
        Ok(Self { name: String::new(), users: Vec::new(), checkboxes, submitted: false })
    }

    async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
        self.submitted |= matches!(message, Msg::Save(_));
        let (Msg::Validate(MyForm { my_form }) | Msg::Save(MyForm { my_form })) = message;
        self.users = my_form.users();
        self.name = my_form.name;
    }

    fn render(&self) -> Rendered {
        let change = || Js::new().dispatch("change", Default::default());
        html! {
            <form
                id="my-form" phx-change={Msg::Validate} phx-submit={Msg::Save}
                style="display: flex; flex-direction: column; gap: 4px; max-width: 500px;"
            >
                <fieldset>
                    <input
                        type="text" id="my-form_name" name="my_form[name]" value={self.name}
                        placeholder="name"
                    >
                    for (index, name) in self.users.iter().enumerate() {
                        <div style="padding: 4px; border: 1px solid gray;">
                            <input type="hidden" name="my_form[users_sort][]" value={index}>
                            <input
                                type="text" id={format!("my-form_users_{index}_name")}
                                name={format!("my_form[users][{index}][name]")} value={name}
                                placeholder="name"
                            >
                            if self.checkboxes {
                                <label>
                                    <input type="checkbox" name="my_form[users_drop][]" value={index}>
                                    " Remove"
                                </label>
                            } else {
                                <button
                                    type="button" name="my_form[users_drop][]" value={index}
                                    phx-click={change()}
                                >
                                    Remove
                                </button>
                            }
                        </div>
                    }
                </fieldset>
                <input type="hidden" name="my_form[users_drop][]">
                if self.checkboxes {
                    <label><input type="checkbox" name="my_form[users_sort][]"> " add more"</label>
                } else {
                    <button
                        type="button" name="my_form[users_sort][]" value="new" phx-click={change()}
                    >
                        add more
                    </button>
                }
            </form>
            if self.submitted { <p>"Form was submitted!"</p> }
        }
    }
}
