//! Pages, forms and sockets of a whole tea house in memory.

mod cast;
mod http_client;
mod table;
mod site;
mod rooms;
mod cards;
mod permissions;
mod reading;
mod kitchen;
mod forged;
mod flooding;
mod between_people;
mod defects;
mod lobby;
mod companion;
mod me;
mod lost_links;
mod search;
mod preview;
mod room_page;
mod quotes;
