//! The outlet is the one rule by which columns leave: what clients cannot read
//! (views of text, zones other than UTC, nanoseconds) leaves as what every one
//! of them can, and the promised schema is the streamed one.

use crate::error::{GovernError, Kind, Result};
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// The columns as they leave: nullable, without metadata, text as Utf8, bytes as
/// Binary, timestamps in UTC microseconds, decimals as they are.
pub fn outlet_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| outlet_field(field));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn outlet_field(field: &Field) -> Field {
    Field::new(field.name(), outlet_type(field.data_type()), true)
}

fn outlet_type(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Timestamp(_, zone) => DataType::Timestamp(
            TimeUnit::Microsecond,
            zone.as_ref().map(|_| Arc::from("UTC")),
        ),
        DataType::Dictionary(_, value) => outlet_type(value),
        DataType::List(field) | DataType::LargeList(field) | DataType::ListView(field) => {
            DataType::List(Arc::new(outlet_field(field)))
        }
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| outlet_field(field)).collect())
        }
        other => other.clone(),
    }
}

/// A batch with exactly the columns of `schema`, by place.
///
/// # Errors
/// When a column cannot be turned into what was promised, which is our fault.
pub fn outlet_batch(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns: Result<Vec<_>, _> = columns
        .map(|(column, field)| cast(column, field.data_type()))
        .collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    columns
        .and_then(|columns| RecordBatch::try_new_with_options(schema.clone(), columns, &options))
        .map_err(|_| GovernError::new(Kind::Internal, "the answer is not what was promised"))
}
