//! A backing is what stands behind a metric on one basis: the table its figures
//! are taken from, the models that prepare them, and the seeds and source
//! tables that they come from.

use crate::metric::PartSql;
use crate::plan::Plan;
use jcw_project::Basis;

/// What stands behind a metric on one basis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backing {
    /// The metric's id.
    pub metric: String,
    /// Which figures.
    pub basis: Basis,
    /// The SQL of each part that is taken from what is published; a counted
    /// figure has a table of its own, and its SQL is that node's.
    pub parts: Vec<PartSql>,
    /// Models behind it, each after all it reads.
    pub models: Vec<String>,
    /// Seeds behind it.
    pub seeds: Vec<String>,
    /// Source tables behind it.
    pub sources: Vec<String>,
}

impl Plan {
    /// What stands behind a metric on a basis, or nothing when no metric of
    /// this id has figures on it. Ids are compared without case.
    pub fn backing(&self, metric: &str, basis: Basis) -> Option<Backing> {
        let metric = self
            .metrics
            .iter()
            .find(|known| known.id.eq_ignore_ascii_case(metric))?;
        let (from, parts) = match basis {
            Basis::Published => metric.published.clone()?,
            Basis::PersonLevel => (metric.counted.clone()?, Vec::new()),
        };
        let mut behind = self.upstream(&from);
        behind.push(from);
        let is_behind = |name: &str| behind.iter().any(|table| table == name);
        let declared = || self.declared.keys().filter(|name| is_behind(name)).cloned();
        Some(Backing {
            metric: metric.id.clone(),
            basis,
            parts,
            models: self
                .nodes
                .iter()
                .map(|node| node.name.clone())
                .filter(|name| is_behind(name))
                .collect(),
            seeds: declared()
                .filter(|name| name.starts_with("seed."))
                .collect(),
            sources: declared()
                .filter(|name| !name.starts_with("seed."))
                .collect(),
        })
    }
}
