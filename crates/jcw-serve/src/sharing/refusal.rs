//! How errors leave by this protocol: a code in words and a sentence.

use crate::http::problem::Problem;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use jcw_govern::GovernError;
use jcw_login::LoginError;
use serde_json::json;

/// What this door's functions give.
pub(super) type Result<T, E = Refusal> = std::result::Result<T, E>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Refusal(Problem);

impl Refusal {
    /// What was asked is not as the protocol says.
    pub(super) fn malformed(detail: &str) -> Refusal {
        Refusal(Problem::bad(detail))
    }

    /// It is not there for the caller, or not at all: the same.
    pub(super) fn missing() -> Refusal {
        let detail = "there is no such share, schema, table or version";
        Refusal(Problem::new(StatusCode::NOT_FOUND, "no_table", detail))
    }

    /// An address that is forged, has expired, or is somebody else's.
    pub(super) fn no_ticket() -> Refusal {
        let detail = "this address is not good, or not any more; ask for the table again";
        Refusal(Problem::new(StatusCode::FORBIDDEN, "ticket", detail))
    }

    /// The lake cannot be read.
    pub(super) fn unavailable(error: impl std::fmt::Display) -> Refusal {
        tracing::warn!(%error, "the lake cannot be read");
        let detail = "the warehouse cannot be read now; try again";
        Refusal(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            detail,
        ))
    }
}

impl From<GovernError> for Refusal {
    fn from(error: GovernError) -> Self {
        Refusal(error.into())
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        Refusal(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(problem) = self;
        let code = match problem.status {
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::FORBIDDEN => "PERMISSION_DENIED",
            StatusCode::NOT_FOUND => "RESOURCE_DOES_NOT_EXIST",
            StatusCode::BAD_REQUEST => "INVALID_PARAMETER_VALUE",
            StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
            StatusCode::NOT_IMPLEMENTED => "NOT_IMPLEMENTED",
            StatusCode::SERVICE_UNAVAILABLE => "TEMPORARILY_UNAVAILABLE",
            _ => "INTERNAL_ERROR",
        };
        let body = json!({"errorCode": code, "message": problem.detail});
        let content = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        let mut response = (problem.status, content, body.to_string()).into_response();
        for (name, value) in problem.headers() {
            response.headers_mut().append(name, value);
        }
        response
    }
}
