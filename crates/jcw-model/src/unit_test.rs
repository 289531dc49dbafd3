//! A unit test puts made-up rows where a model's inputs are, runs the model, and
//! holds what it makes against what the test expects. It is the same planner
//! and the same query as in a build; only the tables are made up.

use crate::build::SeedRows;
use crate::catalog::{Catalog, config};
use crate::metric::METRIC_VALUE;
use crate::plan::{Body, Node, Plan};
use crate::problem::{listed, nearest, sentence};
use crate::select::SelectError;
use crate::tables;
use arrow::array::{ArrayRef, StringViewArray, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options, concat};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::physical_plan::collect;
use jcw_project::{
    Cell, Diagnostic, Placed, Project, Row, STATUS_MISSING, STATUS_OK, UnitTest, UnitTests,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many rows that nobody expects are shown.
const ROWS_SHOWN: usize = 5;

/// What became of the unit tests of one model or metric.
#[derive(Debug, Clone)]
pub struct UnitReport {
    /// The model, or the metric's id.
    pub of: String,
    /// How many tests there are.
    pub tests: usize,
    /// How many of them do not hold.
    pub failed: usize,
    /// What differs, each at its place in the tests' file. Only made-up rows
    /// are told.
    pub differences: Vec<Diagnostic>,
    /// How long they took.
    pub took: Duration,
}

/// The unit tests that these words select, as [`Plan::select`] takes them, or
/// a metric's id; all of them when there are no words.
///
/// # Errors
/// When a word selects no table and no metric.
pub fn select_unit_tests<'p>(
    plan: &Plan,
    project: &'p Project,
    words: &[String],
) -> std::result::Result<Vec<&'p UnitTests>, SelectError> {
    let is_metric = |word: &&String| project.metrics.iter().any(|m| m.id.value == **word);
    let (metrics, tables): (Vec<&String>, Vec<&String>) = words.iter().partition(is_metric);
    let tables: Vec<String> = tables.into_iter().cloned().collect();
    let selected = match tables.is_empty() && !metrics.is_empty() {
        true => BTreeSet::new(),
        false => plan.select(&tables)?,
    };
    let all = words.is_empty();
    let is_selected = |tests: &&UnitTests| {
        all || metrics.contains(&&tests.of.value) || selected.contains(&tests.of.value)
    };
    Ok(project.unit_tests.iter().filter(is_selected).collect())
}

/// Runs the unit tests of one model or metric. `seeds` are the project's own,
/// read where a test gives no rows of them.
///
/// # Errors
/// When the engine refuses its settings or a seed. A query that fails on made-up
/// rows is a test that fails.
pub async fn run_unit_tests(
    plan: &Plan,
    tests: &UnitTests,
    seeds: &BTreeMap<String, SeedRows>,
) -> Result<UnitReport> {
    let began = Instant::now();
    let mut report = UnitReport {
        of: tests.of.value.clone(),
        tests: tests.tests.len(),
        failed: 0,
        differences: Vec::new(),
        took: Duration::ZERO,
    };
    let Some(subject) = subject(plan, &tests.of) else {
        return Ok(report);
    };
    for test in &tests.tests {
        let differences = match made(plan, &subject, tests, test, seeds).await {
            Ok(found) => compare(&subject, test, &found)?,
            Err(error) => {
                let message = format!("{} cannot be run: {}", told(test), sentence(&error).0);
                vec![Diagnostic::error(test.name.place.clone(), message)]
            }
        };
        report.failed += usize::from(!differences.is_empty());
        report.differences.extend(differences);
    }
    report.took = began.elapsed();
    Ok(report)
}

/// Tables that a file of unit tests reads and does not give.
pub fn seeds_of(plan: &Plan, tests: &UnitTests) -> Vec<String> {
    let reads = subject(plan, &tests.of).map(|node| node.reads);
    let is_seed = |table: &String| table.starts_with("seed.");
    reads.into_iter().flatten().filter(is_seed).collect()
}

/// The model; or, for a metric, the table of figures with that metric alone.
fn subject(plan: &Plan, of: &str) -> Option<Node> {
    if of.contains('.') {
        return plan.node(of).cloned();
    }
    let metric = plan.metrics.iter().find(|metric| metric.id == of)?;
    let (mut parts, mut reads) = (Vec::new(), Vec::new());
    if let Some((from, published)) = &metric.published {
        parts.extend(published.iter().map(|part| part.sql.clone()));
        reads.push(from.clone());
    }
    let counted = metric.counted.as_ref().and_then(|table| plan.node(table));
    if let Some(node) = counted
        && let Body::Parts(queries) = &node.body
    {
        parts.extend(queries.iter().cloned());
        reads.extend(node.reads.iter().cloned());
    }
    let mut node = plan.node(METRIC_VALUE)?.clone();
    node.body = Body::Parts(parts);
    node.reads = reads;
    Some(node)
}

/// What is wrong with the form of unit tests: tables that the model does not
/// read, columns that are not there, values that are not of the column's type.
pub(crate) fn check(plan: &Plan, all: &[UnitTests], problems: &mut Vec<Diagnostic>) {
    for tests in all {
        let Some(subject) = subject(plan, &tests.of) else {
            continue;
        };
        let mut check = Check {
            plan,
            subject: &subject,
            problems,
        };
        for defaults in &tests.defaults {
            check.given(&defaults.table, std::slice::from_ref(&defaults.row));
        }
        for given in (tests.given.iter()).chain(tests.tests.iter().flat_map(|test| &test.given)) {
            check.given(&given.table, &given.rows);
        }
        for row in tests.tests.iter().flat_map(|test| &test.expect) {
            check.row(&tests.of, &subject.schema, row);
        }
    }
}

struct Check<'c> {
    plan: &'c Plan,
    subject: &'c Node,
    problems: &'c mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn given(&mut self, table: &Placed<String>, rows: &[Row]) {
        if !self.subject.reads.contains(&table.value) {
            let reads: Vec<&str> = self.subject.reads.iter().map(String::as_str).collect();
            let message = format!("{} does not read {}", self.subject.name, table.value);
            let hint = match nearest(table, &reads) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("it reads {}", listed(&reads)),
            };
            let problem = Diagnostic::error(table.place.clone(), message);
            self.problems.push(problem.hint(hint));
            return;
        }
        let Some(schema) = schema(self.plan, table) else {
            return;
        };
        for row in rows {
            self.row(table, &schema, row);
        }
    }

    fn row(&mut self, table: &str, schema: &Schema, row: &Row) {
        for cell in &row.cells {
            let Ok(field) = schema.field_with_name(&cell.column) else {
                let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
                let message = format!("{table} has no column \"{}\"", cell.column.value);
                let hint = match nearest(&cell.column, &names) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("its columns are {}", listed(&names)),
                };
                let problem = Diagnostic::error(cell.column.place.clone(), message);
                self.problems.push(problem.hint(hint));
                continue;
            };
            if column([cell.value.value.as_deref()], field.data_type()).is_err() {
                let (what, hint) = words(field.data_type());
                let message = format!("{table}.{} is {what}, and this is not", field.name());
                let problem = Diagnostic::error(cell.value.place.clone(), message);
                self.problems.push(problem.hint(hint));
            }
        }
    }
}

fn schema(plan: &Plan, table: &str) -> Option<SchemaRef> {
    let declared = plan.declared.get(table).map(|table| table.schema.clone());
    declared.or_else(|| plan.node(table).map(|node| node.schema.clone()))
}

/// A type in words, and how a value of it is written.
fn words(data_type: &DataType) -> (&'static str, &'static str) {
    match data_type {
        DataType::Date32 => ("a date", "write it as 2024-01-31"),
        DataType::Timestamp(..) => ("a time", "write it as 2024-01-31T09:30:00"),
        DataType::Boolean => ("yes or no", "write true or false"),
        kind if kind.is_integer() => ("a whole number", "write digits only"),
        kind if kind.is_numeric() => ("a number", "write digits, with a point for decimals"),
        _ => ("something else", "see the model for what it holds"),
    }
}

/// Texts as a column of a type; none is guessed at.
fn column<'v>(
    values: impl IntoIterator<Item = Option<&'v str>>,
    data_type: &DataType,
) -> std::result::Result<ArrayRef, ArrowError> {
    let texts: ArrayRef = Arc::new(values.into_iter().collect::<StringViewArray>());
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(&texts, data_type, &strict)
}

/// The rows that the model makes of what the test gives.
async fn made(
    plan: &Plan,
    subject: &Node,
    tests: &UnitTests,
    test: &UnitTest,
    seeds: &BTreeMap<String, SeedRows>,
) -> Result<RecordBatch> {
    let mut catalog = Catalog::new(config(1, usize::MAX), Arc::default());
    for table in &subject.reads {
        let Some(schema) = schema(plan, table) else {
            continue;
        };
        let given = tests.given(test, table);
        let batches = match (given, seeds.get(table)) {
            (Some(given), _) => vec![rows(&schema, &given.rows, tests.defaults(table))?],
            (None, Some(seed)) => seed.batches.clone(),
            (None, None) => Vec::new(),
        };
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        let table_rows = MemTable::try_new(schema, vec![batches])?;
        catalog.add(table, provider_as_source(Arc::new(table_rows)));
    }
    let query = tables::query(subject, &catalog)?;
    let state = catalog.state();
    let physical = state.create_physical_plan(&query).await?;
    let batches = collect(physical, state.task_ctx()).await?;
    let mut columns = Vec::new();
    for (index, field) in subject.schema.fields().iter().enumerate() {
        let parts: Vec<_> = batches.iter().map(|b| b.column(index).as_ref()).collect();
        columns.push(match parts.is_empty() {
            true => new_empty_array(field.data_type()),
            false => concat(&parts)?,
        });
    }
    batch(subject.schema.fields().iter().map(|f| f.name()), columns)
}

fn batch<'n>(
    names: impl Iterator<Item = &'n String>,
    columns: Vec<ArrayRef>,
) -> Result<RecordBatch> {
    let fields: Vec<Field> = names
        .zip(&columns)
        .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
        .collect();
    let rows = columns.first().map_or(0, |column| column.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let schema = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}

/// Given rows, typed. A status that no row names follows from its number.
fn rows(schema: &SchemaRef, rows: &[Row], defaults: &[Cell]) -> Result<RecordBatch> {
    let mut columns = Vec::new();
    for field in schema.fields() {
        let values = rows
            .iter()
            .map(|row| value(row, defaults, field.name(), schema));
        columns.push(column(values, field.data_type())?);
    }
    batch(schema.fields().iter().map(|field| field.name()), columns)
}

fn value<'r>(row: &'r Row, defaults: &'r [Cell], name: &str, schema: &Schema) -> Option<&'r str> {
    let cell = |name: &str| {
        let default = || defaults.iter().find(|cell| cell.column.value == name);
        row.cell(name).or_else(default)
    };
    if let Some(cell) = cell(name) {
        return cell.value.value.as_deref();
    }
    let number = name.strip_suffix("_status")?;
    schema.field_with_name(number).ok()?;
    let is_there = cell(number).is_some_and(|cell| cell.value.value.is_some());
    Some(if is_there { STATUS_OK } else { STATUS_MISSING })
}

/// Where what was made differs from what is expected. An expected row is
/// looked for first as it is, then by the columns of the grain that it names.
fn compare(subject: &Node, test: &UnitTest, made: &RecordBatch) -> Result<Vec<Diagnostic>> {
    let found = Texts::of(made)?;
    let mut expected = Vec::new();
    for row in &test.expect {
        let mut cells = Vec::new();
        for cell in &row.cells {
            let data_type = made.schema_ref().field_with_name(&cell.column)?.data_type();
            let value = column([cell.value.value.as_deref()], data_type)?;
            cells.push((cell, text(&value, 0)?));
        }
        expected.push((row, cells));
    }
    // The row that names most is the hardest to please: it chooses first.
    expected.sort_by_key(|(_, cells)| std::cmp::Reverse(cells.len()));
    let mut free: BTreeSet<usize> = (0..made.num_rows()).collect();
    let mut unmatched = Vec::new();
    for (row, cells) in expected {
        match free
            .iter()
            .copied()
            .find(|at| found.differing(*at, &cells).is_empty())
        {
            Some(at) => {
                free.remove(&at);
            }
            None => unmatched.push((row, cells)),
        }
    }
    let mut differences = Vec::new();
    for (row, cells) in unmatched {
        let is_key = |cell: &Cell| subject.grain.contains(&cell.column.value);
        let nearest = free
            .iter()
            .map(|at| (*at, found.differing(*at, &cells)))
            .filter(|(_, differing)| !differing.iter().any(|(cell, _)| is_key(cell)))
            .filter(|(_, differing)| differing.len() < cells.len())
            .min_by_key(|(_, differing)| differing.len());
        let Some((at, differing)) = nearest else {
            let message = format!("{} expects this row, and there is none", told(test));
            differences.push(Diagnostic::error(row.place.clone(), message));
            continue;
        };
        free.remove(&at);
        for (cell, wanted) in differing {
            let name = &cell.column.value;
            let got = found.value(at, name);
            let message = format!("{} expects {name} = {wanted}, and it is {got}", told(test));
            differences.push(Diagnostic::error(cell.value.place.clone(), message));
        }
    }
    if test.may_have_more {
        return Ok(differences);
    }
    let named = test.expect.iter().flat_map(|row| &row.cells);
    let named: BTreeSet<&str> = (named.map(|cell| cell.column.as_str()))
        .chain(subject.grain.iter().map(String::as_str))
        .collect();
    for at in free.iter().take(ROWS_SHOWN) {
        let cells: Vec<String> = (named.iter())
            .map(|name| format!("{name}: {}", found.value(*at, name)))
            .collect();
        let message = format!(
            "{} does not expect the row {{{}}}",
            told(test),
            cells.join(", ")
        );
        differences.push(Diagnostic::error(test.name.place.clone(), message));
    }
    if let Some(more) = free.len().checked_sub(ROWS_SHOWN).filter(|more| *more > 0) {
        let message = format!("{} does not expect {more} more rows", told(test));
        differences.push(Diagnostic::error(test.name.place.clone(), message));
    }
    differences.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(differences)
}

fn told(test: &UnitTest) -> String {
    format!("\"{}\"", test.name.value)
}

/// What was made, as texts by column.
struct Texts(BTreeMap<String, Vec<String>>);

impl Texts {
    fn of(made: &RecordBatch) -> Result<Texts> {
        let mut texts = BTreeMap::new();
        for (field, column) in made.schema_ref().fields().iter().zip(made.columns()) {
            let values: Result<Vec<String>> =
                (0..made.num_rows()).map(|row| text(column, row)).collect();
            texts.insert(field.name().clone(), values?);
        }
        Ok(Texts(texts))
    }

    fn value(&self, row: usize, column: &str) -> &str {
        let values = self.0.get(column);
        values
            .and_then(|values| values.get(row))
            .map_or("", String::as_str)
    }

    fn differing<'c>(
        &self,
        row: usize,
        cells: &'c [(&'c Cell, String)],
    ) -> Vec<(&'c Cell, &'c str)> {
        let differs = |(cell, wanted): &&(&Cell, String)| self.value(row, &cell.column) != wanted;
        let differing = cells.iter().filter(differs);
        differing
            .map(|(cell, wanted)| (*cell, wanted.as_str()))
            .collect()
    }
}

/// A value as a test writes it. Numbers that are not exact agree when they do
/// to six decimals.
fn text(column: &ArrayRef, row: usize) -> Result<String> {
    if column.is_null(row) {
        return Ok("null".to_owned());
    }
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column.as_ref(), &options)
        .map_err(|error| DataFusionError::ArrowError(Box::new(error), None))?
        .value(row)
        .to_string();
    if !column.data_type().is_floating() {
        return Ok(shown);
    }
    let rounded = shown.parse().map(|number: f64| format!("{number:.6}"));
    Ok(match rounded {
        Ok(number) => number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        Err(_) => shown,
    })
}
