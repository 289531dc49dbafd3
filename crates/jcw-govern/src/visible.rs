//! [`Visible`] is what metadata may tell a principal: the schemas, tables and
//! columns of the release that the role may see, with what contracts and models
//! say of them. What is not here does not exist for the principal.

use arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;

/// The tables that somebody may see.
#[derive(Debug, Default)]
pub struct Visible {
    /// By full name, `published.metric_value`.
    pub tables: BTreeMap<String, VisibleTable>,
}

/// One of them.
#[derive(Debug)]
pub struct VisibleTable {
    /// `published`.
    pub schema_name: String,
    /// `metric_value`.
    pub name: String,
    /// The model's or the contract's description.
    pub remarks: Option<String>,
    /// As they leave, in order: what `select *` gives.
    pub schema: SchemaRef,
    /// What is said of each, in the same order.
    pub columns: Vec<VisibleColumn>,
    /// The grain or key: no two rows are alike in these; empty if none is declared
    /// or one of them is hidden.
    pub primary_key: Vec<String>,
    /// Keys that point to other visible tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// A view rather than rows.
    pub is_view: bool,
}

/// What is said of a column.
#[derive(Debug, Clone, Default)]
pub struct VisibleColumn {
    /// What the model or contract says of it.
    pub remarks: Option<String>,
    /// It may be null, as far as is declared.
    pub is_nullable: bool,
}

/// Columns that name a row of another table.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// Here.
    pub columns: Vec<String>,
    /// `published.metric`.
    pub table: String,
    /// There, in the same order.
    pub to: Vec<String>,
}

impl Visible {
    /// Schemas with a visible table, in order.
    pub fn schemas(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .tables
            .values()
            .map(|table| table.schema_name.as_str())
            .collect();
        names.dedup();
        names
    }
}
