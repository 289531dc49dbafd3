//! A report is what a build did, table by table: what the caller needs to make
//! a release, and what a person needs to know when there is none.

use crate::data_test::TestFailure;
use std::time::Duration;

/// What a build did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Seeds by name, then models and metric tables in the order of a build.
    pub tables: Vec<TableReport>,
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// As SQL names it.
    pub table: String,
    /// What was done.
    pub outcome: TableOutcome,
    /// The version to pin; none for a view, and where there is none.
    pub version: Option<u64>,
    /// Rows of that version, where known.
    pub rows: Option<u64>,
    /// Hash of everything that decides the rows; empty where nothing was made.
    pub identity: String,
    /// How long it took.
    pub took: Duration,
    /// Tests that did not hold, blocking or not.
    pub failures: Vec<TestFailure>,
}

/// What was done with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableOutcome {
    /// Made anew and committed.
    Built,
    /// The query and all it reads are as they were: nothing was read or written.
    Unchanged,
    /// Not asked for; the version is the last one.
    NotSelected,
    /// A blocking test did not hold; the last version stays.
    Held,
    /// It could not be made; the message says why, without any cell's value.
    Failed(String),
    /// Not tried, because this table upstream was held or failed.
    Stopped {
        /// The first table that was.
        by: String,
    },
}

impl Report {
    /// Whether every table is as it should be, so that a release may be made.
    pub fn is_publishable(&self) -> bool {
        self.tables.iter().all(|table| table.outcome.is_good())
    }

    /// Whether any table was made anew.
    pub fn did_work(&self) -> bool {
        self.tables
            .iter()
            .any(|table| table.outcome == TableOutcome::Built)
    }

    /// Tables that keep a release from being made, those at fault first.
    pub fn faults(&self) -> impl Iterator<Item = &TableReport> {
        let stopped = |table: &&TableReport| matches!(table.outcome, TableOutcome::Stopped { .. });
        let bad = || self.tables.iter().filter(|table| !table.outcome.is_good());
        bad()
            .filter(move |table| !stopped(table))
            .chain(bad().filter(stopped))
    }
}

impl TableOutcome {
    /// Whether the table is as it should be.
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            TableOutcome::Built | TableOutcome::Unchanged | TableOutcome::NotSelected
        )
    }
}
