//! A subquery is a query that stands for one value of the query around it. The engine
//! has plans for aggregates that ask of the rows outside, so it becomes one.

use super::call::{call, is_named, nothing};
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, FunctionArgumentClause, FunctionArguments, OrderByKind, Query,
    Select, SelectItem, SetExpr, TableFactor, Value, Visit, Visitor, VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// `exists (...)` as a value is a count above nought.
pub(super) struct Counting;

impl VisitorMut for Counting {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::Exists { subquery, negated } = expression
            && let SetExpr::Select(select) = subquery.body.as_mut()
        {
            let one = Expr::Value(Value::Number("1".into(), false).with_empty_span());
            select.projection = vec![SelectItem::UnnamedExpr(call("count", vec![one]))];
            let nought = Expr::Value(Value::Number("0".into(), false).with_empty_span());
            let op = match negated {
                true => BinaryOperator::Eq,
                false => BinaryOperator::Gt,
            };
            *expression = Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(Expr::Subquery(subquery.clone())),
                op,
                right: Box::new(nought),
            }));
        }
        ControlFlow::Continue(())
    }
}

/// The select of a query that gives values of one expression, as they come.
pub(super) fn plain(query: &mut Query) -> Option<&mut Select> {
    let is_cut = query.limit_clause.is_some() || query.fetch.is_some() || query.with.is_some();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return None;
    };
    let is_plain = !is_cut && select.distinct.is_none() && select.projection.len() == 1;
    let item = select.projection.first()?;
    let (SelectItem::UnnamedExpr(given) | SelectItem::ExprWithAlias { expr: given, .. }) = item
    else {
        return None;
    };
    (is_plain && !is_aggregate(given)).then_some(select)
}

pub(super) fn is_aggregate(expression: &Expr) -> bool {
    let Expr::Function(function) = expression else {
        return false;
    };
    [
        "count",
        "max",
        "min",
        "sum",
        "array_agg",
        "string_agg",
        "first_value",
        "bool_and",
        "bool_or",
    ]
    .iter()
    .any(|name| is_named(function, name))
}

/// Whether all that it reads are tables, not lists of the rows outside.
pub(super) fn reads_tables(select: &Select) -> bool {
    let is_table = |factor: &TableFactor| matches!(factor, TableFactor::Table { args: None, .. });
    !select.from.is_empty()
        && (select.from.iter()).all(|from| {
            is_table(&from.relation) && from.joins.iter().all(|join| is_table(&join.relation))
        })
}

/// A subquery of chosen rows becomes the first of its values; what it asks of the rows
/// outside alone is handed back.
pub(super) fn first(query: &mut Query) -> Option<Expr> {
    plain(query).filter(|select| select.selection.is_some())?;
    aggregate(query, "first_value");
    match query.body.as_mut() {
        SetExpr::Select(select) => taken_out(select),
        _ => None,
    }
}

/// The values of a query as one, in the query's order.
pub(super) fn aggregate(query: &mut Query, function: &str) {
    let order = query.order_by.take();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return;
    };
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(given) | SelectItem::ExprWithAlias { expr: given, .. } = item
        {
            let one = std::mem::replace(given, nothing());
            *given = call(function, vec![one.clone()]);
            if let (Some(order), Expr::Function(call)) = (&order, given)
                && let (OrderByKind::Expressions(by), FunctionArguments::List(list)) =
                    (&order.kind, &mut call.args)
            {
                let mut by = by.clone();
                for by in &mut by {
                    // `order by 1`: by the value itself.
                    if matches!(by.expr, Expr::Value(_)) {
                        by.expr = one.clone();
                    }
                }
                list.clauses.push(FunctionArgumentClause::OrderBy(by));
            }
        }
    }
}

/// Takes out of a subquery the conditions that are of the rows outside alone.
fn taken_out(select: &mut Select) -> Option<Expr> {
    let mut inner = BTreeSet::new();
    for from in &select.from {
        for factor in [&from.relation]
            .into_iter()
            .chain(from.joins.iter().map(|join| &join.relation))
        {
            match factor {
                TableFactor::Table {
                    alias: Some(alias), ..
                }
                | TableFactor::Derived {
                    alias: Some(alias), ..
                } => inner.insert(alias.name.value.to_lowercase()),
                TableFactor::Table { name, .. } => {
                    let name = name.0.last()?.as_ident()?.value.to_lowercase();
                    inner.insert(name)
                }
                _ => return None,
            };
        }
    }
    let (mut outside, mut kept) = (None, None);
    for condition in conditions(select.selection.take()?) {
        let of = match is_outside(&condition, &inner) {
            true => &mut outside,
            false => &mut kept,
        };
        *of = Some(match of.take() {
            Some(before) => Expr::BinaryOp {
                left: Box::new(before),
                op: BinaryOperator::And,
                right: Box::new(condition),
            },
            None => condition,
        });
    }
    select.selection = kept;
    outside
}

fn conditions(expression: Expr) -> Vec<Expr> {
    match expression {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            let mut all = conditions(*left);
            all.extend(conditions(*right));
            all
        }
        other => vec![other],
    }
}

/// Whether all columns of a condition are of tables that are not these.
fn is_outside(condition: &Expr, inner: &BTreeSet<String>) -> bool {
    struct Columns<'i>(&'i BTreeSet<String>, usize, bool);
    impl Visitor for Columns<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            match expression {
                Expr::Identifier(_) | Expr::Subquery(_) | Expr::Exists { .. } => self.2 = false,
                Expr::CompoundIdentifier(names) => {
                    self.1 += 1;
                    let table = names.len().checked_sub(2).and_then(|at| names.get(at));
                    let is_inner =
                        table.is_none_or(|table| self.0.contains(&table.value.to_lowercase()));
                    self.2 &= !is_inner;
                }
                _ => (),
            }
            ControlFlow::Continue(())
        }
    }
    let mut columns = Columns(inner, 0, true);
    let _ = Visit::visit(condition, &mut columns);
    columns.1 > 0 && columns.2
}

/// A value where a condition holds, and nothing else.
pub(super) fn case(condition: Expr, value: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition,
            result: value,
        }],
        else_result: None,
    }
}
