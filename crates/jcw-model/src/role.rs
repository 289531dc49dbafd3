//! Roles are checked against what their tables will be: every row filter and
//! mask is planned over the table's columns, and every hidden column is one.

use crate::catalog::Catalog;
use crate::problem::{Text, listed, nearest};
use crate::sql::parse_expression;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Expr, ExprSchemable};
use jcw_project::{Diagnostic, Placed, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The problems of what roles say of tables whose columns are known.
pub(crate) fn check(
    roles: &[Role],
    schemas: &BTreeMap<String, Arc<DFSchema>>,
    catalog: &Catalog,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for role in roles {
        for (name, filter) in &role.rows {
            let Some(schema) = schemas.get(name) else {
                continue;
            };
            problems.extend(check_filter(filter, schema, catalog));
        }
        for (name, columns) in &role.hides {
            let Some(schema) = schemas.get(name) else {
                continue;
            };
            let unknown = columns.iter();
            problems.extend(unknown.filter_map(|column| no_column(column, column, name, schema)));
        }
        for (name, masks) in &role.masks {
            let Some(schema) = schemas.get(name) else {
                continue;
            };
            let hidden = role.hides.get(name).map_or(&[][..], Vec::as_slice);
            for (column, mask) in masks {
                if hidden.iter().any(|hidden| hidden.value == *column) {
                    let message = format!(
                        "\"{column}\" is hidden from this role, so that nothing is shown in its place"
                    );
                    problems.push(
                        Diagnostic::error(mask.place.clone(), message)
                            .hint("take it out of `hides` or of `masks`"),
                    );
                    continue;
                }
                problems.extend(check_mask(column, mask, name, schema, catalog));
            }
        }
    }
    problems
}

/// A row filter is true or false for each row.
fn check_filter(filter: &Placed<String>, schema: &DFSchema, catalog: &Catalog) -> Vec<Diagnostic> {
    let text = Text::of_scalar(filter);
    match planned(&text, schema, catalog) {
        Ok((_, DataType::Boolean)) => Vec::new(),
        Ok((_, found)) => vec![
            text.whole(format!(
                "a row filter is true or false for each row, and this is {found}"
            ))
            .hint("write a comparison, for instance: area_code = $area"),
        ],
        Err(problems) => problems,
    }
}

/// A mask is of its column's type, and the same for everybody in the role.
fn check_mask(
    column: &str,
    mask: &Placed<String>,
    table: &str,
    schema: &DFSchema,
    catalog: &Catalog,
) -> Vec<Diagnostic> {
    if let Some(problem) = no_column(column, mask, table, schema) {
        return vec![problem];
    }
    let Ok(field) = schema.field_with_unqualified_name(column) else {
        return Vec::new();
    };
    let text = Text::of_scalar(mask);
    let (expression, found) = match planned(&text, schema, catalog) {
        Ok(planned) => planned,
        Err(problems) => return problems,
    };
    if has(&expression, |part| matches!(part, Expr::Placeholder(_))) {
        return vec![
            text.whole("a mask is the same for everybody in the role, and this names an attribute")
                .hint("use attributes in `rows`"),
        ];
    }
    let wanted = field.data_type();
    if is_text(wanted) && is_text(&found) || *wanted == found {
        return Vec::new();
    }
    vec![
        text.whole(format!(
            "\"{column}\" is {wanted}, and this mask is {found}"
        ))
        .hint("put `cast(... as ...)` around it; NULL is written with the type too"),
    ]
}

fn planned(
    text: &Text<'_>,
    schema: &DFSchema,
    catalog: &Catalog,
) -> Result<(Expr, DataType), Vec<Diagnostic>> {
    let expression = parse_expression(text)?;
    let found = (catalog.plan_expression(expression, schema))
        .and_then(|planned| Ok((planned.get_type(schema)?, planned)))
        .map_err(|error| text.problems(&error))?;
    let (kind, expression) = found;
    if expression.is_volatile() {
        return Err(vec![
            text.whole("this gives another answer another time")
                .hint("a role shows the same rows to the same principal every time"),
        ]);
    }
    if has(&expression, |part| {
        matches!(
            part,
            Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::ScalarSubquery(_)
                | Expr::SetComparison(_)
        )
    }) {
        return Err(vec![text.whole("this reads another table").hint(
            "a role is said over the table's own columns; let a model bring the column",
        )]);
    }
    Ok((expression, kind))
}

fn no_column(
    column: &str,
    said: &Placed<String>,
    table: &str,
    schema: &DFSchema,
) -> Option<Diagnostic> {
    let fields = schema.fields().iter();
    let names: Vec<&str> = fields.map(|field| field.name().as_str()).collect();
    if names.contains(&column) {
        return None;
    }
    let message = format!("{table} has no column \"{column}\"");
    let hint = match nearest(column, &names) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => format!("its columns are {}", listed(&names)),
    };
    Some(Diagnostic::error(said.place.clone(), message).hint(hint))
}

fn has(expression: &Expr, is_one: impl Fn(&Expr) -> bool) -> bool {
    expression.exists(|part| Ok(is_one(part))).unwrap_or(true)
}

fn is_text(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}
