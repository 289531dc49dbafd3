//! `x in (select y ...)` is neither true nor false where `x` or a `y` is null and none
//! is equal. The engine knows that of a condition of its own, `where x not in (select
//! y ...)`, but takes it for false where it stands within another or looks at the row
//! outside. [`mislead`] finds where that would make an answer wrong.

use datafusion::common::tree_node::TreeNode as _;
use datafusion::logical_expr::expr::InSubquery;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, Operator};

/// What is said of such a question.
pub(super) const MISLED: &str = "`in (select ...)` within another condition, negated, or of a row outside, would be answered wrongly where there are nulls; write `exists (select ... where ... = ...)` or `not exists` instead";

/// Whether a null could make what one step of a plan gives wrong.
pub(super) fn mislead(node: &LogicalPlan) -> bool {
    !is_right(node)
}

fn is_right(node: &LogicalPlan) -> bool {
    match node {
        LogicalPlan::Filter(filter) => {
            let conditions = split_conjunction(&filter.predicate);
            (conditions.into_iter()).all(|condition| match within_not(condition) {
                Expr::InSubquery(asked) if asked.subquery.outer_ref_columns.is_empty() => {
                    is_known(&asked.expr, node)
                }
                _ => passes_rightly(condition, true, node),
            })
        }
        LogicalPlan::Join(join) => {
            let mut keys = join.on.iter();
            keys.all(|(left, right)| is_known(left, node) && is_known(right, node))
                && (join.filter.iter()).all(|condition| passes_rightly(condition, true, node))
        }
        other => other.expressions().iter().all(|e| is_known(e, node)),
    }
}

/// The engine takes `not x in ...` for `x not in ...`.
fn within_not(condition: &Expr) -> &Expr {
    match condition {
        Expr::Not(inner) => within_not(inner),
        other => other,
    }
}

/// Of a part of a condition that makes rows pass by being true, or, within `not`, by
/// being false.
fn passes_rightly(part: &Expr, by_true: bool, node: &LogicalPlan) -> bool {
    match part {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => {
            passes_rightly(&binary.left, by_true, node)
                && passes_rightly(&binary.right, by_true, node)
        }
        Expr::Not(inner) => passes_rightly(inner, !by_true, node),
        // Rows that do not pass are the same to it whether that is false or unknown.
        Expr::InSubquery(asked) if asked.negated != by_true => is_known(&asked.expr, node),
        other => is_known(other, node),
    }
}

/// Nothing within it is unknown.
fn is_known(expression: &Expr, node: &LogicalPlan) -> bool {
    let unknown = expression
        .exists(|part| Ok(matches!(part, Expr::InSubquery(asked) if may_be_unknown(asked, node))));
    !unknown.unwrap_or(true)
}

fn may_be_unknown(asked: &InSubquery, node: &LogicalPlan) -> bool {
    let fields = asked.subquery.subquery.schema().fields();
    let of_subquery = fields.iter().any(|field| field.is_nullable());
    let of_row = (node.inputs().iter()).all(|input| {
        let nullable = asked.expr.nullable(input.schema());
        nullable.unwrap_or(true)
    });
    of_subquery || of_row
}
