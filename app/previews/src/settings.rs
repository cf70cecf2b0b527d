//! What a host may change while the server runs.

use fetch::{Guard, Opening};

use crate::Link;

/// What may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether anything is fetched at all.
    pub enabled: bool,
    /// Domains that are not asked, with everything under them: `example.com`.
    pub deny: Vec<String>,
    /// Addresses that are asked although they are not public.
    pub allow: Vec<Opening>,
}

/// This is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a domain such as example.com")]
pub struct DomainError(pub String);

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, deny: Vec::new(), allow: Vec::new() }
    }
}

impl Settings {
    /// Takes a domain as a host writes it; the normal form is what [`Settings::deny`] has.
    ///
    /// # Errors
    /// It is none.
    pub fn domain(text: &str) -> Result<String, DomainError> {
        let _ = text;
        todo!()
    }

    /// Whether `link` may be asked for, as far as the host of this server has said.
    pub(crate) fn permits(&self, link: &Link) -> bool {
        let _ = link;
        todo!()
    }

    /// Who may be reached.
    pub(crate) fn guard(&self) -> Guard {
        Guard::public_or(self.allow.clone())
    }
}
