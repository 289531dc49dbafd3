//! An expression of a metric is SQL in its YAML: parsed, planned against the
//! columns of its model, and held to what a figure may say.

use crate::catalog::Catalog;
use crate::problem::{Text, listed};
use crate::sql::parse_expression;
use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::sql::sqlparser::ast;
use jcw_project::{Diagnostic, Placed};

/// A checked expression, as parsed and as planned.
pub(super) struct Checked {
    pub(super) sql: ast::Expr,
    pub(super) planned: Expr,
    pub(super) found: DataType,
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Says which of `wanted` a model does not have.
pub(super) fn has_columns(
    from: &Placed<String>,
    model: &DFSchema,
    wanted: &[&str],
    what_for: &str,
    problems: &mut Vec<Diagnostic>,
) {
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|column| model.field_with_unqualified_name(column).is_err())
        .collect();
    if missing.is_empty() {
        return;
    }
    problems.push(
        Diagnostic::error(
            from.place.clone(),
            format!(
                "{} cannot {what_for}: it has no column {}",
                from.value,
                listed(&missing)
            ),
        )
        .hint(format!(
            "a model that can {what_for} has the columns {}",
            wanted.join(", ")
        )),
    );
}

/// Says which of `wanted` is no date in a model that has it.
pub(super) fn are_dates(
    from: &Placed<String>,
    model: &DFSchema,
    wanted: &[&str],
    what_for: &str,
    problems: &mut Vec<Diagnostic>,
) {
    for column in wanted {
        if let Ok(field) = model.field_with_unqualified_name(column)
            && field.data_type() != &DataType::Date32
        {
            problems.push(
                Diagnostic::error(
                    from.place.clone(),
                    format!(
                        "{} cannot {what_for}: {column} is {}, not a date",
                        from.value,
                        field.data_type()
                    ),
                )
                .hint(format!("write cast({column} as date) in the model")),
            );
        }
    }
}

/// Plans the expressions of a metric against the columns of its model.
pub(super) struct Check<'c> {
    pub(super) model: &'c DFSchema,
    pub(super) catalog: &'c Catalog,
}

impl Check<'_> {
    /// A number, or true and false.
    pub(super) fn number(
        &self,
        sql: &Placed<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Checked> {
        let expression = self.typed(sql, problems)?;
        let found = &expression.found;
        if found.is_numeric() || matches!(found, DataType::Boolean | DataType::Null) {
            return Some(expression);
        }
        problems.push(Diagnostic::error(
            sql.place.clone(),
            format!("a figure is a number, and this is {found}"),
        ));
        None
    }

    /// True or false.
    pub(super) fn boolean(
        &self,
        sql: &Placed<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Checked> {
        let expression = self.typed(sql, problems)?;
        if expression.found == DataType::Boolean {
            return Some(expression);
        }
        problems.push(Diagnostic::error(
            sql.place.clone(),
            format!(
                "a filter is true or false for each row, and this is {}",
                expression.found
            ),
        ));
        None
    }

    /// A day.
    pub(super) fn day(
        &self,
        sql: &Placed<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Checked> {
        let expression = self.typed(sql, problems)?;
        if matches!(
            expression.found,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _)
        ) {
            return Some(expression);
        }
        problems.push(Diagnostic::error(
            sql.place.clone(),
            format!(
                "a row is put in a period by a date, and this is {}",
                expression.found
            ),
        ));
        None
    }

    /// Anything that a row says.
    pub(super) fn any(
        &self,
        sql: &Placed<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Checked> {
        self.typed(sql, problems)
    }

    fn typed(&self, sql: &Placed<String>, problems: &mut Vec<Diagnostic>) -> Option<Checked> {
        let text = Text::of_scalar(sql);
        let expression = parse_expression(&text)
            .map_err(|found| problems.extend(found))
            .ok()?;
        let planned = self.catalog.plan_expression(expression.clone(), self.model);
        match planned.and_then(|planned| Ok((planned.get_type(self.model)?, planned))) {
            Ok((_, planned)) if takes_rows_together(&planned) => {
                problems.push(
                    text.whole(
                        "a figure is made from one row of its model, and this takes rows together",
                    )
                    .hint(format!(
                        "sum, count or look up in a model, not in {}",
                        sql.value
                    )),
                );
                None
            }
            Ok((found, planned)) => Some(Checked {
                sql: expression,
                planned,
                found,
            }),
            Err(error) => {
                problems.extend(text.problems(&error));
                None
            }
        }
    }
}

fn takes_rows_together(expression: &Expr) -> bool {
    let together = |expression: &Expr| {
        matches!(
            expression,
            Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
        )
    };
    expression
        .exists(|expression| Ok(together(expression)))
        .unwrap_or(true)
}
