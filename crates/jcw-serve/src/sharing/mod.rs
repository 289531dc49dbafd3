//! Delta Sharing: the open protocol by which Power BI, pandas, Spark and others
//! read whole tables as Parquet files, with a token in a profile file.
//!
//! There is one share, with one schema: the [`shelf`] of tables that somebody may
//! have. A file leaves the lake whole, so only tables are on it of which the
//! caller's role may see every row and column as it is; one with a row filter, a
//! mask or a hidden column does not exist here. A table is [described](table) by
//! lines of JSON with the [address](ticket) of each of its files, which this
//! server signs for one principal and a short time, and [gives](file) itself.

mod address;
mod file;
mod list;
mod page;
mod refusal;
mod shelf;
mod table;
mod ticket;

use crate::house::House;
use axum::Router;
use axum::routing::{get, post};

/// Everything under `/sharing`.
pub(crate) fn router() -> Router<House> {
    let tables = "/sharing/shares/{share}/schemas/{schema}/tables";
    let table = |what: &str| format!("{tables}/{{table}}{what}");
    Router::new()
        .route("/sharing/shares", get(list::shares))
        .route("/sharing/shares/{share}", get(list::share))
        .route("/sharing/shares/{share}/schemas", get(list::schemas))
        .route("/sharing/shares/{share}/all-tables", get(list::all_tables))
        .route(tables, get(list::tables))
        .route(&table(""), get(table::version))
        .route(&table("/version"), get(table::version))
        .route(&table("/metadata"), get(table::metadata))
        .route(&table("/query"), post(table::query))
        .route(&table("/changes"), get(table::changes))
        .route("/sharing/files/{ticket}", get(file::give))
}
