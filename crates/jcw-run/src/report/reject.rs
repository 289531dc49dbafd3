//! The rejects of a run, counted by rule. They are read in one pass that keeps
//! no more than a few rows of each rule, so that a million rejects cost no more
//! memory than fifty.

use crate::Error;
use crate::ledger::REJECT_TABLE;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::prelude::{col, lit};
use futures::TryStreamExt;
use jcw_contract::fold_label;
use jcw_lake::{Lake, SessionSettings, session};
use jcw_project::{Classification, Column, Contract, Kind};
use std::collections::BTreeMap;

/// Rows of each rule that a report names.
const MOST_EXAMPLES: usize = 50;
/// Characters of an identifier that a report quotes.
const MOST_CHARACTERS: usize = 60;

/// The rules broken in one run, by source, table and rule.
pub(crate) type Broken = BTreeMap<(String, String, String), BrokenRule>;

/// How often a rule was broken in one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct BrokenRule {
    pub(crate) column: Option<String>,
    pub(crate) severity: String,
    pub(crate) rows: u64,
    /// The first rows, by where they stood.
    examples: BTreeMap<Origin, Cause>,
}

/// Where a row stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) file: String,
    pub(crate) sheet: Option<String>,
    pub(crate) row: i64,
}

#[derive(Debug, Clone)]
struct Cause {
    reason: String,
    values: String,
}

/// A row that broke a rule, as it may be named to the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) origin: Origin,
    pub(crate) reason: String,
    /// The partner's own identifiers: `local_patient_id L123`.
    pub(crate) id: String,
}

/// Reads the rejects of a run, as the vault has them.
pub(crate) async fn read(lake: &Lake, run_id: &str) -> Result<Broken, Error> {
    let mut broken = Broken::new();
    let lake = &lake.vault()?;
    let Some(table) = lake.table(REJECT_TABLE).await? else {
        return Ok(broken);
    };
    let context = session(lake.empty_catalog(), &SessionSettings::default())?;
    let mut batches = context
        .read_table(table.provider()?)?
        .filter(col("run").eq(lit(run_id)))?
        .select_columns(&[
            "source",
            "table_name",
            "rule",
            "column",
            "severity",
            "reason",
            "file",
            "sheet",
            "row",
            "row_values",
        ])?
        .execute_stream()
        .await?;
    while let Some(batch) = batches.try_next().await? {
        take_in(&mut broken, &batch)?;
    }
    Ok(broken)
}

fn take_in(broken: &mut Broken, batch: &RecordBatch) -> Result<(), Error> {
    let text = |place: usize| -> Result<StringArray, Error> {
        let text = cast(batch.column(place), &DataType::Utf8)?;
        Ok(text.as_string::<i32>().clone())
    };
    let (source, table, rule, column) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let (severity, reason, file, sheet) = (text(4)?, text(5)?, text(6)?, text(7)?);
    let (row, values) = (cast(batch.column(8), &DataType::Int64)?, text(9)?);
    let row = row.as_primitive::<Int64Type>();
    let some =
        |texts: &StringArray, at: usize| texts.is_valid(at).then(|| texts.value(at).to_owned());
    for at in 0..batch.num_rows() {
        let key = (
            source.value(at).to_owned(),
            some(&table, at).unwrap_or_default(),
            rule.value(at).to_owned(),
        );
        let rule = broken.entry(key).or_insert_with(|| BrokenRule {
            column: some(&column, at),
            severity: severity.value(at).to_owned(),
            ..BrokenRule::default()
        });
        rule.rows += 1;
        let origin = Origin {
            file: file.value(at).to_owned(),
            sheet: some(&sheet, at),
            row: row.value(at),
        };
        let is_early = (rule.examples.last_key_value()).is_none_or(|(last, _)| origin < *last);
        if rule.examples.len() < MOST_EXAMPLES || is_early {
            let cause = Cause {
                reason: reason.value(at).to_owned(),
                values: values.value(at).to_owned(),
            };
            rule.examples.insert(origin, cause);
        }
        if rule.examples.len() > MOST_EXAMPLES {
            rule.examples.pop_last();
        }
    }
    Ok(())
}

impl BrokenRule {
    /// What the rule says, as it was said of the first row.
    pub(crate) fn reason(&self) -> &str {
        (self.examples.values().next()).map_or("", |cause| cause.reason.as_str())
    }

    /// The first rows, named by the contract's row id.
    pub(crate) fn examples(&self, contract: Option<&Contract>) -> Vec<Example> {
        let columns = contract.map(id_columns).unwrap_or_default();
        (self.examples.iter())
            .map(|(origin, cause)| Example {
                origin: origin.clone(),
                reason: cause.reason.clone(),
                id: id_of(&columns, &cause.values),
            })
            .collect()
    }
}

/// The columns by which the partner knows a row: those declared for it, or
/// those of the key that say of nobody who they are.
fn id_columns(contract: &Contract) -> Vec<&Column> {
    if !contract.row_id.is_empty() {
        return (contract.row_id.iter())
            .filter_map(|name| contract.column(name))
            .filter(|column| column.classification != Classification::Identifier)
            .collect();
    }
    let key = contract.key.iter().flat_map(|key| &key.columns);
    key.filter_map(|name| contract.column(name))
        .filter(|column| {
            column.classification != Classification::Identifier
                && !matches!(column.kind, Kind::NhsNumber | Kind::Upn | Kind::Uln)
        })
        .collect()
}

/// Picks the identifiers from a row as it came, label to text.
fn id_of(columns: &[&Column], values: &str) -> String {
    let values: BTreeMap<String, Option<String>> = serde_json::from_str(values).unwrap_or_default();
    let values: BTreeMap<String, String> = (values.into_iter())
        .filter_map(|(label, value)| Some((fold_label(&label), value?)))
        .collect();
    let parts = columns.iter().filter_map(|column| {
        let labels = std::iter::once(&column.name.value).chain(&column.aliases);
        let value = labels
            .filter_map(|label| values.get(&fold_label(label)))
            .map(|value| value.trim())
            .find(|value| !value.is_empty())?;
        let value: String = value.chars().take(MOST_CHARACTERS).collect();
        Some(format!("{} {value}", column.name.value))
    });
    parts.collect::<Vec<_>>().join(", ")
}
