//! Forms with one thing to get right.

use std::collections::BTreeMap;

use liveview::{Cx, EventValue, Form, Interrupt, Js, LiveView, Message, Params, Rendered, html};

use crate::{
    pieces::{FocusWrap, still_page},
    world::World,
};

/// Issue 3719: the path of the field that changed.
pub struct Live3719 {
    target: Vec<String>,
}

#[derive(Message)]
pub enum Msg3719 {
    Inc(EventValue),
}

impl LiveView for Live3719 {
    type Context = World;
    type Msg = Msg3719;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { target: Vec::new() })
    }

    async fn update(&mut self, Msg3719::Inc(event): Msg3719, _: &mut Cx<Self>) {
        self.target = event.target().unwrap_or_default().to_vec();
    }

    fn render(&self) -> Rendered {
        html! {
            <form phx-change={Msg3719::Inc}>
                <input id="a" type="text" name="foo">
                <input id="b" type="text" name="foo[bar]">
            </form>
            <span id="target">{format!("{:?}", self.target)}</span>
        }
    }
}

/// Issue 3814: a form that the browser submits when the view says so.
pub struct Live3814 {
    submits: bool,
}

#[derive(Message)]
pub enum Msg3814 {
    Submit,
}

impl LiveView for Live3814 {
    type Context = World;
    type Msg = Msg3814;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { submits: false })
    }

    async fn update(&mut self, Msg3814::Submit: Msg3814, _: &mut Cx<Self>) {
        self.submits = true;
    }

    fn render(&self) -> Rendered {
        html! {
            <form
                phx-submit={Msg3814::Submit} phx-trigger-action?={self.submits}
                action="/submit" method="post"
            >
                <input type="hidden" name="greeting" value="hello">
                <button type="submit" name="i-am-the-submitter" value="submitter-value">
                    Submit
                </button>
            </form>
        }
    }
}

/// Issue 3819: a form without fields, over a reconnect.
pub struct Live3819 {
    reconnected: bool,
}

#[derive(Message)]
pub enum Msg3819 {
    Validate,
    Save,
    Reconnected,
}

impl LiveView for Live3819 {
    type Context = World;
    type Msg = Msg3819;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { reconnected: false })
    }

    async fn update(&mut self, message: Msg3819, _: &mut Cx<Self>) {
        self.reconnected |= matches!(message, Msg3819::Reconnected);
    }

    fn render(&self) -> Rendered {
        html! {
            <form id="recover" phx-change={Msg3819::Validate} phx-submit={Msg3819::Save}>
                <button>Submit</button>
            </form>
            if self.reconnected { <p id="reconnected">"Reconnected!"</p> }
        }
    }
}

/// Selects that say what is wrong.
pub struct SelectLive {
    values: BTreeMap<&'static str, String>,
    /// Whether the third was used and holds less than six.
    wrong: bool,
}

const SELECTS: [&str; 4] = ["select1", "select2", "select3", "select4"];

#[derive(Message)]
pub enum SelectMsg {
    Validate(SelectForm),
}

#[derive(Form)]
pub struct SelectForm {
    select_form: Params,
}

impl LiveView for SelectLive {
    type Context = World;
    type Msg = SelectMsg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { values: [("select3", "2".to_owned())].into(), wrong: false })
    }

    async fn update(&mut self, message: SelectMsg, _: &mut Cx<Self>) {
        let SelectMsg::Validate(SelectForm { select_form }) = message;
        let sent = |name| select_form.get(name).unwrap_or_default().to_owned();
        self.values = SELECTS.iter().map(|name| (*name, sent(name))).collect();
        let used = select_form.param("_unused_select3").is_none();
        self.wrong = used && self.values["select3"].parse().is_ok_and(|value: u32| value <= 5);
    }

    fn render(&self) -> Rendered {
        html! {
            <style>".has-error { border: 5px solid red; }"</style>
            <form phx-change={SelectMsg::Validate}>
                for name in SELECTS {
                    let class = (name == "select3" && self.wrong).then_some("has-error");
                    <select
                        id={format!("select_form_{name}")} name={format!("select_form[{name}]")}
                        class?={class}
                    >
                        for option in 1..=10 {
                            let value = option.to_string();
                            <option selected={self.values.get(name) == Some(&value)} value={value}>
                                {option}
                            </option>
                        }
                    </select>
                }
            </form>
        }
    }
}

still_page!(ComponentsLive, {
    let hide = || Js::new().hide(Js::to("#dropdown-menu"));
    let open = Js::new().toggle(Js::to("#dropdown-menu")).focus_first(Js::to("#dropdown-content"));
    html! {
        <button id="dropdown-button" phx-click={open}>Options</button>
        <div id="dropdown-menu" style="display: none;">
            <FocusWrap id="dropdown-content">
                <button phx-click={hide()}>Edit Profile</button>
                <button phx-click={hide()}>Settings</button>
                <button phx-click={hide()}>Sign Out</button>
            </FocusWrap>
        </div>
        <FocusWrap id="simple-focus-container">
            <button>Button 1</button>
            <button>Button 2</button>
            <input type="text" placeholder="Input within container">
        </FocusWrap>
    }
});
