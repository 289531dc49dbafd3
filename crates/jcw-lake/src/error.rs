//! What can go wrong in the lake, in words. No error carries a cell of a
//! table: a cell could be a person's data.

use deltalake::DeltaTableError;

/// Why the lake could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The lake's address is not one that can be opened.
    #[error("cannot open the lake at {url}: {reason}")]
    Open {
        /// As it was written.
        url: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Something that names people is to be kept, and there is no place for it.
    #[error(
        "the lake at {url} was opened without its vault, and what names people goes nowhere else"
    )]
    NoVault {
        /// Of the lake.
        url: String,
    },
    /// The store lets two writers create the same object, so no commit would be
    /// safe on it.
    #[error(
        "the store at {url} does not keep a create-only write from replacing an object ({found}), \
         so two runs could both believe that they published; use a local disk with hard links, \
         S3 with conditional writes (If-None-Match), or Azure Blob Storage"
    )]
    NotCreateOnly {
        /// Of the lake.
        url: String,
        /// What the store did instead.
        found: String,
    },
    /// The store refused or failed.
    #[error("while {doing}: {source}")]
    Store {
        /// What was being done.
        doing: String,
        /// The store's own words.
        source: object_store::Error,
    },
    /// The local disk refused or failed.
    #[error("while {doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The operating system's own words.
        source: std::io::Error,
    },
    /// A table's log or files could not be read or written.
    #[error("while {doing}: {source}")]
    Delta {
        /// What was being done.
        doing: String,
        /// The table library's own words.
        source: Box<DeltaTableError>,
    },
    /// Bytes to be landed could not be read from where they come from.
    #[error("while reading the bytes to be landed: {0}")]
    Incoming(Box<dyn std::error::Error + Send + Sync>),
    /// More bytes than the source allows.
    #[error("the file is larger than the {cap} bytes that its source allows (limits.max_bytes)")]
    TooLarge {
        /// In bytes.
        cap: u64,
    },
    /// Landed bytes are no longer what they were.
    #[error("landing/{sha256} should hold {expected} bytes and holds {found}: {advice}")]
    Landing {
        /// Of the bytes as they were received.
        sha256: String,
        /// In bytes.
        expected: u64,
        /// In bytes.
        found: u64,
        /// What to do.
        advice: &'static str,
    },
    /// Landed bytes were changed since they were received.
    #[error(
        "the bytes at landing/{sha256} are no longer those that were received; restore them from a copy of the lake, or have the partner send the file again"
    )]
    Altered {
        /// Of the bytes as they were received.
        sha256: String,
    },
    /// A table's name is not of the form that the lake can keep.
    #[error(
        "\"{0}\" is not a table's name: it must be two words of a-z, 0-9 and _, joined by a dot, as in council.dfe_requests"
    )]
    Name(String),
    /// A column has a type that a Delta table cannot hold.
    #[error(
        "column \"{column}\" of {table} has the type {found}, which the lake cannot store; {advice}"
    )]
    UnsupportedType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Arrow's name for the type.
        found: String,
        /// What to do.
        advice: String,
    },
    /// New rows do not fit the table as it stands.
    #[error("cannot write to {table}: {reason}")]
    SchemaChange {
        /// The table.
        table: String,
        /// Which column, and what to do.
        reason: String,
    },
    /// A table uses a Delta feature that was never asked for here.
    #[error("table {table} cannot be read: {reason}")]
    Foreign {
        /// The table.
        table: String,
        /// Which feature.
        reason: String,
    },
    /// Someone else committed first. Nothing was changed.
    #[error("another writer changed {what} first; nothing was written, run again")]
    LostRace {
        /// The table, release or lease.
        what: String,
    },
    /// A lease is held by another run.
    #[error(
        "another run ({run_id}, {machine}) has been writing to this lake since {since}; wait for it to \
         finish. If it is no longer running, its lease ends {ttl_seconds} seconds after its last sign of life"
    )]
    Held {
        /// The lease's name.
        what: String,
        /// The run that holds it.
        run_id: String,
        /// Where it runs.
        machine: String,
        /// By its own clock.
        since: chrono::DateTime<chrono::Utc>,
        /// After its last renewal.
        ttl_seconds: u64,
    },
    /// Something that was published can no longer be found.
    #[error("{what} is missing from the lake; {advice}")]
    Missing {
        /// What is missing.
        what: String,
        /// What to do.
        advice: String,
    },
    /// A record of the lake (release, lease, provenance) cannot be understood.
    #[error("cannot read {what}: {reason}")]
    Corrupt {
        /// The object.
        what: String,
        /// Why.
        reason: String,
    },
    /// A table's file could not be written.
    #[error("while {doing}: {source}")]
    Parquet {
        /// What was being done.
        doing: String,
        /// The Parquet library's own words.
        source: parquet::errors::ParquetError,
    },
    /// Arrow could not convert a batch.
    #[error("while {doing}: {source}")]
    Arrow {
        /// What was being done.
        doing: String,
        /// Arrow's own words.
        source: arrow::error::ArrowError,
    },
    /// The query engine refused.
    #[error("while {doing}: {source}")]
    Engine {
        /// What was being done.
        doing: String,
        /// The engine's own words.
        source: Box<datafusion::error::DataFusionError>,
    },
    /// A background task ended without an answer.
    #[error("while {doing}: the work was cut short ({reason})")]
    Task {
        /// What was being done.
        doing: String,
        /// Why.
        reason: String,
    },
}

/// Shorthand for the crate.
pub type Result<T, E = LakeError> = std::result::Result<T, E>;

impl LakeError {
    /// Whether another writer was quicker, so that running again is the answer.
    pub fn is_lost_race(&self) -> bool {
        matches!(self, LakeError::LostRace { .. })
    }
}

/// Adds what was being done to a foreign error.
pub(crate) trait Doing<T> {
    /// `doing` continues the words "while ...".
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, object_store::Error> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LakeError::Store {
            doing: doing(),
            source,
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, std::io::Error> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LakeError::Io {
            doing: doing(),
            source,
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, DeltaTableError> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LakeError::Delta {
            doing: doing(),
            source: Box::new(source),
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, arrow::error::ArrowError> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LakeError::Arrow {
            doing: doing(),
            source,
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, datafusion::error::DataFusionError> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| LakeError::Engine {
            doing: doing(),
            source: Box::new(source),
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, tokio::task::JoinError> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| LakeError::Task {
            doing: doing(),
            reason: error.to_string(),
        })
    }
}
