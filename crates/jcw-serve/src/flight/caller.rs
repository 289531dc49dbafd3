//! The [`Caller`] is whoever makes a call: known anew at each one, from its
//! headers, with what the session asks for besides.

use super::error::{Result, of_govern, of_login, ours};
use super::options::{self, Options};
use super::service::Service;
use crate::house::address;
use crate::subject::Subject;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use jcw_govern::{Asking, Door, Session};
use jcw_login::{Credential, Login, LoginError, Method, Pass, Principal};
use std::net::IpAddr;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Extensions, Request, Status};

/// Which release, in a header: an id, a number, or a day.
const RELEASE: &str = "x-jcw-release";
/// Why somebody asks, in a header.
const PURPOSE: &str = "x-jcw-purpose";
/// Of tables that are named without one, in a header.
const SCHEMA: &str = "x-jcw-schema";
/// Where clients of Flight's first handshake put its token.
const OLD_TOKEN: &str = "auth-token-bin";

/// Whoever makes a call.
pub(super) struct Caller {
    pub(super) principal: Principal,
    /// What that rests on.
    pass: Pass,
    /// What the session was set to, or this call's headers say.
    pub(super) options: Options,
    /// They show the token of a session.
    has_session: bool,
    /// Where the connection comes from.
    from: Option<IpAddr>,
}

impl Caller {
    /// Who makes this call.
    ///
    /// # Errors
    /// UNAUTHENTICATED for nobody.
    pub(super) async fn of<T>(service: &Service, request: &Request<T>) -> Result<Caller> {
        Caller::known(service, request.metadata(), request.extensions()).await
    }

    /// The same, where the request itself cannot be shown.
    pub(super) async fn known(
        service: &Service,
        headers: &MetadataMap,
        extensions: &Extensions,
    ) -> Result<Caller> {
        let shown = match extensions.get::<Subject>() {
            Some(subject) if !headers.contains_key("authorization") => {
                Shown::Certificate(subject.0.clone())
            }
            _ => Shown::in_headers(headers)?,
        };
        let is_token = matches!(shown, Shown::Bearer(_));
        let credential = match &shown {
            Shown::Password { user, password } => Credential::Password { user, password },
            Shown::Bearer(token) => Credential::Bearer(token),
            Shown::Certificate(subject) => Credential::Certificate(subject),
        };
        let Login { principal, pass } = log_in(service, credential, extensions).await?;
        let mut options = options::of_cookie(service, &principal, headers);
        if let Some(release) = text(headers, RELEASE)? {
            options.release = Some(release);
        }
        if let Some(purpose) = text(headers, PURPOSE)? {
            options.purpose = Some(purpose);
        }
        if let Some(schema) = text(headers, SCHEMA)? {
            options.schema = Some(schema);
        }
        Ok(Caller {
            has_session: is_token && principal.method == Method::Password,
            principal,
            pass,
            options,
            from: address(extensions),
        })
    }

    /// The same, asking for something else.
    pub(super) fn asking(&self, options: Options) -> Caller {
        Caller {
            principal: self.principal.clone(),
            pass: self.pass.clone(),
            options,
            has_session: self.has_session,
            from: self.from,
        }
    }

    /// What the login rests on.
    pub(super) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// A new token for a session that goes on: drivers take it from the answer
    /// and show it from then on, so that a connection ends when nobody has used
    /// it for a while, not in the middle of a day's work.
    pub(super) fn next_token(&self, service: &Service) -> Result<Option<AsciiMetadataValue>> {
        if !self.has_session {
            return Ok(None);
        }
        let token = service.house.logins.session_token(&self.pass);
        bearer(&token.map_err(of_login)?).map(Some)
    }

    /// The caller's view of the release that is asked for.
    pub(super) async fn session(&self, service: &Service) -> Result<Session> {
        let asking = Asking {
            door: Door::Flight,
            purpose: self.options.purpose.clone(),
            release: options::release(self.options.release.as_deref()),
        };
        let session = service
            .house
            .governor
            .session(self.principal.clone(), asking);
        let mut session = session.await.map_err(of_govern)?;
        if let Some(schema) = &self.options.schema {
            session = session.in_schema(schema).map_err(of_govern)?;
        }
        let session = service.house.hold(session, &self.pass);
        Ok(session.asked_from(self.from))
    }
}

/// What somebody shows: in headers, or before them, when the connection began.
enum Shown {
    Password { user: String, password: String },
    Bearer(String),
    Certificate(String),
}

impl Shown {
    fn in_headers(headers: &MetadataMap) -> Result<Shown> {
        // As for who shows something wrong: nothing is told of which it was.
        let nobody = || of_login(LoginError::Refused);
        if let Some(token) = headers.get_bin(OLD_TOKEN) {
            let token = token.to_bytes().map_err(|_| nobody())?;
            let token = String::from_utf8(token.into()).map_err(|_| nobody())?;
            return Ok(Shown::Bearer(token));
        }
        let shown = headers.get("authorization").ok_or_else(nobody)?;
        let shown = shown.to_str().map_err(|_| nobody())?;
        let (scheme, shown) = shown.split_once(' ').ok_or_else(nobody)?;
        let shown = shown.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(Shown::Bearer(shown.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(nobody());
        }
        let plain = (STANDARD.decode(shown))
            .or_else(|_| STANDARD_NO_PAD.decode(shown))
            .map_err(|_| nobody())?;
        let plain = String::from_utf8(plain).map_err(|_| nobody())?;
        let (user, password) = plain.split_once(':').ok_or_else(nobody)?;
        Ok(Shown::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// A token as a header.
pub(super) fn bearer(token: &str) -> Result<AsciiMetadataValue> {
    AsciiMetadataValue::try_from(format!("Bearer {token}")).map_err(ours)
}

/// Who shows this.
///
/// # Errors
/// UNAUTHENTICATED for nobody.
pub(super) async fn log_in(
    service: &Service,
    shown: Credential<'_>,
    on: &Extensions,
) -> Result<Login> {
    let known = service.house.log_in(Door::Flight, shown, on).await;
    known.map_err(of_login)
}

fn text(headers: &MetadataMap, name: &str) -> Result<Option<String>> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let wrong = |_| Status::invalid_argument(format!("the header {name} is not plain text"));
    let value = value.to_str().map_err(wrong)?.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}
