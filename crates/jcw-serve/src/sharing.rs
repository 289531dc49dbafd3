//! Delta Sharing: the open protocol, for `published` tables only.

use crate::house::House;
use axum::Router;

/// Everything under `/sharing`.
pub(crate) fn router(_house: &House) -> Router {
    Router::new()
}
