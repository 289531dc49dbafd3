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

mod action;
mod check;
mod contract;
mod delivery;
mod diagnostic;
mod expand;
mod fields;
mod file;
mod identity;
mod label;
mod linkage;
mod load;
mod metric;
mod model;
mod place;
mod provider;
mod read;
mod retention;
mod role;
mod seed;
mod source;
mod suggest;
#[cfg(test)]
mod testing;
mod unit_test;
mod value;
mod warehouse;
mod yaml;

pub use action::{Action, ActionMetric, Baseline, Better, FigureBasis, Target};
pub use contract::*;
pub use delivery::*;
pub use diagnostic::{Diagnostic, Level, render};
pub use expand::{Environment, ProcessEnvironment};
pub use identity::Identity;
pub use label::{SaidLabels, ordinal};
pub use linkage::{BlockingField, Linkage};
pub use load::Draft;
pub use metric::*;
pub use model::*;
pub use place::{Place, Placed};
pub use provider::Provider;
pub use retention::Retention;
pub use role::{Role, RoleLimits};
pub use seed::Seed;
pub use source::{Limits, Schedule, Source};
pub use suggest::did_you_mean;
pub use unit_test::{Cell, Defaults, GivenTable, Row, UnitTest, UnitTests};
pub use warehouse::{Partner, Warehouse};

use std::path::PathBuf;

/// Everything a project's files say, checked.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `pipelines/` and `schemas/`, absolute.
    pub root: PathBuf,
    /// `pipelines/warehouse.yaml`.
    pub warehouse: Warehouse,
    /// `pipelines/identity.yaml`.
    pub identity: Identity,
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
    /// By id.
    pub actions: Vec<Action>,
    /// `pipelines/roles.yaml`, by id.
    pub roles: Vec<Role>,
    /// `pipelines/access.yaml`.
    pub providers: Vec<Provider>,
    /// By the name of what they are of.
    pub unit_tests: Vec<UnitTests>,
}

impl Project {
    /// The role of that id.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id.value == id)
    }

    /// The contract of an extract or of a delivery's table: `council/sen2_person`.
    pub fn contract(&self, id: &str) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|contract| contract.id.value == id)
    }

    /// The delivery `council/sen2`.
    pub fn delivery(&self, id: &str) -> Option<&Delivery> {
        self.deliveries
            .iter()
            .find(|delivery| delivery.id.value == id)
    }

    /// The delivery one of whose tables `contract` describes.
    pub fn delivery_of(&self, contract: &Contract) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| {
            let mut ids = delivery
                .tables
                .iter()
                .map(|table| delivery.contract_id(table));
            ids.any(|id| id == contract.id.value)
        })
    }

    /// Contracts of a delivery's tables, parents before those that refer to them.
    pub fn contracts_of(&self, delivery: &Delivery) -> Vec<&Contract> {
        let ids = delivery
            .tables
            .iter()
            .map(|table| delivery.contract_id(table));
        ids.filter_map(|id| self.contract(&id)).collect()
    }

    /// Contracts of the tables that a source fills: one, or those of its delivery.
    pub fn tables_of(&self, source: &Source) -> Vec<&Contract> {
        match self.delivery(&source.contract) {
            Some(delivery) => self.contracts_of(delivery),
            None => self.contract(&source.contract).into_iter().collect(),
        }
    }
}
