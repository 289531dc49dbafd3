//! A commit makes staged rows visible, all at once. There is one way to do it,
//! here: one new entry in the table's log, written create-only at the version
//! after the one that the stage began from.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::provenance::Provenance;
use crate::stage::{Period, Staged};
use crate::table::{PROVENANCE_KEY, Table, log_entry, read_commit};
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::CommitData;
use deltalake::kernel::{Action, MetadataExt as _, Protocol, StructType, new_metadata};
use deltalake::protocol::{DeltaOperation, SaveMode};
use object_store::path::Path;
use std::collections::HashMap;

/// Which rows the staged ones take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them; the schema may change.
    Everything,
    /// Those of the periods named, which are whole partitions. A period with no
    /// staged rows becomes empty.
    Periods {
        /// The table's partition columns.
        columns: Vec<String>,
        /// The periods that are replaced; a staged row outside them is an error.
        values: Vec<Period>,
    },
    /// None.
    Append,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The version that is now the newest.
    pub version: u64,
    /// Rows that it added.
    pub added_rows: u64,
    /// Rows that were visible before and are not any more.
    pub superseded_rows: u64,
}

impl Scope {
    /// Replaces exactly the periods that have staged rows.
    pub fn staged_periods(staged: &Staged) -> Scope {
        Scope::Periods { columns: staged.partition_by.clone(), values: staged.periods() }
    }
}

impl Lake {
    /// Makes staged rows visible in one step, with where they came from.
    ///
    /// # Errors
    /// [`LakeError::LostRace`] when the table has moved since the stage began
    /// (an append follows the table instead); [`LakeError::SchemaChange`] when
    /// the rows do not fit. After any error nothing is visible that was not
    /// before.
    pub async fn commit(&self, staged: Staged, scope: Scope, provenance: Provenance) -> Result<Committed> {
        let commit_id = uuid::Uuid::now_v7().to_string();
        let provenance = Provenance { commit_id: commit_id.clone(), ..provenance };
        for _ in 0..APPEND_TRIES {
            let current = Table::open(self, staged.name.clone(), None).await?;
            let found = current.as_ref().map(Table::version);
            if scope != Scope::Append && found != staged.base {
                return Err(LakeError::LostRace { what: staged.table() });
            }
            let plan = Plan::new(&staged, &scope, current.as_ref())?;
            let version = found.map_or(0, |version| version + 1);
            let committed = Committed {
                version,
                added_rows: staged.rows(),
                superseded_rows: plan.superseded_rows,
            };
            let entry = plan.entry(&staged, &scope, &provenance, committed)?;
            match self.write_entry(&staged.name, version, entry, &commit_id).await {
                Ok(()) => {
                    checkpoint(self, &staged.name, version).await;
                    return Ok(committed);
                }
                Err(error) if error.is_lost_race() && scope == Scope::Append => {}
                Err(error) => return Err(error),
            }
        }
        Err(LakeError::LostRace { what: staged.table() })
    }

    /// Writes a log entry create-only. A store may answer "it is there already",
    /// or not at all, although the entry is our own: then the log decides.
    async fn write_entry(&self, name: &TableName, version: u64, entry: Vec<u8>, commit_id: &str) -> Result<()> {
        let path: Path = log_entry(name, version);
        let Err(error) = self.create(&path, entry).await else { return Ok(()) };
        match read_commit(self, name, version).await {
            Ok(Some(commit)) if commit.provenance.as_ref().is_some_and(|p| p.commit_id == commit_id) => Ok(()),
            Ok(Some(_)) => Err(LakeError::LostRace { what: name.to_string() }),
            Ok(None) | Err(_) => Err(error),
        }
    }
}

/// What a commit will do to a table.
struct Plan {
    actions: Vec<Action>,
    superseded_rows: u64,
}

impl Plan {
    fn new(staged: &Staged, scope: &Scope, current: Option<&Table>) -> Result<Plan> {
        let mut actions = schema_actions(staged, scope, current)?;
        let mut superseded_rows = 0;
        if let Some(table) = current {
            for view in table.snapshot().log_data().iter() {
                let values = view.partition_values_map();
                let period: Period =
                    table.partition_by().iter().map(|c| values.get(c).cloned().flatten()).collect();
                if is_replaced(scope, &period) {
                    superseded_rows += view.num_records().unwrap_or_default() as u64;
                    actions.push(Action::Remove(view.remove_action(true)));
                }
            }
        }
        if let Scope::Periods { .. } = scope
            && let Some(stray) = staged.periods().iter().find(|period| !is_replaced(scope, period))
        {
            return Err(LakeError::SchemaChange {
                table: staged.table(),
                reason: format!("there are rows for the period {}, which is not replaced", show(stray)),
            });
        }
        actions.extend(staged.files.iter().map(|file| Action::Add(file.add.clone())));
        Ok(Plan { actions, superseded_rows })
    }

    /// The log entry's bytes, one action a line, ended by a newline so that a
    /// torn entry can be told from a whole one.
    fn entry(
        self,
        staged: &Staged,
        scope: &Scope,
        provenance: &Provenance,
        committed: Committed,
    ) -> Result<Vec<u8>> {
        let provenance = Provenance {
            added_rows: committed.added_rows,
            superseded_rows: committed.superseded_rows,
            ..provenance.clone()
        };
        let provenance = serde_json::to_value(provenance).map_err(|error| LakeError::Corrupt {
            what: format!("the provenance of {}", staged.table()),
            reason: error.to_string(),
        })?;
        let operation = DeltaOperation::Write {
            mode: if *scope == Scope::Append { SaveMode::Append } else { SaveMode::Overwrite },
            partition_by: (!staged.partition_by.is_empty()).then(|| staged.partition_by.clone()),
            predicate: None,
        };
        let metadata = HashMap::from([(PROVENANCE_KEY.to_owned(), provenance)]);
        let data = CommitData::new(self.actions, operation, metadata, Vec::new());
        let bytes = data.get_bytes().map_err(|error| LakeError::Corrupt {
            what: format!("the next log entry of {}", staged.table()),
            reason: error.to_string(),
        })?;
        let mut entry = bytes.to_vec();
        entry.push(b'\n');
        Ok(entry)
    }
}

fn is_replaced(scope: &Scope, period: &Period) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Append => false,
        Scope::Periods { values, .. } => values.iter().any(|value| same_period(value, period)),
    }
}

/// Delta cannot tell an empty text from none.
fn same_period(a: &Period, b: &Period) -> bool {
    let known = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| known(a) == known(b))
}

fn show(period: &Period) -> String {
    period.iter().map(|value| value.as_deref().unwrap_or("(none)")).collect::<Vec<_>>().join(", ")
}

/// Protocol and metadata where the table is new or its schema changes.
fn schema_actions(staged: &Staged, scope: &Scope, current: Option<&Table>) -> Result<Vec<Action>> {
    let change = |reason: String| LakeError::SchemaChange { table: staged.table(), reason };
    if let Scope::Periods { columns, .. } = scope
        && columns != &staged.partition_by
    {
        return Err(change(format!(
            "its rows are divided by ({}) and cannot be replaced by ({})",
            staged.partition_by.join(", "),
            columns.join(", ")
        )));
    }
    let Some(table) = current else {
        let schema = delta_schema(staged, &staged.schema)?;
        let none: [(String, String); 0] = [];
        let metadata = new_metadata(&schema, &staged.partition_by, none)
            .map_err(|error| change(error.to_string()))?;
        return Ok(vec![Action::Protocol(oldest_protocol()?), Action::Metadata(metadata)]);
    };
    if *scope == Scope::Everything {
        if table.schema() == &staged.schema && table.partition_by() == staged.partition_by {
            return Ok(Vec::new());
        }
        let schema = delta_schema(staged, &staged.schema)?;
        return Ok(vec![Action::Metadata(replaced_metadata(staged, table, &schema)?)]);
    }
    if table.partition_by() != staged.partition_by {
        return Err(change(format!(
            "its rows are divided by ({}), and these by ({}); replace everything to change that",
            table.partition_by().join(", "),
            staged.partition_by.join(", ")
        )));
    }
    let merged = merged_schema(staged, table.schema())?;
    if &merged == table.schema() {
        return Ok(Vec::new());
    }
    let schema = delta_schema(staged, &merged)?;
    let metadata = table.snapshot().metadata().clone();
    let metadata = metadata.with_schema(&schema).map_err(|error| change(error.to_string()))?;
    Ok(vec![Action::Metadata(metadata)])
}

/// The table's columns, then the new ones. A column that the new rows lack
/// stays, null in them.
fn merged_schema(staged: &Staged, table: &SchemaRef) -> Result<SchemaRef> {
    let mut fields: Vec<_> = table.fields().iter().cloned().collect();
    for field in staged.schema.fields() {
        match table.field_with_name(field.name()) {
            Ok(known) if known.data_type() == field.data_type() => {}
            Ok(known) => {
                return Err(LakeError::SchemaChange {
                    table: staged.table(),
                    reason: format!(
                        "column \"{}\" is {} in the table and {} in the new rows; load the whole table \
                         again to change a column's type",
                        field.name(),
                        known.data_type(),
                        field.data_type()
                    ),
                });
            }
            Err(_) => fields.push(field.clone()),
        }
    }
    Ok(std::sync::Arc::new(Schema::new(fields)))
}

fn delta_schema(staged: &Staged, schema: &SchemaRef) -> Result<StructType> {
    schema.as_ref().try_into_kernel().doing(|| format!("describing the columns of {}", staged.table()))
}

/// The same table, with other columns or other partition columns.
fn replaced_metadata(
    staged: &Staged,
    table: &Table,
    schema: &StructType,
) -> Result<deltalake::kernel::Metadata> {
    let change = |error: deltalake::kernel::Error| LakeError::SchemaChange {
        table: staged.table(),
        reason: error.to_string(),
    };
    let none: [(String, String); 0] = [];
    new_metadata(schema, &staged.partition_by, none)
        .map_err(change)?
        .with_table_id(table.snapshot().metadata().id().to_owned())
        .map_err(|error| LakeError::SchemaChange { table: staged.table(), reason: error.to_string() })
}

/// Reader 1, writer 2: every program that reads Delta reads this.
fn oldest_protocol() -> Result<Protocol> {
    serde_json::from_value(serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 2})).map_err(|error| {
        LakeError::Corrupt { what: "the table protocol".into(), reason: error.to_string() }
    })
}

/// A checkpoint spares readers the older entries. It is a convenience: when it
/// fails the commit stands.
async fn checkpoint(lake: &Lake, name: &TableName, version: u64) {
    if version == 0 || !version.is_multiple_of(CHECKPOINT_EVERY) {
        return;
    }
    let mut table = deltalake::DeltaTable::new(lake.log_store(name));
    let made = match table.load_version(version).await {
        Ok(()) => deltalake::checkpoints::create_checkpoint(&table, None).await,
        Err(error) => Err(error),
    };
    if let Err(error) = made {
        tracing::warn!(table = %name, version, %error, "no checkpoint was made; the commit stands");
    }
}

const CHECKPOINT_EVERY: u64 = 50;

/// How often an append follows a table that others are appending to.
const APPEND_TRIES: usize = 20;

