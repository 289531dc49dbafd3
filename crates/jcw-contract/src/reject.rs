//! A reject is one row that may not load, together with one rule it broke. A
//! row that breaks three rules is three rejects but one rejected row.
//!
//! The reason never holds a cell's value, so that it can be shown to anybody
//! who may see the run; `row_values` holds the row as it came, and is protected.

use crate::breach::{Breach, RuleBook, RuleEntry};
use crate::delivery::Delivery;
use arrow::array::{
    Array, ArrayRef, Int64Array, RecordBatch, StringArray, StringBuilder, StringViewArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use jcw_project::Severity;
use std::sync::{Arc, LazyLock};

static REJECT_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("source", DataType::Utf8, false),
        Field::new("run", DataType::Utf8, false),
        Field::new("extract", DataType::Utf8, false),
        Field::new("file", DataType::Utf8, false),
        Field::new("sheet", DataType::Utf8, true),
        Field::new("row", DataType::Int64, false),
        Field::new("rule", DataType::Utf8, false),
        Field::new("column", DataType::Utf8, true),
        Field::new("severity", DataType::Utf8, false),
        Field::new("reason", DataType::Utf8, false),
        Field::new("row_values", DataType::Utf8, false),
        Field::new("table_name", DataType::Utf8, true),
    ]))
});

/// The columns of the rejects table: `source`, `run`, `extract`, `file`,
/// `sheet` (null in text files), `row` (line or sheet row, 1-based), `rule`,
/// `column` (null when the rule is about the row), `severity` (`reject_row` or
/// `reject_file`), `reason` (never a cell's value), `row_values` (JSON object,
/// label to text; protected), `table_name` (the table the row was for; null in
/// lakes of before there were deliveries of several tables).
pub fn reject_schema() -> SchemaRef {
    REJECT_SCHEMA.clone()
}

/// Something that the reader could not take for a row.
#[derive(Debug, Clone)]
pub struct MalformedRow {
    /// Line or sheet row, 1-based.
    pub row: i64,
    /// The reader's name for what is wrong: `csv.ragged`.
    pub rule: String,
    /// What is wrong, a sentence without a cell's value.
    pub reason: String,
    /// The text as it came; protected.
    pub text: String,
}

/// Rejects for rows that the reader could not take apart, one each.
/// `row_values` is `{"line": "<text>"}`.
pub fn reject_malformed(
    delivery: &Delivery,
    rows: &[MalformedRow],
) -> Result<RecordBatch, ArrowError> {
    let mut rejects = Rejects::new(delivery.sheet);
    for malformed in rows {
        rejects.push(
            malformed.row,
            &RuleEntry {
                id: malformed.rule.clone(),
                column: None,
                severity: Severity::RejectRow,
                reason: malformed.reason.clone(),
            },
            &malformed.reason,
            &format!("{{\"line\":{}}}", json_string(&malformed.text)),
        );
    }
    rejects.finish(delivery)
}

/// Collects rejects of one delivery.
pub(crate) struct Rejects<'a> {
    sheet: Option<&'a str>,
    sheets: StringBuilder,
    rows: Vec<i64>,
    rules: StringBuilder,
    columns: StringBuilder,
    severities: StringBuilder,
    reasons: StringBuilder,
    values: StringBuilder,
}

impl<'a> Rejects<'a> {
    pub(crate) fn new(sheet: Option<&'a str>) -> Self {
        Rejects {
            sheet,
            sheets: StringBuilder::new(),
            rows: Vec::new(),
            rules: StringBuilder::new(),
            columns: StringBuilder::new(),
            severities: StringBuilder::new(),
            reasons: StringBuilder::new(),
            values: StringBuilder::new(),
        }
    }

    /// Rejects from here on stand in another sheet.
    pub(crate) fn set_sheet(&mut self, sheet: Option<&'a str>) {
        self.sheet = sheet;
    }

    pub(crate) fn push(&mut self, row: i64, rule: &RuleEntry, reason: &str, values: &str) {
        self.sheets.append_option(self.sheet);
        self.rows.push(row);
        self.rules.append_value(&rule.id);
        self.columns.append_option(rule.column.as_deref());
        self.severities.append_value(severity_word(rule.severity));
        self.reasons.append_value(reason);
        self.values.append_value(values);
    }

    pub(crate) fn finish(mut self, delivery: &Delivery) -> Result<RecordBatch, ArrowError> {
        let count = self.rows.len();
        let same = |text: &str| Arc::new(StringArray::new_repeated(text, count)) as ArrayRef;
        RecordBatch::try_new(
            reject_schema(),
            vec![
                same(delivery.source),
                same(delivery.run),
                same(delivery.extract),
                same(delivery.file),
                Arc::new(self.sheets.finish()),
                Arc::new(Int64Array::from(self.rows)),
                Arc::new(self.rules.finish()),
                Arc::new(self.columns.finish()),
                Arc::new(self.severities.finish()),
                Arc::new(self.reasons.finish()),
                Arc::new(self.values.finish()),
                same(delivery.table),
            ],
        )
    }
}

/// The rejects of one batch. `breaches` are in order of rows.
pub(crate) fn reject_rows(
    delivery: &Delivery,
    book: &RuleBook,
    breaches: &[Breach],
    source: &SourceRows,
) -> Result<RecordBatch, ArrowError> {
    let mut rejects = Rejects::new(delivery.sheet);
    let mut written = (u32::MAX, String::new());
    for breach in breaches {
        let rule = book.get(breach.rule);
        if written.0 != breach.row {
            written = (breach.row, source.json(breach.row as usize));
        }
        let row = source
            .rows
            .get(breach.row as usize)
            .copied()
            .unwrap_or_default();
        match (breach.detail, &rule.column) {
            (Some(detail), Some(column)) => {
                rejects.push(row, rule, &format!("{column} {detail}"), &written.1)
            }
            (Some(detail), None) => rejects.push(row, rule, detail, &written.1),
            (None, _) => rejects.push(row, rule, &rule.reason, &written.1),
        }
    }
    rejects.finish(delivery)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Warn => "warn",
        Severity::RejectRow => "reject_row",
        Severity::RejectFile => "reject_file",
    }
}

/// The rows of a batch as they came.
pub(crate) struct SourceRows<'a> {
    /// Labels as JSON strings, each once.
    pub(crate) labels: &'a [String],
    pub(crate) cells: Vec<&'a StringViewArray>,
    /// `_row`.
    pub(crate) rows: &'a [i64],
}

impl SourceRows<'_> {
    /// A row as a JSON object, label to text; cells that are not there are null.
    pub(crate) fn json(&self, row: usize) -> String {
        let mut json = String::from("{");
        for (label, cells) in self.labels.iter().zip(&self.cells) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(label);
            json.push(':');
            if cells.is_valid(row) {
                json.push_str(&json_string(cells.value(row)));
            } else {
                json.push_str("null");
            }
        }
        json.push('}');
        json
    }
}

/// Labels as JSON strings; one that comes again has its number behind it.
pub(crate) fn json_labels(labels: &[&str]) -> Vec<String> {
    let mut seen = std::collections::HashMap::new();
    labels
        .iter()
        .map(|label| {
            let times = seen.entry(*label).or_insert(0);
            *times += 1;
            match *times {
                1 => json_string(label),
                times => json_string(&format!("{label} ({times})")),
            }
        })
        .collect()
}

fn json_string(text: &str) -> String {
    // A string always has a JSON form.
    serde_json::to_string(text).unwrap_or_default()
}
