//! Feedback that waits until its field was used, done by the page's script.

use liveview::{Cx, Interrupt, LiveView, Message, Page, Rendered, html};

use crate::{layouts, world::World};

pub fn layout(page: Page<'_>) -> Rendered {
    layouts::document(page, CONNECT)
}

const CONNECT: &str = r#"
import { LiveSocket, isUsedInput } from "/assets/phoenix_live_view/phoenix_live_view.esm.js";

const refresh = () => {
  for (const feedback of document.querySelectorAll("[phx-feedback-for]")) {
    const name = feedback.getAttribute("phx-feedback-for");
    const inputs = [...document.querySelectorAll(`[name="${name}"], [name="${name}[]"]`)];
    feedback.classList.toggle("phx-no-feedback", !inputs.some(isUsedInput));
  }
};
window.addEventListener("reset", () => setTimeout(refresh));
window.liveSocket = new LiveSocket("/live", window.Phoenix.Socket, {
  params: { _csrf_token: document.querySelector("meta[name='csrf-token']").content },
  dom: { onPatchEnd: refresh },
});
window.liveSocket.connect();
"#;

pub struct FormFeedbackLive {
    count: i64,
    validated: u64,
    submitted: u64,
    feedback: bool,
}

#[derive(Message)]
pub enum Msg {
    Validate,
    Submit,
    Inc,
    Dec,
    ToggleFeedback,
}

impl LiveView for FormFeedbackLive {
    type Context = World;
    type Msg = Msg;

    async fn mount(_: &mut Cx<Self>) -> Result<Self, Interrupt> {
        Ok(Self { count: 0, validated: 0, submitted: 0, feedback: true })
    }

    async fn update(&mut self, message: Msg, _: &mut Cx<Self>) {
        match message {
            Msg::Validate => self.validated += 1,
            Msg::Submit => self.submitted += 1,
            Msg::Inc => self.count += 1,
            Msg::Dec => self.count -= 1,
            Msg::ToggleFeedback => self.feedback = !self.feedback,
        }
    }

    fn render(&self) -> Rendered {
        html! {
            <style>".phx-no-feedback { display: none; }"</style>
            <p>"Button Count: "{self.count}</p>
            <p>"Validate Count: "{self.validated}</p>
            <p>"Submit Count: "{self.submitted}</p>
            <button phx-click={Msg::Inc}>"+"</button>
            <button phx-click={Msg::Dec}>"-"</button>
            {form()}
            {feedback(self.feedback)}
            <button phx-click={Msg::ToggleFeedback}>Toggle feedback</button>
        }
    }
}

fn form() -> Rendered {
    html! {
        <form id="myform" name="test" phx-change={Msg::Validate} phx-submit={Msg::Submit}>
            <input type="text" name="name" placeholder="type sth">
            <input type="text" name="myfeedback" placeholder="myfeedback">
            <button type="submit">Submit</button>
            <button type="reset">Reset</button>
        </form>
    }
}

fn feedback(shown: bool) -> Rendered {
    html! {
        <div phx-feedback-for?={shown.then_some("myfeedback")} data-feedback-container>
            "I am visible, because phx-no-feedback is not set for myfeedback!"
        </div>
    }
}
