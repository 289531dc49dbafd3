//! A metric's SQL is made from its YAML. What a publisher prints is one query
//! for each part, put one under another in `published.metric_value`; what is
//! counted from our own rows is a table of its own for each metric, which
//! `published.metric_value` takes in, so that a changed definition counts that
//! metric alone again. No metric is special: what differs is in their files.

mod definition;
mod expression;
mod period;
mod person_level;
mod published;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jcw_project::Metric;
use std::sync::Arc;

pub(crate) use definition::DEFINITION_GRAIN;
pub use definition::definitions;
pub(crate) use person_level::Counting;
pub(crate) use published::queries;

/// The long table of every figure.
pub const METRIC_VALUE: &str = "published.metric_value";
/// The table that describes the figures.
pub const METRIC_DEFINITION: &str = "published.metric_definition";
/// The status of a figure whose denominator is 0.
pub const STATUS_NO_DENOMINATOR: &str = "no_denominator";

/// Columns that name a figure once.
pub(crate) const VALUE_GRAIN: [&str; 7] = [
    "metric_id",
    "basis",
    "part",
    "area_code",
    "period",
    "breakdown_topic",
    "breakdown",
];

/// What `published.metric_value` looks like.
pub fn value_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    let number = |name: &str| Field::new(name, DataType::Float64, true);
    Arc::new(Schema::new(vec![
        text("metric_id"),
        text("basis"),
        text("part"),
        text("part_name"),
        text("area_code"),
        text("area_name"),
        text("area_level"),
        text("period"),
        Field::new("period_start", DataType::Date32, true),
        Field::new("period_end", DataType::Date32, true),
        text("period_grain"),
        text("breakdown_topic"),
        text("breakdown"),
        number("numerator"),
        number("denominator"),
        number("value"),
        text("unit"),
        text("status"),
        number("published_value"),
    ]))
}

/// The SQL of one part of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartSql {
    /// The metric's id.
    pub metric: String,
    /// The part's id.
    pub part: String,
    /// One `select` whose columns are those of [`value_schema`].
    pub sql: String,
}

/// The SQL that takes a metric's own table into `published.metric_value`.
pub(crate) fn take_in(metric: &Metric) -> String {
    let schema = value_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    format!(
        "select {} from {}",
        columns.join(", "),
        metric.counted_table()
    )
}
