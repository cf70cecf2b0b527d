//! Identities through their facade, with real providers in processes of their own.

mod cast;
mod browser;
mod names;
mod sessions;
mod sign_in;
mod refusals;
mod pictures;
