//! A query is emptied where it can give no row: what it reads holds nothing here.

use super::super::nothing::is_nothing;
use super::call::{last, nothing};
use super::subquery::is_aggregate;
use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, JoinOperator, Query, Select, SelectItem, SetExpr, TableFactor,
    TableWithJoins, Value, Visit, Visitor,
};
use std::ops::ControlFlow;

/// Leaves of a query that gives no row nothing but the names of its columns.
pub(super) fn emptied(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else {
        return;
    };
    if !is_empty(select) {
        return;
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(given) = item
            && let Some(name) = last(given).cloned()
        {
            let expr = nothing();
            *item = SelectItem::ExprWithAlias { expr, alias: name };
        } else if let SelectItem::UnnamedExpr(given)
        | SelectItem::ExprWithAlias { expr: given, .. } = item
        {
            *given = nothing();
        }
    }
    select.from.clear();
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.having = None;
    select.selection = Some(Expr::Value(Value::Boolean(false).with_empty_span()));
    query.order_by = None;
}

/// Whether a select reads what holds nothing, and has neither a row without any nor
/// parameters that somebody will bind.
pub(super) fn is_empty(select: &Select) -> bool {
    if !select.from.iter().any(has_no_rows) {
        return false;
    }
    let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let mut kept = Kept {
        has_aggregate: false,
        has_parameter: false,
    };
    let _ = Visit::visit(select, &mut kept);
    let is_listed = (select.projection.iter()).all(|item| {
        matches!(
            item,
            SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }
        )
    });
    is_listed && !kept.has_parameter && (is_grouped || !kept.has_aggregate)
}

fn has_no_rows(from: &TableWithJoins) -> bool {
    let holds_nothing = |factor: &TableFactor| match factor {
        TableFactor::Table { name, .. } => (name.0.last())
            .and_then(|part| part.as_ident())
            .is_some_and(|name| is_nothing(&name.value.to_lowercase())),
        _ => false,
    };
    let is_inner = |operator: &JoinOperator| {
        matches!(
            operator,
            JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_)
        )
    };
    let is_left = |operator: &JoinOperator| {
        matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_))
    };
    let joins = &from.joins;
    let adds_none =
        (joins.iter()).all(|join| is_inner(&join.join_operator) || is_left(&join.join_operator));
    let is_joined =
        (joins.iter()).any(|join| is_inner(&join.join_operator) && holds_nothing(&join.relation));
    adds_none && (holds_nothing(&from.relation) || is_joined)
}

/// What keeps a select from being emptied.
struct Kept {
    has_aggregate: bool,
    has_parameter: bool,
}

impl Visitor for Kept {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        self.has_aggregate |= is_aggregate(expression);
        self.has_parameter |= matches!(
            expression,
            Expr::Value(value) if matches!(value.value, Value::Placeholder(_))
        );
        ControlFlow::Continue(())
    }
}
