//! A [`Stage`] is rows that are written but not yet visible: Parquet files in
//! the table's own folder that no commit mentions. They can be queried and
//! tested; then they are committed as they are, or abandoned.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::scan::{DataFile, Scan};
use crate::table::newest_version;
use crate::types::{stored_schema, to_stored};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use delta_kernel::table_properties::DataSkippingNumIndexedCols;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::LogStore as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::collections::BTreeSet;
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
    config: WriterConfig,
}

/// Writes rows into a stage. Several may write at the same time, each from its
/// own task.
pub struct StageWriter {
    writer: DeltaWriter,
    schema: SchemaRef,
    write_schema: SchemaRef,
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
    /// When a column has a type that cannot be stored, or the table's own
    /// partition columns are others (only replacing everything may change them).
    pub async fn stage(
        &self,
        name: &str,
        schema: &SchemaRef,
        partition_by: &[String],
    ) -> Result<Stage> {
        let name = TableName::parse(name)?;
        let schema = stored_schema(&name.to_string(), schema)?;
        for column in partition_by {
            if schema.field_with_name(column).is_err() {
                return Err(LakeError::SchemaChange {
                    table: name.to_string(),
                    reason: format!("there is no column \"{column}\" to divide it by"),
                });
            }
        }
        if partition_by.len() >= schema.fields().len() {
            return Err(LakeError::SchemaChange {
                table: name.to_string(),
                reason: "it needs a column besides those that divide it".into(),
            });
        }
        let base = newest_version(self, &name).await?;
        let config = writer_config(&schema, partition_by)?;
        Ok(Stage {
            lake: self.clone(),
            name,
            schema,
            partition_by: partition_by.to_vec(),
            base,
            config,
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
        let store = self.lake.log_store(&self.name).object_store(None);
        StageWriter {
            writer: DeltaWriter::new(store, self.config.clone()),
            schema: self.schema.clone(),
            write_schema: write_schema(&self.schema, &self.partition_by),
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
        use futures::StreamExt as _;
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
        let batch = to_stored(&batch, &self.write_schema)?;
        self.writer
            .write(&batch)
            .await
            .doing(|| "writing a table's rows".into())
    }

    /// Finishes the writer's files; durable on return.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(self) -> Result<Vec<StagedFile>> {
        let adds = self
            .writer
            .close()
            .await
            .doing(|| "finishing a table's files".into())?;
        adds.into_iter().map(StagedFile::new).collect()
    }

    /// Stops and leaves nothing behind that could be mistaken for a table's file.
    pub async fn abandon(self) {
        if let Err(error) = self.writer.abort().await {
            tracing::warn!(%error, "an unfinished upload was left behind");
        }
    }
}

impl StagedFile {
    fn new(add: Add) -> Result<StagedFile> {
        let rows = add
            .get_stats()
            .ok()
            .flatten()
            .and_then(|stats| u64::try_from(stats.num_records).ok())
            .ok_or_else(|| LakeError::Corrupt {
                what: add.path.clone(),
                reason: "the file was written without a row count".into(),
            })?;
        Ok(StagedFile { add, rows })
    }

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
        let store = self.lake.log_store(&self.name).object_store(None);
        for file in &self.files {
            if let Ok(path) = Path::parse(&file.add.path)
                && let Err(error) = store.delete(&path).await
            {
                tracing::warn!(file = file.add.path, %error, "an abandoned file was left behind");
            }
        }
    }
}

/// Partition columns are handed to the table library as plain text, which is
/// the only form of text that it can divide by.
fn write_schema(schema: &SchemaRef, partition_by: &[String]) -> SchemaRef {
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Utf8View if partition_by.contains(field.name()) => {
                Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8))
            }
            _ => field.clone(),
        })
        .collect();
    Arc::new(arrow::datatypes::Schema::new(fields))
}

fn writer_config(schema: &SchemaRef, partition_by: &[String]) -> Result<WriterConfig> {
    let zstd = ZstdLevel::try_new(1).map_err(|error| LakeError::Delta {
        doing: "choosing the compression".into(),
        source: Box::new(error.into()),
    })?;
    // Every period has its own open file in every writer, and each of its
    // columns holds a page and a dictionary: with periods, both are kept small.
    let (rows_per_page, dictionary) = if partition_by.is_empty() {
        (20_000, 256 << 10)
    } else {
        (4_000, 64 << 10)
    };
    let properties = WriterProperties::builder()
        .set_created_by(format!("jcw {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_data_page_row_count_limit(rows_per_page)
        .set_dictionary_page_size_limit(dictionary)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    // Least and greatest values of text would put a person's identifier into
    // the log, where no erasure reaches; numbers and dates are what readers
    // prune by.
    let measured = schema
        .fields()
        .iter()
        .filter(|field| !partition_by.contains(field.name()) && is_measured(field.data_type()))
        .map(|field| format!("\"{}\"", field.name().replace('"', "\"\"")))
        .collect();
    Ok(WriterConfig::new(
        write_schema(schema, partition_by),
        partition_by.to_vec(),
        Some(properties),
        None,
        Some(ROWS_PER_GROUP),
        DataSkippingNumIndexedCols::NumColumns(0),
        Some(measured),
    ))
}

fn is_measured(kind: &DataType) -> bool {
    kind.is_numeric() || matches!(kind, DataType::Date32 | DataType::Timestamp(..))
}

/// Few enough that two writers with a wide table hold tens of megabytes, many
/// enough that columns compress.
const ROWS_PER_GROUP: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ask, batch, load, number, on_disk, staged, write};
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
