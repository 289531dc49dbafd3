//! A [`Problem`] is how an error leaves by this door: RFC 9457's
//! `application/problem+json`, with the kind of error and where in the SQL it is.

use crate::metrics::word;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jcw_govern::{GovernError, Kind, Spot};
use jcw_login::LoginError;
use serde_json::json;

/// Nginx's code for a client that has gone: no registered one says it.
const CANCELLED: u16 = 499;
/// When it is worth asking again after a limit, in seconds.
const SOON: u64 = 5;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// A word: `no_table`.
    pub(crate) kind: &'static str,
    /// A sentence for the person who asked.
    pub(crate) detail: String,
    spot: Option<Spot>,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Problem {
            status,
            kind,
            detail: detail.into(),
            spot: None,
            retry_after: None,
        }
    }

    /// What was sent is not as the documentation says.
    pub(crate) fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "request", detail)
    }

    pub(crate) fn nowhere() -> Problem {
        let detail = "there is nothing at this address; /v1/openapi.json says what there is";
        Problem::new(StatusCode::NOT_FOUND, "no_address", detail)
    }

    pub(crate) fn no_method() -> Problem {
        let detail = "this address takes no such method; /v1/openapi.json says which";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_method", detail)
    }

    /// The headers that go with it by the rules of HTTP.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        if self.status == StatusCode::UNAUTHORIZED {
            let basic = r#"Basic realm="jcw", charset="UTF-8""#;
            for scheme in [basic, r#"Bearer realm="jcw""#] {
                let challenge = HeaderValue::from_static(scheme);
                headers.push((header::WWW_AUTHENTICATE, challenge));
            }
        }
        if let Some(seconds) = self.retry_after {
            headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        headers
    }
}

impl From<GovernError> for Problem {
    fn from(error: GovernError) -> Self {
        let status = match error.kind {
            Kind::Syntax | Kind::NoColumn | Kind::NoFunction | Kind::Value => {
                StatusCode::BAD_REQUEST
            }
            Kind::NoTable | Kind::NoRelease => StatusCode::NOT_FOUND,
            Kind::Refused => StatusCode::FORBIDDEN,
            Kind::Unsupported => StatusCode::NOT_IMPLEMENTED,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Limit => StatusCode::TOO_MANY_REQUESTS,
            Kind::Time => StatusCode::REQUEST_TIMEOUT,
            Kind::Cancelled => {
                StatusCode::from_u16(CANCELLED).unwrap_or(StatusCode::REQUEST_TIMEOUT)
            }
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let again = matches!(error.kind, Kind::Limit | Kind::Unavailable);
        Problem {
            status,
            kind: word(error.kind),
            detail: error.message,
            spot: error.spot,
            retry_after: again.then_some(SOON),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        let detail = error.to_string();
        match error {
            LoginError::Refused => {
                Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
            }
            LoginError::TooMany { seconds } => Problem {
                retry_after: Some(seconds),
                ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_log_ins", detail)
            },
            _ => Problem {
                retry_after: Some(SOON),
                ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:jcw:problem:{}", self.kind),
            "title": self.status.canonical_reason().unwrap_or("Cancelled"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "kind": self.kind,
        });
        if let Some(Spot { line, column }) = self.spot {
            body["line"] = line.into();
            body["column"] = column.into();
        }
        let content = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, content, body.to_string()).into_response();
        for (name, value) in self.headers() {
            response.headers_mut().append(name, value);
        }
        response
    }
}
