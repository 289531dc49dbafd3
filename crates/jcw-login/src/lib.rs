//! Who is asking.
//!
//! Somebody shows a password, a token, an identity provider's token or a
//! certificate at a door; [`Logins`] says who that is, as a [`Principal`], or
//! that it is nobody ([`LoginError`], which never says why not, for that would
//! tell which names there are).

mod error;
mod logins;
mod principal;

pub use error::LoginError;
pub use logins::{Credential, Logins};
pub use principal::{Method, Principal};
