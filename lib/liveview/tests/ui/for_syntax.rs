//! Loops and branches that are not.

use liveview::html;

fn main() {
    let names = ["Ana"];
    let _ = html! { <li :for={name of names}>{name}</li> };
    let _ = html! { <li :for="name in names">a</li> };
    let _ = html! { <li :unless={true} :key={1}>a</li> };
    let _ = html! { <p>for you</p> };
    let _ = html! { <p>Hello if true { <b>Ana</b> }</p> };
}
