//! A predicate is leak-proof when it tells nothing of a row but whether the row
//! passes: it cannot fail on any value, and looks at values that the asker sees
//! anyway. Only such predicates are evaluated beside a row filter, where files
//! and groups of rows can be skipped by them.

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator};

/// Whether `predicate` is made of comparisons between columns and literals of the
/// same type alone. `schema`: the columns that may be compared.
pub(crate) fn is_leak_proof(predicate: &Expr, schema: &Schema) -> bool {
    let both =
        |left: &Expr, right: &Expr| is_leak_proof(left, schema) && is_leak_proof(right, schema);
    match predicate {
        Expr::BinaryExpr(binary) => match binary.op {
            Operator::And | Operator::Or => both(&binary.left, &binary.right),
            Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq => {
                compares(&binary.left, &binary.right, schema)
                    || compares(&binary.right, &binary.left, schema)
            }
            _ => false,
        },
        // `in (1, null)` becomes `= 1 or null`: the same of every row.
        Expr::Literal(value, _) => matches!(value, ScalarValue::Boolean(_) | ScalarValue::Null),
        Expr::IsNull(column) | Expr::IsNotNull(column) => kind_of(column, schema).is_some(),
        Expr::Between(between) => {
            compares(&between.expr, &between.low, schema)
                && compares(&between.expr, &between.high, schema)
        }
        Expr::InList(list) => {
            (list.list.iter()).all(|literal| compares(&list.expr, literal, schema))
        }
        _ => false,
    }
}

fn compares(column: &Expr, literal: &Expr, schema: &Schema) -> bool {
    match (kind_of(column, schema), literal) {
        (Some(kind), Expr::Literal(value, _)) => *kind == value.data_type(),
        _ => false,
    }
}

fn kind_of<'s>(column: &Expr, schema: &'s Schema) -> Option<&'s DataType> {
    match column {
        Expr::Column(column) => {
            let field = schema.field_with_name(&column.name).ok()?;
            (!field.data_type().is_nested()).then(|| field.data_type())
        }
        _ => None,
    }
}
