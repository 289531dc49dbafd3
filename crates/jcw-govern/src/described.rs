//! What the project's contracts, seeds, models and metrics say of their tables,
//! for those who browse: descriptions, keys, and where keys point.

use crate::outlet::outlet_schema;
use crate::table::GovernedTable;
use crate::visible::{ForeignKey, Visible, VisibleColumn, VisibleTable};
use datafusion::catalog::TableProvider as _;
use jcw_project::{Check, Contract, Model, Project};
use std::collections::BTreeMap;
use std::sync::Arc;

/// By full name of the table.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(BTreeMap<String, Description>);

/// What is said of one table.
#[derive(Debug, Default, Clone)]
struct Description {
    remarks: String,
    columns: BTreeMap<String, String>,
    key: Vec<String>,
    foreign_keys: Vec<ForeignKey>,
    /// Declared never to be null.
    filled: Vec<String>,
}

/// What the engine makes of the project's metrics and actions, with its key.
const MADE: [(&str, &str, &[&str]); 4] = [
    (
        "published.metric_value",
        "Every figure: a row for each metric, basis, part, area, period and breakdown",
        &[
            "metric_id",
            "basis",
            "part",
            "area_code",
            "period",
            "period_grain",
            "breakdown_topic",
            "breakdown",
        ],
    ),
    (
        "published.metric_definition",
        "What every figure of the release means",
        &["metric_id", "basis", "part"],
    ),
    (
        "published.action",
        "What the area has promised: a row for each action",
        &["action_id"],
    ),
    (
        "published.action_metric",
        "Figures that would show whether a promise is kept",
        &[],
    ),
];

/// Where columns of made tables point.
const MADE_REFERENCES: [(&str, &[&str], &str); 2] = [
    (
        "published.metric_value",
        &["metric_id", "basis", "part"],
        "published.metric_definition",
    ),
    (
        "published.action_metric",
        &["action_id"],
        "published.action",
    ),
];

impl Descriptions {
    pub(crate) fn of(project: &Project) -> Descriptions {
        let mut all = BTreeMap::new();
        for (name, remarks, key) in MADE {
            let made = Description {
                remarks: remarks.to_owned(),
                key: owned(key),
                foreign_keys: (MADE_REFERENCES.iter())
                    .filter(|(table, _, _)| *table == name)
                    .map(|(_, columns, to)| ForeignKey {
                        columns: owned(columns),
                        table: (*to).to_owned(),
                        to: owned(columns),
                    })
                    .collect(),
                ..Description::default()
            };
            all.insert(name.to_owned(), made);
        }
        for contract in &project.contracts {
            all.insert(contract.table(), of_contract(contract));
        }
        for seed in &project.seeds {
            all.insert(seed.name.clone(), of_contract(&seed.contract));
        }
        for metric in &project.metrics {
            let remarks = format!("Figures of the metric {}", metric.id.value);
            let counted = Description {
                remarks,
                ..Description::default()
            };
            all.insert(metric.counted_table(), counted);
        }
        for model in &project.models {
            all.insert(model.name.value.clone(), of_model(model));
        }
        Descriptions(all)
    }

    /// What metadata may tell of these tables.
    pub(crate) fn visible(&self, seen: &BTreeMap<(String, String), Arc<GovernedTable>>) -> Visible {
        let mut tables: BTreeMap<String, VisibleTable> = (seen.iter())
            .map(|((schema, name), governed)| {
                let full = format!("{schema}.{name}");
                (full.clone(), self.table(&full, schema, name, governed))
            })
            .collect();
        let has = |table: &str, column: &String| {
            (tables.get(table)).is_some_and(|table| table.schema.field_with_name(column).is_ok())
        };
        // A key of which a part is hidden is none.
        let keys: Vec<_> = (tables.iter())
            .map(|(name, table)| {
                let points = |key: &&ForeignKey| {
                    key.columns.iter().all(|column| has(name, column))
                        && key.to.iter().all(|column| has(&key.table, column))
                };
                let foreign: Vec<_> = table.foreign_keys.iter().filter(points).cloned().collect();
                let is_whole = table.primary_key.iter().all(|column| has(name, column));
                (name.clone(), is_whole, foreign)
            })
            .collect();
        for (name, is_whole, foreign) in keys {
            if let Some(table) = tables.get_mut(&name) {
                table.foreign_keys = foreign;
                if !is_whole {
                    table.primary_key.clear();
                }
            }
        }
        Visible { tables }
    }

    fn table(
        &self,
        full: &str,
        schema_name: &str,
        name: &str,
        governed: &GovernedTable,
    ) -> VisibleTable {
        let unknown = Description::default();
        let said = self.0.get(full).unwrap_or(&unknown);
        let schema = outlet_schema(&governed.schema());
        let columns = (governed.schema().fields().iter())
            .map(|field| VisibleColumn {
                remarks: said.columns.get(field.name()).cloned(),
                is_nullable: !said.filled.contains(field.name())
                    || governed.is_masked(field.name()),
            })
            .collect();
        VisibleTable {
            schema_name: schema_name.to_owned(),
            name: name.to_owned(),
            remarks: (!said.remarks.is_empty()).then(|| said.remarks.clone()),
            // A masked value need not name a row once.
            primary_key: match said.key.iter().any(|column| governed.is_masked(column)) {
                true => Vec::new(),
                false => said.key.clone(),
            },
            foreign_keys: (said.foreign_keys.iter())
                .filter(|key| !key.columns.iter().any(|column| governed.is_masked(column)))
                .cloned()
                .collect(),
            is_view: governed.is_view(),
            schema,
            columns,
        }
    }
}

fn of_contract(contract: &Contract) -> Description {
    let key: Vec<String> = (contract.key.iter())
        .flat_map(|key| key.columns.iter().map(|column| column.value.clone()))
        .collect();
    let described = contract.columns.iter();
    let columns = described
        .filter(|column| !column.description.is_empty())
        .map(|column| (column.name.value.clone(), column.description.clone()))
        .collect();
    let foreign_keys = (contract.references.iter())
        .map(|reference| ForeignKey {
            columns: (reference.columns.iter())
                .map(|c| c.value.clone())
                .collect(),
            table: reference.table.value.clone(),
            to: reference.to.iter().map(|c| c.value.clone()).collect(),
        })
        .collect();
    Description {
        remarks: contract.description.clone(),
        columns,
        filled: key.clone(),
        key,
        foreign_keys,
    }
}

fn of_model(model: &Model) -> Description {
    let key: Vec<String> = model
        .grain
        .iter()
        .map(|column| column.value.clone())
        .collect();
    let mut filled = key.clone();
    let mut foreign_keys = Vec::new();
    for test in &model.tests {
        match &test.check {
            Check::NotNull(columns) => filled.extend(columns.iter().map(|c| c.value.clone())),
            Check::Relationship { column, to, field } => foreign_keys.push(ForeignKey {
                columns: vec![column.value.clone()],
                table: to.value.clone(),
                to: vec![field.value.clone()],
            }),
            _ => {}
        }
    }
    Description {
        remarks: model.description.clone(),
        columns: BTreeMap::new(),
        key,
        foreign_keys,
        filled,
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
