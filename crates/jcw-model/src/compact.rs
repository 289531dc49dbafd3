//! What a batch does not show should not weigh on it. Batches that come out of a
//! grouping or a join point to the whole of what was grouped or joined, and
//! whoever holds them (a join's kept side, a sort) is charged for all of it once a
//! batch: three million keys looked like thirty gigabytes. Whatever is held is
//! copied first, so that each batch has values of its own.

use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt as _;
use std::fmt;
use std::sync::Arc;

/// Puts a step that copies batches before each operator that holds them.
#[derive(Debug)]
pub(crate) struct Compact;

impl PhysicalOptimizerRule for Compact {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let mut children: Vec<_> = plan.children().into_iter().cloned().collect();
            match children.first_mut() {
                // What is read from a file is its own.
                Some(held) if holds(plan.as_ref()) && !held.children().is_empty() => {
                    *held = Arc::new(Copied {
                        input: Arc::clone(held),
                    });
                }
                _ => return Ok(Transformed::no(plan)),
            }
            Ok(Transformed::yes(replace_children_if_necessary(
                plan, children,
            )?))
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

/// A sort holds its input, a join the left one.
fn holds(plan: &dyn ExecutionPlan) -> bool {
    plan.downcast_ref::<SortExec>().is_some()
        || plan.downcast_ref::<HashJoinExec>().is_some()
        || plan.downcast_ref::<CrossJoinExec>().is_some()
        || plan.downcast_ref::<NestedLoopJoinExec>().is_some()
}

/// The same rows in the same order, in batches of the session's size with values
/// of their own. The engine's own step for this lets large batches through as
/// they are.
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
        let rows = context.session_config().batch_size();
        let copies = Copies {
            batches: self.input.execute(partition, context)?,
            copy: BatchCoalescer::new(self.schema(), rows),
            is_over: false,
        };
        let batches = futures::stream::try_unfold(copies, Copies::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            batches,
        )))
    }
}

/// What has been read and not yet passed on. Small batches are put together: each
/// would be charged for buffers that it hardly fills.
struct Copies {
    batches: SendableRecordBatchStream,
    copy: BatchCoalescer,
    is_over: bool,
}

impl Copies {
    async fn next(mut self) -> Result<Option<(RecordBatch, Copies)>> {
        while !self.copy.has_completed_batch() && !self.is_over {
            match self.batches.next().await.transpose()? {
                Some(batch) => self.take_in(&batch)?,
                None => {
                    self.is_over = true;
                    self.copy.finish_buffered_batch()?;
                }
            }
        }
        let batch = self.copy.next_completed_batch();
        Ok(batch.map(|batch| (batch, self)))
    }

    /// In two parts: a batch that is as large as it should be would be passed on
    /// as it is.
    fn take_in(&mut self, batch: &RecordBatch) -> Result<()> {
        let (rows, half) = (batch.num_rows(), batch.num_rows() / 2);
        for part in [batch.slice(0, half), batch.slice(half, rows - half)] {
            if part.num_rows() > 0 {
                self.copy.push_batch(part)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray, StringViewArray};
    use datafusion::arrow::compute::concat_batches;
    use datafusion::datasource::memory::MemorySourceConfig;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::physical_plan::{collect, displayable};
    use datafusion::prelude::SessionContext;

    #[tokio::test]
    async fn a_cut_batch_weighs_what_it_shows() {
        let keys: Vec<String> = (0..100_000)
            .map(|n| format!("a key that is longer than twelve {n}"))
            .collect();
        let columns: [(&str, ArrayRef); 3] = [
            ("text", Arc::new(StringArray::from(keys.clone()))),
            ("view", Arc::new(StringViewArray::from(keys))),
            ("number", Arc::new(Int64Array::from_iter_values(0..100_000))),
        ];
        let whole = RecordBatch::try_from_iter(columns).unwrap();
        let cut: Vec<_> = (0..20).map(|at| whole.slice(at * 5_000, 100)).collect();
        let together = concat_batches(&whole.schema(), &cut).unwrap();
        let input =
            MemorySourceConfig::try_new_exec(std::slice::from_ref(&cut), whole.schema(), None);
        let copied: Arc<dyn ExecutionPlan> = Arc::new(Copied {
            input: input.unwrap(),
        });
        let copies = collect(copied, Arc::default()).await.unwrap();
        assert_eq!(copies, [together]);
        let weight = |batches: &[RecordBatch]| -> usize {
            batches.iter().map(RecordBatch::get_array_memory_size).sum()
        };
        let (copied, shared) = (weight(&copies), weight(&cut));
        assert!(copied * 100 < shared, "{copied} of {shared}");
    }

    #[tokio::test]
    async fn what_is_sorted_or_kept_is_copied_first() {
        let state = SessionStateBuilder::new()
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(Compact))
            .build();
        let context = SessionContext::new_with_state(state);
        let sql =
            "select value % 3 as n, count(*) from generate_series(1, 9) group by 1 order by 1";
        let plan = context.sql(sql).await.unwrap();
        let plan = plan.create_physical_plan().await.unwrap();
        let shown = displayable(plan.as_ref()).indent(false).to_string();
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        let sort = lines.iter().position(|line| line.starts_with("SortExec"));
        assert_eq!(lines[sort.unwrap() + 1], "Copied", "{shown}");
        assert_eq!(context.sql(sql).await.unwrap().count().await.unwrap(), 3);
    }
}
