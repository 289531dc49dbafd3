//! An interval is months, days and a time, and the engine compares these one after the
//! other: to it 48 hours are less than a day. [`compared`] finds where that would
//! decide what is answered.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::logical_expr::{Distinct, Expr, ExprSchemable as _, LogicalPlan, Operator};

/// What is said of such a question.
pub(super) const MISLED: &str = "intervals are not compared, sorted or grouped here: a month has no length; compare points in time, as in `a > b + interval '10 days'`, or take `date_part('epoch', a - b)`";

/// Whether one step of a plan compares, sorts or groups intervals.
pub(super) fn compared(node: &LogicalPlan) -> bool {
    let of = inputs(node);
    let is_interval = |expression: &Expr| {
        let kind = expression.get_type(&of);
        kind.is_ok_and(|kind| matches!(kind, DataType::Interval(_)))
    };
    let compares = |part: &Expr| match part {
        Expr::BinaryExpr(both) => {
            let is_comparison = both.op.supports_propagation()
                || matches!(
                    both.op,
                    Operator::IsDistinctFrom | Operator::IsNotDistinctFrom
                );
            is_comparison && (is_interval(&both.left) || is_interval(&both.right))
        }
        Expr::Between(between) => is_interval(&between.expr),
        Expr::InList(list) => is_interval(&list.expr),
        Expr::InSubquery(asked) => is_interval(&asked.expr),
        Expr::ScalarFunction(call) => {
            ["greatest", "least", "nullif"].contains(&call.func.name())
                && call.args.iter().any(is_interval)
        }
        Expr::AggregateFunction(call) => {
            let params = &call.params;
            (params.distinct || ["max", "min", "median"].contains(&call.func.name()))
                && params.args.iter().any(is_interval)
                || params.order_by.iter().any(|sort| is_interval(&sort.expr))
        }
        Expr::WindowFunction(call) => {
            let params = &call.params;
            (params.order_by.iter().any(|sort| is_interval(&sort.expr)))
                || params.partition_by.iter().any(is_interval)
                || params.args.iter().any(is_interval) && ["max", "min"].contains(&call.fun.name())
        }
        _ => false,
    };
    let is_decided = match node {
        LogicalPlan::Sort(sort) => sort.expr.iter().any(|sort| is_interval(&sort.expr)),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.iter().any(is_interval),
        LogicalPlan::Join(join) => {
            let mut keys = join.on.iter();
            keys.any(|(left, right)| is_interval(left) || is_interval(right))
        }
        LogicalPlan::Distinct(Distinct::All(of)) => (of.schema().fields().iter())
            .any(|field| matches!(field.data_type(), DataType::Interval(_))),
        _ => false,
    };
    let mut each = node.expressions().into_iter();
    is_decided || each.any(|e| e.exists(|part| Ok(compares(part))).unwrap_or(true))
}

/// The columns that its expressions may name.
fn inputs(node: &LogicalPlan) -> DFSchema {
    let mut all = DFSchema::empty();
    for input in node.inputs() {
        all.merge(input.schema());
    }
    all
}
