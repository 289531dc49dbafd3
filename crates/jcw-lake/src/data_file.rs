//! A data file is one Parquet file of a table in the making. On a local disk it
//! is written beside its place and gets its name when its bytes are durable;
//! elsewhere it is uploaded in parts.

use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::{Durable, staged_path};
use crate::lake::Lake;
use crate::name::TableName;
use crate::stage::{Period, StagedFile};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use deltalake::kernel::Add;
use futures::future::{BoxFuture, FutureExt as _};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::arrow::async_writer::AsyncFileWriter;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt as _;

/// One Parquet file in the making.
pub(crate) struct OpenFile {
    /// From the table's own folder.
    path: Path,
    period: Period,
    partition_by: Vec<String>,
    schema: SchemaRef,
    writer: AsyncArrowWriter<Sink>,
}

impl OpenFile {
    /// Begins a file for one period's rows, whose columns are those of `schema`.
    pub(crate) fn create(
        lake: &Lake,
        table: &TableName,
        partition_by: &[String],
        period: &Period,
        schema: &SchemaRef,
        properties: WriterProperties,
    ) -> Result<OpenFile> {
        let doing = || format!("beginning a file of {table}");
        let path = partition_by
            .iter()
            .zip(period)
            .fold(Path::default(), |path, (column, value)| {
                path.join(folder(column, value.as_deref()))
            })
            .join(format!("part-{}.zstd.parquet", uuid::Uuid::now_v7()));
        let sink = match lake.disk() {
            Some(disk) => {
                let place = disk
                    .folder
                    .join(table.location().as_ref())
                    .join(path.as_ref());
                Sink::Disk(FileOnDisk::create(place, disk.durable.clone()).doing(doing)?)
            }
            None => {
                let object = path
                    .parts()
                    .fold(lake.table_root(table), |path, part| path.join(part));
                Sink::Store(Box::new(BufWriter::with_capacity(
                    lake.root().clone(),
                    object,
                    PART,
                )))
            }
        };
        let writer =
            AsyncArrowWriter::try_new(sink, schema.clone(), Some(properties)).map_err(|error| {
                LakeError::Parquet {
                    doing: doing(),
                    source: error,
                }
            })?;
        Ok(OpenFile {
            path,
            period: period.clone(),
            partition_by: partition_by.to_vec(),
            schema: schema.clone(),
            writer,
        })
    }

    /// Adds rows of the file's own period.
    pub(crate) async fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.writer
            .write(rows)
            .await
            .map_err(|error| self.failed(error))
    }

    /// Ends a row group, which frees what the columns hold in memory.
    pub(crate) async fn end_group(&mut self) -> Result<()> {
        self.writer
            .flush()
            .await
            .map_err(|error| self.failed(error))
    }

    /// Finishes the file; durable on return.
    pub(crate) async fn close(mut self) -> Result<StagedFile> {
        let metadata = self
            .writer
            .finish()
            .await
            .map_err(|error| self.failed(error))?;
        let rows = metadata.file_metadata().num_rows();
        let size = self.writer.bytes_written();
        let add = Add {
            path: self.path.to_string(),
            partition_values: self
                .partition_by
                .iter()
                .cloned()
                .zip(self.period)
                .collect::<HashMap<_, _>>(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(statistics(&metadata, &self.schema).to_string()),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        };
        Ok(StagedFile {
            add,
            rows: u64::try_from(rows).unwrap_or_default(),
        })
    }

    /// Stops, and leaves nothing.
    pub(crate) async fn abandon(self) {
        if let Sink::Store(mut upload) = self.writer.into_inner()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "an unfinished upload was left behind");
        }
    }

    fn failed(&self, source: ParquetError) -> LakeError {
        LakeError::Parquet {
            doing: format!("writing {}", self.path),
            source,
        }
    }
}

/// Only for people who look into the lake: readers take a file's period from
/// the log.
fn folder(column: &str, value: Option<&str>) -> String {
    let value = value.unwrap_or("__HIVE_DEFAULT_PARTITION__");
    format!("{column}={}", value.chars().take(60).collect::<String>())
}

/// What the log says about a file besides its rows: how often each column is
/// null, and the least and greatest of whole numbers and dates.
///
/// Never of text: a person's identifier would be in the log then, where no
/// erasure reaches.
fn statistics(metadata: &ParquetMetaData, schema: &SchemaRef) -> Value {
    let mut nulls = Map::new();
    let (mut least, mut greatest) = (Map::new(), Map::new());
    for (index, column) in metadata
        .file_metadata()
        .schema_descr()
        .columns()
        .iter()
        .enumerate()
    {
        let [name] = column.path().parts() else {
            continue;
        };
        let Ok(field) = schema.field_with_name(name) else {
            continue;
        };
        let groups: Option<Vec<&Statistics>> = metadata
            .row_groups()
            .iter()
            .map(|group| group.column(index).statistics())
            .collect();
        let Some(groups) = groups else { continue };
        let counts: Option<Vec<u64>> = groups.iter().map(|group| group.null_count_opt()).collect();
        if let Some(counts) = counts {
            nulls.insert(name.clone(), counts.iter().sum::<u64>().into());
        }
        let bounds = groups.iter().filter_map(|group| bounds(group));
        if let Some((low, high)) = bounds.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            && let (Some(low), Some(high)) = (
                shown(low, field.data_type()),
                shown(high, field.data_type()),
            )
        {
            least.insert(name.clone(), low);
            greatest.insert(name.clone(), high);
        }
    }
    json!({
        "numRecords": metadata.file_metadata().num_rows(),
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    })
}

fn bounds(group: &Statistics) -> Option<(i64, i64)> {
    match group {
        Statistics::Int32(values) => {
            Some(((*values.min_opt()?).into(), (*values.max_opt()?).into()))
        }
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

fn shown(value: i64, kind: &DataType) -> Option<Value> {
    match kind {
        DataType::Date32 => {
            let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
            let date = epoch.checked_add_signed(chrono::TimeDelta::try_days(value)?)?;
            Some(date.format("%Y-%m-%d").to_string().into())
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some(value.into()),
        _ => None,
    }
}

/// Where a file's bytes go.
enum Sink {
    Disk(FileOnDisk),
    Store(Box<BufWriter>),
}

impl AsyncFileWriter for Sink {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, parquet::errors::Result<()>> {
        match self {
            Sink::Disk(file) => file
                .write(bytes)
                .map(|done| done.map_err(ParquetError::from))
                .boxed(),
            Sink::Store(upload) => async move {
                upload
                    .put(bytes)
                    .await
                    .map_err(|error| ParquetError::External(error.into()))
            }
            .boxed(),
        }
    }

    fn complete(&mut self) -> BoxFuture<'_, parquet::errors::Result<()>> {
        match self {
            Sink::Disk(file) => file
                .complete()
                .map(|done| done.map_err(ParquetError::from))
                .boxed(),
            Sink::Store(upload) => {
                async move { upload.shutdown().await.map_err(ParquetError::from) }.boxed()
            }
        }
    }
}

/// A file beside its place, which is deleted unless it is completed.
struct FileOnDisk {
    place: PathBuf,
    staged: PathBuf,
    file: Option<std::fs::File>,
    durable: Durable,
}

impl FileOnDisk {
    fn create(place: PathBuf, durable: Durable) -> std::io::Result<FileOnDisk> {
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let staged = staged_path(&place);
        let file = Some(std::fs::File::create_new(&staged)?);
        Ok(FileOnDisk {
            place,
            staged,
            file,
            durable,
        })
    }

    async fn write(&mut self, bytes: Bytes) -> std::io::Result<()> {
        let mut file = self.take()?;
        self.file = Some(blocking(move || file.write_all(&bytes).map(|()| file)).await?);
        Ok(())
    }

    async fn complete(&mut self) -> std::io::Result<()> {
        drop(self.take()?);
        let (staged, place, durable) = (
            self.staged.clone(),
            self.place.clone(),
            self.durable.clone(),
        );
        blocking(move || {
            durable.sync_bytes(&staged)?;
            std::fs::rename(&staged, &place)?;
            durable.sync_name(&place)
        })
        .await
    }

    fn take(&mut self) -> std::io::Result<std::fs::File> {
        self.file
            .take()
            .ok_or_else(|| std::io::Error::other("an earlier write to this file failed"))
    }
}

impl Drop for FileOnDisk {
    fn drop(&mut self) {
        // Not there any more when the file has its name.
        let _ = std::fs::remove_file(&self.staged);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(std::io::Error::other)?
}

/// In bytes; the least that S3 takes is 5 MiB.
const PART: usize = 8 << 20;
