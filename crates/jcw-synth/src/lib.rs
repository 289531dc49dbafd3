//! Made-up extracts in the shapes of the partners' real files.
//!
//! **Every figure is invented.** The areas, organisations, codes, column names,
//! sheets, encodings and symbols are those of the published files, so that a
//! commissioner recognises what they see and the real contracts apply; the
//! numbers come from [`Draws`] and from nothing that was ever counted.
//!
//! In the order a file is made:
//! - [`Draws`] is the only source of chance: a figure depends on the words it is
//!   drawn for and on one seed, never on the order in which figures are asked
//!   for, so the same seed gives the same bytes for ever;
//! - `area` says which places there are, `council`, `tribunal`, `sitrep`,
//!   `commissioner` and `reference` each make one partner's files;
//! - `fault` spoils a few cells and remembers where;
//! - [`write_demo`] puts everything in a folder and returns the [`Demo`], which
//!   tells what was planted.
//!
//! Beside the demo, of published figures, stands a whole made-up area, of
//! persons: [`world`] simulates its families day by day, [`write_world`] writes
//! what partners would send about them, in every shape that they send it in,
//! with faults (`mess`), and [`truth`] counts what a warehouse should find.

mod area;
mod commissioner;
mod council;

mod demo;
mod draw;
mod fault;
mod mess;
mod reference;
mod sitrep;
mod text_file;
mod tribunal;
pub mod truth;
pub mod world;
mod writer;

pub use demo::{Demo, Extract, write_demo};
pub use draw::Draws;
pub use fault::{Planted, RuleFamily};
pub use mess::Faults;
pub use writer::{Written, write_world};

use std::path::PathBuf;

/// Why made-up extracts could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or a file in it cannot be written.
    #[error(
        "could not write the made-up extract {path}: {source}; check that the folder can be written to"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A text extract could not be put together.
    #[error("could not put together the made-up extract {file}: {source}")]
    Text {
        /// The file's name.
        file: String,
        /// What the CSV writer said.
        source: csv::Error,
    },
    /// A workbook could not be put together.
    #[error("could not put together the made-up workbook {file}: {source}")]
    Workbook {
        /// The file's name.
        file: String,
        /// What the workbook writer said.
        source: rust_xlsxwriter::XlsxError,
    },
    /// A fault was to be planted in a row or column that the file does not have.
    #[error(
        "could not plant a fault in {file}: it has no {what}; the list of faults and the made-up tables must agree"
    )]
    NoSuchPlace {
        /// The file's name.
        file: String,
        /// The row or column looked for.
        what: String,
    },
}
