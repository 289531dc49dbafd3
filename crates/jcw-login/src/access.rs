//! [`Access`] is everybody who may log in, as one version of one object in the
//! lake. Versions are create-only and an edit makes the next one, so that of two
//! administrators at the same moment neither loses an edit.
//!
//! ```text
//! <lake>/access/00000012.json
//! ```

use crate::base64_bytes;
use crate::password::Hashed;
use crate::scram::Scram;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Changes that are kept to be looked at.
const CHANGES_KEPT: usize = 1000;

/// Users and tokens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Access {
    /// Of this version.
    pub(crate) sequence: u64,
    /// By name.
    #[serde(default)]
    pub(crate) users: BTreeMap<String, User>,
    /// By name.
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, Token>,
    /// What was changed, newest last.
    #[serde(default)]
    pub(crate) changes: Vec<Change>,
    /// Of which the salts of names are made that nobody has: they must be the
    /// same at every server and after every restart, as those of users are. Made
    /// with the first edit; empty before.
    #[serde(default, with = "base64_bytes")]
    pub(crate) disguise: Vec<u8>,
}

/// Somebody who is known here, not to an identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    /// None for who comes with a token or a certificate only.
    #[serde(default)]
    pub(crate) password: Option<Hashed>,
    /// Of the same password.
    #[serde(default)]
    pub(crate) scram: Option<Scram>,
    /// Subject of the certificate with which they may come.
    #[serde(default)]
    pub(crate) certificate: Option<String>,
    /// The version in which what they are was last changed: a session of before
    /// is no session any more. Another hash of the same password is no change.
    pub(crate) since: u64,
}

/// A long secret that stands for a user until a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Whose.
    pub(crate) user: String,
    /// SHA-256 of the secret: 256 random bits need no slower hash.
    pub(crate) digest: String,
    pub(crate) made: DateTime<Utc>,
    pub(crate) expires: DateTime<Utc>,
}

/// Who changed what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) at: DateTime<Utc>,
    /// Account of the machine on which it was changed.
    pub(crate) by: String,
    /// In words, without a secret.
    pub(crate) what: String,
}

impl Access {
    /// Notes a change, and forgets those of long ago.
    pub(crate) fn note(&mut self, by: &str, what: String) {
        let at = Utc::now();
        let by = by.to_owned();
        self.changes.push(Change { at, by, what });
        let superfluous = self.changes.len().saturating_sub(CHANGES_KEPT);
        self.changes.drain(..superfluous);
    }

    /// The token with this digest, if it has not expired, and whose it is.
    pub(crate) fn token(&self, digest: &str, now: DateTime<Utc>) -> Option<(&str, &str, &User)> {
        let (name, token) = (self.tokens.iter()).find(|(_, token)| token.digest == digest)?;
        let user = self.users.get(&token.user)?;
        (token.expires > now).then_some((name, &token.user, user))
    }
}
