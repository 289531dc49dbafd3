//! What can go wrong when somebody says who they are.

/// Why nobody was let in. What is told to the client is the same for every
/// reason but the last two.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Whatever was wrong with what was shown.
    #[error("who you are could not be established; log in again")]
    Refused,
    /// Too many failures from there, or for that name.
    #[error("too many failed attempts; try again in {seconds} s")]
    TooMany {
        /// How long to wait.
        seconds: u64,
    },
    /// Users, tokens or the provider's keys cannot be read now.
    #[error("logins cannot be checked now; try again")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What an administrator asked cannot be done: no such user, a role that is not there.
    #[error("{0}")]
    Usage(String),
}
