//! A stored schema is what a query's result looks like once it is in the lake,
//! which knows fewer types than the engine. A plan made offline speaks stored
//! types too, so it fits the tables that are read back later.

use crate::problem::listed;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use jcw_lake::LakeError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Why a result cannot be stored, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotStorable {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// The stored form of a query's columns, or everything that is in its way.
pub(crate) fn stored_schema(
    table: &str,
    schema: &Schema,
) -> std::result::Result<SchemaRef, Vec<NotStorable>> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        if !seen.insert(field.name().to_lowercase()) {
            twice.insert(field.name().as_str());
        }
        match jcw_lake::stored_schema(table, &Schema::new(vec![field.clone()])) {
            Ok(stored) => fields.extend(stored.fields().iter().cloned()),
            Err(LakeError::UnsupportedType {
                column,
                found,
                advice,
                ..
            }) => problems.push(NotStorable {
                message: format!("column \"{column}\" is {found}, which a table cannot hold"),
                hint: advice,
            }),
            Err(other) => problems.push(NotStorable {
                message: other.to_string(),
                hint: "give the column another name or type".to_owned(),
            }),
        }
    }
    if !twice.is_empty() {
        let names: Vec<&str> = twice.into_iter().collect();
        problems.push(NotStorable {
            message: format!("more than one column is called {}", listed(&names)),
            hint: "give each column its own name with `as`".to_owned(),
        });
    }
    match problems.is_empty() {
        true => Ok(Arc::new(Schema::new(fields))),
        false => Err(problems),
    }
}

/// A plan whose result has exactly the stored columns.
pub(crate) fn as_stored(plan: LogicalPlan, stored: &Schema) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = plan
        .schema()
        .iter()
        .zip(stored.fields())
        .map(|((qualifier, found), wanted)| {
            let column = Expr::Column(Column::new(qualifier.cloned(), found.name()));
            match found.data_type() == wanted.data_type() {
                true => column.alias(wanted.name()),
                false => cast(column, wanted.data_type().clone()).alias(wanted.name()),
            }
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
