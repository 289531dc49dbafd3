//! One reader for each noun. Each takes a file, or a node of one, takes its
//! fields, notes what is wrong, and gives the noun when nothing it needs is
//! missing.

pub(crate) mod action;
pub(crate) mod codes;
pub(crate) mod column;
pub(crate) mod contract;
pub(crate) mod delivery;
pub(crate) mod identity;
pub(crate) mod layout;
pub(crate) mod metric;
pub(crate) mod model;
pub(crate) mod person;
pub(crate) mod provider;
pub(crate) mod role;
pub(crate) mod rule;
pub(crate) mod shape;
pub(crate) mod source;
pub(crate) mod symbols;
pub(crate) mod unit_test;
pub(crate) mod warehouse;

use crate::expand::Environment;
use crate::file::{File, hex};

/// What every reader may look at besides its own file.
pub(crate) struct Setting<'s> {
    pub(crate) environment: &'s dyn Environment,
    /// `schemas/symbols.yaml`; `None` when it could not be read.
    pub(crate) symbols: Option<symbols::Sets>,
    /// `schemas/codes.yaml`; `None` when it could not be read.
    pub(crate) codes: Option<codes::Sets>,
    /// The warehouse's.
    pub(crate) time_zone: chrono_tz::Tz,
}
