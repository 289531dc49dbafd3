//! A [`Stage`] is rows that are written but not yet visible: Parquet files in
//! the table's own folder that no commit mentions. They can be queried and
//! tested; then they are committed as they are, or abandoned.

use crate::data_file::OpenFile;
use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::period_split::{can_divide, split};
use crate::scan::{DataFile, Scan};
use crate::table::newest_version;
use crate::types::{stored_schema, to_stored};
use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use deltalake::kernel::Add;
use deltalake::logstore::LogStore as _;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The values of a table's period columns that name one period, in the text
/// form that Delta uses: dates `2024-03-31`, numbers in digits, text as it is,
/// none for null.
pub type Period = Vec<Option<String>>;

/// A table's next rows in the making.
#[derive(Debug)]
pub struct Stage {
    lake: Lake,
    name: TableName,
    schema: SchemaRef,
    partition_by: Vec<String>,
    base: Option<u64>,
    properties: WriterProperties,
}

/// Writes rows into a stage. Several may write at the same time, each from its
/// own task.
pub struct StageWriter {
    lake: Lake,
    name: TableName,
    schema: SchemaRef,
    /// Without the period columns, which are in the log.
    file_schema: SchemaRef,
    partition_by: Vec<String>,
    properties: WriterProperties,
    files: BTreeMap<Period, PeriodFile>,
    waiting_bytes: usize,
    may_wait: usize,
}

/// One period's file, and its rows that are not in it yet.
struct PeriodFile {
    open: OpenFile,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
}

/// A finished Parquet file that is not visible yet.
#[derive(Debug, Clone)]
pub struct StagedFile {
    pub(crate) add: Add,
    pub(crate) rows: u64,
}

/// Finished files, ready to be tested and committed.
#[derive(Debug)]
pub struct Staged {
    pub(crate) lake: Lake,
    pub(crate) name: TableName,
    pub(crate) schema: SchemaRef,
    pub(crate) partition_by: Vec<String>,
    pub(crate) base: Option<u64>,
    pub(crate) files: Vec<StagedFile>,
}

impl Lake {
    /// Begins a table's next rows. `schema` is any Arrow schema; it is brought
    /// to stored types. `partition_by` are the period columns, or none.
    ///
    /// # Errors
    /// When a column has a type that cannot be stored, or one that a table cannot
    /// be divided by.
    pub async fn stage(
        &self,
        name: &str,
        schema: &SchemaRef,
        partition_by: &[String],
    ) -> Result<Stage> {
        let name = TableName::parse(name)?;
        let schema = stored_schema(&name.to_string(), schema)?;
        for column in partition_by {
            let reason = match schema.field_with_name(column) {
                Ok(field) if can_divide(field.data_type()) => continue,
                Ok(field) => format!(
                    "it cannot be divided by \"{column}\", which is {}; use a text, a whole number or a date",
                    field.data_type()
                ),
                Err(_) => format!("there is no column \"{column}\" to divide it by"),
            };
            return Err(LakeError::SchemaChange {
                table: name.to_string(),
                reason,
            });
        }
        if partition_by.len() >= schema.fields().len() {
            return Err(LakeError::SchemaChange {
                table: name.to_string(),
                reason: "it needs a column besides those that divide it".into(),
            });
        }
        let base = newest_version(self, &name).await?;
        Ok(Stage {
            lake: self.clone(),
            name,
            schema,
            partition_by: partition_by.to_vec(),
            base,
            properties: properties(match self.is_vault() {
                // What a log says of dates, it says of dates of birth.
                true => EnabledStatistics::None,
                false => EnabledStatistics::Chunk,
            })?,
        })
    }
}

impl Stage {
    /// The table's schema in stored types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// One more writer.
    pub fn writer(&self) -> StageWriter {
        let is_kept = |field: &&Arc<Field>| !self.partition_by.contains(field.name());
        let kept: Vec<_> = self
            .schema
            .fields()
            .iter()
            .filter(is_kept)
            .cloned()
            .collect();
        StageWriter {
            lake: self.lake.clone(),
            name: self.name.clone(),
            schema: self.schema.clone(),
            file_schema: Arc::new(Schema::new(kept)),
            partition_by: self.partition_by.clone(),
            properties: self.properties.clone(),
            files: BTreeMap::new(),
            waiting_bytes: 0,
            may_wait: MAY_WAIT,
        }
    }

    /// The stage with the files of all its writers.
    pub fn finish(self, files: Vec<StagedFile>) -> Staged {
        Staged {
            lake: self.lake,
            name: self.name,
            schema: self.schema,
            partition_by: self.partition_by,
            base: self.base,
            files,
        }
    }

    /// Writes one stream of batches with one writer, and finishes.
    ///
    /// # Errors
    /// When the stream or the store fails; what was written is deleted.
    pub async fn write_all<E>(
        self,
        batches: impl futures::Stream<Item = Result<RecordBatch, E>>,
    ) -> Result<Staged, E>
    where
        E: From<LakeError>,
    {
        let mut writer = self.writer();
        let mut batches = std::pin::pin!(batches);
        while let Some(batch) = batches.next().await {
            let written = match batch {
                Ok(batch) => writer.write(&batch).await.map_err(E::from),
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                writer.abandon().await;
                return Err(error);
            }
        }
        let files = writer.close().await?;
        Ok(self.finish(files))
    }
}

impl StageWriter {
    /// Adds rows. Columns are found by name; a missing one is null.
    ///
    /// # Errors
    /// When a value does not fit its stored type, or the store fails.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = to_stored(batch, &self.schema)?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.partition_by.is_empty() {
            return self.file(&Vec::new())?.open.write(&batch).await;
        }
        for (period, rows) in split(&batch, &self.partition_by, &self.file_schema)? {
            let bytes = rows.get_array_memory_size();
            let file = self.file(&period)?;
            file.waiting_bytes += bytes;
            file.waiting.push(rows);
            self.waiting_bytes += bytes;
        }
        while self.waiting_bytes > self.may_wait {
            self.write_longest_waiting().await?;
        }
        Ok(())
    }

    /// Finishes the writer's files; durable on return.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(self) -> Result<Vec<StagedFile>> {
        let closing = self.files.into_values().map(|mut file| async move {
            file.write_waiting().await?;
            file.open.close().await
        });
        futures::stream::iter(closing)
            .buffered(CLOSED_AT_ONCE)
            .try_collect()
            .await
    }

    /// Stops, and leaves nothing behind that could be mistaken for a table's file.
    pub async fn abandon(self) {
        for file in self.files.into_values() {
            file.open.abandon().await;
        }
    }

    fn file(&mut self, period: &Period) -> Result<&mut PeriodFile> {
        match self.files.entry(period.clone()) {
            Entry::Occupied(file) => Ok(file.into_mut()),
            Entry::Vacant(place) => {
                let open = OpenFile::create(
                    &self.lake,
                    &self.name,
                    &self.partition_by,
                    period,
                    &self.file_schema,
                    self.properties.clone(),
                )?;
                Ok(place.insert(PeriodFile {
                    open,
                    waiting: Vec::new(),
                    waiting_bytes: 0,
                }))
            }
        }
    }

    /// A file takes memory for every column while it is being written. With many
    /// periods only one may be: the others' rows wait, and the period with most
    /// of them goes first.
    async fn write_longest_waiting(&mut self) -> Result<()> {
        let Some(file) = self
            .files
            .values_mut()
            .max_by_key(|file| file.waiting_bytes)
        else {
            return Ok(());
        };
        self.waiting_bytes -= file.waiting_bytes;
        file.write_waiting().await?;
        file.open.end_group().await
    }
}

impl PeriodFile {
    async fn write_waiting(&mut self) -> Result<()> {
        self.waiting_bytes = 0;
        for rows in std::mem::take(&mut self.waiting) {
            self.open.write(&rows).await?;
        }
        Ok(())
    }
}

impl StagedFile {
    /// Exact.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Staged {
    /// `council.dfe_requests`.
    pub fn table(&self) -> String {
        self.name.to_string()
    }

    /// The table's schema in stored types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Exact.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Parquet bytes.
    pub fn bytes(&self) -> u64 {
        self.files
            .iter()
            .map(|file| u64::try_from(file.add.size).unwrap_or_default())
            .sum()
    }

    /// The periods that have rows here, in order.
    pub fn periods(&self) -> Vec<Period> {
        let periods: BTreeSet<Period> = self.files.iter().map(|file| self.period(file)).collect();
        periods.into_iter().collect()
    }

    /// Leaves out the rows of some periods, and gives their number.
    pub async fn leave_out(&mut self, periods: &[Period]) -> u64 {
        let files = std::mem::take(&mut self.files);
        let (out, kept): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|file| periods.contains(&self.period(file)));
        self.files = kept;
        self.delete(&out).await;
        out.iter().map(|file| file.rows).sum()
    }

    pub(crate) fn period(&self, file: &StagedFile) -> Period {
        self.partition_by
            .iter()
            .map(|column| file.add.partition_values.get(column).cloned().flatten())
            .collect()
    }

    /// The staged rows, for data tests, exactly as they will be read once visible.
    ///
    /// # Errors
    /// When the schema does not fit the engine.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let root = self.lake.table_root(&self.name);
        let files = self
            .files
            .iter()
            .map(|file| {
                let path = Path::parse(&file.add.path).map_err(|error| LakeError::Corrupt {
                    what: file.add.path.clone(),
                    reason: error.to_string(),
                })?;
                Ok(DataFile {
                    path: path
                        .parts()
                        .fold(root.clone(), |path, part| path.join(part)),
                    size: u64::try_from(file.add.size).unwrap_or_default(),
                    rows: file.rows,
                    partition: self.period(file),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let scan = Scan::new(
            self.schema.clone(),
            &self.partition_by,
            files,
            self.lake.root().clone(),
            self.lake.url(),
        )
        .doing(|| format!("opening the staged rows of {}", self.name))?;
        Ok(Arc::new(scan))
    }

    /// Deletes the files. Not doing so is harmless: no commit mentions them.
    pub async fn abandon(self) {
        self.delete(&self.files).await;
    }

    async fn delete(&self, files: &[StagedFile]) {
        let store = self.lake.log_store(&self.name).object_store(None);
        for file in files {
            if let Ok(path) = Path::parse(&file.add.path)
                && let Err(error) = store.delete(&path).await
            {
                tracing::warn!(file = file.add.path, %error, "an abandoned file was left behind");
            }
        }
    }
}

fn properties(statistics: EnabledStatistics) -> Result<WriterProperties> {
    let zstd = ZstdLevel::try_new(1).map_err(|source| LakeError::Parquet {
        doing: "choosing the compression".into(),
        source,
    })?;
    Ok(WriterProperties::builder()
        .set_created_by(format!("jcw {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_dictionary_page_size_limit(DICTIONARY)
        .set_statistics_enabled(statistics)
        .build())
}

/// Few enough that two writers with a wide table hold tens of megabytes, many
/// enough that columns compress.
const ROWS_PER_GROUP: usize = 256 * 1024;

/// In bytes. A column with more different values than this holds is quicker to
/// write, and not much larger, without a dictionary.
const DICTIONARY: usize = 256 << 10;

/// In bytes, in one writer.
const MAY_WAIT: usize = 48 << 20;

/// Files whose last bytes are made durable at the same time.
const CLOSED_AT_ONCE: usize = 8;

#[cfg(test)]
mod tests {
    use crate::testing::{ask, batch, by_period, load, number, on_disk, staged, write};
    use crate::{Provenance, Scope};

    #[tokio::test]
    async fn staged_rows_can_be_asked_before_anybody_sees_them_and_abandoned() {
        let (folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1)]).await;
        let next = staged(&lake, "a.b", &[("2023", 7), ("a b/c%", 8)]).await;
        let answer = ask(
            &lake,
            "a.b",
            next.provider().unwrap(),
            "select * from a.b order by n",
        )
        .await;
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
            if path.is_dir() {
                found.extend(walk(&path))
            } else {
                found.push(path)
            }
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
        let answer = ask(
            &lake,
            "a.b",
            table.provider().unwrap(),
            "select * from a.b order by n",
        )
        .await;
        for row in ["| 2024=é | 2  |", "| x'y    | 3  |", "| a b/c% | 10 |"] {
            assert!(answer.contains(row), "{answer}");
        }
    }

    #[tokio::test]
    async fn many_periods_in_any_order_and_several_writers_keep_every_row() {
        let (_folder, lake) = on_disk().await;
        let stage = lake
            .stage("a.b", &batch(&[]).schema(), &by_period())
            .await
            .unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for first in [0, 1] {
            let mut writer = stage.writer();
            writer.may_wait = 4_000;
            writers.spawn(async move {
                for start in (first..1000).step_by(20) {
                    let rows: Vec<_> = (0..10)
                        .map(|n| start + 2 * n)
                        .filter(|n| *n < 1000)
                        .collect();
                    let periods: Vec<_> = rows
                        .iter()
                        .map(|n| format!("a period that is long {}", n % 7))
                        .collect();
                    let rows: Vec<_> = periods
                        .iter()
                        .map(String::as_str)
                        .zip(rows.iter().copied())
                        .collect();
                    writer.write(&batch(&rows)).await.unwrap();
                }
                writer.close().await.unwrap()
            });
        }
        let files = writers.join_all().await.into_iter().flatten().collect();
        let staged = stage.finish(files);
        assert_eq!((staged.rows(), staged.periods().len()), (1000, 7));
        let scope = Scope::staged_periods(&staged);
        lake.commit(staged, scope, Provenance::default())
            .await
            .unwrap();
        assert_eq!(
            number(&lake, "a.b", "select count(distinct n) from a.b").await,
            1000
        );
        let right = "select count(*) from a.b where period = 'a period that is long ' || (n % 7)";
        assert_eq!(number(&lake, "a.b", right).await, 1000);
    }

    #[tokio::test]
    async fn a_table_is_divided_only_by_what_has_one_text_form() {
        let (_folder, lake) = on_disk().await;
        let rows = arrow::array::RecordBatch::try_from_iter([
            (
                "share",
                std::sync::Arc::new(arrow::array::Float64Array::from(vec![0.1])) as _,
            ),
            (
                "n",
                std::sync::Arc::new(arrow::array::Int64Array::from(vec![1]))
                    as arrow::array::ArrayRef,
            ),
        ])
        .unwrap();
        for wrong in [
            vec!["share".to_owned()],
            vec!["none".to_owned()],
            vec!["n".to_owned(), "share".to_owned()],
        ] {
            assert!(
                lake.stage("a.b", &rows.schema(), &wrong).await.is_err(),
                "{wrong:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_writer_that_stops_half_way_leaves_no_file() {
        let (folder, lake) = on_disk().await;
        let stage = lake
            .stage("a.b", &batch(&[]).schema(), &by_period())
            .await
            .unwrap();
        let (mut dropped, mut abandoned) = (stage.writer(), stage.writer());
        dropped.write(&batch(&[("2024", 1)])).await.unwrap();
        abandoned.write(&batch(&[("2025", 1)])).await.unwrap();
        drop(dropped);
        abandoned.abandon().await;
        assert_eq!(
            walk(&folder.path().join("tables")),
            Vec::<std::path::PathBuf>::new()
        );
    }

    #[tokio::test]
    async fn the_log_holds_no_text_of_a_row() {
        let (folder, lake) = on_disk().await;
        let rows = batch(&[("9434765919", 4242)]);
        let staged = write(
            lake.stage("a.b", &rows.schema(), &[]).await.unwrap(),
            &[rows],
        )
        .await;
        lake.commit(staged, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        let log = folder
            .path()
            .join("tables/a/b/_delta_log/00000000000000000000.json");
        let log = std::fs::read_to_string(log).unwrap();
        assert!(!log.contains("9434765919") && log.contains("4242"), "{log}");
        assert!(log.ends_with('\n'));
        assert!(
            log.contains(r#""minReaderVersion":1,"minWriterVersion":2"#),
            "{log}"
        );
    }
}
