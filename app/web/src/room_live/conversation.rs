//! The middle of the page: what was said, now or then.

use liveview::{Rendered, html, shared};

use super::{
    Viewer, menus,
    room::{PAGE, Past, Room},
};
use crate::{message::Row, retention, room_feed::RoomFeed};

pub(super) fn render(viewer: &Viewer, room: &Room) -> Rendered {
    let inside = match &room.past {
        Some(past) => past_messages(viewer, room, past),
        None => html! {
            {older_link(room)}
            <ol id="older" class="messages" phx-update="stream">
                {room.older.each(|id, row| row.render(id))}
            </ol>
            {shared::<RoomFeed>(&room.summary.id.as_str().to_owned())}
            {empty(room)}
        },
    };
    html! {
        <main id="scroller" class="scroller" tabindex="0" aria-label="Conversation" phx-hook="Scroller">
            <div class="conversation">{menus::chosen_person(viewer, room)}{inside}</div>
        </main>
    }
}

fn empty(room: &Room) -> Rendered {
    if room.summary.with.is_some() {
        return html! {
            <div class="empty">
                <p>"Nobody has said anything yet. What you write here, only the two of you can read."</p>
            </div>
        };
    }
    html! {
        <div class="empty">
            <p>"Nobody has said anything yet. You could be the first."</p>
            {retention::sentence(room.summary.retention).map(|sentence| html! { <p>{sentence}"."</p> })}
            if room.summary.with.is_none() {
                <button type="button" class="button quiet" data-copy={room.path()}>Copy the link, to send it to somebody</button>
            }
        </div>
    }
}

fn older_path(room: &Room) -> Option<String> {
    (room.first > 1).then(|| format!("{}?before={}", room.path(), room.first))
}

/// The script takes this one over, and puts the older messages in above.
fn older_link(room: &Room) -> Option<Rendered> {
    older_path(room).map(|href| {
        html! { <a id="older-link" class="older-link" href={href} data-before={room.first}>Older messages</a> }
    })
}

fn past_messages(viewer: &Viewer, room: &Room, past: &Past) -> Rendered {
    let later = past.rows.last().map_or(1, |last| last.number + 1 + PAGE as u64);
    let later = past.has_later.then(|| format!("{}?before={later}", room.path()));
    html! {
        {older_path(room).map(|href| html! { <a class="older-link" href={href}>Older messages</a> })}
        <ol id="past" class="messages">
            for row in &past.rows {
                {row.render(&Row::dom_id(row))}
            }
        </ol>
        {room.chosen.as_ref().map(|chosen| menus::chosen_message(viewer, room, chosen))}
        <nav class="past-links" aria-label="Pages">
            {later.as_ref().map(|href| html! { <a class="newer-link" href={href}>Newer messages</a> })}
            <a href={room.path()}>To the newest</a>
        </nav>
    }
}
