//! An outcome is what a run did, in numbers and in one sentence.

use crate::ledger::Extract;
use crate::retain::{Removal, in_words};
use chrono::{DateTime, Utc};
use jcw_model::{Report, TableOutcome};
use jcw_project::Place;
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// What a run did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Unique; sorts by time.
    pub run_id: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Files received in this run, loaded or not.
    pub received: Vec<Extract>,
    /// Sources that could not be pulled or loaded, with why.
    pub failed_sources: Vec<String>,
    /// Fixed places of sources at which no file has been left, with the source.
    pub missing: Vec<String>,
    /// Files that an earlier run had dealt with.
    pub unchanged_files: usize,
    /// Files among them that are still held or rejected.
    pub waiting: usize,
    /// Models built.
    pub built: usize,
    /// Models found unchanged.
    pub unchanged_models: usize,
    /// Data tests that failed, blocking or not.
    pub failed_tests: Vec<FailedTest>,
    /// Models that could not be made, with why.
    pub failed_models: Vec<String>,
    /// Only some models were built, so nothing was published.
    pub selected: bool,
    /// What went from the vault because its time was over.
    pub removed: Vec<Removal>,
    /// Whether a release was published.
    pub published: bool,
    /// The current release at the end.
    pub release: Option<String>,
    due: bool,
}

/// A data test that found rows it should not.
#[derive(Debug, Clone)]
pub struct FailedTest {
    /// The model.
    pub model: String,
    /// What was tested.
    pub test: String,
    /// Whether it stopped the release.
    pub blocking: bool,
    /// How many rows failed.
    pub rows: u64,
    /// Some of them, by key.
    pub keys: Vec<String>,
    /// Where the test is written.
    pub place: Place,
}

impl Outcome {
    pub(crate) fn begin(started_at: DateTime<Utc>) -> Self {
        Outcome {
            run_id: Uuid::now_v7().to_string(),
            started_at,
            received: Vec::new(),
            failed_sources: Vec::new(),
            missing: Vec::new(),
            unchanged_files: 0,
            waiting: 0,
            built: 0,
            unchanged_models: 0,
            failed_tests: Vec::new(),
            failed_models: Vec::new(),
            selected: false,
            removed: Vec::new(),
            published: false,
            release: None,
            due: true,
        }
    }

    pub(crate) fn nothing_due() -> Self {
        Outcome {
            due: false,
            ..Outcome::begin(Utc::now())
        }
    }

    /// Takes in the fixed addresses at which there is no file. In a folder a
    /// file may be yet to come; a web address is wrong, or its page is gone.
    pub(crate) fn miss(&mut self, source: &str, addresses: Vec<String>) {
        for url in addresses {
            if url.starts_with("http://") || url.starts_with("https://") {
                self.failed_sources.push(format!(
                    "{source}: no file at {url}, says the server; correct the address in the source's `files`, or ask the partner where it is now"
                ));
            } else {
                self.missing.push(format!("no file at {url} ({source})"));
            }
        }
    }

    /// Takes in what the models did.
    pub(crate) fn take_in(&mut self, report: &Report) {
        for table in &report.tables {
            match table.outcome {
                TableOutcome::Built if table.version.is_some() => self.built += 1,
                TableOutcome::Unchanged => self.unchanged_models += 1,
                TableOutcome::Failed(ref reason) => self
                    .failed_models
                    .push(format!("{}: {reason}", table.table)),
                _ => {}
            }
            self.failed_tests
                .extend(table.failures.iter().map(|failure| FailedTest {
                    model: table.table.clone(),
                    test: failure.test.clone(),
                    blocking: failure.blocking,
                    rows: failure.failures,
                    keys: failure.keys.clone(),
                    place: failure.place.clone(),
                }));
        }
    }

    /// Nothing was received, built, published or removed.
    pub fn did_nothing(&self) -> bool {
        self.failed_sources.is_empty()
            && self.received.is_empty()
            && self.built == 0
            && !self.published
            && self.failed_tests.is_empty()
            && self.failed_models.is_empty()
            && self.removed.is_empty()
    }

    /// A model failed, or a test that blocks: nothing was published.
    pub fn is_stopped(&self) -> bool {
        !self.failed_models.is_empty() || self.failed_tests.iter().any(|failure| failure.blocking)
    }

    /// Files that were held back or rejected as a whole.
    pub fn trouble(&self) -> impl Iterator<Item = &Extract> {
        self.received
            .iter()
            .filter(|e| e.status == "held" || e.status == "rejected")
    }

    /// One word for the ledger.
    pub(crate) fn word(&self) -> &'static str {
        if self.is_stopped() {
            "failed"
        } else if self.published {
            "published"
        } else {
            "unchanged"
        }
    }

    /// Files of a status; a file of several tables is one.
    fn count(&self, status: Option<&str>) -> usize {
        let its = |e: &&Extract| status.is_none_or(|status| e.status == status);
        let files = self.received.iter().filter(its);
        let distinct: BTreeSet<_> = files.map(|e| (&e.source, &e.url, e.received_at)).collect();
        distinct.len()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.due {
            return write!(f, "Nothing is due.");
        }
        let release = self.release.as_deref().unwrap_or("no release");
        for missing in &self.missing {
            writeln!(f, "{missing}")?;
        }
        if !self.removed.is_empty() {
            writeln!(
                f,
                "Removed from the vault, as `vault_retention` says: {}.",
                in_words(&self.removed)
            )?;
        }
        if self.did_nothing() && self.selected {
            return write!(
                f,
                "What was selected is as it was, so nothing was built; {release} is current."
            );
        }
        if self.did_nothing() {
            return write!(
                f,
                "Nothing to do: {}{}, and {release} is current.",
                match self.unchanged_files {
                    0 => "nothing new was found".to_owned(),
                    1 => "1 file is as it was".to_owned(),
                    n => format!("{n} files are as they were"),
                },
                match self.waiting {
                    0 => String::new(),
                    n => format!(" ({n} of them held or rejected: see `jcw status`)"),
                },
            );
        }
        if !self.received.is_empty() {
            let rows = |of: fn(&Extract) -> i64| self.received.iter().map(of).sum::<i64>();
            writeln!(
                f,
                "{} received: {} loaded, {} already loaded before, {}{} held, {} rejected; {} rows accepted, {} rejected, {} replaced earlier ones.",
                counted(self.count(None), "file"),
                self.count(Some("loaded")),
                self.count(Some("duplicate")),
                match self.count(Some("outdated")) {
                    0 => String::new(),
                    outdated => format!("{outdated} older than what stands, "),
                },
                self.count(Some("held")),
                self.count(Some("rejected")),
                rows(|e| e.accepted),
                rows(|e| e.rejected),
                rows(|e| e.superseded),
            )?;
        }
        if self.received.iter().any(|extract| extract.rejected > 0) {
            writeln!(
                f,
                "`jcw status --rejects` says which rules the rejected rows broke."
            )?;
        }
        let warnings: usize = self
            .received
            .iter()
            .map(|extract| extract.warnings().len())
            .sum();
        if warnings > 0 {
            writeln!(
                f,
                "{}: `jcw status --warnings` says what is odd.",
                counted(warnings, "warning")
            )?;
        }
        writeln!(
            f,
            "{} built, {} unchanged.",
            counted(self.built, "model"),
            self.unchanged_models
        )?;
        match self.word() {
            "failed" if self.failed_models.is_empty() => {
                write!(
                    f,
                    "A data test failed, so nothing was published; {release} is still current."
                )
            }
            "failed" => write!(
                f,
                "A model failed, so nothing was published; {release} is still current."
            ),
            "published" => write!(f, "Published {release}."),
            _ if self.selected => write!(
                f,
                "Only what was selected was built, so nothing was published; `jcw build` builds the rest and publishes. {release} is current."
            ),
            _ => write!(f, "Nothing changed in the tables; {release} is current."),
        }
    }
}

impl fmt::Display for FailedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "test of {}: {} ({}), {} rows",
            self.model, self.test, self.place, self.rows
        )?;
        if !self.keys.is_empty() {
            write!(f, ", such as {}", self.keys.join("; "))?;
        }
        if !self.blocking {
            write!(f, " (does not block)")?;
        }
        Ok(())
    }
}

fn counted(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}
