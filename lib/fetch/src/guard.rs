//! Who may be reached.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use url::Url;

use crate::Refused;

/// Which URLs may be asked for, and which addresses may be connected to.
#[derive(Clone, Debug)]
pub struct Guard {
    reach: Reach,
    openings: Vec<Opening>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Anywhere,
    Public,
}

/// An address that may be reached although it is not public, such as `127.0.0.1:4000`. Without a
/// port, `10.0.0.7`: ports 80 and 443 of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The address.
    pub address: IpAddr,
    /// `None`: 80 and 443.
    pub port: Option<u16>,
}

/// This is not an address, with or without a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as 10.0.0.7 or 127.0.0.1:4000")]
pub struct OpeningError(pub String);

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Self, OpeningError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { address: address.ip(), port: Some(address.port()) });
        }
        let address = text.trim_matches(['[', ']']).parse();
        address
            .map(|address| Self { address, port: None })
            .map_err(|_| OpeningError(text.to_owned()))
    }
}

impl Guard {
    /// Everything may be reached, on every port: whoever runs this server named it.
    pub fn anywhere() -> Self {
        Self { reach: Reach::Anywhere, openings: Vec::new() }
    }

    /// Only what belongs to somebody on the public internet, on ports 80 and 443, and `openings`.
    pub fn public_or(openings: Vec<Opening>) -> Self {
        Self { reach: Reach::Public, openings }
    }

    /// Whether `url` may be asked for, as far as it tells: http or https, no credentials, a host, a
    /// port that may be; and if the host is an address, that one.
    ///
    /// # Errors
    /// Why not.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        let _ = url;
        todo!()
    }

    /// Whether this very address may be connected to.
    ///
    /// # Errors
    /// Why not.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), Refused> {
        let _ = (address, self.reach, &self.openings);
        todo!()
    }
}
