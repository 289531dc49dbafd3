//! What a plan may do: a list of everything that is allowed, over every kind of
//! step and expression there is. What is not on it is refused, and a kind that a
//! newer engine adds does not compile until somebody has decided.

use crate::capability::Capability;
use crate::error::{GovernError, Kind, Result};
use crate::functions::is_registered;
use crate::public::PublicTable;
use crate::table::GovernedTable;
use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{
    Expr, ExprSchemable as _, GroupingSet, LogicalPlan, TableScan, WindowFunctionDefinition,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use jcw_lake::answers_wrongly;
use std::any::Any;
use std::sync::Arc;

/// Most steps of a plan, counted as often as they stand in it: sixty tables that
/// each read the one before twice are a short text and a plan without an end.
pub(crate) const STEPS: usize = 10_000;

/// Most values of one `in (...)`.
const LIST: usize = 1_000;

/// Most ways in which one step may group its rows: each has its own groups, and the
/// engine neither counts nor stops the making of them.
const GROUPINGS: usize = 128;

/// What is known of the session for which a plan is checked.
#[derive(Clone, Copy)]
pub(crate) struct Allowed<'s> {
    /// Whose functions there are.
    pub(crate) state: &'s SessionState,
    /// What its tables carry.
    pub(crate) capability: &'s Arc<Capability>,
    /// Whether values of parameters may still be open.
    pub(crate) is_open: bool,
}

impl Allowed<'_> {
    /// # Errors
    /// When anything in the plan is not allowed.
    pub(crate) fn check(self, plan: &LogicalPlan) -> Result<()> {
        check_size(plan)?;
        let second_lock = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        second_lock.verify_plan(plan).map_err(|_| writes())?;
        let mut found = Ok(());
        let walked = plan.apply_with_subqueries(|node| {
            found = self.node(node).and_then(|()| self.expressions(node));
            Ok(match found {
                Ok(()) => TreeNodeRecursion::Continue,
                Err(_) => TreeNodeRecursion::Stop,
            })
        });
        walked.map_err(|_| unknown())?;
        found?;
        match answers_wrongly(plan) {
            Some(why) => Err(GovernError::new(Kind::Unsupported, why)),
            None => Ok(()),
        }
    }

    fn node(self, node: &LogicalPlan) -> Result<()> {
        match node {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Unnest(_) => Ok(()),
            LogicalPlan::Window(window) => extremes(&window.window_expr, window.input.schema()),
            LogicalPlan::Aggregate(aggregate) => {
                extremes(&aggregate.aggr_expr, aggregate.input.schema())
            }
            LogicalPlan::RecursiveQuery(_) => Err(GovernError::new(
                Kind::Unsupported,
                "recursive queries are not answered here: they may never end",
            )),
            LogicalPlan::Dml(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_) => Err(writes()),
            LogicalPlan::Repartition(_) | LogicalPlan::Extension(_) => Err(unknown()),
        }
    }

    /// A table of this very session, with nothing pushed into it yet.
    fn scan(self, scan: &TableScan) -> Result<()> {
        let provider = source_as_provider(&scan.source).map_err(|_| unknown())?;
        let provider: &dyn Any = provider.as_ref();
        let is_governed = (provider.downcast_ref::<GovernedTable>())
            .is_some_and(|table| table.is_of(self.capability));
        let is_public = (provider.downcast_ref::<PublicTable>())
            .is_some_and(|table| table.is_of(self.capability));
        match (is_governed || is_public) && scan.filters.is_empty() && scan.fetch.is_none() {
            true => Ok(()),
            false => Err(unknown()),
        }
    }

    fn expressions(self, node: &LogicalPlan) -> Result<()> {
        let mut found = Ok(());
        let walked = node.apply_expressions(|expression| {
            expression.apply(|part| {
                found = self.expression(part);
                Ok(match found {
                    Ok(()) => TreeNodeRecursion::Continue,
                    Err(_) => TreeNodeRecursion::Stop,
                })
            })
        });
        walked.map_err(|_| unknown())?;
        found
    }

    fn expression(self, expression: &Expr) -> Result<()> {
        match expression {
            Expr::Alias(_)
            | Expr::Column(_)
            | Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Like(_)
            | Expr::SimilarTo(_)
            | Expr::Not(_)
            | Expr::IsNotNull(_)
            | Expr::IsNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNotUnknown(_)
            | Expr::Negative(_)
            | Expr::Between(_)
            | Expr::Case(_)
            | Expr::Cast(_)
            | Expr::TryCast(_)
            | Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::SetComparison(_)
            | Expr::ScalarSubquery(_)
            | Expr::OuterReferenceColumn(..)
            | Expr::Unnest(_) => Ok(()),
            Expr::GroupingSet(sets) => match groupings(sets) {
                Some(number) if number <= GROUPINGS => Ok(()),
                _ => Err(GovernError::new(
                    Kind::Limit,
                    format!("rows are grouped in more than {GROUPINGS} ways; ask in parts"),
                )),
            },
            Expr::InList(list) if list.list.len() > LIST => Err(GovernError::new(
                Kind::Limit,
                format!("a list has more than {LIST} values; ask in parts"),
            )),
            Expr::InList(_) => Ok(()),
            Expr::ScalarFunction(called) => {
                let known = self.state.scalar_functions();
                self.known(is_registered(known, &called.func), called.func.name())?;
                match called.args.iter().any(is_fixed_size) {
                    true => Err(GovernError::new(
                        Kind::Unsupported,
                        "values of a fixed size in bytes are not made here",
                    )),
                    false => Ok(()),
                }
            }
            Expr::AggregateFunction(called) => {
                let known = self.state.aggregate_functions();
                self.known(is_registered(known, &called.func), called.func.name())
            }
            Expr::WindowFunction(called) => match &called.fun {
                WindowFunctionDefinition::AggregateUDF(function) => {
                    let known = self.state.aggregate_functions();
                    self.known(is_registered(known, function), function.name())
                }
                WindowFunctionDefinition::WindowUDF(function) => {
                    let known = self.state.window_functions();
                    self.known(is_registered(known, function), function.name())
                }
            },
            Expr::Placeholder(_) if self.is_open => Ok(()),
            Expr::Placeholder(open) => Err(GovernError::new(
                Kind::Value,
                format!("there is no value for {}", open.id),
            )),
            Expr::ScalarVariable(..)
            | Expr::HigherOrderFunction(_)
            | Expr::Lambda(_)
            | Expr::LambdaVariable(_) => Err(unknown()),
            #[expect(deprecated, reason = "no kind is left out")]
            Expr::Wildcard { .. } => Ok(()),
        }
    }

    fn known(self, is_known: bool, name: &str) -> Result<()> {
        match is_known {
            true => Ok(()),
            false => Err(GovernError::new(
                Kind::NoFunction,
                format!("there is no function {name}"),
            )),
        }
    }
}

/// # Errors
/// When a least or greatest is asked of values that the engine cannot compare: over
/// a moving window it would give any of them.
fn extremes(expressions: &[Expr], of: &DFSchema) -> Result<()> {
    let mut found = Ok(());
    let walked = expressions.iter().try_for_each(|expression| {
        let walked = expression.apply(|part| {
            let called = match part {
                Expr::AggregateFunction(called) => Some((&called.func, &called.params.args)),
                Expr::WindowFunction(called) => match &called.fun {
                    WindowFunctionDefinition::AggregateUDF(function) => {
                        Some((function, &called.params.args))
                    }
                    WindowFunctionDefinition::WindowUDF(_) => None,
                },
                _ => None,
            };
            let args = called.filter(|(function, _)| ["max", "min"].contains(&function.name()));
            let args = args.into_iter().flat_map(|(_, args)| args);
            for kind in args.filter_map(|arg| arg.get_type(of).ok()) {
                if !has_order(&kind) {
                    found = Err(crate::refusal::no_order());
                }
            }
            Ok(TreeNodeRecursion::Continue)
        });
        walked.map(|_| ())
    });
    walked.map_err(|_| unknown())?;
    found
}

/// Whether the engine can say which of two values of this type is the greater.
fn has_order(kind: &DataType) -> bool {
    match kind {
        DataType::Struct(fields) => fields.iter().all(|field| has_order(field.data_type())),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            !item.data_type().is_nested()
        }
        other => !other.is_nested(),
    }
}

/// # Errors
/// When a plan has more steps than anybody asks in earnest.
pub(crate) fn check_size(plan: &LogicalPlan) -> Result<()> {
    let mut steps = 0;
    let walked = plan.apply_with_subqueries(|_| {
        steps += 1;
        Ok(match steps > STEPS {
            true => TreeNodeRecursion::Stop,
            false => TreeNodeRecursion::Continue,
        })
    });
    walked.map_err(|_| unknown())?;
    match steps > STEPS {
        true => Err(too_many_steps()),
        false => Ok(()),
    }
}

/// In how many ways rows are grouped; none where that is no number any more.
fn groupings(sets: &GroupingSet) -> Option<usize> {
    match sets {
        GroupingSet::Rollup(columns) => columns.len().checked_add(1),
        GroupingSet::Cube(columns) => 1_usize.checked_shl(u32::try_from(columns.len()).ok()?),
        GroupingSet::GroupingSets(sets) => Some(sets.len()),
    }
}

pub(crate) fn too_many_steps() -> GovernError {
    GovernError::new(Kind::Limit, "the query has too many steps; ask in parts")
}

/// The name of a type whose every value, also a null, takes as much memory as the
/// query says.
fn is_fixed_size(argument: &Expr) -> bool {
    let Expr::Literal(value, _) = argument else {
        return false;
    };
    (value.try_as_str().flatten()).is_some_and(|name| name.contains("FixedSize"))
}

/// Every leaf of a plan that is about to run stands below a barrier of this
/// session, or holds no rows of a table.
///
/// # Errors
/// When one does not.
pub(crate) fn check_leaves(
    plan: &Arc<dyn ExecutionPlan>,
    capability: &Arc<Capability>,
) -> Result<()> {
    let node: &dyn Any = plan.as_ref();
    if let Some(barrier) = node.downcast_ref::<crate::barrier::Barrier>() {
        return match barrier.is_of(capability) {
            true => Ok(()),
            false => Err(unknown()),
        };
    }
    let children = plan.children();
    if children.is_empty() && !is_without_rows(node) {
        tracing::error!(leaf = plan.name(), "a plan reads past its barrier");
        return Err(unknown());
    }
    children
        .into_iter()
        .try_for_each(|child| check_leaves(child, capability))
}

/// Nothing, or what stands in the query itself.
fn is_without_rows(node: &dyn Any) -> bool {
    use datafusion::datasource::memory::MemorySourceConfig;
    use datafusion::datasource::source::DataSourceExec;
    let is_in_query = node.downcast_ref::<DataSourceExec>().is_some_and(|scan| {
        let source: &dyn Any = scan.data_source().as_ref();
        source.is::<MemorySourceConfig>()
    });
    is_in_query || node.is::<EmptyExec>() || node.is::<PlaceholderRowExec>()
}

fn writes() -> GovernError {
    GovernError::new(Kind::Refused, "only queries that read are allowed")
}

fn unknown() -> GovernError {
    GovernError::new(
        Kind::Refused,
        "the query does something that is not allowed here",
    )
}
