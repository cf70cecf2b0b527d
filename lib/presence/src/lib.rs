//! Who is here: pages tracked under keys, without a centre. What Phoenix.Presence is to Phoenix.
//!
//! [`Presence::track`] opens a page of a key on a topic and gives a [`Tracked`]; dropping it, for
//! whatever reason, closes the page. [`Presence::list`] has one [`Entry`] per key, however many
//! pages it has. Who closed the last one stays listed for a grace time: a page that reconnects
//! meanwhile finds its entry as it was, and nobody saw it go. A [`Diff`] names the keys that
//! changed, those of many changes together. **Diffs are hints and may be lost**: subscribe, then
//! list, then follow, and list again when told of a lag.
//!
//! ```
//! use presence::{Config, Presence};
//! use tasks::{Clock, Scope};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let scope = Scope::root("example");
//! let presence = Presence::new(Config::default(), Clock::system(), &scope);
//! let desk = presence.track("room:kitchen", "ana", "at the desk");
//! let phone = presence.track("room:kitchen", "ana", "on the phone");
//! assert_eq!(presence.count("room:kitchen"), 1);
//! assert_eq!(presence.list("room:kitchen")[0].metas, ["at the desk", "on the phone"]);
//!
//! drop((desk, phone));
//! assert!(presence.contains("room:kitchen", "ana") && presence.list("room:kitchen")[0].leaving);
//! let _back = presence.track("room:kitchen", "ana", "at the desk");
//! assert!(!presence.list("room:kitchen")[0].leaving);
//! # }
//! ```
//!
//! # Several nodes
//!
//! Each node writes one [`Part`], about its own pages. Whoever carries parts between nodes hands
//! them to [`Presence::merge`]: late, twice or in any order, whole ([`Presence::part`]) or only
//! what changed ([`Presence::part_since`]). Nodes that know the same parts list the same entries.
//! [`Presence::node_down`] takes all pages of a node away.
//!
//! # Tasks
//!
//! One, `tracker_task.rs`, in the scope that was passed in: it ends grace times and tells what
//! changed. It sleeps while nobody is leaving and nothing changes, and ends with the scope or with
//! the last handle and page. Memory is that of the pages that are open or leaving; besides, the
//! names of the topics that were emptied last and the numbers of the last thousand removals.
//!
//! # Not here
//!
//! What is neither a page nor about one (rooms, permissions, accounts); carrying parts between
//! nodes and noticing that one is gone; a grace time for the pages of a node that is gone; history
//! beyond [`Presence::empty_since_ms`].
#![warn(missing_docs)]

mod config;
mod part;
mod writer;
mod roster;
mod emptied;
mod diff;
mod state;
mod tracker;
mod tracker_task;
mod presence;
mod tracked;

pub use config::Config;
pub use diff::Diff;
pub use part::{Merged, NodeName, Part};
pub use presence::Presence;
pub use roster::Entry;
pub use tracked::Tracked;
