//! Lineage is which columns a column is made from, read off the plan: through
//! joins, common table expressions, aggregates, unions, windows and
//! subqueries, model by model down to source tables and seeds.

use crate::plan::{Declared, Node, Plan};
use crate::problem::{listed, nearest};
use crate::trace::{Cell, How, add};
use jcw_project::Classification;
use std::collections::BTreeMap;

/// A column that another is made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Model, seed or source table.
    pub table: String,
    /// Its column.
    pub column: String,
    /// What became of it.
    pub how: How,
}

/// Where the columns of a table come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The table.
    pub table: String,
    /// Its columns, in order; or the one that was asked for.
    pub columns: Vec<ColumnLineage>,
    /// Columns that decide which rows there are: filters and joins.
    pub decided_by: Vec<Origin>,
}

/// Where one column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLineage {
    /// The column.
    pub column: String,
    /// One step up: columns of the tables its model reads.
    pub made_from: Vec<Origin>,
    /// All the way up: columns of source tables and seeds.
    pub sources: Vec<Origin>,
}

/// A lineage that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// The project's SQL does not plan.
    #[error("the project has problems, so its SQL has no lineage; `jcw check` tells them")]
    NotPlanned,
    /// The project makes no such table.
    #[error("there is no model or metric table called \"{name}\"; {hint}")]
    NoTable {
        /// As asked.
        name: String,
        /// What to do.
        hint: String,
    },
    /// The table has no such column.
    #[error("{table} has no column \"{column}\"; {hint}")]
    NoColumn {
        /// The table.
        table: String,
        /// As asked.
        column: String,
        /// What to do.
        hint: String,
    },
}

impl Plan {
    /// Where the columns of a table come from; of one of them when `column`
    /// is given.
    ///
    /// # Errors
    /// When there is no such table or column; the message says what is near.
    pub fn lineage(&self, table: &str, column: Option<&str>) -> Result<Lineage, LineageError> {
        let node = self.node(table).ok_or_else(|| {
            let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
            LineageError::NoTable {
                name: table.to_owned(),
                hint: hint(table, &names, "the tables are"),
            }
        })?;
        let names: Vec<&str> = node
            .schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        if let Some(column) = column
            && !names.contains(&column)
        {
            return Err(LineageError::NoColumn {
                table: table.to_owned(),
                column: column.to_owned(),
                hint: hint(column, &names, "its columns are"),
            });
        }
        Ok(Lineage {
            table: table.to_owned(),
            columns: names
                .into_iter()
                .filter(|name| column.is_none_or(|column| column == *name))
                .map(|name| ColumnLineage {
                    column: name.to_owned(),
                    made_from: self.made_from(table, name),
                    sources: self.sources(table, name),
                })
                .collect(),
            decided_by: origins(&node.traced.decides),
        })
    }

    /// One step up from a column; nothing for a source table or a seed.
    pub fn made_from(&self, table: &str, column: &str) -> Vec<Origin> {
        self.node(table)
            .and_then(|node| node.traced.columns.get(column))
            .map(origins)
            .unwrap_or_default()
    }

    /// All the way up from a column, to source tables and seeds.
    fn sources(&self, table: &str, column: &str) -> Vec<Origin> {
        let mut found: BTreeMap<(String, String), How> = BTreeMap::new();
        let mut seen: BTreeMap<(String, String), How> = BTreeMap::new();
        let mut open = self.made_from(table, column);
        while let Some(origin) = open.pop() {
            let key = (origin.table.clone(), origin.column.clone());
            if seen.get(&key).is_some_and(|how| *how >= origin.how) {
                continue;
            }
            seen.insert(key.clone(), origin.how);
            if self.declared.contains_key(&origin.table) {
                add(&mut found, key, origin.how);
                continue;
            }
            open.extend(
                self.made_from(&origin.table, &origin.column)
                    .into_iter()
                    .map(|up| Origin {
                        how: up.how.min(origin.how),
                        ..up
                    }),
            );
        }
        origins(&found)
    }
}

fn hint(word: &str, names: &[&str], lead: &str) -> String {
    match nearest(word, names) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => format!("{lead} {}", listed(names)),
    }
}

/// What every column says about a person, by table: contracts' own columns as
/// declared, models' columns as the most telling of those they are made from.
/// What is only counted tells nothing.
pub(crate) fn classify(
    declared: &BTreeMap<String, Declared>,
    nodes: &[Node],
) -> BTreeMap<String, BTreeMap<String, Classification>> {
    let mut classes: BTreeMap<String, BTreeMap<String, Classification>> = declared
        .iter()
        .map(|(name, table)| (name.clone(), table.classes.clone()))
        .collect();
    for node in nodes {
        let of_node = node
            .traced
            .columns
            .iter()
            .map(|(column, from)| {
                let class = from
                    .iter()
                    .filter(|(_, how)| **how > How::Counted)
                    .filter_map(|((table, column), _)| classes.get(table)?.get(column).copied())
                    .max()
                    .unwrap_or_default();
                (column.clone(), class)
            })
            .collect();
        classes.insert(node.name.clone(), of_node);
    }
    classes
}

fn origins(cell: &Cell) -> Vec<Origin> {
    cell.iter()
        .map(|((table, column), how)| Origin {
            table: table.clone(),
            column: column.clone(),
            how: *how,
        })
        .collect()
}
