//! The procedural macros of `liveview`: only the door, the work is in `liveview-grammar`.
//!
//! Use them through `liveview`, which re-exports them together with what their code calls.

#![warn(missing_docs)]

use proc_macro::TokenStream;

/// Markup, HEEx-like, as an expression of type `Rendered`.
///
/// What is constant is split from what is computed at compile time. Each `html!`, each branch and
/// each body of a loop is a place of its own, whose constant text a browser is sent once. Mistakes
/// are compile errors at their place in the markup.
///
/// ```text
/// html! {
///     <section id={self.id} class="room" hidden={self.closed}>
///         <h1>{self.name} ({self.members.len()})</h1>
///         if self.members.is_empty() {
///             "Nobody's here"
///         } else {
///             <ul>
///                 for member in &self.members {
///                     <li :key={member.id}>{member.name}</li>
///                 }
///             </ul>
///         }
///         <Button label="Leave" phx-click={Msg::Leave}/>
///     </section>
/// }
/// ```
///
/// # Tags
/// `<div>…</div>`, `<br>`, `<my-item/>`: void elements have no closing tag, any other may end in
/// `/>`. Several nodes may stand side by side. `<!doctype html>` is markup, `<!-- … -->` is not sent.
///
/// # Attributes
/// | written | rendered |
/// |---|---|
/// | `name="text"`, `name` | as it stands; the text is escaped |
/// | `name={value}` | always there: text, numbers, form fields |
/// | `name?={value}` | comes and goes: a `bool`, or an `Option` of what `name={…}` takes |
/// | `disabled={value}` | as `?=`, for the boolean attributes of HTML |
/// | `{..attributes}` | a list that is known at run time, `Attrs` |
/// | `phx-click={Msg::Leave}` | the event of that variant; its fields come with the event (`phx-value-*`, a key, a form) |
/// | `phx-click={Msg::Delete { id }}` | the event together with these values |
/// | `phx-click={js}`, `phx-click="leave"` | JS commands, or an event by name, which nobody checks |
///
/// # Text
/// Words and punctuation may stand bare. Their spacing is that of the source, runs of it as one
/// space; line breaks next to a tag or brace are dropped, between nodes one remains. `"text"` is
/// text as it stands, escaped. `&nbsp;` and `&#39;` are character references; other characters that
/// mean something in HTML are escaped.
///
/// Quote what Rust's lexer or this macro would read otherwise:
/// * **Apostrophes**: `"don't"`. The lexer refuses `don't` before the macro sees it.
/// * `//` and `/*` begin comments, in URLs too; `"` and unpaired brackets are never bare.
/// * Letters right before `"`, `'` or `#`, as in `C#`, and right behind a string: `"a"b`.
/// * A text that **starts** with `if`, `for`, `match` or `let`, also behind a tag or braces. In the
///   middle of a bare text they are words, which is why `Hello if x { … }` is refused: write
///   `"Hello " if x { … }`.
/// * The text of `<pre>` and `<textarea>`, whose spacing shows, and of `<script>` and `<style>`,
///   which is not escaped.
///
/// # Values
/// `{value}` shows text, numbers, `Option`, `Rendered`, a list of them, slots, streams, live
/// components and nested views. A field (`{self.name}`) and a variable from outside a loop or slot
/// are only borrowed; any other variable is given away, as markup has to be. `{{ self.body }}` gives
/// away a field.
///
/// # Control flow
/// `if`, `if let … && …`, `else if`, `else`; `for pattern in iterator { … }`; `match value { pattern
/// if guard => { … } … }`; `let pattern = value;` for the siblings that follow. `?` and `return` work,
/// except inside a component's children, which are closures. On any tag: `:if={condition}`,
/// `:for={pattern in iterator}`, both together as a filter, and `:key={value}`, which tells the
/// entries of a loop apart; without it they are told apart by position. `:key` stands beside `:for`,
/// or on the only node of a `for` body.
///
/// # Components
/// A tag with a capital, `<Card …>` or `<ui::Card …>`, calls a function marked `#[component]`.
/// Attributes are its props (`-` becomes `_`; alone is `true`), children its prop `inner`,
/// `<:name …>…</:name>` directly inside it an entry of its prop `name`; `:let={pattern}` takes what
/// a slot passes. A slot with `:for` owns what it uses; any other borrows.
#[proc_macro]
pub fn html(body: TokenStream) -> TokenStream {
    liveview_grammar::html(body.into()).into()
}

/// A function that returns `Rendered`, as a tag of `html!`.
///
/// ```text
/// #[component]
/// pub fn Card(
///     title: &str,
///     #[prop(default)] big: bool,
///     #[prop(default = 3)] level: u8,
///     #[prop(into)] id: String,
///     #[prop(default)] inner: Slot,
///     #[prop(slot)] col: Vec<Col<'_>>,
/// ) -> Rendered { … }
/// ```
///
/// `default`, or `default = value`: may be left out. `into`: takes what converts into the type.
/// `slot`: takes `<:col>` entries, all of them (`Vec`), at most one (`Option`) or exactly one; a
/// `Slot` takes them without being told. An unknown prop, one of a wrong type, and a missing one
/// are errors at the tag.
///
/// Lifetimes that are left out are all the same one, and `Slot` alone is `Slot<'_>`: a slot that is
/// passed `&Row` goes together with rows that are borrowed. A type named like the component cannot
/// stand in the same module: its builder is there.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, function: TokenStream) -> TokenStream {
    liveview_grammar::component(arguments.into(), function.into()).into()
}

/// A struct that a `<:name>` fills, field by field; its children are the field `inner`.
///
/// ```text
/// #[slot]
/// pub struct Col<'a> {
///     name: &'a str,
///     #[prop(default)]
///     wide: bool,
///     inner: Slot<'a, &'a Row>,
/// }
/// ```
#[proc_macro_attribute]
pub fn slot(arguments: TokenStream, item: TokenStream) -> TokenStream {
    liveview_grammar::slot(arguments.into(), item.into()).into()
}

/// Makes an enum the messages that a browser may send to a view.
///
/// A variant is the event of its name in snake case, or of `#[event("name")]`. Its fields are those
/// of the event, by name or `#[field("name")]`; a single field without name is a form, read as a
/// whole, and is bound as `{Msg::Post}`. `#[internal]` variants are the server's own: no event
/// decodes to one, and markup that binds one does not compile.
#[proc_macro_derive(Message, attributes(event, internal, field))]
pub fn message(item: TokenStream) -> TokenStream {
    liveview_grammar::message(item.into()).into()
}

/// Makes a struct a form: read from what was sent, its names as constants.
///
/// `PostForm::FIELDS.body` is the name of `body`, or that of its `#[field("name")]`. A form may be
/// a field of another one, sent as `author[name]`.
#[proc_macro_derive(Form, attributes(field))]
pub fn form(item: TokenStream) -> TokenStream {
    liveview_grammar::form(item.into()).into()
}
