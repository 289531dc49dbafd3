//! What every call and every answer of this door has, whatever it is about: the
//! headers that keep browsers from doing harm with it.

use super::problem::Problem;
use crate::house::House;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::body::{Frame, SizeHint};
use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
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

/// The most of a body that is read although the call was refused before.
const LEFT: u64 = 64 << 10;
/// How long that may take.
const LEFT_PATIENCE: Duration = Duration::from_secs(5);

/// Reads what a refusal has left of a small body: HTTP/2 has no way to refuse what
/// is still on its way but to break the stream, and clients then tell of that
/// instead of the refusal.
pub(super) async fn heard_out(request: Request, next: Next) -> Response {
    let size = request.body().size_hint().exact();
    let waits = request.headers().contains_key(header::EXPECT);
    if request.body().is_end_stream() || waits || size.is_some_and(|size| size > LEFT) {
        return next.run(request).await;
    }
    let (back, mut left) = oneshot::channel();
    let lent = |body| Lent {
        body,
        back: Some(back),
    };
    let response = next.run(request.map(|body| Body::new(lent(body)))).await;
    let is_refused = response.status().is_client_error() || response.status().is_server_error();
    if let (true, Ok(body)) = (is_refused, left.try_recv()) {
        let most = usize::try_from(LEFT).unwrap_or(usize::MAX);
        let rest = axum::body::to_bytes(body, most);
        let _ = tokio::time::timeout(LEFT_PATIENCE, rest).await;
    }
    response
}

/// A body that comes back when nobody wants more of it.
struct Lent {
    body: Body,
    back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            // Nobody waits for it any more where the client has gone.
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}

/// What a client hears of a bug of ours.
pub(super) fn broke(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a call broke");
    let detail = "the call broke; tell those who run the warehouse";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
}
