//! Forms: what is locked, what shows while waiting, and what survives a reconnect.

use std::time::Duration;

use liveview::{
    ComponentCx, Cx, EventBinding, EventValue, Interrupt, Js, LiveComponent, LiveView, Message,
    Myself, NestedView, Params, Rendered, Stream, html, live_component, nested,
};
use serde_json::{Value, json};

use crate::{
    pieces::{NoMsg, Portal},
    world::{Door, Program, World},
};

/// A page with a form, or the same as a nested view.
pub struct FormLive<const NESTED: bool> {
    door: Door,
    params: Params,
    submitted: bool,
}

#[derive(Message)]
pub enum FormMsg {
    Validate(EventValue),
    Save,
    #[event("custom-recovery")]
    CustomRecovery,
    #[event("patch-recovery")]
    PatchRecovery,
    #[event("button-test")]
    ButtonTest,
    #[event("sandbox:eval")]
    Eval(Program),
}

impl<const NESTED: bool> LiveView for FormLive<NESTED> {
    type Context = World;
    type Msg = FormMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let given = match NESTED {
            true => Params::from_json(&cx.nested_session()?),
            false => cx.params().clone(),
        };
        Ok(Self { door: cx.app().door(), params: with_defaults(given), submitted: false })
    }

    async fn update(&mut self, message: FormMsg, cx: &mut Cx<Self>) {
        if let FormMsg::Eval(program) = &message {
            self.door.eval(program, cx);
            return;
        }
        self.door.pass(message.encode().0).await;
        match message {
            FormMsg::Validate(form) => self.params.merge(form.params().clone()),
            FormMsg::Save => self.submitted = true,
            FormMsg::CustomRecovery => self.params.set("b", "custom value from server"),
            FormMsg::PatchRecovery => cx.patch("/form?patched=true"),
            FormMsg::ButtonTest | FormMsg::Eval(_) => {}
        }
    }

    fn render(&self) -> Rendered {
        let form = || match has(&self.params, "live-component") {
            true => {
                html! { {live_component::<FormComponent>("form-component", self.params.clone())} }
            }
            false => my_form(&self.params, None),
        };
        html! {
            if has(&self.params, "portal") {
                <h1>Form</h1>
                <Portal id="form-portal" target="body">{form()}</Portal>
            } else {
                {form()}
            }
            if self.submitted { <p>"Form was submitted!"</p> }
        }
    }
}

fn has(params: &Params, name: &str) -> bool {
    params.param(name).is_some()
}

fn with_defaults(given: Params) -> Params {
    let defaults =
        [("a", "foo"), ("b", "bar"), ("c", "baz"), ("id", "test-form"), ("phx-change", "validate")];
    let mut params: Params = defaults.into_iter().collect();
    params.merge(given);
    if has(&params, "no-id") {
        params.remove("id");
    } else if has(&params, "no-change-event") {
        params.remove("phx-change");
    }
    params
}

fn my_form(params: &Params, target: Option<Myself>) -> Rendered {
    let get = |name: &str| params.get(name).map(str::to_owned);
    let change = get("phx-change").map(|event| match has(params, "js-change") {
        true => Js::new().push(event).binding(),
        false => event.binding(),
    });
    html! {
        <form
            id?={get("id")}
            phx-submit="save"
            phx-change?={change}
            phx-auto-recover?={get("phx-auto-recover")}
            phx-no-unused-field?={get("phx-no-unused-field-form")}
            phx-target?={target}
            class="myformclass"
        >
            <fieldset disabled={has(params, "disabled-fieldset")}>
                <input type="text" name="a" readonly value?={get("a")}>
                <input type="text" name="b" value?={get("b")}>
            </fieldset>
            <input
                type="text" name="c" value?={get("c")}
                phx-no-unused-field?={get("phx-no-unused-field-input")}
            >
            <select name="d">
                <option
                    :for={option in ["foo", "bar", "baz"]}
                    selected={params.get("d") == Some(option)} value={option}
                >
                    {option}
                </option>
            </select>
            if let Some(id) = get("id") {
                <input type="text" name="e" form={id} value?={get("e")}>
            }
            <button
                type="submit" phx-disable-with="Submitting"
                phx-click={Js::new().dispatch("test", Default::default())}
            >
                Submit with JS
            </button>
            <button id="submit" type="submit" phx-disable-with="Submitting">Submit</button>
            <button type="button" phx-click="button-test" phx-disable-with="Loading">
                Non-form Button
            </button>
        </form>
        if let Some(id) = get("id") {
            <input type="text" name="f" form={id} value?={get("f")}>
        }
    }
}

/// The same form in a component.
struct FormComponent {
    given: Params,
    params: Params,
    submitted: bool,
}

impl LiveComponent for FormComponent {
    type Props = Params;
    type Msg = FormMsg;

    fn mount(given: Params, _: &mut ComponentCx<'_>) -> Self {
        Self { params: given.clone(), given, submitted: false }
    }

    fn props(&mut self, given: Params, _: &mut ComponentCx<'_>) {
        if self.given != given {
            (self.params, self.given) = (given.clone(), given);
        }
    }

    fn update(&mut self, message: FormMsg, cx: &mut ComponentCx<'_>) {
        match message {
            FormMsg::Validate(form) => self.params.merge(form.params().clone()),
            FormMsg::Save => self.submitted = true,
            FormMsg::CustomRecovery => self.params.set("b", "custom value from server"),
            FormMsg::PatchRecovery => cx.patch("/form?patched=true"),
            FormMsg::ButtonTest | FormMsg::Eval(_) => {}
        }
    }

    fn render(&self, myself: Myself) -> Rendered {
        html! {
            <div>
                {my_form(&self.params, Some(myself))}
                if self.submitted { <p>"LC Form was submitted!"</p> }
            </div>
        }
    }
}

/// Holds the form as a nested view.
pub struct NestedFormLive {
    form: NestedView,
}

impl LiveView for NestedFormLive {
    type Context = World;
    type Msg = NoMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        let params: Value = cx.params().to_json();
        Ok(Self { form: nested::<FormLive<true>>("nested", params) })
    }

    async fn update(&mut self, message: NoMsg, _: &mut Cx<Self>) {
        match message {}
    }

    fn render(&self) -> Rendered {
        html! { {self.form.clone()} }
    }
}

/// A form with a stream inside, in a view that renders all the time.
pub struct FormStreamLive {
    door: Door,
    count: u64,
    last: u64,
    items: Stream<u64>,
}

#[derive(Message)]
pub enum FormStreamMsg {
    Validate,
    Save,
    Ping,
    #[internal]
    Tick,
    #[event("sandbox:eval")]
    Eval(Program),
}

impl LiveView for FormStreamLive {
    type Context = World;
    type Msg = FormStreamMsg;

    async fn mount(cx: &mut Cx<Self>) -> Result<Self, Interrupt> {
        cx.every(Duration::from_millis(100), || FormStreamMsg::Tick);
        let mut items = Stream::new("items", |id: &u64| format!("items-{id}"));
        (1..=3).for_each(|id| items.push(id));
        Ok(Self { door: cx.app().door(), count: 0, last: 3, items })
    }

    async fn update(&mut self, message: FormStreamMsg, cx: &mut Cx<Self>) {
        match &message {
            FormStreamMsg::Ping => cx.reply(json!({})),
            FormStreamMsg::Tick => self.count += 1,
            FormStreamMsg::Eval(program) => drop(self.door.eval(program, cx)),
            FormStreamMsg::Validate | FormStreamMsg::Save => {
                self.door.pass(message.encode().0).await;
                self.count += 1;
                self.last += 1;
                self.items.push(self.last);
            }
        }
    }

    fn render(&self) -> Rendered {
        html! {
            {self.count}
            <form id="test-form" phx-change={FormStreamMsg::Validate} phx-submit={FormStreamMsg::Save}>
                <input name="myname" value={self.count}>
                <input id="other" name="other" value={self.count}>
                <div id="form-stream-hook" phx-hook="FormHook" phx-update="ignore"></div>
                <ul id="form-stream" phx-update="stream">
                    {self.items.each(|id, item| {
                        let text = format!("*%{{id: {item}}}");
                        html! { <li id={id} phx-hook="FormStreamHook">{text}</li> }
                    })}
                </ul>
                <button id="submit" phx-disable-with="Saving...">Submit</button>
            </form>
        }
    }
}
