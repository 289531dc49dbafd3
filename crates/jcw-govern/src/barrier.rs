//! A [`Barrier`] is the step of a running plan between what a policy shows of a
//! table and what somebody asks of it. Nothing that is asked is evaluated below
//! it: an expression that fails on a row, or sees a raw value, would tell of
//! both. Below an open barrier there is nothing to protect, and the engine's own
//! improvements pass.

use crate::capability::Capability;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_datafusion_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties,
};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Barrier {
    input: Arc<dyn ExecutionPlan>,
    capability: Arc<Capability>,
    is_open: bool,
    properties: Arc<PlanProperties>,
}

impl Barrier {
    /// Around what shows some of the rows or masked values of a table.
    pub(crate) fn closed(input: Arc<dyn ExecutionPlan>, capability: Arc<Capability>) -> Barrier {
        Barrier::new(input, capability, false)
    }

    /// Around what shows all rows of a table as they are.
    pub(crate) fn open(input: Arc<dyn ExecutionPlan>, capability: Arc<Capability>) -> Barrier {
        Barrier::new(input, capability, true)
    }

    /// Whether it was made for the session with this capability.
    pub(crate) fn is_of(&self, capability: &Arc<Capability>) -> bool {
        Arc::ptr_eq(&self.capability, capability)
    }

    fn new(input: Arc<dyn ExecutionPlan>, capability: Arc<Capability>, is_open: bool) -> Barrier {
        // What a filter makes equal or ordered would tell of the filter.
        let properties = match is_open {
            true => input.properties().clone(),
            false => Arc::new(PlanProperties::new(
                EquivalenceProperties::new(input.schema()),
                datafusion::physical_plan::Partitioning::UnknownPartitioning(
                    input.output_partitioning().partition_count(),
                ),
                input.pipeline_behavior(),
                input.boundedness(),
            )),
        };
        Barrier {
            input,
            capability,
            is_open,
            properties,
        }
    }

    fn around(&self, input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Barrier::new(input, self.capability.clone(), self.is_open))
    }
}

impl DisplayAs for Barrier {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Barrier")
    }
}

impl ExecutionPlan for Barrier {
    fn name(&self) -> &str {
        "Barrier"
    }

    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![self.is_open]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
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
        let input = input.ok_or_else(|| internal_datafusion_err!("a barrier is around a plan"))?;
        Ok(self.around(input))
    }

    fn repartitioned(
        &self,
        partitions: usize,
        config: &ConfigOptions,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        match self.is_open {
            true => {
                Ok((self.input.repartitioned(partitions, config)?).map(|made| self.around(made)))
            }
            false => Ok(None),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        match self.is_open {
            true => vec![ChildStats::At(partition)],
            false => vec![ChildStats::Skip],
        }
    }

    /// How many rows there are, and their bounds, is about raw rows.
    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        match inputs.first() {
            Some(known) if self.is_open => Ok(known.clone()),
            _ => Ok(Arc::new(Statistics::new_unknown(&self.schema()))),
        }
    }

    fn supports_limit_pushdown(&self) -> bool {
        self.is_open
    }

    fn try_swapping_with_projection(
        &self,
        projection: &ProjectionExec,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        match self.is_open {
            true => {
                let swapped = self.input.try_swapping_with_projection(projection)?;
                Ok(swapped.map(|made| self.around(made)))
            }
            false => Ok(None),
        }
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        match self.is_open {
            true => FilterDescription::from_children(filters, &self.children()),
            false => Ok(FilterDescription::all_unsupported(
                &filters,
                &self.children(),
            )),
        }
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(result))
    }
}
