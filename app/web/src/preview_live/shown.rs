//! What is known of a link, as people see and hear it.

use liveview::{Rendered, html};
use previews::{LinkError, Page, PageImage, Preview, Reason, Status};

use super::Manner;
use crate::message::rfc3339;

/// From this width on, a picture fills the card on a phone.
const WIDE_PX: u32 = 320;

/// Nothing was typed.
pub(super) fn nothing() -> Rendered {
    status(html! { "Paste or type the address of a web page." }, "hint")
}

/// What was typed is no link. Somebody who is still typing has made no mistake.
pub(super) fn unfit(error: LinkError) -> Rendered {
    let class = if error == LinkError::NotUrl { "hint" } else { "refusal" };
    status(html! { {error.to_string()} }, class)
}

/// Nothing was asked. `again`: what to ask for another time, if that may help.
pub(super) fn refused(text: &str, again: Option<&String>) -> Rendered {
    html! {
        {status(html! { {text} }, "refusal")}
        {again.map(|typed| try_again(typed))}
    }
}

/// What is known of a link that was typed like this.
pub(super) fn preview(preview: &Preview, manner: Manner, typed: &str) -> Rendered {
    let (line, class) = line(preview, manner);
    html! {
        {status(line, class)}
        {preview.page.as_ref().map(|page| card(page, preview))}
        {is_worth_another_try(preview).then(|| try_again(typed))}
        {small_print(preview)}
    }
}

/// The page looks again by itself. Not for browsers with a script: those are told.
pub(super) fn reload(at: String) -> Rendered {
    html! { <noscript><meta http-equiv="refresh" content={format!("2; url={at}")}></noscript> }
}

/// One line, which is read out when it changes.
fn status(line: Rendered, class: &'static str) -> Rendered {
    html! { <div role="status" id="preview-status" class={class}>{line}</div> }
}

/// The line that says how it stands, and how it looks.
fn line(preview: &Preview, manner: Manner) -> (Rendered, &'static str) {
    let host = preview.link.host();
    let stale_since = preview.fetched_at_ms.filter(|_| preview.page.is_some());
    match (&preview.status, stale_since) {
        (Status::Pending, _) if manner != Manner::Slowly => (Rendered::empty(), "hint"),
        (Status::Pending, None) => (waiting(format!("Looking at {host}…")), "hint"),
        (Status::Pending, Some(_)) => {
            (waiting(format!("Looking whether {host} still says so…")), "hint")
        }
        (Status::Processed, _) => {
            let text = format!("The preview of {host} is there.");
            (html! { <span class="visually-hidden">{text}</span> }, "hint")
        }
        (Status::Error(reason), None) => (reason_of(reason, manner), "refusal"),
        (Status::Error(reason), Some(at_ms)) => {
            let shown =
                html! { "Shown as of "{moment(at_ms)}"; it could not be looked at again. " };
            (html! { {shown}{reason_of(reason, manner)} }, "hint")
        }
    }
}

fn reason_of(reason: &Reason, manner: Manner) -> Rendered {
    let soon = (manner == Manner::TooSoon)
        .then_some(" That was only seconds ago: please give it a moment before the next try.");
    html! { {reason.to_string()}{soon} }
}

fn waiting(text: String) -> Rendered {
    html! { <span class="preview-wait" aria-hidden="true"></span>{text} }
}

fn card(page: &Page, preview: &Preview) -> Rendered {
    let title = page.title.as_deref().unwrap_or(&page.url);
    let is_elsewhere = page.url != preview.link.as_str();
    let link = preview.link.as_str();
    html! {
        <article class="preview-card" aria-labelledby="preview-title">
            {page.image.as_ref().map(picture)}
            <div class="preview-text">
                <p class="hint">{page.site}</p>
                <h2 id="preview-title"><a href={page.url} rel="noopener noreferrer nofollow">{title}</a></h2>
                {page.description.as_ref().map(|text| html! { <p class="preview-description">{text}</p> })}
                {is_elsewhere.then(|| html! { <p class="hint">"The link leads to "{page.url}</p> })}
                {page.image.is_none().then(|| html! { <p class="hint">"No picture was found at "{link}"."</p> })}
            </div>
        </article>
    }
}

/// One that is as wide as the card stands at its edges; a smaller one, an icon say, with the text.
fn picture(image: &PageImage) -> Rendered {
    let source = format!("/preview/images/{}", image.id);
    let class = if image.width < WIDE_PX { "preview-picture small" } else { "preview-picture" };
    html! { <img class={class} src={source} alt="" width={image.width} height={image.height}> }
}

fn small_print(preview: &Preview) -> Rendered {
    let attempts = match preview.attempts {
        0 => return Rendered::empty(),
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    };
    match preview.fetched_at_ms {
        Some(at_ms) => {
            html! { <p class="hint preview-print">"Looked at "{moment(at_ms)}", "{attempts}"."</p> }
        }
        None => html! { <p class="hint preview-print">{attempts}"."</p> },
    }
}

fn moment(at_ms: i64) -> Rendered {
    let at = rfc3339(at_ms);
    html! { <time datetime={at} data-style="recent">{at}</time> }
}

/// What is not allowed stays so.
fn is_worth_another_try(preview: &Preview) -> bool {
    matches!(&preview.status, Status::Error(reason) if !matches!(reason, Reason::NotAllowed(_)))
}

fn try_again(typed: &str) -> Rendered {
    html! {
        <form id="preview-again" action="/preview" method="get" phx-submit={super::Msg::Again}>
            <input type="hidden" name={super::UrlForm::FIELDS.url} value={typed}>
            <input type="hidden" name="again" value="yes">
            <button type="submit" class="button quiet">Try again</button>
        </form>
    }
}
