//! A stop is what a join looks at between two of its steps. The engine's
//! operators only pause where their input does, and a join may work for hours on
//! what it has in memory: so every join gives way to others after a number of
//! batches, and its condition fails once the query has been stopped. A condition that
//! hardly any row meets gives no batch for minutes; once a query is [long](LONG), its
//! conditions leave their thread's other work to another thread, so that a few such
//! queries do not keep everybody waiting.

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, SortMergeJoinExec,
};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Queries that take less do not pay for a change of threads.
const LONG: Duration = Duration::from_secs(1);

/// When a query must end, whether it is done or not.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) began: Instant,
    pub(crate) cancel: CancellationToken,
    pub(crate) deadline: Instant,
}

impl Stop {
    fn is_due(&self) -> bool {
        self.cancel.is_cancelled() || Instant::now() > self.deadline
    }

    fn is_long(&self) -> bool {
        let runs_on_many = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        runs_on_many && self.began.elapsed() > LONG
    }
}

/// The same plan, with joins that can be stopped.
pub(super) fn stoppable(
    plan: Arc<dyn ExecutionPlan>,
    stop: &Stop,
) -> Result<Arc<dyn ExecutionPlan>> {
    let stopped = plan.transform_up(|node| {
        let Some(join) = with_condition(&node, stop)? else {
            return Ok(Transformed::no(node));
        };
        let yields: Arc<dyn ExecutionPlan> = Arc::new(CooperativeExec::new(join));
        Ok(Transformed::yes(yields))
    });
    stopped.map(|plan| plan.data)
}

/// A join whose condition looks at the stop; none for what is not a join.
fn with_condition(
    node: &Arc<dyn ExecutionPlan>,
    stop: &Stop,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let condition = |filter: &JoinFilter| {
        let looked_at = Arc::new(Condition {
            inner: filter.expression().clone(),
            stop: stop.clone(),
        });
        let columns = filter.column_indices().to_vec();
        JoinFilter::new(looked_at, columns, filter.schema().clone())
    };
    let node = node.clone();
    if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
        let Some(filter) = join.filter() else {
            return Ok(Some(node));
        };
        let with = NestedLoopJoinExecBuilder::from(join).with_filter(Some(condition(filter)));
        return Ok(Some(Arc::new(with.build()?)));
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        let Some(filter) = join.filter() else {
            return Ok(Some(node));
        };
        let with = join.builder().with_filter(Some(condition(filter)));
        return Ok(Some(with.build_exec()?));
    }
    if let Some(join) = node.downcast_ref::<SortMergeJoinExec>() {
        let Some(filter) = join.filter() else {
            return Ok(Some(node));
        };
        let with = SortMergeJoinExec::try_new(
            join.left().clone(),
            join.right().clone(),
            join.on().to_vec(),
            Some(condition(filter)),
            join.join_type(),
            join.sort_options().to_vec(),
            join.null_equality(),
        );
        return Ok(Some(Arc::new(with?)));
    }
    Ok(node.is::<CrossJoinExec>().then_some(node))
}

/// A join's condition, until the stop.
#[derive(Debug, Clone)]
struct Condition {
    inner: Arc<dyn PhysicalExpr>,
    stop: Stop,
}

impl PhysicalExpr for Condition {
    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        match self.stop.is_due() {
            // Nobody reads this: whoever stopped the query has told its reader.
            true => Err(DataFusionError::Execution("stopped".into())),
            false if self.stop.is_long() => block_in_place(|| self.inner.evaluate(batch)),
            false => self.inner.evaluate(batch),
        }
    }

    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(schema)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let Some(inner) = children.pop() else {
            return Ok(self);
        };
        let stop = self.stop.clone();
        Ok(Arc::new(Condition { inner, stop }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for Condition {}

impl Hash for Condition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}
