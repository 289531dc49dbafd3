//! The Flight SQL door.

use crate::house::House;
use axum::Router;

/// The gRPC service as routes.
pub(crate) fn router(_house: &House) -> Router {
    Router::new()
}
