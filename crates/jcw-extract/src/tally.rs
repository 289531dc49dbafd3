//! A tally is what is counted and remarked while one file is read, by as many
//! threads as read it.

use crate::reader::Rows;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Something odd about a file that was read all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A short name that stays the same: `csv.encoding`, `sheet.hidden`.
    pub rule: &'static str,
    /// One sentence for a reader.
    pub message: String,
    /// The first line or sheet row it concerns.
    pub row: Option<i64>,
    /// How often it was met.
    pub count: u64,
}

/// What was read of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Records of the file below the header and above the footer, malformed
    /// ones included; sub-headings and blank rows are not records.
    pub records: i64,
    /// Rows handed on in batches. Differs from `records - malformed` only when
    /// the layout unpivots.
    pub rows: i64,
    /// Records that could not be taken apart.
    pub malformed: i64,
    /// By rule.
    pub warnings: Vec<Warning>,
}

/// Counts and warnings of one file, shared by its reader and its pieces.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    summary: Summary,
    warnings: BTreeMap<&'static str, Warning>,
}

impl Tally {
    pub(crate) fn count(&self, rows: &Rows) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.summary.records += rows.records;
        kept.summary.rows += rows.batch.num_rows() as i64;
        kept.summary.malformed += rows.malformed.len() as i64;
    }

    /// Remarks on something. Of each rule the sentence of the lowest row is
    /// kept, so that the outcome does not depend on which thread came first.
    pub(crate) fn warn(&self, rule: &'static str, row: Option<i64>, message: impl Into<String>) {
        let warning = Warning {
            rule,
            message: message.into(),
            row,
            count: 1,
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.warnings.get_mut(rule) {
            None => {
                kept.warnings.insert(rule, warning);
            }
            Some(before) => {
                let count = before.count + 1;
                if row.is_some() && (before.row.is_none() || row < before.row) {
                    *before = warning;
                }
                before.count = count;
            }
        }
    }

    pub(crate) fn summary(&self) -> Summary {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Summary {
            warnings: kept.warnings.values().cloned().collect(),
            ..kept.summary.clone()
        }
    }
}
