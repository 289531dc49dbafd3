//! Turns a project's SQL models and metrics into tables.
//!
//! The engine's own parser and planner are the only source of truth. A [`Plan`]
//! is made offline, from the declared columns of contracts and seeds: which
//! table reads which, every column's type, and its [`Lineage`]. [`check`] says
//! everything that is wrong with it. [`build`] then makes the tables in a lake,
//! each staged and tested before anybody can see it, and those whose
//! [identity](TableReport::identity) is unchanged not at all.
//!
//! # Layers
//! Forward only. Staging reads source tables and seeds; each later layer reads
//! the layers before it, itself and seeds, and no source table. From core on,
//! columns are named, never `*`.
//!
//! # The same inputs give the same rows
//! Functions that answer differently another time (`now()`, `random()`) are
//! errors; those that depend on an order and have none are warnings. A query
//! that adds up floating-point numbers runs as one task. From core on a table
//! with a grain is written in its order.

mod action;
mod build;
#[cfg(test)]
mod build_tests;
mod catalog;
#[cfg(test)]
mod check_tests;
mod compact;
mod data_test;
mod graph;
mod identity;
mod lineage;
mod make;
mod metric;
#[cfg(test)]
mod metric_tests;
mod plan;
mod problem;
mod report;
mod role;
mod rules;
mod select;
mod sql;
mod stored;
mod tables;
#[cfg(test)]
mod testing;
mod trace;
mod tree;
mod unique;
mod unit_test;
#[cfg(test)]
mod unit_test_tests;

pub use action::{ACTION, ACTION_METRIC};
pub use build::{BuildError, Event, Inputs, Options, Released, SeedRows, build};
pub use data_test::TestFailure;
pub use lineage::{ColumnLineage, Lineage, LineageError, Origin};
pub use metric::{
    METRIC_DEFINITION, METRIC_VALUE, STATUS_NO_DENOMINATOR, definitions, value_schema,
};
pub use plan::{Node, Plan, check, check_draft};
pub use report::{Report, TableOutcome, TableReport};
pub use select::SelectError;
pub use trace::How;
pub use tree::{Tree, lineage};
pub use unit_test::{UnitReport, run_unit_tests, seeds_of, select_unit_tests};
