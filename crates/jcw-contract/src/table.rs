//! A typed table is what expressions see: the declared columns with their status
//! columns, all of them nullable, since a row that broke a rule has gaps.

use crate::bind::is_computed;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use jcw_project::Contract;
use std::sync::Arc;

/// Where declared columns stand in the typed table.
pub(crate) struct TypedLayout {
    /// Declared columns and their status columns, all nullable.
    pub(crate) schema: SchemaRef,
    pub(crate) places: Vec<usize>,
}

impl TypedLayout {
    pub(crate) fn of(contract: &Contract) -> TypedLayout {
        let mut fields = Vec::new();
        let mut places = Vec::new();
        for column in &contract.columns {
            places.push(fields.len());
            fields.push(Field::new(
                column.name.value.as_str(),
                column.kind.data_type(),
                true,
            ));
            fields.extend(
                column
                    .status_name()
                    .map(|name| Field::new(name, DataType::Utf8, true)),
            );
        }
        TypedLayout {
            schema: Arc::new(Schema::new(fields)),
            places,
        }
    }

    /// What the expression of the column at `position` may use: every column
    /// that the file has, and those that expressions before it made.
    pub(crate) fn visible_to(&self, contract: &Contract, position: usize) -> SchemaRef {
        let mut fields = Vec::new();
        for (index, column) in contract.columns.iter().enumerate() {
            if is_computed(column) && index >= position {
                continue;
            }
            let place = self.places[index];
            let width = 1 + usize::from(column.status_name().is_some());
            fields.extend(self.schema.fields()[place..place + width].iter().cloned());
        }
        Arc::new(Schema::new(fields))
    }
}

/// A batch that knows its length even without columns.
pub(crate) fn batch_of(
    schema: SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options)
}
