//! [`ReadOnce`] keeps a nested-loop join from reading its left side a second time. The
//! engine does so when that side does not fit in memory, and then gives a row of the
//! left that has no match once for each part of the right; or it panics, where a
//! repartition is read twice. Here the join says that it has no memory instead.

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module.
#[derive(Debug)]
pub(super) struct ReadOnce;

impl PhysicalOptimizerRule for ReadOnce {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if !plan.is::<NestedLoopJoinExec>() {
                return Ok(Transformed::no(plan));
            }
            let mut children: Vec<_> = plan.children().into_iter().cloned().collect();
            if let Some(left) = children.first_mut() {
                *left = Once::around(left.clone());
            }
            let join = replace_children_if_necessary(plan, children)?;
            Ok(Transformed::yes(join))
        })
        .data()
    }

    fn name(&self) -> &str {
        "read_once"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A step that gives its input's rows, once.
#[derive(Debug)]
struct Once {
    input: Arc<dyn ExecutionPlan>,
    is_read: AtomicBool,
}

impl Once {
    fn around(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Once {
            input,
            is_read: AtomicBool::new(false),
        })
    }
}

impl DisplayAs for Once {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

impl ExecutionPlan for Once {
    fn name(&self) -> &str {
        "Once"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next();
        input
            .map(Once::around)
            .ok_or_else(|| internal_datafusion_err!("once is around a plan"))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        match self.is_read.swap(true, Ordering::AcqRel) {
            false => self.input.execute(partition, context),
            true => Err(DataFusionError::ResourcesExhausted(
                "one side of a join without equal columns does not fit in memory".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::session::{SessionSettings, session};
    use crate::testing::in_memory;
    use datafusion::error::DataFusionError;

    async fn ask(memory: usize, sql: &str) -> datafusion::error::Result<String> {
        let settings = SessionSettings {
            threads: Some(2),
            memory: Some(memory),
        };
        let session = session(in_memory().empty_catalog(), &settings).unwrap();
        let rows = session.sql(sql).await?.collect().await?;
        Ok(arrow::util::pretty::pretty_format_batches(&rows)?.to_string())
    }

    /// No row of the left has a match; how many rows there are must not hang on memory.
    #[tokio::test]
    async fn a_join_gives_the_same_rows_or_says_that_it_has_no_memory() {
        let series = |to| format!("select value as v from generate_series(1, {to})");
        let parted = |to| format!("select v from ({}) group by v", series(to));
        let kinds = ["left", "right", "full", "inner"];
        let sides = [series(500_000), parted(100_000)];
        for (side, kind) in sides.iter().flat_map(|side| kinds.map(|kind| (side, kind))) {
            let sql = format!(
                "select count(*) as n from ({side}) a {kind} join ({}) b on a.v + b.v < 0",
                parted(50)
            );
            let right = ask(1 << 30, &sql).await.unwrap();
            match ask(1 << 20, &sql).await {
                Ok(found) => assert_eq!(found, right, "{sql}"),
                Err(error) => assert!(
                    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)),
                    "{sql}: {error}"
                ),
            }
        }
    }
}
