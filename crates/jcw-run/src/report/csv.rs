//! The report as one table, for a spreadsheet: what each line is about stands in
//! its first column.

use super::gather::SourceReport;
use crate::Error;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use std::sync::Arc;

const COLUMNS: [&str; 16] = [
    "about",
    "table",
    "file",
    "status",
    "received",
    "accepted",
    "rejected",
    "duplicate",
    "rule",
    "column",
    "severity",
    "rows",
    "sheet",
    "row",
    "row_id",
    "message",
];

/// The lines: `received` (a file and table of this run), `rule` (with how many
/// rows broke it), `row` (one of them), `warning`, `earlier` (a delivery before
/// this run), `timing`.
pub(crate) fn table(report: &SourceReport) -> Result<Vec<u8>, Error> {
    let mut lines = Vec::new();
    for extract in &report.extracts {
        let mut line = Line::about("received");
        line.put("table", &extract.table_name);
        line.put("file", &extract.file);
        line.put("status", &extract.status);
        line.put("received", extract.received);
        line.put("accepted", extract.accepted);
        line.put("rejected", extract.rejected);
        line.put("duplicate", extract.duplicate);
        line.put("rule", extract.rule.as_deref().unwrap_or_default());
        line.put("message", extract.reason.as_deref().unwrap_or_default());
        lines.push(line);
    }
    for rule in &report.rules {
        let mut line = Line::about("rule");
        line.put("table", &rule.table);
        line.put("rule", &rule.id);
        line.put("column", rule.column.as_deref().unwrap_or_default());
        line.put("severity", &rule.severity);
        line.put("rows", rule.rows);
        line.put("message", &rule.reason);
        lines.push(line);
    }
    for rule in &report.rules {
        for example in &rule.examples {
            let origin = &example.origin;
            let mut line = Line::about("row");
            line.put("table", &rule.table);
            line.put("file", &origin.file);
            line.put("rule", &rule.id);
            line.put("column", rule.column.as_deref().unwrap_or_default());
            line.put("severity", &rule.severity);
            line.put("sheet", origin.sheet.as_deref().unwrap_or_default());
            line.put("row", origin.row);
            line.put("row_id", &example.id);
            line.put("message", &example.reason);
            lines.push(line);
        }
    }
    for odd in &report.warnings {
        let mut line = Line::about("warning");
        line.put("table", &odd.table);
        line.put("file", &odd.file);
        line.put("rule", &odd.warning.rule);
        line.put("rows", odd.warning.rows);
        line.put(
            "row",
            odd.warning
                .first_row
                .map_or(String::new(), |row| row.to_string()),
        );
        line.put("message", &odd.warning.message);
        lines.push(line);
    }
    for delivery in &report.earlier {
        let mut line = Line::about("earlier");
        line.put(
            "file",
            delivery
                .files
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
        );
        line.put("status", &delivery.status);
        line.put("received", delivery.received);
        line.put("accepted", delivery.accepted);
        line.put("rejected", delivery.rejected);
        line.put("duplicate", delivery.duplicate);
        line.put("message", report.clock(delivery.received_at));
        lines.push(line);
    }
    let mut timing = Line::about("timing");
    timing.put("status", if report.timing.is_late { "late" } else { "" });
    timing.put("message", report.timeliness());
    lines.push(timing);
    written(&lines)
}

/// One line, a text for each of the columns.
#[derive(Default)]
struct Line([String; COLUMNS.len()]);

impl Line {
    fn about(what: &str) -> Line {
        let mut line = Line::default();
        line.put("about", what);
        line
    }

    fn put(&mut self, column: &str, value: impl ToString) {
        if let Some(place) = COLUMNS.iter().position(|name| *name == column) {
            self.0[place] = harmless(value.to_string());
        }
    }
}

/// A sheet runs what begins like a formula; a partner's text shall not.
fn harmless(text: String) -> String {
    let begins_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_formula && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text
    }
}

fn written(lines: &[Line]) -> Result<Vec<u8>, Error> {
    let columns = COLUMNS.iter().enumerate().map(|(place, name)| {
        let cells = lines.iter().map(|line| line.0[place].as_str());
        (
            *name,
            Arc::new(StringArray::from_iter_values(cells)) as ArrayRef,
        )
    });
    let mut bytes = Vec::new();
    arrow::csv::Writer::new(&mut bytes).write(&RecordBatch::try_from_iter(columns)?)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@A1", "'@A1"),
            ("-12", "-12"),
            ("-cmd", "'-cmd"),
            ("R-1", "R-1"),
        ] {
            assert_eq!(harmless(text.to_owned()), written);
        }
    }
}
