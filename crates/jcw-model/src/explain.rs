//! A basis is what stands behind a metric: the SQL made from its definition,
//! the models that prepare its counts, and the seeds and source tables that
//! they come from.

use crate::metric::PartSql;
use crate::plan::Plan;

/// What stands behind a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    /// The metric's id.
    pub metric: String,
    /// The model that it is taken from.
    pub from: String,
    /// The SQL of each of its parts.
    pub parts: Vec<PartSql>,
    /// Models behind it, `from` last, each after all it reads.
    pub models: Vec<String>,
    /// Seeds behind it.
    pub seeds: Vec<String>,
    /// Source tables behind it.
    pub sources: Vec<String>,
}

impl Plan {
    /// What stands behind a metric, or nothing when no metric has this id.
    /// Ids are compared without case.
    pub fn basis(&self, metric: &str) -> Option<Basis> {
        let metric = self
            .metrics
            .iter()
            .find(|known| known.id.eq_ignore_ascii_case(metric))?;
        let mut behind = self.upstream(&metric.from);
        behind.push(metric.from.clone());
        let is_behind = |name: &str| behind.iter().any(|table| table == name);
        let declared = || self.declared.keys().filter(|name| is_behind(name)).cloned();
        Some(Basis {
            metric: metric.id.clone(),
            from: metric.from.clone(),
            parts: metric.parts.clone(),
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
