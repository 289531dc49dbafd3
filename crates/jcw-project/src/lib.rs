//! Reads a project's own files (`pipelines/` and `schemas/`) into one checked
//! [`Project`].
//!
//! A project is data: everything that a commissioner may want to read or change
//! is in these files, and nothing about one extract or one metric is in code.
//! So this crate's whole work is to read them *well*: every problem at once,
//! each with file, line, column, and what to do.

mod contract;
mod diagnostic;
mod metric;
mod model;
mod place;
mod seed;
mod source;
mod warehouse;

pub use contract::*;
pub use diagnostic::{Diagnostic, Level};
pub use metric::*;
pub use model::*;
pub use place::{Place, Placed};
pub use seed::Seed;
pub use source::{Limits, Schedule, Source};
pub use warehouse::{Partner, Warehouse};

use std::path::PathBuf;

/// Everything a project's files say, checked.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `pipelines/` and `schemas/`, absolute.
    pub root: PathBuf,
    /// `pipelines/warehouse.yaml`.
    pub warehouse: Warehouse,
    /// By id.
    pub sources: Vec<Source>,
    /// By id.
    pub contracts: Vec<Contract>,
    /// By name.
    pub seeds: Vec<Seed>,
    /// By name.
    pub models: Vec<Model>,
    /// By id.
    pub metrics: Vec<Metric>,
}
