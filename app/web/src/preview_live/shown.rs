//! What is known of a link, as people see and hear it.

use liveview::{Rendered, html};
use previews::{LinkError, Page, PageImage, Preview, Reason, Status};

use crate::message::rfc3339;

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
pub(super) fn preview(preview: &Preview, is_slow: bool, typed: &str) -> Rendered {
    let (line, class) = line(preview, is_slow);
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

fn line(preview: &Preview, is_slow: bool) -> (Rendered, &'static str) {
    let host = preview.link.host();
    match &preview.status {
        Status::Pending if !is_slow => (Rendered::empty(), "hint"),
        Status::Pending if preview.page.is_some() => {
            (waiting(format!("Looking whether {host} still says so…")), "hint")
        }
        Status::Pending => (waiting(format!("Looking at {host}…")), "hint"),
        Status::Processed => (
            html! { <span class="visually-hidden">{format!("The preview of {host} is there.")}</span> },
            "hint",
        ),
        Status::Error(reason) => match preview.fetched_at_ms.filter(|_| preview.page.is_some()) {
            Some(at_ms) => (
                html! { "Shown as of "{moment(at_ms)}"; it could not be looked at again. "{reason.to_string()} },
                "hint",
            ),
            None => (html! { {reason.to_string()} }, "refusal"),
        },
    }
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
                <p class="preview-site">{page.site}</p>
                <h2 id="preview-title"><a href={page.url} rel="noopener noreferrer nofollow">{title}</a></h2>
                {page.description.as_ref().map(|text| html! { <p class="preview-description">{text}</p> })}
                {is_elsewhere.then(|| html! { <p class="hint">"The link leads to "{page.url}</p> })}
                {page.image.is_none().then(|| html! { <p class="hint">"No picture was found at "{link}"."</p> })}
            </div>
        </article>
    }
}

fn picture(image: &PageImage) -> Rendered {
    let source = format!("/preview/images/{}", image.id);
    html! { <img class="preview-picture" src={source} alt="" width={image.width} height={image.height}> }
}

fn small_print(preview: &Preview) -> Rendered {
    let attempts = match preview.attempts {
        0 => return Rendered::empty(),
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    };
    match preview.fetched_at_ms {
        Some(at_ms) => {
            html! { <p class="preview-print">"Looked at "{moment(at_ms)}", "{attempts}"."</p> }
        }
        None => html! { <p class="preview-print">{attempts}"."</p> },
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
