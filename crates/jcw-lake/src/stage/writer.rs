//! A writer puts rows into the files of a stage, one file for each period, and
//! holds no more of them in memory than it must.

use super::{Period, Stage, StagedFile};
use crate::data_file::OpenFile;
use crate::error::Result;
use crate::lake::Lake;
use crate::name::TableName;
use crate::period_split::split;
use crate::types::to_stored;
use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use futures::{StreamExt as _, TryStreamExt as _};
use parquet::file::properties::WriterProperties;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

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
    pub(super) may_wait: usize,
}

/// One period's file, and its rows that are not in it yet.
struct PeriodFile {
    open: OpenFile,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
}

impl StageWriter {
    pub(super) fn of(stage: &Stage) -> Self {
        let is_kept = |field: &&Arc<Field>| !stage.partition_by.contains(field.name());
        let kept: Vec<_> = stage
            .schema
            .fields()
            .iter()
            .filter(is_kept)
            .cloned()
            .collect();
        StageWriter {
            lake: stage.lake.clone(),
            name: stage.name.clone(),
            schema: stage.schema.clone(),
            file_schema: Arc::new(Schema::new(kept)),
            partition_by: stage.partition_by.clone(),
            properties: stage.properties.clone(),
            files: BTreeMap::new(),
            waiting_bytes: 0,
            may_wait: MAY_WAIT,
        }
    }

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

/// In bytes, in one writer.
const MAY_WAIT: usize = 48 << 20;

/// Files whose last bytes are made durable at the same time.
const CLOSED_AT_ONCE: usize = 8;
