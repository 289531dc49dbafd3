//! A maker makes one table: plans its query over the tables of this build,
//! streams the rows into a stage, puts the tests to them, and commits.

use crate::catalog::{Catalog, is_out_of_room};
use crate::data_test::{self, TestFailure};
use crate::plan::{Node, Plan};
use crate::problem::sentence;
use crate::tables::{self, Tables};
use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::datasource::provider_as_source;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::col;
use futures::StreamExt;
use jcw_lake::{Lake, LakeError, Provenance, Scope, Stage, StageWriter, Staged, StagedFile};
use jcw_project::{Layer, Materialised};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Makes one table.
pub(crate) struct Maker {
    pub(crate) plan: Arc<Plan>,
    pub(crate) lake: Lake,
    pub(crate) tables: Arc<Tables>,
    pub(crate) node: Node,
    pub(crate) identity: String,
    pub(crate) run_id: String,
    /// Whether its rows are divided among tasks.
    pub(crate) is_divided: bool,
}

/// What was made.
pub(crate) enum Made {
    /// A new version of a table.
    Table {
        version: u64,
        rows: u64,
        failures: Vec<TestFailure>,
    },
    /// Nothing but a plan, whose rows were tested.
    View { failures: Vec<TestFailure> },
    /// Nothing: a blocking test did not hold.
    Held { failures: Vec<TestFailure> },
    /// Nothing: this is why.
    Failed(String),
}

/// What stops a table from being made.
#[derive(Debug, thiserror::Error)]
enum MakeError {
    #[error(transparent)]
    Engine(#[from] DataFusionError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error("writing its rows stopped: {0}")]
    Stopped(String),
}

impl Maker {
    /// Makes the table; never panics or returns early with rows half visible.
    pub(crate) async fn make(&self) -> Made {
        let made = match self.node.materialised {
            Materialised::View => self.test_view().await,
            Materialised::Table => self.make_table().await,
        };
        made.unwrap_or_else(|error| Made::Failed(explain(&error)))
    }

    async fn make_table(&self) -> Result<Made, MakeError> {
        let (catalog, plan) = self.query().await?;
        let staged = self.stage(&catalog, plan).await?;
        let tested = self.test(&staged).await;
        let failures = match tested {
            Ok(failures) => failures,
            Err(error) => {
                staged.abandon().await;
                return Err(error);
            }
        };
        if failures.iter().any(|failure| failure.blocking) {
            staged.abandon().await;
            return Ok(Made::Held { failures });
        }
        let committed = self
            .lake
            .commit(staged, Scope::Everything, self.provenance())
            .await?;
        Ok(Made::Table {
            version: committed.version,
            rows: committed.added_rows,
            failures,
        })
    }

    /// A view has no rows of its own to hold back; a blocking test holds back
    /// what reads it.
    async fn test_view(&self) -> Result<Made, MakeError> {
        let mut catalog = self
            .tables
            .catalog(&self.node.needs, self.is_divided)
            .await?;
        let plan = tables::query(&self.node, &catalog)?;
        let view = datafusion::datasource::ViewTable::new(plan, None);
        catalog.add(&self.node.name, provider_as_source(Arc::new(view)));
        let failures = data_test::failures(&self.node, &self.plan, &catalog, None).await?;
        Ok(match failures.iter().any(|failure| failure.blocking) {
            true => Made::Held { failures },
            false => Made::View { failures },
        })
    }

    /// The plan of the rows. Sums of floating-point numbers depend on the order
    /// in which they are added, so such a query is not divided among tasks.
    async fn query(&self) -> Result<(Catalog, LogicalPlan), MakeError> {
        let catalog = self
            .tables
            .catalog(&self.node.reads, self.is_divided)
            .await?;
        let plan = tables::query(&self.node, &catalog)?;
        if !self.is_divided || !adds_floats(&plan)? {
            return Ok((catalog, self.in_order(plan)?));
        }
        let catalog = self.tables.catalog(&self.node.reads, false).await?;
        Ok((catalog, self.in_order(plan)?))
    }

    /// From core on, a table with a grain is written in its order: readers find
    /// a row by area and period, and two builds of the same rows are the same
    /// file. Staging tables, as large as the extracts, stay in the extract's.
    fn in_order(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if self.node.layer == Layer::Staging || self.node.grain.is_empty() {
            return Ok(plan);
        }
        let order = self
            .node
            .grain
            .iter()
            .map(|name| col(datafusion::common::Column::from_name(name)).sort(true, true));
        LogicalPlanBuilder::from(plan).sort(order)?.build()
    }

    /// Streams the rows into files that no commit mentions yet: one task and
    /// one file for each partition of the plan.
    async fn stage(&self, catalog: &Catalog, plan: LogicalPlan) -> Result<Staged, MakeError> {
        let state = catalog.state();
        let memory = state.runtime_env().memory_pool.memory_limit();
        let physical = sorted_once(state.create_physical_plan(&plan).await?, memory)?;
        let stage = self
            .lake
            .stage(&self.node.name, &self.node.schema, &[])
            .await?;
        let (files, failed) = write(&stage, physical, state.task_ctx()).await;
        let staged = stage.finish(files);
        match failed {
            None => Ok(staged),
            Some(error) => {
                staged.abandon().await;
                Err(error)
            }
        }
    }

    async fn test(&self, staged: &Staged) -> Result<Vec<TestFailure>, MakeError> {
        let others: Vec<String> = self
            .node
            .needs
            .iter()
            .filter(|need| **need != self.node.name)
            .cloned()
            .collect();
        let mut catalog = self.tables.catalog(&others, self.is_divided).await?;
        catalog.add(&self.node.name, provider_as_source(staged.provider()?));
        Ok(data_test::failures(&self.node, &self.plan, &catalog, Some(staged.rows())).await?)
    }

    fn provenance(&self) -> Provenance {
        let inputs: BTreeMap<String, u64> = self
            .node
            .reads
            .iter()
            .filter_map(|table| Some((table.clone(), self.tables.version(table)?)))
            .collect();
        Provenance {
            run_id: self.run_id.clone(),
            model_hash: Some(self.identity.clone()),
            inputs,
            ..Provenance::default()
        }
    }
}

/// Most sorters that may run beside one another: each takes its share of the
/// memory before it has seen a row, and a union of a hundred parts would have
/// two hundred of them.
const MOST_SORTERS: usize = 16;

/// Bytes for each of them. With fewer, those that merge what they hold at one moment
/// leave nothing for one another, and the build fails by chance.
const SORTER: usize = 64 << 20;

/// A plan that sorts many parts each for itself and merges them sorts all of
/// them at once instead, where so many would not have the room.
fn sorted_once(
    plan: Arc<dyn ExecutionPlan>,
    memory: MemoryLimit,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() else {
        return Ok(plan);
    };
    let sort = merge.input();
    let parts = sort.output_partitioning().partition_count();
    let most = match memory {
        MemoryLimit::Finite(bytes) => MOST_SORTERS.min(bytes / SORTER),
        MemoryLimit::Infinite | MemoryLimit::Unknown => MOST_SORTERS,
    };
    match sort.downcast_ref::<SortExec>() {
        Some(sort) if parts > most => {
            let all = Arc::new(CoalescePartitionsExec::new(Arc::clone(sort.input())));
            Ok(Arc::new(SortExec::new(sort.expr().clone(), all)))
        }
        _ => Ok(plan),
    }
}

/// The files that were written, and the first thing that went wrong.
async fn write(
    stage: &Stage,
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
) -> (Vec<StagedFile>, Option<MakeError>) {
    let mut tasks: JoinSet<Result<Vec<StagedFile>, MakeError>> = JoinSet::new();
    for partition in 0..plan.output_partitioning().partition_count() {
        let (plan, context, writer) = (plan.clone(), context.clone(), stage.writer());
        tasks.spawn(async move { write_partition(plan, partition, context, writer).await });
    }
    let mut files = Vec::new();
    let mut failed = None;
    while let Some(done) = tasks.join_next().await {
        match done.unwrap_or_else(|stopped| Err(MakeError::Stopped(stopped.to_string()))) {
            Ok(written) => files.extend(written),
            Err(error) => {
                failed.get_or_insert(error);
                tasks.abort_all();
            }
        }
    }
    (files, failed)
}

async fn write_partition(
    plan: Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<TaskContext>,
    mut writer: StageWriter,
) -> Result<Vec<StagedFile>, MakeError> {
    let mut rows = plan.execute(partition, context)?;
    while let Some(batch) = rows.next().await {
        let written = match batch {
            Ok(batch) => writer.write(&batch).await.map_err(MakeError::from),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = written {
            writer.abandon().await;
            return Err(error);
        }
    }
    Ok(writer.close().await?)
}

/// Whether the plan adds up floating-point numbers that are not whole.
fn adds_floats(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|plan| {
        if let LogicalPlan::Aggregate(aggregate) = plan {
            for expression in &aggregate.aggr_expr {
                expression.apply(|expression| {
                    if let Expr::AggregateFunction(function) = expression {
                        let adds = !matches!(
                            function.func.name(),
                            "count" | "min" | "max" | "median" | "approx_distinct"
                        );
                        found |= adds
                            && function
                                .params
                                .args
                                .iter()
                                .any(|arg| is_float(arg, aggregate.input.schema()));
                    }
                    Ok(TreeNodeRecursion::Continue)
                })?;
            }
        }
        Ok(if found {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    })?;
    Ok(found)
}

/// Whole numbers cast to floating point add up exactly in any order.
fn is_float(expression: &Expr, schema: &DFSchema) -> bool {
    let of = |expression: &Expr| expression.get_type(schema).unwrap_or(DataType::Float64);
    match expression {
        Expr::Cast(cast) if of(&cast.expr).is_integer() => false,
        other => of(other).is_floating(),
    }
}

/// Why a table could not be made, for a report. The engine's own words may
/// quote a cell, so what it says of values is kept without the values.
fn explain(error: &MakeError) -> String {
    let MakeError::Engine(engine) = error else {
        return error.to_string();
    };
    if is_out_of_room(engine) {
        // What it says names operators and sizes.
        return format!(
            "the query needs more memory than the build may use, and could not spill enough of it to disk; \
             give the build more memory, or make the model smaller ({})",
            sentence(engine).0
        );
    }
    match engine.find_root() {
        DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_) => sentence(engine).0,
        _ => without_values(&sentence(engine).0),
    }
}

/// Puts `...` for whatever stands in quotes, and for numbers.
fn without_values(message: &str) -> String {
    let mut words = String::with_capacity(message.len());
    let mut quote = None;
    for character in message.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"' | '`') => {
                quote = Some(character);
                words.push_str("...");
            }
            None if character.is_ascii_digit() => {
                if !words.ends_with("...") {
                    words.push_str("...");
                }
            }
            None => words.push(character),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engines_message_loses_the_values_it_quotes() {
        assert_eq!(
            without_values("Cannot cast string '943 476 5919' to value of Int64 type"),
            "Cannot cast string ... to value of Int... type"
        );
        assert_eq!(
            without_values("Overflow happened on: 12 * 34"),
            "Overflow happened on: ... * ..."
        );
    }
}
