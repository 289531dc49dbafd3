//! What every call and every answer of this door has, whatever it is about: the
//! headers that keep browsers from doing harm with it.

use super::problem::Problem;
use crate::house::House;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use std::any::Any;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// On every answer.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Adds the headers that keep a browser from showing, keeping or lending an
/// answer.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Refuses what a page of another site makes a browser ask, which would come
/// with the password that the browser remembers.
pub(super) async fn site(State(house): State<House>, request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site");
    let is_other = site.is_some_and(|site| site == "cross-site" || site == "same-site");
    let origin = request.headers().get(header::ORIGIN);
    let is_allowed = origin.is_some_and(|origin| house.origins.iter().any(|known| origin == known));
    if is_other && !is_allowed {
        let detail = "pages of other sites may not ask; --http-allow-origin names those that may";
        return Problem::new(StatusCode::FORBIDDEN, "origin", detail).into_response();
    }
    next.run(request).await
}

/// Lets pages of these origins read answers; without any, nothing is said of
/// origins at all.
pub(super) fn origins(origins: &[String]) -> Option<CorsLayer> {
    let known = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok());
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-jcw-release"),
            HeaderName::from_static("x-jcw-purpose"),
        ])
        .expose_headers([HeaderName::from_static("x-jcw-release")])
        .max_age(Duration::from_secs(600));
    (!origins.is_empty()).then_some(layer)
}

/// What a client hears of a bug of ours.
pub(super) fn broke(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a call broke");
    let detail = "the call broke; tell those who run the warehouse";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
}
