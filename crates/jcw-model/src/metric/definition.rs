//! `published.metric_definition`: what every figure of a release means, word
//! for word and in SQL, one row for each metric, basis and part.

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringViewArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use jcw_project::{Basis, Metric, Part, PersonLevel, PublishedFigure};
use serde_json::json;
use std::sync::Arc;

/// Columns that name a row of `published.metric_definition` once.
pub(crate) const DEFINITION_GRAIN: [&str; 3] = ["metric_id", "basis", "part"];

/// One part on one basis.
struct Row<'m> {
    metric: &'m Metric,
    basis: Basis,
    part: &'m Part,
}

impl<'m> Row<'m> {
    fn published(&self) -> Option<&'m PublishedFigure> {
        let is_it = self.basis == Basis::Published;
        self.metric.published.as_ref().filter(|_| is_it)
    }

    fn counted(&self) -> Option<&'m PersonLevel> {
        let is_it = self.basis == Basis::PersonLevel;
        self.metric.person_level.as_ref().filter(|_| is_it)
    }
}

/// The definitions of these metrics, as a release keeps them.
///
/// # Errors
/// None that a project can cause.
pub fn definitions(metrics: &[Metric]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<Row<'_>> = metrics.iter().flat_map(rows_of).collect();
    let text = |value: fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringViewArray>())
    };
    let flag = |value: fn(&Row<'_>) -> Option<bool>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<BooleanArray>())
    };
    let number = |value: fn(&Row<'_>) -> i64| -> ArrayRef {
        Arc::new(rows.iter().map(value).map(Some).collect::<Int64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("metric_id", text(|r| Some(r.metric.id.value.clone()))),
        ("basis", text(|r| Some(r.basis.word().into()))),
        ("part", text(|r| Some(r.part.id.value.clone()))),
        ("part_name", text(|r| Some(r.part.name.clone()))),
        ("name", text(|r| Some(r.metric.name.clone()))),
        ("question", text(|r| Some(r.metric.question.clone()))),
        ("owner", text(|r| Some(r.metric.owner.clone()))),
        ("definition", text(|r| Some(r.metric.definition.clone()))),
        ("cohort", text(|r| Some(r.metric.cohort.clone()))),
        ("model", text(|r| Some(model(r)))),
        ("cohort_sql", text(cohort_sql)),
        ("exclusions", text(exclusions)),
        ("topics", text(topics)),
        ("is_stock", flag(|r| Some(r.counted()?.is_stock))),
        ("is_by_provider", flag(|r| Some(r.counted()?.by_provider))),
        (
            "clock",
            text(|r| Some(r.counted()?.clock.as_ref()?.value.clone())),
        ),
        (
            "when_sql",
            text(|r| Some(r.counted()?.when.as_ref()?.value.clone())),
        ),
        (
            "count_sql",
            text(|r| Some(r.counted()?.count.as_ref()?.value.clone())),
        ),
        ("numerator", text(|r| Some(r.part.numerator.value.clone()))),
        (
            "denominator",
            text(|r| Some(r.part.denominator.as_ref()?.value.clone())),
        ),
        ("percentile", text(|r| Some(r.part.percentile?.to_string()))),
        ("unit", text(|r| Some(r.part.unit.word().into()))),
        ("polarity", text(|r| Some(r.metric.polarity.word().into()))),
        ("grain", text(|r| Some(grains(r)))),
        ("dimensions", text(|r| Some(dimensions(r)))),
        ("source", text(|r| Some(r.metric.source.clone()))),
        ("comparator", text(|r| Some(r.metric.comparator.clone()))),
        ("design", text(|r| Some(r.metric.design.word().into()))),
        ("trap", text(|r| r.metric.trap.clone())),
        ("caveats", text(|r| Some(r.metric.caveats.join("\n")))),
        ("version", number(|r| i64::from(r.metric.version.value))),
        ("changes", text(changes)),
        ("hash", text(|r| Some(r.metric.hash.clone()))),
        (
            "counted_hash",
            text(|r| Some(r.metric.counted_hash.clone())),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, values)| (name, values, true)),
    )
}

fn rows_of(metric: &Metric) -> Vec<Row<'_>> {
    let published = metric.published.iter().flat_map(|figure| &figure.parts);
    let counted = metric.person_level.iter().flat_map(|figure| &figure.parts);
    let row = |basis| {
        move |part| Row {
            metric,
            basis,
            part,
        }
    };
    let published = published.map(row(Basis::Published));
    published
        .chain(counted.map(row(Basis::PersonLevel)))
        .collect()
}

fn model(row: &Row<'_>) -> String {
    let published = row.published().map(|figure| &figure.from);
    let from = published.or(row.counted().map(|figure| &figure.from));
    from.map(|from| from.value.clone()).unwrap_or_default()
}

fn cohort_sql(row: &Row<'_>) -> Option<String> {
    let filter = row.published().and_then(|figure| figure.filter.as_ref());
    let cohort = row.counted().and_then(|figure| figure.cohort.as_ref());
    filter.or(cohort).map(|sql| sql.value.clone())
}

/// A JSON array of objects with `id`, `what` and `sql`, in the order in which
/// they are tried.
fn exclusions(row: &Row<'_>) -> Option<String> {
    let exclusions = row.counted()?.exclusions.iter();
    let all: Vec<serde_json::Value> = exclusions
        .map(|e| json!({"id": e.id.value, "what": e.what, "sql": e.sql.value}))
        .collect();
    (!all.is_empty()).then(|| serde_json::Value::from(all).to_string())
}

/// A JSON array of pairs: the topic, and the SQL of its words.
fn topics(row: &Row<'_>) -> Option<String> {
    let by = row.counted()?.by.iter();
    let all: Vec<serde_json::Value> = by.map(|(topic, sql)| json!([topic, sql.value])).collect();
    (!all.is_empty()).then(|| serde_json::Value::from(all).to_string())
}

fn grains(row: &Row<'_>) -> String {
    let published = row.published().map(|figure| vec![figure.grain.word()]);
    let counted = row.counted().map(|figure| {
        let words = figure.grains.iter().map(|grain| grain.word());
        words.collect()
    });
    published.or(counted).unwrap_or_default().join(", ")
}

fn dimensions(row: &Row<'_>) -> String {
    let published = row.published().map(|figure| figure.dimensions.clone());
    let counted = row.counted().map(|figure| {
        let topics = figure.by.iter().map(|(topic, _)| topic.clone());
        topics.collect()
    });
    published.or(counted).unwrap_or_default().join(", ")
}

/// A line each: `version (day): what`.
fn changes(row: &Row<'_>) -> Option<String> {
    let lines = row.metric.changes.iter();
    let lines = lines.map(|c| format!("{} ({}): {}", c.version, c.on, c.what));
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
