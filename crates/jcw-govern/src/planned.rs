//! A [`Planned`] query is what a scope makes of a text: the plan, its promised
//! columns and its parameters, the same for everybody who has that scope.
//! [`Plans`] keeps those that were asked last: a dashboard asks the same at every
//! look, and the plan over one release does not change.

use crate::error::Result;
use crate::log::Read;
use crate::release_tables::ReleaseTables;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Queries that one scope keeps.
const KEPT: usize = 64;
/// The longest of them, in bytes.
const LONGEST: usize = 4 << 10;

/// See the module.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Governed, and not improved yet: what `now()` says is not in it.
    pub(crate) plan: LogicalPlan,
    pub(crate) schema: SchemaRef,
    pub(crate) parameters: Vec<Option<DataType>>,
    improved: OnceLock<Arc<Improved>>,
}

/// A plan as the engine has improved it, and what it reads.
#[derive(Debug)]
pub(crate) struct Improved {
    pub(crate) plan: LogicalPlan,
    pub(crate) read: Read,
}

impl Planned {
    pub(crate) fn new(
        plan: LogicalPlan,
        schema: SchemaRef,
        parameters: Vec<Option<DataType>>,
    ) -> Planned {
        let improved = OnceLock::new();
        Planned {
            plan,
            schema,
            parameters,
            improved,
        }
    }

    /// The plan improved, once for all where it is the same at every time.
    ///
    /// # Errors
    /// What `improve` gives.
    pub(crate) fn improved(
        &self,
        improve: impl FnOnce() -> Result<Improved>,
    ) -> Result<Arc<Improved>> {
        if let Some(improved) = self.improved.get() {
            return Ok(improved.clone());
        }
        let improved = Arc::new(improve()?);
        if self.is_steady() {
            let _ = self.improved.set(improved.clone());
        }
        Ok(improved)
    }

    /// Whether it has no parameters and calls nothing like `now()`.
    fn is_steady(&self) -> bool {
        if !self.parameters.is_empty() {
            return false;
        }
        let mut is_steady = true;
        let looked = self.plan.apply_with_subqueries(|node| {
            node.apply_expressions(|expression| {
                expression.apply(|part| {
                    if let Expr::ScalarFunction(called) = part {
                        let volatility = called.func.signature().volatility;
                        is_steady &= volatility == Volatility::Immutable;
                    }
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        });
        is_steady && looked.is_ok()
    }
}

/// Those that were asked last, most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<VecDeque<(Arc<str>, Arc<Planned>)>>);

impl Plans {
    /// What was made of the same text before.
    pub(crate) fn get(&self, sql: &str) -> Option<(Arc<str>, Arc<Planned>)> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|(known, _)| **known == *sql)?;
        let entry = kept.remove(at)?;
        kept.push_back(entry.clone());
        Some(entry)
    }

    /// Keeps it, unless it reads what is not the same in a minute. Tables without a
    /// schema are of this one.
    pub(crate) fn keep(&self, sql: &Arc<str>, planned: &Arc<Planned>, schema: &str) {
        if sql.len() > LONGEST || reads_live(&planned.plan, schema) {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((sql.clone(), planned.clone()));
    }
}

/// Whether a table is read as it stands now, in no release.
fn reads_live(plan: &LogicalPlan, schema: &str) -> bool {
    let mut is_live = false;
    let looked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            is_live |= ReleaseTables::is_live(scan.table_name.schema().unwrap_or(schema));
        }
        Ok(match is_live {
            true => TreeNodeRecursion::Stop,
            false => TreeNodeRecursion::Continue,
        })
    });
    is_live || looked.is_err()
}

#[cfg(test)]
mod tests {
    use crate::world::{World, ask};

    #[tokio::test]
    async fn a_plan_is_kept_but_not_of_what_stands_as_it_stands_now() {
        let world = World::new().await;
        let engineer = world.session("engineer", &[]).await;
        ask(&engineer, "select 1").await.unwrap();
        world.governor.log().flush().await.unwrap();
        for (sql, is_kept) in [
            ("select count(*) from person", true),
            ("select count(*) from girl where pid = $1", true),
            ("select count(*) from jcw.query_log", false),
            ("select 1 where exists (select 1 from jcw.query_log)", false),
            (
                "with l as (select * from jcw.query_log) select count(*) from person, l",
                false,
            ),
        ] {
            engineer.prepare(sql).await.unwrap();
            assert_eq!(engineer.scope.plans().get(sql).is_some(), is_kept, "{sql}");
        }
        // One text, two roles: each has its own.
        let analyst = world.analyst().await;
        let sql = "select count(*) from person";
        assert_eq!(ask(&engineer, sql).await.unwrap(), ["300"]);
        assert_eq!(ask(&analyst, sql).await.unwrap(), ["100"]);
    }

    #[tokio::test]
    async fn what_is_another_answer_tomorrow_is_improved_anew() {
        let world = World::new().await;
        let analyst = world.analyst().await;
        for (sql, is_steady) in [
            ("select count(*) from person where y = 1", true),
            ("select now()", false),
            (
                "select count(*) from person where dob < current_date",
                false,
            ),
            (
                "select pid from person where exists (select now() > date '2020-01-01')",
                false,
            ),
            ("select 1 as a order by now()", false),
        ] {
            ask(&analyst, sql).await.unwrap();
            let (_, planned) = analyst.scope.plans().get(sql).unwrap();
            assert_eq!(planned.improved.get().is_some(), is_steady, "{sql}");
        }
        let sql = "select count(*) from person where y = $1";
        let statement = analyst.prepare(sql).await.unwrap();
        for value in [1_i64, 4] {
            statement.run(vec![value.into()]).await.unwrap();
        }
        let (_, planned) = analyst.scope.plans().get(sql).unwrap();
        assert!(planned.improved.get().is_none());
    }

    #[tokio::test]
    async fn plans_that_are_kept_are_bounded() {
        let world = World::new().await;
        let analyst = world.analyst().await;
        for number in 0..super::KEPT + 10 {
            let sql = format!("select {number}");
            analyst.prepare(&sql).await.unwrap();
        }
        assert!(analyst.scope.plans().get("select 0").is_none());
        assert!(analyst.scope.plans().get("select 60").is_some());
        let kept = analyst.scope.plans().0.lock().unwrap().len();
        assert_eq!(kept, super::KEPT);
    }
}
