//! Session options: what a client sets once and all its calls are asked with.
//! They travel in a cookie that is signed for the client, so that there is no
//! session to keep, lose or steal; clients that keep no cookies send headers.

use super::caller::Caller;
use super::error::{Result, ours};
use super::service::Service;
use super::ticket::{Claim, Use};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use chrono::NaiveDate;
use jcw_govern::ReleaseChoice;
use jcw_lake::CATALOG;
use jcw_login::Principal;
use prost::Message;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Response, Status};

const COOKIE: &str = "jcw_session";
/// A session is a working day long.
const LASTS: Duration = Duration::from_secs(12 * 60 * 60);
/// The longest value of an option: cookies have to fit into headers.
const LONGEST: usize = 1000;

/// What a session was set to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Which release, in words.
    pub(super) release: Option<String>,
    /// Why somebody asks.
    pub(super) purpose: Option<String>,
    /// Of tables that are named without one; the usual one unless said.
    pub(super) schema: Option<String>,
}

impl Options {
    /// Those with which a ticket was given.
    pub(super) fn of(claim: &Claim) -> Options {
        Options {
            release: claim.release.clone(),
            purpose: claim.purpose.clone(),
            schema: claim.schema.clone(),
        }
    }
}

/// Which release words mean: an id or number, or a day, with or without AS OF.
pub(super) fn release(words: Option<&str>) -> ReleaseChoice {
    let Some(words) = words else {
        return ReleaseChoice::Newest;
    };
    let words = words.trim();
    let day = match words.get(..6) {
        Some(start) if start.eq_ignore_ascii_case("as of ") => words[6..].trim(),
        _ => words,
    };
    match day.trim_matches('\'').parse::<NaiveDate>() {
        Ok(day) => ReleaseChoice::AsOf(day),
        Err(_) if words.eq_ignore_ascii_case("newest") => ReleaseChoice::Newest,
        Err(_) => ReleaseChoice::Named(words.to_owned()),
    }
}

/// What the call's cookie says; nothing where it is not this principal's.
pub(super) fn of_cookie(
    service: &Service,
    principal: &Principal,
    headers: &MetadataMap,
) -> Options {
    let all = headers.get_all("cookie").iter();
    let cookies = all.filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';'));
    let ours = pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    let sealed = ours.and_then(|value| URL_SAFE_NO_PAD.decode(value.trim_matches('"')).ok());
    let opened = sealed.map(|sealed| service.signer.open(&sealed.into(), Use::Options, principal));
    match opened {
        Some(Ok(claim)) => Options::of(&claim),
        _ => Options::default(),
    }
}

/// `SetSessionOptions`: what can be set is, the rest is told.
pub(super) async fn set(
    service: &Service,
    caller: &Caller,
    body: &[u8],
) -> Result<Response<Vec<Bytes>>> {
    let asked = SetSessionOptionsRequest::decode(body).map_err(super::actions::malformed)?;
    let mut options = caller.options.clone();
    let mut errors = HashMap::new();
    // In order, for a schema is looked for in the release.
    for (name, value) in BTreeMap::from_iter(asked.session_options) {
        let value = value.text();
        if let Err(wrong) = set_one(service, caller, &mut options, &name, value).await? {
            let error = SetSessionOptionsError {
                value: wrong.into(),
            };
            errors.insert(name, error);
        }
    }
    let claim = Claim {
        release: options.release,
        purpose: options.purpose,
        schema: options.schema,
        ..service.signer.claim(&caller.principal, LASTS)?
    };
    let sealed = service.signer.seal(&claim, Use::Options);
    let result = SetSessionOptionsResult { errors };
    let mut response = Response::new(vec![result.encode_to_vec().into()]);
    let value = URL_SAFE_NO_PAD.encode(sealed);
    set_cookie(&mut response, &value, LASTS.as_secs())?;
    Ok(response)
}

/// Sets one, or says by the protocol's number what is wrong with it.
///
/// # Errors
/// For another catalog than there is, and a schema that is not there for the caller:
/// those numbers have no room for a reason, and a client that went on would read
/// another table than it means.
async fn set_one(
    service: &Service,
    caller: &Caller,
    options: &mut Options,
    name: &str,
    value: Result<Option<String>, ()>,
) -> Result<Result<(), Wrong>> {
    let value = match value {
        Ok(value) => value.filter(|value| !value.is_empty()),
        Err(()) => return Ok(Err(Wrong::InvalidValue)),
    };
    if value.as_ref().is_some_and(|value| value.len() > LONGEST) {
        return Ok(Err(Wrong::InvalidValue));
    }
    let mut tried = options.clone();
    match name {
        "catalog" => return only_catalog(value.as_deref()).map(Ok),
        "schema" => tried.schema = value,
        "release" => tried.release = value,
        "purpose" => tried.purpose = value,
        _ => return Ok(Err(Wrong::InvalidName)),
    }
    let session = caller.asking(tried.clone()).session(service).await;
    match session {
        Ok(_) => *options = tried,
        Err(refused) if name == "schema" => return Err(refused),
        Err(_) => return Ok(Err(Wrong::InvalidValue)),
    }
    Ok(Ok(()))
}

fn only_catalog(value: Option<&str>) -> Result<()> {
    match value {
        None | Some(CATALOG) => Ok(()),
        Some(_) => Err(Status::invalid_argument(format!(
            "the session option catalog can only be {CATALOG:?}"
        ))),
    }
}

/// `GetSessionOptions`.
pub(super) async fn get(service: &Service, caller: &Caller) -> Result<Response<Vec<Bytes>>> {
    let session = caller.session(service).await?;
    let options = &caller.options;
    let mut told = HashMap::from([
        ("catalog".to_owned(), CATALOG.into()),
        ("schema".to_owned(), session.schema().into()),
        ("release".to_owned(), session.release().id.as_str().into()),
    ]);
    if let Some(purpose) = &options.purpose {
        told.insert("purpose".to_owned(), purpose.as_str().into());
    }
    let result = GetSessionOptionsResult {
        session_options: told,
    };
    Ok(Response::new(vec![result.encode_to_vec().into()]))
}

/// `CloseSession`: the client forgets its options.
pub(super) fn close() -> Result<Response<Vec<Bytes>>> {
    const CLOSED: i32 = 1;
    let result = CloseSessionResult { status: CLOSED };
    let mut response = Response::new(vec![result.encode_to_vec().into()]);
    set_cookie(&mut response, "", 0)?;
    Ok(response)
}

fn set_cookie<T>(response: &mut Response<T>, value: &str, seconds: u64) -> Result<()> {
    let cookie = format!("{COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict");
    let cookie = MetadataValue::try_from(cookie).map_err(ours)?;
    response.metadata_mut().insert("set-cookie", cookie);
    Ok(())
}

/// Why an option was not set, with the protocol's numbers.
#[derive(Debug, Clone, Copy, prost::Enumeration)]
#[repr(i32)]
enum Wrong {
    Unspecified = 0,
    InvalidName = 1,
    InvalidValue = 2,
    Error = 3,
}

// The messages of Flight.proto that arrow-flight does not have.

#[derive(Clone, PartialEq, Message)]
struct SetSessionOptionsRequest {
    #[prost(map = "string, message", tag = "1")]
    session_options: HashMap<String, SessionOptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct SetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, SetSessionOptionsError>,
}

#[derive(Clone, PartialEq, Message)]
struct SetSessionOptionsError {
    #[prost(enumeration = "Wrong", tag = "1")]
    value: i32,
}

#[derive(Clone, PartialEq, Message)]
struct GetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    session_options: HashMap<String, SessionOptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct CloseSessionResult {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[derive(Clone, PartialEq, Message)]
struct SessionOptionValue {
    #[prost(oneof = "OptionValue", tags = "1, 2, 3, 4, 5")]
    value: Option<OptionValue>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum OptionValue {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(sfixed64, tag = "3")]
    Number(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Texts(Texts),
}

#[derive(Clone, PartialEq, Message)]
struct Texts {
    #[prost(string, repeated, tag = "1")]
    values: Vec<String>,
}

impl SessionOptionValue {
    /// The text; `None` to unset; a whole number is a release's.
    fn text(self) -> Result<Option<String>, ()> {
        match self.value {
            None => Ok(None),
            Some(OptionValue::Text(text)) => Ok(Some(text)),
            Some(OptionValue::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(()),
        }
    }
}

impl From<&str> for SessionOptionValue {
    fn from(text: &str) -> Self {
        SessionOptionValue {
            value: Some(OptionValue::Text(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_named_by_id_number_or_day() {
        let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        for words in ["2026-07-01", "AS OF 2026-07-01", "as of '2026-07-01'"] {
            assert_eq!(release(Some(words)), ReleaseChoice::AsOf(day));
        }
        assert_eq!(release(Some("12")), ReleaseChoice::Named("12".into()));
        assert_eq!(release(None), ReleaseChoice::Newest);
    }
}
