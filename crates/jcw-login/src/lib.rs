//! Who is asking.
//!
//! Somebody shows a password, a token, an identity provider's token or a
//! certificate at a door; [`Logins`] says who that is, as a [`Principal`], or
//! that it is nobody ([`LoginError`], which never says why not, for that would
//! tell which names there are). Local users and tokens are made at the [`Desk`];
//! a login that is remembered is a [`Pass`], and the [`ServerKey`] signs what a
//! server gives out.

mod access;
mod base64_bytes;
mod desk;
mod error;
mod key;
mod keys;
mod lockout;
mod logins;
mod pass;
mod password;
mod pool;
mod principal;
mod provider;
mod register;
mod scram;
mod secret;

pub use desk::{Desk, ListedToken, ListedUser, NewUser};
pub use error::LoginError;
pub use key::ServerKey;
pub use logins::{Credential, Login, Logins, TOKEN_USER};
pub use pass::Pass;
pub use principal::{Method, Principal};
pub use scram::Scram;
