//! What a host can set: on the command line, or in the environment.

use std::{net::SocketAddr, path::PathBuf};

/// A place to talk, that you own.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "teahouse", version, about)]
pub struct Config {
    /// Address and port to answer on. Port 0 takes any that is free.
    #[arg(long, env = "TEAHOUSE_LISTEN", default_value = "127.0.0.1:4000")]
    pub listen: SocketAddr,

    /// Folder that holds everything. It is made if it is missing.
    #[arg(long, env = "TEAHOUSE_DATA", default_value = "data")]
    pub data: PathBuf,

    /// The pages are reached over HTTPS, through a proxy: cookies are sent over HTTPS only.
    #[arg(long, env = "TEAHOUSE_HTTPS")]
    pub https: bool,

    /// Another origin whose pages may connect, such as `https://chat.example.org`, if a proxy
    /// changes the Host header. May be given more than once.
    #[arg(long = "origin", env = "TEAHOUSE_ORIGINS", value_delimiter = ',')]
    pub origins: Vec<String>,

    /// Where browsers find this server, such as `https://chat.example.org`. Providers of sign-in send
    /// people back there, and its pages may connect.
    #[arg(long, env = "TEAHOUSE_BASE_URL")]
    pub base_url: Option<String>,

    /// A proxy stands in front: the last address in `X-Forwarded-For` is that of the browser. Without
    /// one, anybody could write any address there.
    #[arg(long, env = "TEAHOUSE_BEHIND_PROXY")]
    pub behind_proxy: bool,

    /// A file with the ways to sign in; see docs/configuration.md.
    #[arg(long, env = "TEAHOUSE_CONFIG")]
    pub config: Option<PathBuf>,

    /// Connections at the same time; more wait to be accepted.
    #[arg(long, env = "TEAHOUSE_CONNECTIONS_MAX", default_value_t = 100_000)]
    pub connections_max: usize,
}
