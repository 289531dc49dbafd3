//! A data test is a question put to rows that are staged and not yet visible.
//! What each row can answer for itself is asked of all tests in one pass; what
//! takes rows together is asked one test at a time.

use crate::catalog::Catalog;
use crate::plan::{Node, Plan};
use crate::unique;
use arrow::array::{Array, Int64Array};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::{DataFusionError, Result};
use datafusion::physical_plan::collect;
use jcw_project::{Check, Classification, Place, Test};

/// How many offending keys a report shows.
const KEYS_SHOWN: usize = 5;

/// What became of a test that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// The test in words: `unique (area_code, period)`.
    pub test: String,
    /// Whether the table was held back for it.
    pub blocking: bool,
    /// Rows that fail; for `unique`, keys that occur more than once.
    pub failures: u64,
    /// Up to five of them, by the columns that name a row. A column that is
    /// made from an identifier shows `***`.
    pub keys: Vec<String>,
    /// Where the test is declared.
    pub place: Place,
}

/// The tests of a node that do not hold, in the order in which they are
/// declared. `catalog` shows the staged rows under the node's own name.
pub(crate) async fn failures(
    node: &Node,
    plan: &Plan,
    catalog: &Catalog,
    rows: Option<u64>,
) -> Result<Vec<TestFailure>> {
    let tester = Tester {
        node,
        plan,
        catalog,
    };
    let counts = tester.row_counts(rows).await?;
    let mut failures = Vec::new();
    for (test, in_pass) in node.tests.iter().zip(counts) {
        let failed = match in_pass {
            Some(count) => count,
            None => tester.failing_together(test).await?,
        };
        if failed == 0 {
            continue;
        }
        failures.push(TestFailure {
            test: words(test),
            blocking: test.blocking,
            failures: failed,
            keys: tester.keys(test).await?,
            place: test.place.clone(),
        });
    }
    Ok(failures)
}

/// A test in words.
pub(crate) fn words(test: &Test) -> String {
    let names = |columns: &[jcw_project::Placed<String>]| {
        columns
            .iter()
            .map(|column| column.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match &test.check {
        Check::Unique(columns) => format!("unique ({})", names(columns)),
        Check::NotNull(columns) => format!("not null ({})", names(columns)),
        Check::AcceptedValues { column, values } => {
            format!("{} is one of {}", column.value, values.join(", "))
        }
        Check::Relationship { column, to, field } => {
            format!("{} exists in {}.{}", column.value, to.value, field.value)
        }
        Check::Expression(sql) => sql.value.clone(),
        Check::RowCount { min, max } => match (min, max) {
            (Some(min), Some(max)) => format!("row count between {min} and {max}"),
            (Some(min), None) => format!("row count at least {min}"),
            (None, Some(max)) => format!("row count at most {max}"),
            (None, None) => "row count".to_owned(),
        },
    }
}

struct Tester<'t> {
    node: &'t Node,
    plan: &'t Plan,
    catalog: &'t Catalog,
}

impl Tester<'_> {
    /// For each test the number of rows that fail it, where one pass over the
    /// rows can tell.
    async fn row_counts(&self, rows: Option<u64>) -> Result<Vec<Option<u64>>> {
        let tests = &self.node.tests;
        let mut asked = Vec::new();
        let mut sums = Vec::new();
        for (index, test) in tests.iter().enumerate() {
            if let Some(fails) = row_fails(test) {
                asked.push(index);
                sums.push(format!("count(*) filter (where {fails}) as t{index}"));
            }
        }
        let counts_rows = tests
            .iter()
            .any(|test| matches!(test.check, Check::RowCount { .. }));
        let total = match (rows, counts_rows) {
            (Some(rows), _) => rows,
            (None, true) => {
                self.count(&format!("select 1 as one from {}", self.node.name))
                    .await?
            }
            (None, false) => 0,
        };
        let mut counts: Vec<Option<u64>> = tests
            .iter()
            .map(|test| match test.check {
                Check::RowCount { min, max } => {
                    let held =
                        min.is_none_or(|min| total >= min) && max.is_none_or(|max| total <= max);
                    Some(if held { 0 } else { total.max(1) })
                }
                _ => None,
            })
            .collect();
        if sums.is_empty() {
            return Ok(counts);
        }
        let sql = format!("select {} from {}", sums.join(", "), self.node.name);
        for batch in self.rows(&sql).await? {
            for (position, index) in asked.iter().enumerate() {
                counts[*index] = Some(number(&batch, position));
            }
        }
        Ok(counts)
    }

    /// How many rows, or keys, fail a test that takes rows together.
    async fn failing_together(&self, test: &Test) -> Result<u64> {
        if let Check::Unique(columns) = &test.check {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            let keys = self.catalog.plan_text(&format!(
                "select {} from {}",
                columns.join(", "),
                self.node.name
            ))?;
            let state = self.catalog.state();
            let keys = state.create_physical_plan(&keys).await?;
            if unique::is_certain(keys, state.task_ctx()).await? {
                return Ok(0);
            }
        }
        self.count(&self.failing(test)).await
    }

    /// SQL for what fails a test: rows, or keys for `unique`. Not asked of a
    /// row count.
    fn failing(&self, test: &Test) -> String {
        let table = &self.node.name;
        match &test.check {
            Check::Unique(columns) => {
                let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
                let columns = columns.join(", ");
                format!("select {columns} from {table} group by {columns} having count(*) > 1")
            }
            Check::Relationship { column, to, field } => format!(
                "select {keys} from {table} as tested where tested.{column} is not null \
                 and not exists (select 1 from {to} as there where there.{field} = tested.{column})",
                keys = self.key_list(test),
                column = quoted(column),
                to = to.value,
                field = quoted(field),
            ),
            _ => format!(
                "select {} from {table} where {}",
                self.key_list(test),
                row_fails(test).unwrap_or_else(|| "false".to_owned())
            ),
        }
    }

    async fn count(&self, failing: &str) -> Result<u64> {
        let batches = self
            .rows(&format!("select count(*) as n from ({failing})"))
            .await?;
        Ok(batches.iter().map(|batch| number(batch, 0)).sum())
    }

    /// Up to five failing keys, the first in order so that a report says the
    /// same twice.
    async fn keys(&self, test: &Test) -> Result<Vec<String>> {
        let columns = self.key_columns(test);
        if columns.is_empty() || matches!(test.check, Check::RowCount { .. }) {
            return Ok(Vec::new());
        }
        let order: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let sql = format!(
            "select distinct * from ({}) order by {} limit {KEYS_SHOWN}",
            self.failing(test),
            order.join(", ")
        );
        let mut keys = Vec::new();
        for batch in self.rows(&sql).await? {
            for row in 0..batch.num_rows() {
                keys.push(self.key(&batch, row)?);
            }
        }
        Ok(keys)
    }

    fn key(&self, batch: &RecordBatch, row: usize) -> Result<String> {
        let options = FormatOptions::default().with_null("null");
        let mut words = Vec::new();
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let class = self.plan.classification(&self.node.name, field.name());
            let value = match class >= Classification::LocalId && !column.is_null(row) {
                true => "***".to_owned(),
                false => ArrayFormatter::try_new(column.as_ref(), &options)
                    .map_err(|error| DataFusionError::ArrowError(Box::new(error), None))?
                    .value(row)
                    .to_string(),
            };
            words.push(format!("{} = {value}", field.name()));
        }
        Ok(words.join(", "))
    }

    fn key_list(&self, test: &Test) -> String {
        let columns: Vec<String> = self
            .key_columns(test)
            .iter()
            .map(|column| quoted(column))
            .collect();
        match columns.is_empty() {
            true => "1 as one".to_owned(),
            false => columns.join(", "),
        }
    }

    /// The columns by which a failing row is shown: the grain, and without one
    /// the columns that the test itself names.
    fn key_columns(&self, test: &Test) -> Vec<String> {
        let named = |columns: &[jcw_project::Placed<String>]| {
            columns.iter().map(|c| c.value.clone()).collect()
        };
        match &test.check {
            Check::Unique(columns) => named(columns),
            _ if !self.node.grain.is_empty() => self.node.grain.clone(),
            Check::NotNull(columns) => named(columns),
            Check::AcceptedValues { column, .. } | Check::Relationship { column, .. } => {
                vec![column.value.clone()]
            }
            Check::Expression(_) | Check::RowCount { .. } => Vec::new(),
        }
    }

    async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let plan = self.catalog.plan_text(sql)?;
        let state = self.catalog.state();
        let physical = state.create_physical_plan(&plan).await?;
        collect(physical, state.task_ctx()).await
    }
}

/// SQL that is true of a row that fails, for tests of one row at a time.
fn row_fails(test: &Test) -> Option<String> {
    Some(match &test.check {
        Check::NotNull(columns) => {
            let nulls: Vec<String> = columns
                .iter()
                .map(|column| format!("{} is null", quoted(column)))
                .collect();
            nulls.join(" or ")
        }
        Check::AcceptedValues { column, values } => {
            let values: Vec<String> = values
                .iter()
                .map(|value| format!("'{}'", value.replace('\'', "''")))
                .collect();
            // `not in` is null for a null, so a null passes.
            format!(
                "cast({} as varchar) not in ({})",
                quoted(column),
                values.join(", ")
            )
        }
        // Likewise what is neither true nor false passes.
        Check::Expression(sql) => format!("not (\n{}\n)", sql.value),
        Check::Unique(_) | Check::Relationship { .. } | Check::RowCount { .. } => return None,
    })
}

fn quoted(column: &str) -> String {
    format!("\"{}\"", column.replace('"', "\"\""))
}

fn number(batch: &RecordBatch, column: usize) -> u64 {
    let counts = batch.column(column).as_any().downcast_ref::<Int64Array>();
    counts
        .filter(|counts| !counts.is_empty())
        .and_then(|counts| u64::try_from(counts.value(0)).ok())
        .unwrap_or_default()
}
