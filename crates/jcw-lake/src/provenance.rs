//! The [`Provenance`] of a commit is what it was made from: the run, the
//! extracts, the model and the versions of the tables that it read. It is kept
//! inside the commit itself, so a table explains itself without the ledger.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a commit was made from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The run that made the commit.
    pub run_id: String,
    /// One commit's own mark, by which it finds itself in the log after an
    /// answer that could mean either. Given by the lake.
    pub commit_id: String,
    /// The files whose rows these are; empty for a model.
    pub extracts: Vec<ExtractUsed>,
    /// SHA-256 of the model's SQL and settings, where a model made these rows.
    pub model_hash: Option<String>,
    /// Tables that were read, with the version that was read.
    pub inputs: BTreeMap<String, u64>,
    /// Rows by what became of them, as in `received`, `accepted`, `rejected`.
    pub counts: BTreeMap<String, u64>,
    /// Rows that the commit added. Given by the lake.
    pub added_rows: u64,
    /// Rows that were visible before and are not any more. Given by the lake.
    pub superseded_rows: u64,
}

/// One file behind a commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtractUsed {
    /// Source id, `council/dfe_requests`.
    pub source: String,
    /// Of the exact bytes, lower-case hex.
    pub sha256: String,
    /// The file's name as it was received.
    pub file: String,
    /// Accepted rows that came from it.
    pub rows: u64,
}
