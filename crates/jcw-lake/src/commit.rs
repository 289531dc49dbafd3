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


#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ask, batch, by_period, load, number, on_disk, staged, write};
    use arrow::array::{
        ArrayRef, Date32Array, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray,
        TimestampNanosecondArray,
    };
    use std::sync::Arc;

    #[tokio::test]
    async fn a_period_delivered_again_replaces_only_itself_and_is_counted() {
        let (folder, lake) = on_disk().await;
        let first = load(&lake, "a.b", &[("2023", 1), ("2024", 2), ("2024", 3)]).await;
        assert_eq!((first.version, first.added_rows, first.superseded_rows), (0, 3, 0));
        let untouched = || {
            let period = folder.path().join("tables/a/b/period=2023");
            let file = std::fs::read_dir(period).unwrap().next().unwrap().unwrap().path();
            (file.clone(), std::fs::read(file).unwrap())
        };
        let before = untouched();
        let second = load(&lake, "a.b", &[("2024", 5)]).await;
        assert_eq!((second.version, second.added_rows, second.superseded_rows), (1, 1, 2));
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 6);
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b where period = '2024'").await, 5);
        assert!(before == untouched(), "the other period's bytes are the same");
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert_eq!(table.rows(), 2);
        assert_eq!(table.rows_by_period()[&vec![Some("2024".to_owned())]], 1);
        assert_eq!(table.at(0).await.unwrap().rows(), 3);
    }

    #[tokio::test]
    async fn staged_rows_can_be_asked_before_anybody_sees_them_and_abandoned() {
        let (folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1)]).await;
        let next = staged(&lake, "a.b", &[("2023", 7), ("a b/c%", 8)]).await;
        let answer = ask(&lake, "a.b", next.provider().unwrap(), "select * from a.b order by n").await;
        assert!(answer.contains("| a b/c% | 8 |"), "{answer}");
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 1);
        next.abandon().await;
        let left: usize = walk(&folder.path().join("tables"))
            .iter()
            .filter(|path| path.extension().is_some_and(|e| e == "parquet"))
            .count();
        assert_eq!(left, 1);
    }

    fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
        }
        found
    }

    #[tokio::test]
    async fn odd_period_values_come_back_as_they_were() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("a b/c%", 1), ("2024=é", 2), ("x'y", 3)]).await;
        load(&lake, "a.b", &[("a b/c%", 10)]).await;
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert_eq!(table.rows(), 3);
        let answer = ask(&lake, "a.b", table.provider().unwrap(), "select * from a.b order by n").await;
        for row in ["| 2024=é | 2  |", "| x'y    | 3  |", "| a b/c% | 10 |"] {
            assert!(answer.contains(row), "{answer}");
        }
    }

    #[tokio::test]
    async fn replacing_with_nothing_empties_a_period_or_the_table() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1), ("2024", 2)]).await;
        let nothing = lake.stage("a.b", &batch(&[]).schema(), &by_period()).await.unwrap().finish(Vec::new());
        let scope =
            Scope::Periods { columns: by_period(), values: vec![vec![Some("2024".into())]] };
        let made = lake.commit(nothing, scope, Provenance::default()).await.unwrap();
        assert_eq!((made.added_rows, made.superseded_rows), (0, 1));
        let nothing = lake.stage("a.b", &batch(&[]).schema(), &by_period()).await.unwrap().finish(Vec::new());
        let made = lake.commit(nothing, Scope::Everything, Provenance::default()).await.unwrap();
        assert_eq!((made.added_rows, made.superseded_rows), (0, 1));
        assert_eq!(number(&lake, "a.b", "select count(*) from a.b").await, 0);
    }

    #[tokio::test]
    async fn a_table_can_begin_empty() {
        let (_folder, lake) = on_disk().await;
        let nothing = lake.stage("a.b", &batch(&[]).schema(), &[]).await.unwrap().finish(Vec::new());
        lake.commit(nothing, Scope::Everything, Provenance::default()).await.unwrap();
        assert_eq!(number(&lake, "a.b", "select count(*) from a.b where n > 1").await, 0);
    }

    #[tokio::test]
    async fn a_lost_race_is_reported_not_retried_blindly() {
        let (folder, lake) = on_disk().await;
        let other = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let mine = staged(&lake, "a.b", &[("2024", 1)]).await;
        load(&other, "a.b", &[("2024", 2)]).await;
        let scope = Scope::staged_periods(&mine);
        let lost = lake.commit(mine, scope, Provenance::default()).await.unwrap_err();
        assert!(lost.is_lost_race(), "{lost}");
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 2);
    }

    #[tokio::test]
    async fn appends_from_many_sides_are_all_kept() {
        let (folder, lake) = on_disk().await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..6 {
            let other = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
            tasks.spawn(async move {
                let rows = batch(&[("x", n)]);
                let stage = other.stage("jcw.run", &rows.schema(), &[]).await.unwrap();
                let staged = write(stage, &[rows]).await;
                other.commit(staged, Scope::Append, Provenance::default()).await.unwrap().version
            });
        }
        let mut versions = tasks.join_all().await;
        versions.sort_unstable();
        assert_eq!(versions, vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(number(&lake, "jcw.run", "select sum(n) from jcw.run").await, 15);
    }

    #[tokio::test]
    async fn a_new_column_may_join_a_period_but_a_type_may_not_change() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1)]).await;
        let wider = RecordBatch::try_from_iter([
            ("period", Arc::new(StringArray::from(vec!["2024"])) as ArrayRef),
            ("word", Arc::new(StringArray::from(vec!["new"])) as ArrayRef),
        ])
        .unwrap();
        let staged = write(lake.stage("a.b", &wider.schema(), &by_period()).await.unwrap(), &[wider]).await;
        let scope = Scope::staged_periods(&staged);
        lake.commit(staged, scope, Provenance::default()).await.unwrap();
        let table = lake.table("a.b").await.unwrap().unwrap();
        let answer =
            ask(&lake, "a.b", table.provider().unwrap(), "select period, n, word from a.b order by period").await;
        assert!(answer.contains("| 2023   | 1 |      |") && answer.contains("| 2024   |   | new  |"), "{answer}");

        let other = RecordBatch::try_from_iter([
            ("period", Arc::new(StringArray::from(vec!["2024"])) as ArrayRef),
            ("n", Arc::new(StringArray::from(vec!["one"])) as ArrayRef),
        ])
        .unwrap();
        let staged = write(lake.stage("a.b", &other.schema(), &by_period()).await.unwrap(), std::slice::from_ref(&other)).await;
        let scope = Scope::staged_periods(&staged);
        let refused = lake.commit(staged, scope, Provenance::default()).await.unwrap_err();
        assert!(matches!(refused, LakeError::SchemaChange { .. }), "{refused}");
        // All of it may be replaced by anything.
        let staged = write(lake.stage("a.b", &other.schema(), &[]).await.unwrap(), &[other]).await;
        let made = lake.commit(staged, Scope::Everything, Provenance::default()).await.unwrap();
        assert_eq!(made.superseded_rows, 2);
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert!(table.partition_by().is_empty());
        assert_eq!(table.schema().field(1).data_type(), &arrow::datatypes::DataType::Utf8View);
    }

    #[tokio::test]
    async fn instants_decimals_and_dates_come_back_exact_and_declared_is_scanned() {
        let (_folder, lake) = on_disk().await;
        let micros = 1_711_843_200_123_456;
        let rows = RecordBatch::try_from_iter([
            ("at", Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("Europe/London")) as ArrayRef),
            ("naive", Arc::new(TimestampNanosecondArray::from(vec![micros * 1000])) as ArrayRef),
            (
                "money",
                Arc::new(
                    Decimal128Array::from(vec![12_345_678_901_234_567_890_i128])
                        .with_precision_and_scale(38, 4)
                        .unwrap(),
                ) as ArrayRef,
            ),
            ("on", Arc::new(Date32Array::from(vec![19_800])) as ArrayRef),
            ("word", Arc::new(StringArray::from(vec!["é".repeat(100)])) as ArrayRef),
        ])
        .unwrap();
        let stage = lake.stage("a.b", &rows.schema(), &["on".to_owned()]).await.unwrap();
        let declared = stage.schema().clone();
        let staged = write(stage, &[rows]).await;
        assert_eq!(staged.periods(), vec![vec![Some("2024-03-18".to_owned())]]);
        lake.commit(staged, Scope::Everything, Provenance::default()).await.unwrap();
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert_eq!(table.schema(), &declared);
        let catalog = lake.empty_catalog();
        catalog.pin("a.b", 0).unwrap();
        let session = crate::session(catalog, &Default::default()).unwrap();
        let read = session.sql("select * from a.b").await.unwrap().collect().await.unwrap();
        assert_eq!(read[0].schema().fields(), declared.fields());
        let shown = arrow::util::pretty::pretty_format_batches(&read).unwrap().to_string();
        assert!(shown.contains("2024-03-31T00:00:00.123456Z | 2024-03-31T00:00:00.123456Z"), "{shown}");
        assert!(shown.contains("1234567890123456.7890") && shown.contains("2024-03-18"), "{shown}");
        let longest = session.sql("select max(word) = repeat('é', 100) as same from a.b").await.unwrap();
        let same = arrow::util::pretty::pretty_format_batches(&longest.collect().await.unwrap()).unwrap();
        assert!(same.to_string().contains("true"), "{same}");
    }

    #[tokio::test]
    async fn a_commit_tells_where_its_rows_came_from() {
        let (_folder, lake) = on_disk().await;
        for run in ["one", "two", "three"] {
            let staged = staged(&lake, "a.b", &[("2024", 1)]).await;
            let provenance = Provenance { run_id: run.into(), ..Default::default() };
            lake.commit(staged, Scope::Everything, provenance).await.unwrap();
        }
        let table = lake.table("a.b").await.unwrap().unwrap();
        let newest = table.provenance().await.unwrap().unwrap();
        assert_eq!((newest.run_id.as_str(), newest.added_rows, newest.superseded_rows), ("three", 1, 1));
        assert_eq!(table.find_commit(|p| p.run_id == "one").await.unwrap().unwrap().version, 0);
        assert!(table.find_commit(|p| p.run_id == "four").await.unwrap().is_none());
        assert_eq!(table.history(2).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn the_log_holds_no_text_of_a_row() {
        let (folder, lake) = on_disk().await;
        let rows = batch(&[("9434765919", 4242)]);
        let staged = write(lake.stage("a.b", &rows.schema(), &[]).await.unwrap(), &[rows]).await;
        lake.commit(staged, Scope::Everything, Provenance::default()).await.unwrap();
        let log = folder.path().join("tables/a/b/_delta_log/00000000000000000000.json");
        let log = std::fs::read_to_string(log).unwrap();
        assert!(!log.contains("9434765919") && log.contains("4242"), "{log}");
        assert!(log.ends_with('\n'));
        assert!(log.contains(r#""minReaderVersion":1,"minWriterVersion":2"#), "{log}");
    }

    #[tokio::test]
    async fn a_long_log_stays_quick_and_readable() {
        let (folder, lake) = on_disk().await;
        for n in 0..53 {
            let rows = batch(&[("x", n)]);
            let staged = write(lake.stage("jcw.run", &rows.schema(), &[]).await.unwrap(), &[rows]).await;
            lake.commit(staged, Scope::Append, Provenance::default()).await.unwrap();
        }
        assert!(folder.path().join("tables/jcw/run/_delta_log/_last_checkpoint").is_file());
        assert_eq!(number(&lake, "jcw.run", "select count(*) from jcw.run").await, 53);
        let table = lake.table("jcw.run").await.unwrap().unwrap();
        assert_eq!(table.at(10).await.unwrap().rows(), 11);
        assert_eq!(table.schema().field(0).name(), "period");
    }
}
