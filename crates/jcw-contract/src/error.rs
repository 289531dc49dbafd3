//! An error here means that the work could not be done at all. What is wrong
//! with a partner's file or row is never an error: it is a `FileFault` or a
//! row among the rejects.

/// Why a contract could not be compiled or a batch could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The contract says something that cannot be carried out.
    #[error("contract {contract}: {problem}")]
    Contract {
        /// Its id.
        contract: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A reference's known values were not handed over.
    #[error(
        "contract {contract}: the known values of {table} for reference \"{reference}\" were not loaded; load them before the file is checked"
    )]
    ReferenceNotLoaded {
        /// The contract's id.
        contract: String,
        /// The reference's id.
        reference: String,
        /// The table they should come from.
        table: String,
    },
    /// A batch does not have the columns that were bound.
    #[error("checking rows against contract {contract}: {problem}")]
    Batch {
        /// The contract's id.
        contract: String,
        /// What the batch lacks.
        problem: String,
    },
    /// More memory is needed to find repeated keys than the caller allows.
    #[error(
        "finding repeated keys needs more than the {limit} bytes allowed; raise the limit or split the file by period"
    )]
    TooManyKeys {
        /// The cap, in bytes.
        limit: usize,
    },
    /// The keys of another table could not be gathered.
    #[error("reading the known values of {columns}: {source}")]
    Known {
        /// The columns.
        columns: String,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
    /// Arrow or DataFusion failed where the contract gives it no reason to.
    #[error("checking rows against contract {contract}: {source}")]
    Arrow {
        /// The contract's id.
        contract: String,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
}
