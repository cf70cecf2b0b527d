//! How a person takes another name, from whichever page.

use std::net::IpAddr;

use identity::{Guest, GuestName, Renamed};
use liveview::Form;

use crate::{house::House, limits::Kind};

/// How many of the rooms that somebody knows are looked into for others of the same name.
const ROOMS_MAX: usize = 30;

/// The name that somebody wants to have.
#[derive(Clone, Debug, Form)]
pub(crate) struct NameForm {
    pub(crate) name: String,
}

/// Gives `me` the name that was typed; or why not, for the person.
pub(crate) async fn rename(
    house: &House,
    me: &Guest,
    peer: Option<IpAddr>,
    typed: &str,
) -> Result<Renamed, String> {
    let name = GuestName::parse(typed).map_err(|error| error.to_string())?;
    if name != me.name {
        house.limits.check(Kind::Name, peer, &me.id).map_err(|refusal| refusal.to_string())?;
    }
    let renamed = house.identity.rename(me, name).await.map_err(|fault| fault.to_string())?;
    house.chat.attendance().rename(&renamed.guest);
    Ok(renamed)
}

/// Whether somebody who is in one of the rooms that `me` knows goes by the same name right now.
/// Names are not anybody's alone, so this is a hint and no refusal.
pub(crate) async fn has_namesake(house: &House, me: &Guest) -> bool {
    let Ok(rooms) = house.chat.known_rooms(&me.id, ROOMS_MAX).await else { return false };
    let wanted = me.name.as_str().to_lowercase();
    rooms.iter().flat_map(|known| house.chat.attendance().present(&known.room.id)).any(|present| {
        present.guest.id != me.id && present.guest.name.as_str().to_lowercase() == wanted
    })
}

/// What somebody is told who has a new name.
pub(crate) fn answer(me: &Guest, has_namesake: bool) -> String {
    let hint = if has_namesake { " Somebody else here goes by that name too." } else { "" };
    format!("You are {} now.{hint}", me.name.as_str())
}
