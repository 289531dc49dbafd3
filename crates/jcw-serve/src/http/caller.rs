//! A [`Caller`] is who makes a call, known anew at each one from what the call
//! shows: a name and a password, or a token.

use super::problem::Problem;
use crate::house::{House, address};
use crate::subject::Subject;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::request::Parts;
use http::{HeaderMap, header};
use jcw_govern::{Asking, Door, ReleaseChoice, Session};
use jcw_login::{Credential, LoginError, Pass, Principal};
use std::net::IpAddr;

/// Who makes a call.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// What that rests on.
    pub(crate) pass: Pass,
    /// Where the connection comes from.
    from: Option<IpAddr>,
}

impl Caller {
    /// Who makes a call at `door`: by its headers, or else by the certificate of
    /// its connection.
    ///
    /// # Errors
    /// When it is nobody.
    pub(crate) async fn known(
        house: &House,
        door: Door,
        parts: &Parts,
    ) -> Result<Caller, LoginError> {
        let shown = Shown::in_headers(&parts.headers);
        let subject: Option<&Subject> = parts.extensions.get();
        let credential = match (&shown, subject) {
            (Some(shown), _) => shown.credential(),
            (None, Some(Subject(subject)))
                if !parts.headers.contains_key(header::AUTHORIZATION) =>
            {
                Credential::Certificate(subject)
            }
            (None, _) => return Err(LoginError::Refused),
        };
        let login = house.log_in(door, credential, &parts.extensions).await?;
        Ok(Caller {
            principal: login.principal,
            pass: login.pass,
            from: address(&parts.extensions),
        })
    }

    /// What the caller sees.
    ///
    /// # Errors
    /// When there is no such release, or the role is gone.
    pub(crate) async fn session(
        self,
        house: &House,
        release: ReleaseChoice,
        purpose: Option<String>,
    ) -> Result<Session, Problem> {
        let asking = Asking {
            door: Door::Http,
            purpose,
            release,
        };
        let session = house.governor.session(self.principal, asking).await?;
        Ok(house.hold(session, &self.pass).asked_from(self.from))
    }
}

impl FromRequestParts<House> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Problem> {
        Ok(Caller::known(house, Door::Http, parts).await?)
    }
}

/// What somebody shows in headers.
enum Shown {
    Password { user: String, password: String },
    Bearer(String),
}

impl Shown {
    fn in_headers(headers: &HeaderMap) -> Option<Shown> {
        let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, shown) = shown.split_once(' ')?;
        let shown = shown.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Shown::Bearer(shown.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let plain = String::from_utf8(BASE64.decode(shown).ok()?).ok()?;
        let (user, password) = plain.split_once(':')?;
        Some(Shown::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    fn credential(&self) -> Credential<'_> {
        match self {
            Shown::Password { user, password } => Credential::Password { user, password },
            Shown::Bearer(token) => Credential::Bearer(token),
        }
    }
}
