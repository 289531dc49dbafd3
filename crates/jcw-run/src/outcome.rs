//! An outcome is what a run did, in numbers and in one sentence.

use crate::ledger::Extract;
use chrono::{DateTime, Utc};
use jcw_model::Failure;
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
    /// Files that an earlier run had dealt with.
    pub unchanged_files: usize,
    /// Models built.
    pub built: usize,
    /// Models found unchanged.
    pub unchanged_models: usize,
    /// Data tests that failed, blocking or not.
    pub failed_tests: Vec<Failure>,
    /// Whether a release was published.
    pub published: bool,
    /// The current release at the end.
    pub release: Option<String>,
    due: bool,
}

impl Outcome {
    pub(crate) fn begin(started_at: DateTime<Utc>) -> Self {
        Outcome {
            run_id: Uuid::now_v7().to_string(),
            started_at,
            received: Vec::new(),
            unchanged_files: 0,
            built: 0,
            unchanged_models: 0,
            failed_tests: Vec::new(),
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

    /// Nothing was received, built or published.
    pub fn did_nothing(&self) -> bool {
        self.received.is_empty() && self.built == 0 && !self.published && self.failed_tests.is_empty()
    }

    /// Files that were held back or rejected as a whole.
    pub fn trouble(&self) -> impl Iterator<Item = &Extract> {
        self.received.iter().filter(|e| e.status == "held" || e.status == "rejected")
    }

    /// One word for the ledger.
    pub(crate) fn word(&self) -> &'static str {
        if self.failed_tests.iter().any(|failure| failure.blocking) {
            "failed"
        } else if self.published {
            "published"
        } else {
            "unchanged"
        }
    }

    fn count(&self, status: &str) -> usize {
        self.received.iter().filter(|e| e.status == status).count()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.due {
            return write!(f, "Nothing is due.");
        }
        let release = self.release.as_deref().unwrap_or("none");
        if self.did_nothing() {
            return write!(
                f,
                "Nothing to do: {} are as they were, and {release} is current.",
                counted(self.unchanged_files, "file"),
            );
        }
        if !self.received.is_empty() {
            let rows = |of: fn(&Extract) -> i64| self.received.iter().map(of).sum::<i64>();
            writeln!(
                f,
                "{} received: {} loaded, {} already loaded before, {} held, {} rejected; {} rows accepted, {} rejected, {} replaced earlier ones.",
                counted(self.received.len(), "file"),
                self.count("loaded"),
                self.count("duplicate"),
                self.count("held"),
                self.count("rejected"),
                rows(|e| e.accepted),
                rows(|e| e.rejected),
                rows(|e| e.superseded),
            )?;
        }
        writeln!(f, "{} built, {} unchanged.", counted(self.built, "model"), self.unchanged_models)?;
        match self.word() {
            "failed" => write!(f, "A data test failed, so nothing was published; {release} is still current."),
            "published" => write!(f, "Published {release}."),
            _ => write!(f, "Nothing changed in the tables; {release} is current."),
        }
    }
}

fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
