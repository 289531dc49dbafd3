//! A *stored type* is the Arrow type in which a column comes back from a Delta
//! table. Declared, staged and scanned schemas all speak stored types, so that a
//! plan made before a table exists fits the table afterwards.
//!
//! Text is `Utf8View`; instants are microseconds in UTC (a naive timestamp would
//! become `timestamp_ntz`, which some readers drop in silence); unsigned numbers
//! widen, because Delta has none; every column may be null.

use crate::error::{Doing as _, LakeError, Result};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::HashSet;
use std::sync::Arc;

/// A schema as the lake stores and returns it. Applying it twice changes nothing.
///
/// # Errors
/// [`LakeError::UnsupportedType`] names the column, its type and what to cast it to;
/// [`LakeError::SchemaChange`] names a column that is there twice, in any case.
pub fn stored_schema(table: &str, schema: &Schema) -> Result<SchemaRef> {
    let mut names = HashSet::new();
    let fields = schema
        .fields()
        .iter()
        .map(|field| {
            if !names.insert(field.name().to_lowercase()) {
                return Err(LakeError::SchemaChange {
                    table: table.to_owned(),
                    reason: format!(
                        "two of its columns are called \"{}\"; rename one of them",
                        field.name()
                    ),
                });
            }
            let stored =
                stored_type(field.data_type()).map_err(|advice| LakeError::UnsupportedType {
                    table: table.to_owned(),
                    column: field.name().clone(),
                    found: field.data_type().to_string(),
                    advice,
                })?;
            Ok(Field::new(field.name(), stored, true))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Schema::new(fields)))
}

/// A batch with the columns of `schema`, in that order, found by name and cast;
/// a column that the batch lacks is null.
///
/// # Errors
/// When a value does not fit the stored type.
pub fn to_stored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => cast(column, field),
            None => Ok(arrow::array::new_null_array(
                field.data_type(),
                batch.num_rows(),
            )),
        })
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema.clone(), columns)
        .doing(|| "putting rows into a table's shape".into())
}

fn cast(column: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if column.data_type() == field.data_type() {
        return Ok(column.clone());
    }
    // A value that does not fit is an error, never a silent null.
    let strict = CastOptions {
        safe: false,
        ..Default::default()
    };
    cast_with_options(column, field.data_type(), &strict).map_err(|_| LakeError::Arrow {
        doing: format!(
            "storing column \"{}\" as {}",
            field.name(),
            field.data_type()
        ),
        // Arrow's own message would quote the value.
        source: arrow::error::ArrowError::CastError(format!(
            "a value of type {} does not fit",
            column.data_type()
        )),
    })
}

/// The stored type, or advice for a type that has none.
fn stored_type(found: &DataType) -> Result<DataType, String> {
    Ok(match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8View,
        DataType::Boolean | DataType::Float32 | DataType::Float64 | DataType::Date32 => {
            found.clone()
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => found.clone(),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => DataType::Decimal128(*precision, *scale),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => stored_type(value)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => {
            DataType::List(Arc::new(Field::new(
                "element",
                stored_type(item.data_type())?,
                true,
            )))
        }
        DataType::Null => return Err("cast the NULL, as in CAST(NULL AS VARCHAR)".into()),
        DataType::Decimal256(..) => return Err("cast it to DECIMAL(38, s) or less".into()),
        _ => return Err("cast it to text, a number, a date or a timestamp".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray, UInt64Array};

    #[test]
    fn storing_a_stored_schema_changes_nothing() {
        let schema = Schema::new(vec![
            Field::new("a", DataType::Utf8, false),
            Field::new("b", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
            Field::new("c", DataType::UInt32, true),
            Field::new("d", DataType::new_list(DataType::Utf8, true), true),
        ]);
        let once = stored_schema("t.t", &schema).unwrap();
        assert_eq!(once, stored_schema("t.t", &once).unwrap());
        assert_eq!(once.field(0), &Field::new("a", DataType::Utf8View, true));
    }

    #[test]
    fn a_number_that_does_not_fit_is_an_error_without_the_number() {
        let batch = RecordBatch::try_from_iter([(
            "n",
            Arc::new(UInt64Array::from(vec![u64::MAX])) as ArrayRef,
        )])
        .unwrap();
        let schema = stored_schema("t.t", &batch.schema()).unwrap();
        let words = to_stored(&batch, &schema).unwrap_err().to_string();
        assert!(
            words.contains("\"n\"") && !words.contains("18446744073709551615"),
            "{words}"
        );
    }

    #[test]
    fn columns_are_found_by_name_and_a_missing_one_is_null() {
        let batch = RecordBatch::try_from_iter([
            ("b", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
            ("a", Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef),
        ])
        .unwrap();
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("a", DataType::Utf8View, true),
            Field::new("b", DataType::Int64, true),
            Field::new("c", DataType::Date32, true),
        ]));
        let stored = to_stored(&batch, &schema).unwrap();
        assert_eq!(stored.schema(), schema);
        assert_eq!(stored.column(2).null_count(), 2);
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let schema = Schema::new(vec![
            Field::new("area", DataType::Utf8, true),
            Field::new("Area", DataType::Int64, true),
        ]);
        let words = stored_schema("core.x", &schema).unwrap_err().to_string();
        assert!(words.contains("\"Area\""), "{words}");
    }

    #[test]
    fn an_untyped_null_is_refused_with_advice() {
        let schema = Schema::new(vec![Field::new("n", DataType::Null, true)]);
        let words = stored_schema("core.x", &schema).unwrap_err().to_string();
        assert!(
            words.contains("core.x") && words.contains("CAST(NULL AS"),
            "{words}"
        );
    }
}
