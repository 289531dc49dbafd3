//! The HTTP door.

use crate::house::House;
use crate::sharing;
use axum::Router;

/// Everything under `/v1`, health, metrics, and Delta Sharing.
pub(crate) fn router(house: &House) -> Router {
    Router::new().merge(sharing::router(house))
}
