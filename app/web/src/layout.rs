//! The document around every page, and what an error looks like.

use liveview::{Page, Raw, Rendered, html};

use crate::assets;

/// Nothing is loaded from elsewhere, no script or style stands in the page itself.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn page(page: Page<'_>) -> Rendered {
    let title = page.title.map(|title| format!("{title} · Teahouse"));
    document(title.as_deref().unwrap_or("Teahouse"), page.csrf_token, page.content)
}

pub(crate) fn error_page(status: u16, reference: Option<&str>) -> Rendered {
    let (title, text) = match status {
        404 => ("Nothing here", "This page does not exist. Perhaps the link has a typing error."),
        403 => ("Not for you", "You may not see this page."),
        405 => ("Not like that", "This page cannot be asked for in this way."),
        400 | 413 | 422 => ("That did not work", "The request could not be understood."),
        _ => ("Something went wrong", "It is not your fault. Please try again in a moment."),
    };
    let reference = reference.map(|id| format!("If it stays, tell the host this reference: {id}"));
    let content = html! {
        <main class="page error-page">
            <h1>{title}</h1>
            <p>{text}</p>
            {reference.map(|text| html! { <p class="reference">{text}</p> })}
            <p><a href="/">To the lobby</a></p>
        </main>
    };
    document(title, "", Raw::new(content.to_html()))
}

/// The button that steps through the themes. The style sheet shows which one it is, by sign and word.
pub(crate) fn theme_switch() -> Rendered {
    html! {
        <button type="button" class="action" data-theme-switch>
            <span class="theme-sign" aria-hidden="true"></span>
            <span class="visually-hidden">"Theme: "<span class="when-system">as the system has it</span><span class="when-light">light</span><span class="when-dark">dark</span></span>
        </button>
    }
}

fn document(title: &str, csrf_token: &str, content: Raw) -> Rendered {
    html! {
        <!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
                <meta name="csrf-token" content={csrf_token}>
                <meta name="color-scheme" content="light dark">
                <title data-default="Teahouse" data-suffix=" · Teahouse">{title}</title>
                <link rel="icon" type="image/svg+xml" href={assets::favicon_url()}>
                <link rel="stylesheet" phx-track-static href={assets::style_url()}>
                <script src={assets::theme_script_url()}></script>
                <script defer phx-track-static src={assets::script_url()}></script>
            </head>
            <body>{content}</body>
        </html>
    }
}
