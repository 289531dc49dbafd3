//! The warehouse file (`pipelines/warehouse.yaml`): what is true of the project
//! as a whole.

use crate::place::Placed;
use crate::retention::Retention;
use chrono_tz::Tz;

/// `pipelines/warehouse.yaml`.
#[derive(Debug, Clone)]
pub struct Warehouse {
    /// What people call this warehouse.
    pub name: String,
    /// Where the lake is: a path relative to the project's root or an
    /// object-store URL (`s3://`, `az://`, `file://`).
    pub lake: Placed<String>,
    /// Where what names people is kept, in the same words; beside the lake
    /// unless said: `./lake-vault`.
    pub vault: Option<Placed<String>>,
    /// How long the vault keeps what it has received.
    pub vault_retention: Retention,
    /// The zone in which schedules are written; `Europe/London` unless said.
    pub time_zone: Tz,
    /// What models may hold before they spill to disk, in bytes; half of what the
    /// machine or its container has unless said.
    pub memory: Option<u64>,
    /// ONS code of the area whose figures are shown first, `E06000033` for
    /// Southend-on-Sea.
    pub home_area: Option<String>,
    /// The organisations whose extracts are loaded, in the order they are shown.
    pub partners: Vec<Partner>,
}

/// An organisation that sends extracts. Its id names a folder under
/// `pipelines/` and `schemas/`, and the schema of its source tables.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Lower-case word, unique: `council`.
    pub id: Placed<String>,
    /// The organisation's name as people know it.
    pub name: String,
    /// ODS or ONS code, where it has one.
    pub organisation: Option<String>,
}
