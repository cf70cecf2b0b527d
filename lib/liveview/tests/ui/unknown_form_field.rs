//! A field that the form does not have.

use liveview::{Form, html};

#[derive(Form)]
struct PostForm {
    body: String,
}

fn main() {
    let _ = html! { <input name={PostForm::FIELDS.bdoy}> };
}
