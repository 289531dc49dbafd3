//! The doors of a warehouse: Flight SQL, the Postgres wire, HTTP and Delta
//! Sharing, all of them on the one governed session of `jcw-govern`.
//!
//! A door turns its protocol's calls into the four nouns of that crate, and its
//! errors into the protocol's codes. It decides nothing about who may see what.
//! What the doors share is the [`House`]; how many may come is the [`Crowd`]; how
//! a connection comes in, with TLS and a way to stop, is [`listen`], and for how
//! long it may stay, [`visit`].

mod crowd;
mod error;
mod flight;
mod house;
mod http;
mod listen;
mod metrics;
mod placeholder;
mod postgres;
mod server;
mod sharing;
mod subject;
mod tls;
mod visit;

pub use crowd::Crowd;
pub use error::ServeError;
pub use house::House;
pub use metrics::Numbers;
pub use server::{Addresses, Server};
pub use tls::TlsFiles;
