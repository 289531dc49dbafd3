//! The report as lines for a terminal.

use super::gather::SourceReport;
use std::fmt::Write;

/// What arrived, the rules broken with the first rows of each, and what is odd.
pub(crate) fn lines(report: &SourceReport) -> String {
    let mut text = String::new();
    for extract in &report.extracts {
        let _ = match &extract.reason {
            Some(reason) => writeln!(text, "{} {}: {reason}", extract.status, extract.file),
            None => writeln!(
                text,
                "{} into {}: {} rows, {} kept, {} kept back, {} said twice",
                extract.file,
                extract.table_name,
                extract.received,
                extract.accepted,
                extract.rejected,
                extract.duplicate
            ),
        };
    }
    for rule in &report.rules {
        let _ = writeln!(
            text,
            "\n{} in {}: {} ({} rows)",
            rule.id, rule.table, rule.reason, rule.rows
        );
        for example in rule.examples.iter().take(MOST_ROWS) {
            let sheet = example.origin.sheet.as_ref();
            let sheet = sheet.map_or(String::new(), |sheet| format!(" of sheet {sheet}"));
            let _ = writeln!(
                text,
                "  {}, row {}{sheet}: {}",
                example.origin.file, example.origin.row, example.id
            );
        }
        if rule.rows > MOST_ROWS as u64 {
            let _ = writeln!(text, "  and {} more", rule.rows - MOST_ROWS as u64);
        }
    }
    for odd in &report.warnings {
        let warning = &odd.warning;
        let rows = match warning.rows {
            0 => String::new(),
            rows => format!(" ({rows} rows)"),
        };
        let _ = writeln!(
            text,
            "\nodd, though it loads: {} in {}: {}{rows}",
            warning.rule, odd.file, warning.message
        );
    }
    text
}

/// Rows of each rule that a terminal is shown.
const MOST_ROWS: usize = 10;
