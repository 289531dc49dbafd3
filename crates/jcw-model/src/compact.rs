//! What a batch does not show should not weigh on it. Batches cut from one
//! grouped result all point to the whole of it, and whoever holds them (a join, a
//! sort) is charged for all of it once a batch: three million keys looked like
//! thirty gigabytes. After a grouping and a cross join each batch gets values of
//! its own.

use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::joins::CrossJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt as _;
use std::fmt;
use std::sync::Arc;

/// Puts a step that copies batches after each operator whose batches share their
/// values.
#[derive(Debug)]
pub(crate) struct Compact;

impl PhysicalOptimizerRule for Compact {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            Ok(match shares_values(plan.as_ref()) {
                true => Transformed::yes(Arc::new(Copied { input: plan }) as _),
                false => Transformed::no(plan),
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "compact"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn shares_values(plan: &dyn ExecutionPlan) -> bool {
    let is_whole = |aggregate: &AggregateExec| {
        !matches!(aggregate.mode(), AggregateMode::Partial)
            && !aggregate.group_expr().expr().is_empty()
    };
    plan.downcast_ref::<AggregateExec>().is_some_and(is_whole)
        || plan.downcast_ref::<CrossJoinExec>().is_some()
}

/// The same rows in the same order, each batch with values of its own. The
/// engine's own step for this lets large batches through as they are.
#[derive(Debug)]
struct Copied {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for Copied {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copied")
    }
}

impl ExecutionPlan for Copied {
    fn name(&self) -> &'static str {
        "Copied"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(match children.pop() {
            Some(input) => Arc::new(Copied { input }),
            None => self,
        })
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let batches = self.input.execute(partition, context)?;
        let copies = batches.map(|batch| copied(batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            copies,
        )))
    }
}

fn copied(batch: RecordBatch) -> Result<RecordBatch> {
    if batch.num_rows() == 0 {
        return Ok(batch);
    }
    let mut copy = BatchCoalescer::new(batch.schema(), batch.num_rows());
    copy.push_batch(batch.clone())?;
    copy.finish_buffered_batch()?;
    Ok(copy.next_completed_batch().unwrap_or(batch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::{SessionConfig, SessionContext};

    async fn weight(rule: Option<Arc<Compact>>) -> usize {
        let mut state = SessionStateBuilder::new()
            .with_config(SessionConfig::new().with_target_partitions(1))
            .with_default_features();
        if let Some(rule) = rule {
            state = state.with_physical_optimizer_rule(rule);
        }
        let context = SessionContext::new_with_state(state.build());
        let sql = "select name, count(*) as n from (
            select concat('a key that is longer than twelve ', cast(value as varchar)) as name
            from generate_series(1, 200000)) group by name";
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        assert_eq!(
            batches.iter().map(|batch| batch.num_rows()).sum::<usize>(),
            200_000
        );
        (batches.iter())
            .map(|batch| batch.get_array_memory_size())
            .sum()
    }

    #[tokio::test]
    async fn a_grouped_batch_weighs_what_it_shows() {
        let (shared, own) = (weight(None).await, weight(Some(Arc::new(Compact))).await);
        assert!(own < 40_000_000, "{own}");
        assert!(
            own * 4 < shared,
            "{own} of {shared}: the engine compacts by itself now?"
        );
    }
}
