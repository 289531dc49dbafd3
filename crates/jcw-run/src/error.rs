//! What can go wrong in a run. Each message says what was being done, to what,
//! and what to do next; none carries a value from a row.

/// A run, or a question about runs, could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another run holds the lease.
    #[error("{holder} has the lake since {since}; wait for it to end, then run again")]
    Busy {
        /// Host and process.
        holder: String,
        /// When it took the lease, UTC.
        since: String,
    },
    /// The arguments name something that is not there.
    #[error("{0}")]
    Usage(String),
    /// A table of the ledger does not read.
    #[error("the ledger table {table} cannot be read: {reason}")]
    Ledger {
        /// The table.
        table: String,
        /// What the reader said.
        reason: String,
    },
    /// A store could not be listed or read.
    #[error("pulling {source_id}: {error}")]
    Pull {
        /// The source.
        source_id: String,
        /// What happened.
        #[source]
        error: jcw_extract::Error,
    },
    /// A contract has changed, and the files that stand do not keep it.
    #[error(
        "the contract {contract} has changed, and {reason}; what was loaded by it stays as it was, and nothing more is: correct the contract, or take the change back"
    )]
    Reload {
        /// Its id.
        contract: String,
        /// Which file, and why.
        reason: String,
    },
    /// A file on which tables rest is not there, and must be loaded again.
    #[error(
        "a killed run or a restored copy has left the tables of {unit} otherwise than the ledger says, and {file}, on which they rest, {reason}; nothing was published: put it back as {place} of the vault, from a copy of the vault or from the partner"
    )]
    Gone {
        /// The contract or the delivery.
        unit: String,
        /// The file's name.
        file: String,
        /// Why it is not there.
        reason: String,
        /// Where it belongs in the vault.
        place: String,
    },
    /// A contract cannot be used.
    #[error("checking against a contract: {0}")]
    Contract(#[from] jcw_contract::Error),
    /// A seed of the project does not keep its own contract.
    #[error("seed {name}: {reason}")]
    Seed {
        /// `seed.<name>`.
        name: String,
        /// Which rule, where.
        reason: String,
    },
    /// There is something to make pseudonyms of, and nothing to make them with.
    #[error(
        "there is no key to make pseudonyms with: make one with `jcw identity new-key FILE`, keep a copy of it somewhere else, and name it in JCW_IDENTITY_KEY_FILE or as key_file in pipelines/identity.yaml"
    )]
    NoKey,
    /// The key is not the one that the lake's pseudonyms were made with.
    #[error(
        "this is not the key that the lake's pseudonyms were made with, so nothing was done; use that key, or `jcw identity rotate` to put this one in its place"
    )]
    OtherKey,
    /// The key stands beside what it protects.
    #[error(
        "the key file {} stands in the lake or vault at {}, where whoever can read pseudonyms can read it too, so it is not used: move it to a folder outside of both, and name it there in JCW_IDENTITY_KEY_FILE or as key_file in pipelines/identity.yaml", file.display(), lake.display()
    )]
    KeyInside {
        /// The key file.
        file: std::path::PathBuf,
        /// The folder of the lake or the vault.
        lake: std::path::PathBuf,
    },
    /// The vault holds what another lake needs.
    #[error(
        "the vault at {vault} is another lake's; name this lake's own with --vault, JCW_VAULT or `vault` in pipelines/warehouse.yaml, and where that lake is gone, move its vault away too"
    )]
    OthersVault {
        /// Its address.
        vault: String,
    },
    /// The lake has rows of people of whom the vault says nothing.
    #[error(
        "{rows} rows of {table} are of people of whom the vault says nothing, so nothing was published: restore the vault that belongs to this lake, or load everything again from its landing area with `jcw identity rotate` and a new key"
    )]
    Strangers {
        /// The lake's table.
        table: String,
        /// How many rows.
        rows: usize,
    },
    /// The key cannot be changed in every table.
    #[error("a new key cannot take the place of the lake's: {reason}")]
    Rotation {
        /// What stands against it, and what to do.
        reason: String,
    },
    /// A variable of the environment holds no key.
    #[error("{name}: {error}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        #[source]
        error: jcw_identity::KeyError,
    },
    /// A key cannot be read or made.
    #[error(transparent)]
    Key(#[from] jcw_identity::KeyError),
    /// The postcodes do not read.
    #[error(transparent)]
    Postcodes(#[from] jcw_identity::PostcodeError),
    /// Rows cannot be divided between the lake and the vault.
    #[error(transparent)]
    Gate(#[from] jcw_identity::GateError),
    /// What people decided of records does not read.
    #[error(transparent)]
    Decisions(#[from] jcw_identity::link::DecisionError),
    /// A folder for what is taken out of a file could not be made.
    #[error("making a temporary folder: {0}; is the disk full?")]
    Disk(#[source] std::io::Error),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] jcw_lake::LakeError),
    /// The models.
    #[error(transparent)]
    Model(#[from] jcw_model::BuildError),
    /// What was selected is not there.
    #[error(transparent)]
    Select(#[from] jcw_model::SelectError),
    /// What a table is made from cannot be told.
    #[error(transparent)]
    Lineage(#[from] jcw_model::LineageError),
    /// The schedule.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::ScheduleError),
    /// The engine.
    #[error("{0}")]
    Engine(#[from] datafusion::error::DataFusionError),
    /// Arrow.
    #[error("{0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A worker of ours ended early.
    #[error("a worker stopped before its work was done: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl Error {
    /// Whether it is about the key: nothing more can be done in the run.
    pub fn is_about_key(&self) -> bool {
        matches!(
            self,
            Error::NoKey
                | Error::OtherKey
                | Error::KeyInside { .. }
                | Error::Rotation { .. }
                | Error::Variable { .. }
                | Error::Key(_)
        )
    }
}
