//! A [`Stage`] is rows that are written but not yet visible: Parquet files in
//! the table's own folder that no commit mentions. They can be queried and
//! tested; then they are committed as they are, or abandoned.

mod staged;
mod writer;

use crate::error::{LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::period_split::can_divide;
use crate::table::newest_version;
use crate::types::stored_schema;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt as _;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
pub use staged::{Staged, StagedFile};
pub use writer::StageWriter;

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
        StageWriter::of(self)
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

#[cfg(test)]
mod tests;
