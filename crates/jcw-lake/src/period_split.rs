//! Dividing a batch by its period columns.

use crate::error::{Doing as _, LakeError, Result};
use crate::stage::Period;
use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::row::{RowConverter, SortField};
use std::collections::HashMap;
use std::sync::Arc;

/// Whether a table can be divided by a column of this type, which is so when
/// Arrow's text form of a value is also Delta's.
pub(crate) fn can_divide(kind: &DataType) -> bool {
    kind.is_integer()
        || matches!(
            kind,
            DataType::Utf8View | DataType::Date32 | DataType::Boolean
        )
}

/// The rows of each period, in the order in which the periods first appear, as
/// batches without the period columns.
pub(crate) fn split(
    batch: &RecordBatch,
    partition_by: &[String],
    file_schema: &SchemaRef,
) -> Result<Vec<(Period, RecordBatch)>> {
    let doing = || "dividing rows by period".to_owned();
    let columns = partition_by
        .iter()
        .map(|name| batch.column_by_name(name).cloned())
        .collect::<Option<Vec<ArrayRef>>>()
        .ok_or_else(|| LakeError::SchemaChange {
            table: "the table".into(),
            reason: "the rows have no period column".into(),
        })?;
    let kept = file_schema
        .fields()
        .iter()
        .map(|field| batch.schema().index_of(field.name()))
        .collect::<Result<Vec<_>, _>>()
        .doing(doing)?;
    let rows = batch.project(&kept).doing(doing)?;

    let sort = columns
        .iter()
        .map(|column| SortField::new(column.data_type().clone()))
        .collect();
    let keys = RowConverter::new(sort)
        .and_then(|keys| keys.convert_columns(&columns))
        .doing(doing)?;
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut known = HashMap::new();
    for (row, key) in (0u32..).zip(keys.iter()) {
        let group = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(row);
    }

    let texts = columns
        .iter()
        .map(|column| cast(column, &DataType::Utf8))
        .collect::<Result<Vec<_>, _>>()
        .doing(doing)?;
    let only_one = groups.len() == 1;
    groups
        .into_iter()
        .map(|group| {
            let first = group.first().copied().unwrap_or_default() as usize;
            let period = texts.iter().map(|text| value(text, first)).collect();
            let rows = if only_one {
                rows.clone()
            } else {
                take_record_batch(&rows, &UInt32Array::from(group)).doing(doing)?
            };
            Ok((period, own_text(rows)?))
        })
        .collect()
}

/// Delta cannot tell an empty text from none.
fn value(text: &ArrayRef, row: usize) -> Option<String> {
    let text = text.as_string::<i32>();
    (text.is_valid(row) && !text.value(row).is_empty()).then(|| text.value(row).to_owned())
}

/// A view of text keeps the whole batch alive that it was taken from; rows that
/// wait for their file must not.
fn own_text(rows: RecordBatch) -> Result<RecordBatch> {
    let columns = rows
        .columns()
        .iter()
        .map(|column| match column.as_string_view_opt() {
            Some(text) if !text.data_buffers().is_empty() => Arc::new(text.gc()) as ArrayRef,
            _ => column.clone(),
        })
        .collect();
    RecordBatch::try_new(rows.schema(), columns).doing(|| "dividing rows by period".into())
}
