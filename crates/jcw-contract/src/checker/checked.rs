//! What a contract made of one batch.

use crate::breach::RuleCount;
use crate::withheld::WithheldRows;
use arrow::array::RecordBatch;
use jcw_project::Severity;

/// What a contract made of one batch.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Rows that load, in the schema of the source table.
    pub accepted: RecordBatch,
    /// One row for each row and rule broken, in [`reject_schema`](crate::reject_schema).
    pub rejected: RecordBatch,
    /// Rows that do not load.
    pub rejected_rows: usize,
    /// Rows that wait for the end of the file ([`Keys::Withhold`]).
    pub withheld: Option<WithheldRows>,
    /// Hashes of the accepted rows' keys ([`Keys::Collect`]).
    pub key_hashes: Vec<u64>,
    /// Rows handed in: accepted, rejected and withheld together.
    pub received: usize,
    /// How often each rule was broken, warnings included, in order of declaration.
    pub counts: Vec<RuleCount>,
}

impl Checked {
    /// Rules broken for which nothing of the file may load.
    pub fn file_breaches(&self) -> impl Iterator<Item = &RuleCount> {
        self.counts
            .iter()
            .filter(|count| count.severity == Severity::RejectFile)
    }

    /// Rules that were broken by rows that load all the same.
    pub fn warned(&self) -> impl Iterator<Item = &RuleCount> {
        self.counts
            .iter()
            .filter(|count| count.severity == Severity::Warn)
    }

    /// Rows withheld.
    pub fn withheld_rows(&self) -> usize {
        self.withheld.as_ref().map_or(0, WithheldRows::len)
    }
}
