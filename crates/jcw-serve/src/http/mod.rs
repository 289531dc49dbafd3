//! The HTTP door: queries as JSON, CSV, Arrow or Parquet, metrics by their id,
//! releases, health, and the numbers for Prometheus. Delta Sharing comes in here
//! too.
//!
//! A [`caller`] is who asks, known anew at each call. What goes wrong is a
//! [`problem`]. An answer is [encoded](encoding) as it comes, so that a client
//! that reads slowly holds the query up, and one that goes away ends it.

mod answer;
mod ask;
pub(crate) mod caller;
mod encoding;
mod format;
mod guard;
mod health;
mod metric;
mod numbers;
mod openapi;
mod parameter;
pub(crate) mod problem;
mod query;
mod release;
mod spreadsheet;

pub(crate) use health::Look;

use crate::house::House;
use crate::sharing;
use axum::Router;
use axum::routing::{MethodRouter, get};
use problem::Problem;
use tower::ServiceBuilder;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Parquet is compressed inside, and may be read in ranges.
const PARQUET: &str = "application/vnd.apache.parquet";

/// Every route of this door but those of Delta Sharing, which has a protocol of
/// its own; the OpenAPI document has all of them.
fn routes() -> Vec<(&'static str, MethodRouter<House>)> {
    vec![
        ("/v1/query", get(query::by_address).post(query::by_body)),
        ("/v1/metrics", get(metric::list)),
        ("/v1/metrics/{id}/values", get(metric::values)),
        ("/v1/releases", get(release::list)),
        ("/v1/openapi.json", get(openapi::document)),
        ("/healthz", get(health::is_alive)),
        ("/readyz", get(health::is_ready)),
        ("/metrics", get(numbers::text)),
    ]
}

/// Everything under `/v1`, health, metrics, and Delta Sharing.
pub(crate) fn router(house: &House) -> Router {
    let small = SizeAbove::new(256).and(NotForContentType::const_new(PARQUET));
    let compression = (CompressionLayer::new())
        .quality(CompressionLevel::Fastest)
        .compress_when(small);
    let layers = ServiceBuilder::new()
        .layer(axum::middleware::from_fn(guard::headers))
        .layer(axum::middleware::from_fn(guard::heard_out))
        .option_layer(guard::origins(&house.origins))
        .layer(axum::middleware::from_fn_with_state(
            house.clone(),
            guard::site,
        ))
        .layer(compression)
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(
            guard::broke,
        ));
    let mut router = Router::new().merge(sharing::router());
    for (path, route) in routes() {
        router = router.route(path, route);
    }
    router
        .fallback(async || Problem::nowhere())
        .method_not_allowed_fallback(async || Problem::no_method())
        .layer(layers)
        .with_state(house.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::OpenApi as _;

    #[test]
    fn every_route_is_in_the_openapi_document_and_nothing_else() {
        let document = openapi::Document::openapi();
        let mut written: Vec<&str> = document.paths.paths.keys().map(String::as_str).collect();
        let all = routes();
        let mut there: Vec<&str> = all.iter().map(|(path, _)| *path).collect();
        written.sort_unstable();
        there.sort_unstable();
        assert_eq!(written, there);
    }
}
