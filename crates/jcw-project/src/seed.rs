//! A seed is a small table kept with the project (`pipelines/seeds/<name>.csv`)
//! because no partner sends it: code lists, successor codes, boundaries.

use crate::contract::Contract;
use std::path::PathBuf;

/// A CSV file under `pipelines/seeds/` and the contract beside it
/// (`pipelines/seeds/<name>.yaml`, same form as an extract's). Read in SQL as
/// `seed.<name>`.
#[derive(Debug, Clone)]
pub struct Seed {
    /// `seed.<file stem>`.
    pub name: String,
    /// The CSV file, absolute.
    pub path: PathBuf,
    /// Its columns and rules. The id is `seed/<file stem>`.
    pub contract: Contract,
    /// SHA-256 (hex) of the CSV's bytes.
    pub hash: String,
}
