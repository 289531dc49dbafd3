//! A [`Pass`] is what a login rests on: it holds as long as the user, the role,
//! the password and the token behind it are what they were when they were
//! checked. A connection that stays open keeps its pass and shows it at every
//! call; for those that do not, the pass is sealed into a session's token.

use crate::access::{Access, User};
use crate::{Method, Principal, ServerKey};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By which a session's token is told from other bearer tokens.
pub(crate) const PREFIX: &str = "jcw_session_";
const KIND: &str = "session";
/// How long a session's token is good for.
const SESSION: Duration = Duration::minutes(30);
/// How long after the login there are new ones: a working day, and then who it is
/// has to be shown again.
const DAY: Duration = Duration::hours(12);

/// What a login rests on. Made by [`crate::Logins::log_in`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    name: String,
    role: String,
    attributes: BTreeMap<String, String>,
    method: String,
    /// Of the user's record, where there is one.
    since: Option<u64>,
    /// Digest of the token, where the login was with one.
    token: Option<String>,
    /// Second of the epoch of the login.
    began: i64,
    /// Second of the epoch at which it ends by itself.
    until: Option<i64>,
}

/// A pass as a session's token, until a second of the epoch.
#[derive(Serialize, Deserialize)]
struct Sealed {
    pass: Pass,
    until: i64,
}

impl Pass {
    /// Of a user, as the record is against which something was checked.
    pub(crate) fn of_user(name: &str, user: &User, method: Method) -> Pass {
        Pass {
            name: name.to_owned(),
            role: user.role.clone(),
            attributes: user.attributes.clone(),
            method: method.word().to_owned(),
            since: Some(user.since),
            token: None,
            began: Utc::now().timestamp(),
            until: None,
        }
    }

    /// The same, which ends with a token.
    pub(crate) fn with_token(mut self, digest: String) -> Pass {
        self.token = Some(digest);
        self
    }

    /// Of somebody for whom a provider vouches, until a second of the epoch.
    pub(crate) fn vouched(principal: &Principal, until: i64) -> Pass {
        Pass {
            name: principal.name.clone(),
            role: principal.role.clone(),
            attributes: principal.attributes.clone(),
            method: principal.method.word().to_owned(),
            since: None,
            token: None,
            began: Utc::now().timestamp(),
            until: Some(until),
        }
    }

    /// Whether nothing has changed since.
    pub(crate) fn holds(&self, access: &Access, now: DateTime<Utc>) -> bool {
        if self.until.is_some_and(|until| until <= now.timestamp()) {
            return false;
        }
        let is_same_user = match self.since {
            None => true,
            Some(since) => (access.users.get(&self.name)).is_some_and(|user| {
                user.since == since && user.role == self.role && user.attributes == self.attributes
            }),
        };
        let has_token = match &self.token {
            None => self.method != Method::Token.word(),
            Some(digest) => {
                (access.token(digest, now)).is_some_and(|(_, owner, _)| owner == self.name)
            }
        };
        is_same_user && has_token
    }

    /// Whose it is.
    pub fn principal(&self) -> Option<Principal> {
        Some(Principal {
            name: self.name.clone(),
            role: self.role.clone(),
            attributes: self.attributes.clone(),
            method: Method::of(&self.method)?,
        })
    }

    /// As a session's token; none when the session has lasted its time.
    pub(crate) fn seal(&self, key: &ServerKey, now: DateTime<Utc>) -> Option<String> {
        let last = self.began + DAY.num_seconds();
        let last = self.until.map_or(last, |until| until.min(last));
        let until = last.min((now + SESSION).timestamp());
        if until <= now.timestamp() {
            return None;
        }
        let pass = self.clone();
        let bytes = serde_json::to_vec(&Sealed { pass, until }).ok()?;
        Some(format!("{PREFIX}{}", key.seal(KIND, &bytes)))
    }

    /// Out of a session's token, if the key sealed it and it has not ended.
    pub(crate) fn open(key: &ServerKey, token: &str, now: DateTime<Utc>) -> Option<Pass> {
        let bytes = key.open(KIND, token.strip_prefix(PREFIX)?)?;
        let sealed: Sealed = serde_json::from_slice(&bytes).ok()?;
        (sealed.until > now.timestamp()).then_some(sealed.pass)
    }
}
