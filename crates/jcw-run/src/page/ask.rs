//! An asker puts the page's questions to the release. What the release does not
//! have is no error here: the page says that it is missing.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use jcw_lake::Lake;
use jcw_model::Plan;
use jcw_project::{Metric, Project};

/// The release and the project that made it.
pub(crate) struct Asker<'a> {
    pub(crate) project: &'a Project,
    pub(crate) plan: &'a Plan,
    pub(crate) lake: &'a Lake,
    /// The home area.
    pub(crate) area: &'a str,
}

/// Rows of an answer.
#[derive(Default)]
pub(crate) struct Rows(Vec<RecordBatch>);

/// One row of an answer.
pub(crate) struct Row<'r> {
    batch: &'r RecordBatch,
    at: usize,
}

impl Asker<'_> {
    /// The rows of a query; none where the release lacks what it asks for.
    pub(crate) async fn rows(&self, sql: &str) -> Rows {
        match crate::query_all(self.lake, None, sql).await {
            Ok((_, batches)) => Rows(batches),
            Err(error) => {
                tracing::debug!("the page leaves something out: {error}");
                Rows::default()
            }
        }
    }

    pub(crate) fn metric(&self, id: &str) -> Option<&Metric> {
        self.project.metrics.iter().find(|metric| *metric.id == id)
    }

    /// Rows that were kept back, and rows that came, in the files from which a
    /// table is made.
    pub(crate) async fn rejected(&self, table: &str) -> Option<(f64, f64)> {
        let sources: Vec<String> = (self.plan.upstream(table).into_iter())
            .filter(|name| self.project.contracts.iter().any(|c| c.table() == *name))
            .map(|name| format!("'{name}'"))
            .collect();
        if sources.is_empty() {
            return None;
        }
        let sql = format!(
            "select sum(rejected) as rejected, sum(received) as received
             from jcw.extract where table_name in ({})",
            sources.join(", ")
        );
        let rows = self.rows(&sql).await;
        let row = rows.iter().next()?;
        row.number("rejected").zip(row.number("received"))
    }
}

impl Rows {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = |batch| (0..RecordBatch::num_rows(batch)).map(move |at| Row { batch, at });
        self.0.iter().flat_map(rows)
    }
}

impl Row<'_> {
    /// A text; empty where there is none.
    pub(crate) fn text(&self, column: &str) -> String {
        let texts = self.batch.column_by_name(column);
        let texts = texts.and_then(|texts| cast(texts, &DataType::Utf8).ok());
        let texts = texts.as_ref().map(|texts| texts.as_string::<i32>());
        match texts.filter(|texts| !texts.is_null(self.at)) {
            Some(texts) => texts.value(self.at).to_owned(),
            None => String::new(),
        }
    }

    /// A number.
    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        let numbers = cast(self.batch.column_by_name(column)?, &DataType::Float64).ok()?;
        let numbers = numbers.as_primitive::<Float64Type>();
        (!numbers.is_null(self.at)).then(|| numbers.value(self.at))
    }
}
