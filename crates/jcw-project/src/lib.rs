//! Reads a project's own files (`pipelines/` and `schemas/`) into one checked
//! [`Project`].
//!
//! A project is data: everything that a commissioner may want to read or change
//! is in these files, and nothing about one extract or one metric is in code.
//! So this crate's whole work is to read them *well*: every problem at once,
//! each with file, line, column, and what to do.
//!
//! ```no_run
//! # use std::path::Path;
//! use jcw_project::{ProcessEnvironment, Project, render};
//! let root = Path::new(".");
//! let (project, diagnostics) = Project::load(root, &ProcessEnvironment);
//! let shown = render(&diagnostics, root, true);
//! # let _ = (project, shown);
//! ```

mod check;
mod contract;
mod delivery;
mod diagnostic;
mod expand;
mod fields;
mod file;
mod label;
mod load;
mod metric;
mod model;
mod place;
mod read;
mod seed;
mod source;
mod suggest;
#[cfg(test)]
mod testing;
mod value;
mod warehouse;
mod yaml;

pub use contract::*;
pub use delivery::*;
pub use diagnostic::{Diagnostic, Level, render};
pub use expand::{Environment, ProcessEnvironment};
pub use label::{SaidLabels, ordinal};
pub use load::Draft;
pub use metric::*;
pub use model::*;
pub use place::{Place, Placed};
pub use seed::Seed;
pub use source::{Limits, Schedule, Source};
pub use suggest::did_you_mean;
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
    /// By id; those of a delivery's tables too.
    pub contracts: Vec<Contract>,
    /// By id.
    pub deliveries: Vec<Delivery>,
    /// By name.
    pub seeds: Vec<Seed>,
    /// By name.
    pub models: Vec<Model>,
    /// By id.
    pub metrics: Vec<Metric>,
}
