//! What can go wrong before a client is there.

use std::net::SocketAddr;

/// Why the doors cannot be opened, or had to be closed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else has the address, or it is not ours.
    #[error("{address} cannot be listened on: {source}")]
    Address {
        /// As it was asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Passwords would travel in clear.
    #[error(
        "{address} is not loopback and there is no certificate; give --tls-certificate and --tls-key, or --plain-text if something else encrypts"
    )]
    PlainText {
        /// As it was asked for.
        address: SocketAddr,
    },
    /// The certificate or its key cannot be used.
    #[error("{file}: {reason}")]
    Certificate {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The governor could not begin.
    #[error(transparent)]
    Govern(#[from] jcw_govern::GovernError),
    /// Logins could not begin.
    #[error(transparent)]
    Login(#[from] jcw_login::LoginError),
    /// A listener failed.
    #[error("a door failed: {0}")]
    Io(#[from] std::io::Error),
}
