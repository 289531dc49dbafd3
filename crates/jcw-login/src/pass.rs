//! A [`Pass`] is what a login rests on: it holds as long as the user, the role,
//! the password and the token behind it are what they were. A connection that
//! stays open keeps its pass and shows it at every call; for those that do not,
//! the pass is sealed with an end into a session's token.

use crate::access::Access;
use crate::{Method, Principal, ServerKey};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// By which a session's token is told from other bearer tokens.
pub(crate) const PREFIX: &str = "jcw_session_";
const KIND: &str = "session";

/// What a login rests on. Made by [`crate::Logins::pass`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    name: String,
    role: String,
    attributes: BTreeMap<String, String>,
    method: String,
    /// Of the user's record, where there is one.
    since: Option<u64>,
    /// The user's tokens, where the login was with one: the end of any of them
    /// ends the pass.
    tokens: BTreeSet<String>,
    /// Second of the epoch at which it ends by itself.
    until: Option<i64>,
}

impl Pass {
    /// For somebody who has just logged in; none if they may not any more.
    pub(crate) fn of(principal: &Principal, access: &Access, now: DateTime<Utc>) -> Option<Pass> {
        let mut pass = Pass {
            name: principal.name.clone(),
            role: principal.role.clone(),
            attributes: principal.attributes.clone(),
            method: principal.method.word().to_owned(),
            since: None,
            tokens: BTreeSet::new(),
            until: None,
        };
        if principal.method != Method::Provider {
            let user = access.users.get(&principal.name)?;
            pass.since = Some(user.since);
        }
        if principal.method == Method::Token {
            let live = access.live_tokens(&principal.name, now);
            pass.tokens = live.map(str::to_owned).collect();
        }
        pass.holds(access, now).then_some(pass)
    }

    /// The same, which ends by itself.
    pub(crate) fn until(mut self, end: DateTime<Utc>) -> Pass {
        let end = end.timestamp();
        self.until = Some(self.until.map_or(end, |until| until.min(end)));
        self
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
        let live: BTreeSet<&str> = access.live_tokens(&self.name, now).collect();
        let has_tokens = self.method != Method::Token.word() || !self.tokens.is_empty();
        is_same_user
            && has_tokens
            && (self.tokens.iter()).all(|token| live.contains(token.as_str()))
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

    /// As a session's token.
    pub(crate) fn seal(&self, key: &ServerKey) -> Option<String> {
        let bytes = serde_json::to_vec(self).ok()?;
        Some(format!("{PREFIX}{}", key.seal(KIND, &bytes)))
    }

    /// Out of a session's token, if the key sealed it and it has an end.
    pub(crate) fn open(key: &ServerKey, token: &str) -> Option<Pass> {
        let bytes = key.open(KIND, token.strip_prefix(PREFIX)?)?;
        let pass: Pass = serde_json::from_slice(&bytes).ok()?;
        pass.until.is_some().then_some(pass)
    }
}
