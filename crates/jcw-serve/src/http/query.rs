//! `/v1/query`: one query, one answer.

use super::answer::answer;
use super::ask::{Ask, AskInAddress, Choices};
use super::caller::Caller;
use super::format::Format;
use super::problem::Problem;
use crate::house::House;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use std::time::Duration;

/// Longest body, in bytes: a long query with many parameters.
const BODY: usize = 1 << 20;
/// Longest that a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks a query that is in the body.
#[utoipa::path(
    post, path = "/v1/query", tag = "Queries",
    request_body = Ask,
    responses(
        (status = 200, description = "The answer, as it comes. One that is broken off has no end: \
            chunked encoding without its last chunk, JSON without `row_count`, Arrow and Parquet without their end mark.",
            content((serde_json::Value = "application/json"), (String = "text/csv"),
                (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn by_body(
    State(house): State<House>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let ask = read(&headers, body).await?;
    run(house, caller, headers, ask, Format::Json).await
}

/// Asks a query that is in the address.
///
/// For tools that only know how to get something, as Excel and Power BI do; their
/// answer is CSV unless they say otherwise.
#[utoipa::path(
    get, path = "/v1/query", tag = "Queries",
    params(AskInAddress, Choices),
    responses(
        (status = 200, description = "The answer, as it comes.",
            content((String = "text/csv"), (serde_json::Value = "application/json"),
                (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn by_address(
    State(house): State<House>,
    caller: Caller,
    headers: HeaderMap,
    ask: Result<Query<AskInAddress>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = ask.map_err(|_| {
        Problem::bad("the address is not understood; it needs ?sql=, and /v1/openapi.json says what else there is")
    })?;
    run(house, caller, headers, ask.into_ask()?, Format::Csv).await
}

async fn run(
    house: House,
    caller: Caller,
    headers: HeaderMap,
    ask: Ask,
    usual: Format,
) -> Result<Response, Problem> {
    let choices = ask.choices.with_headers(&headers)?;
    let format = choices.format(&headers, usual)?;
    let session = caller.session(&house, choices.release(), choices.purpose.clone());
    let session = session.await?;
    answer(&session, &ask.sql, &ask.parameters, format, &choices).await
}

/// A body that is whole, in time and as the documentation says.
async fn read(headers: &HeaderMap, body: Body) -> Result<Ask, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        let detail = "the body must be JSON, and say so: content-type: application/json";
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media_type",
            detail,
        ));
    }
    let body = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, BODY)).await;
    let body = body.map_err(|_| {
        let detail = "the body did not come within 30 seconds";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", detail)
    })?;
    let body = body.map_err(|_| {
        let detail = "the body is longer than a megabyte, or broke off";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", detail)
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        // The parser's own words could repeat a value.
        Problem::bad(format!(
            "the body is not what /v1/openapi.json says, at line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}
