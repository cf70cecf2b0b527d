//! The document around every page, and what an error looks like.

use identity::Guest;
use liveview::{Page, Raw, Rendered, html};

use crate::assets;

/// Nothing is loaded from elsewhere, no script or style stands in the page itself.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn page(page: Page<'_>) -> Rendered {
    let title = page.title.map(|title| format!("{title} · Teahouse"));
    document(title.as_deref().unwrap_or("Teahouse"), page.csrf_token, page.tab_token, page.content)
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
    document(title, "", None, Raw::new(content.to_html()))
}

/// The page on the way to a provider of sign-in: goes on by itself, or by its link.
pub(crate) fn going(url: &str) -> Rendered {
    html! {
        <!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta http-equiv="refresh" content={format!("0; url={url}")}>
                <title>"Signing in · Teahouse"</title>
                <link rel="stylesheet" href={assets::style_url()}>
                <script src={assets::theme_script_url()}></script>
            </head>
            <body>
                <main class="page error-page">
                    <h1>Signing in</h1>
                    <p>"You are on your way. "<a href={url} rel="noreferrer">Go on by hand</a>" if nothing happens."</p>
                </main>
            </body>
        </html>
    }
}

/// Which page the person is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    Lobby,
    Search,
    Me,
    About,
    /// None of those that have a link.
    Elsewhere,
}

/// What stands above every page that is read from the top: the way home, to the search, to oneself.
pub(crate) fn top(here: Here, me: &Guest) -> Rendered {
    let current = |page: Here| (here == page).then_some("page");
    html! {
        <header class="top">
            <a class="skip" href="#main">To the content</a>
            <a href="/" class="home" aria-current?={current(Here::Lobby)}>{cup()}<span>Teahouse</span></a>
            <nav class="top-links" aria-label="Pages">
                <a class="action" href="/search" aria-current?={current(Here::Search)}>Search</a>
                <a class="action me" href="/me" aria-current?={current(Here::Me)}>{avatar(me, 24)}<span class="visually-hidden">"You: "</span><span class="me-name">{me.name.as_str()}</span></a>
            </nav>
            {theme_switch()}
        </header>
    }
}

/// What stands below every such page.
pub(crate) fn footer() -> Rendered {
    html! {
        <footer class="page-footer">
            <a href="/about">About Teahouse</a>
            <a href="/preview">Link preview</a>
            <button type="button" class="action" data-help>Keys</button>
        </footer>
    }
}

/// The picture of somebody, beside their name: who listens has heard it already.
pub(crate) fn avatar(of: &Guest, size: u32) -> Rendered {
    html! { <img class="avatar" src={format!("/people/{}/avatar", of.id)} alt="" width={size} height={size} loading="lazy"> }
}

/// The sign of the house.
pub(crate) fn cup() -> Rendered {
    html! {
        <svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path fill="currentColor" d="M5 14h17v5a8 8 0 0 1-8 8h-1a8 8 0 0 1-8-8z"/>
            <path d="M22 15.5h2a4 4 0 0 1 0 8h-2.6M10 4c2 2-2 3.6 0 6M16.5 4c2 2-2 3.6 0 6"/>
        </svg>
    }
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

fn document(title: &str, csrf_token: &str, tab_token: Option<&str>, content: Raw) -> Rendered {
    html! {
        <!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
                <meta name="csrf-token" content={csrf_token}>
                {tab_token.map(|token| html! { <meta name="tab-token" content={token}> })}
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
