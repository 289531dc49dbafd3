//! Parquet, each column cast to text.

use crate::columns::{Columns, added_columns};
use crate::header::Header;
use crate::plan::Plan;
use crate::read_error::ReadError;
use crate::reader::{Piece, Reader, Rows};
use crate::tally::{Summary, Tally};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::sync::Arc;

/// Rows decoded at once.
const ROWS: usize = 8_192;

/// Reads Parquet.
pub(crate) struct ParquetReader {
    tally: Arc<Tally>,
    batches: ParquetRecordBatchReader,
    plan: Arc<Plan>,
    columns: Arc<Columns>,
    next_row: i64,
}

/// A batch, not yet cast.
pub(crate) struct ParquetPiece {
    batch: RecordBatch,
    plan: Arc<Plan>,
    columns: Arc<Columns>,
    first_row: i64,
}

impl ParquetReader {
    pub(crate) fn new(plan: Arc<Plan>, file: File) -> Result<Self, ReadError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&error))?;
        let fields = builder.schema().fields().clone();
        if fields.len() > plan.limits.max_columns {
            return Err(ReadError::TooManyColumns {
                line: None,
                found: fields.len(),
                limit: plan.limits.max_columns,
            });
        }
        if let Some(field) = fields.iter().find(|field| !has_text(field.data_type())) {
            return Err(ReadError::ColumnType {
                column: field.name().clone(),
                kind: field.data_type().to_string(),
            });
        }
        let header = Header::new(
            &plan,
            fields.iter().map(|field| field.name().clone()).collect(),
        )?;
        let columns = Arc::new(Columns::new(&plan, &header, None)?);
        let batches = builder
            .with_batch_size(ROWS)
            .build()
            .map_err(|error| broken(&error))?;
        Ok(ParquetReader {
            tally: Arc::new(Tally::default()),
            plan,
            batches,
            columns,
            next_row: 1,
        })
    }
}

impl Reader for ParquetReader {
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>> {
        let batch = match self.batches.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(broken(&error))),
        };
        let first_row = self.next_row;
        self.next_row += batch.num_rows() as i64;
        Some(Ok(Piece::parquet(
            &self.tally,
            ParquetPiece {
                batch,
                plan: Arc::clone(&self.plan),
                columns: Arc::clone(&self.columns),
                first_row,
            },
        )))
    }

    fn finish(self: Box<Self>) -> Result<Summary, ReadError> {
        let summary = self.tally.summary();
        if summary.records == 0 {
            Err(ReadError::NoRows)
        } else {
            Ok(summary)
        }
    }
}

impl ParquetPiece {
    pub(crate) fn into_rows(self) -> Result<Rows, ReadError> {
        let records = self.batch.num_rows() as i64;
        let columns = self.batch.columns();
        let mut texts = self
            .columns
            .positions
            .iter()
            .map(|position| text(&columns[*position]))
            .collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<i64> = (self.first_row..self.first_row + records).collect();
        texts.extend(added_columns(&self.plan, &rows));
        Ok(Rows {
            batch: self.columns.batch(texts, rows)?,
            malformed: Vec::new(),
            records,
            sheet: None,
        })
    }
}

/// Types that have one plain text.
fn has_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => has_text(values),
        DataType::Duration(_) | DataType::Interval(_) => false,
        kind => !kind.is_nested(),
    }
}

fn text(column: &ArrayRef) -> Result<ArrayRef, ReadError> {
    Ok(match column.data_type() {
        // Arrow writes 1e20 and 3.0; partners mean the digits.
        DataType::Float64 => Arc::new(
            column
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.map(crate::cell::float))
                .collect::<StringViewArray>(),
        ),
        DataType::Float32 => {
            let texts = column
                .as_primitive::<Float32Type>()
                .iter()
                .map(|value| value.map(|value| value.to_string()));
            Arc::new(texts.collect::<StringViewArray>())
        }
        _ => cast_with_options(
            column,
            &DataType::Utf8View,
            &CastOptions {
                safe: false,
                ..Default::default()
            },
        )?,
    })
}

fn broken(error: &dyn std::error::Error) -> ReadError {
    ReadError::Broken {
        kind: "Parquet file",
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use arrow::array::{
        ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Builder, Int64Array,
        ListBuilder, RecordBatch,
    };
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};
    use jcw_project::{Format, Limits, Origin};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    fn written(batch: &RecordBatch) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn columns_are_cast_to_the_text_a_person_would_write() {
        let batch = RecordBatch::try_from_iter([
            (
                "n",
                Arc::new(Int64Array::from(vec![Some(7), None])) as ArrayRef,
            ),
            (
                "x",
                Arc::new(Float64Array::from(vec![3.0, 1e20])) as ArrayRef,
            ),
            (
                "d",
                Arc::new(Date32Array::from(vec![0, 19_000])) as ArrayRef,
            ),
            (
                "t",
                Arc::new(
                    vec!["a", "b"]
                        .into_iter()
                        .collect::<DictionaryArray<Int32Type>>(),
                ) as ArrayRef,
            ),
        ])
        .unwrap();
        let mut columns = columns(&["n", "x", "d", "t"]);
        columns.push(column("rank").from(Origin::RowNumber));
        let whole = read(&contract(layout(Format::Parquet), columns), written(&batch)).unwrap();
        assert_eq!(whole.labels, ["n", "x", "d", "t", "rank"]);
        assert_eq!(whole.texts(0), ["7", "3", "1970-01-01", "a", "1"]);
        assert_eq!(
            whole.texts(1),
            ["", "100000000000000000000", "2022-01-08", "b", "2"]
        );
        assert_eq!(
            (whole.cell(1, "n"), whole.rows.as_slice()),
            (None, &[1, 2][..])
        );
    }

    #[test]
    fn a_nested_column_and_a_cut_file_are_rejected() {
        let contract = contract(layout(Format::Parquet), columns(&["l"]));
        let mut list = ListBuilder::new(Int32Builder::new());
        list.append_value([Some(1)]);
        let list = list.finish();
        let schema = Arc::new(Schema::new(vec![Field::new(
            "l",
            DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true))),
            true,
        )]));
        let bytes = written(&RecordBatch::try_new(schema, vec![Arc::new(list)]).unwrap());
        assert_eq!(read(&contract, &bytes).unwrap_err().rule(), "parquet.type");
        assert_eq!(
            read(&contract, &bytes[..bytes.len() / 2])
                .unwrap_err()
                .rule(),
            "file.broken"
        );
        assert_eq!(
            read_limited(&contract, &Limits::default(), "x", "l\n1\n")
                .unwrap_err()
                .rule(),
            "file.format"
        );
    }
}
