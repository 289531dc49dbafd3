//! What a spreadsheet takes for a formula: text that begins with `=`, `+`, `-`,
//! `@`, tab or carriage return. Somebody who can put such text into a source
//! could make the reader's spreadsheet do things. An apostrophe before it makes
//! it text again.

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::borrow::Cow;
use std::sync::Arc;

/// The same text, which no spreadsheet computes.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// The same columns, with names that no spreadsheet computes.
pub(super) fn safe_schema(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        Field::new(
            safe(field.name()),
            field.data_type().clone(),
            field.is_nullable(),
        )
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The same rows, with text that no spreadsheet computes. Numbers stay numbers,
/// negative ones too.
pub(super) fn safe_batch(
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>().iter();
                let texts: StringArray = texts.map(|text| text.map(safe)).collect();
                Arc::new(texts) as ArrayRef
            }
            _ => Arc::clone(column),
        });
    RecordBatch::try_new(schema.clone(), columns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_be_computed_is_not() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(safe(formula), format!("'{formula}"));
        }
        for text in ["Southend", "1-2", "'=1", "", " =1"] {
            assert_eq!(safe(text), text);
        }
    }
}
