//! An [`Encoding`] writes an answer down, batch by batch, in one format. What it
//! has written is taken from it as it grows; it never holds the whole answer.

use super::format::Format;
use super::spreadsheet;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::writer::JsonArray;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a group of a Parquet file; one group is held at a time.
const GROUP: usize = 65_536;
/// By which older Excels know that CSV is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How CSV is written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CsvOptions {
    pub(super) bom: bool,
    pub(super) escape: bool,
}

/// An answer on its way out.
pub(super) struct Encoding {
    written: Written,
    writer: Writer,
    rows: u64,
}

enum Writer {
    Json(arrow::json::Writer<Written, JsonArray>),
    Csv {
        writer: arrow::csv::Writer<Written>,
        /// Where text is made safe for spreadsheets.
        safe: Option<SchemaRef>,
    },
    Arrow(arrow::ipc::writer::StreamWriter<Written>),
    Parquet(ArrowWriter<Written>),
}

impl Encoding {
    /// Begins an answer with these columns of one release.
    ///
    /// # Errors
    /// When the format has no way to write one of them.
    pub(super) fn begin(
        format: Format,
        schema: &SchemaRef,
        release: &str,
        csv: CsvOptions,
    ) -> Result<Encoding, ArrowError> {
        let mut written = Written::default();
        let out = written.clone();
        let writer = match format {
            Format::Json => {
                let columns = schema.fields().iter().map(
                    |field| json!({"name": field.name(), "type": field.data_type().to_string()}),
                );
                let columns = serde_json::Value::from_iter(columns);
                let release = json!(release);
                write!(
                    written,
                    r#"{{"release":{release},"columns":{columns},"rows":"#
                )?;
                let builder = arrow::json::WriterBuilder::new().with_explicit_nulls(true);
                Writer::Json(builder.build(out))
            }
            Format::Csv => {
                if let Some(field) = schema.fields().iter().find(|f| f.data_type().is_nested()) {
                    let message = format!("\"{}\" is a list, and CSV has none", field.name());
                    return Err(ArrowError::NotYetImplemented(message));
                }
                if csv.bom {
                    written.write_all(BYTE_ORDER_MARK)?;
                }
                let safe = csv.escape.then(|| spreadsheet::safe_schema(schema));
                let mut writer = arrow::csv::WriterBuilder::new()
                    .with_header(true)
                    .build(out);
                // The line of names is there for an answer without rows too.
                let schema = safe.as_ref().unwrap_or(schema);
                writer.write(&RecordBatch::new_empty(schema.clone()))?;
                Writer::Csv { writer, safe }
            }
            Format::Arrow => Writer::Arrow(arrow::ipc::writer::StreamWriter::try_new(out, schema)?),
            Format::Parquet => {
                let level = ZstdLevel::try_new(1)?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .set_max_row_group_row_count(Some(GROUP))
                    .build();
                let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
                Writer::Parquet(writer)
            }
        };
        Ok(Encoding {
            written,
            writer,
            rows: 0,
        })
    }

    /// Writes more rows.
    ///
    /// # Errors
    /// When a value cannot be written.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        self.rows += batch.num_rows() as u64;
        match &mut self.writer {
            Writer::Json(writer) => writer.write(batch),
            Writer::Csv { writer, safe: None } => writer.write(batch),
            Writer::Csv {
                writer,
                safe: Some(schema),
            } => writer.write(&spreadsheet::safe_batch(schema, batch)?),
            Writer::Arrow(writer) => writer.write(batch),
            Writer::Parquet(writer) => {
                writer.write(batch)?;
                writer.sync()?;
                Ok(())
            }
        }
    }

    /// Writes what ends an answer; whoever does not find it has not got all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(&mut self) -> Result<(), ArrowError> {
        match &mut self.writer {
            Writer::Json(writer) => {
                writer.finish()?;
                write!(self.written, r#","row_count":{}}}"#, self.rows)?;
            }
            Writer::Csv { .. } => (),
            Writer::Arrow(writer) => writer.finish()?,
            Writer::Parquet(writer) => {
                writer.finish()?;
                writer.sync()?;
            }
        }
        Ok(())
    }

    /// How many bytes wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.written.len()
    }

    /// What has been written since it was last taken.
    pub(super) fn take(&mut self) -> Bytes {
        self.written.take()
    }
}

/// Bytes that a writer puts in and the answer takes out.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&mut self) -> Bytes {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *bytes).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    fn batch() -> RecordBatch {
        let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(-1), None]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("=1+1"), Some("a,\"b\"")]));
        RecordBatch::try_from_iter([("n", n), ("text", text)]).unwrap()
    }

    fn written(format: Format, csv: CsvOptions, batches: &[RecordBatch]) -> Bytes {
        let mut encoding = Encoding::begin(format, &batch().schema(), "r00000001", csv).unwrap();
        let mut all = Vec::new();
        for batch in batches {
            encoding.write(batch).unwrap();
            all.extend(encoding.take());
        }
        encoding.finish().unwrap();
        all.extend(encoding.take());
        assert_eq!(encoding.waiting(), 0);
        all.into()
    }

    #[test]
    fn csv_has_its_names_without_rows_and_escapes_only_text_and_when_asked() {
        let plain = CsvOptions::default();
        assert_eq!(written(Format::Csv, plain, &[]), "n,text\n");
        let rows = "n,text\n-1,=1+1\n,\"a,\"\"b\"\"\"\n";
        assert_eq!(written(Format::Csv, plain, &[batch()]), rows);
        let options = CsvOptions {
            bom: true,
            escape: true,
        };
        let rows = "\u{feff}n,text\n-1,'=1+1\n,\"a,\"\"b\"\"\"\n";
        assert_eq!(written(Format::Csv, options, &[batch()]), rows);
    }

    #[test]
    fn json_is_one_object_that_says_how_many_rows_it_has() {
        let both = [batch(), batch()];
        for (batches, rows) in [(&both[..0], 0), (&both[..], 4)] {
            let text = written(Format::Json, CsvOptions::default(), batches);
            let found: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(found["row_count"], rows);
            assert_eq!(found["rows"].as_array().unwrap().len(), rows);
            assert_eq!(found["columns"][0], json!({"name": "n", "type": "Int64"}));
            assert_eq!(found["release"], "r00000001");
        }
        let text = written(Format::Json, CsvOptions::default(), &[batch()]);
        let found: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(found["rows"][1], json!({"n": null, "text": "a,\"b\""}));
    }

    #[test]
    fn arrow_and_parquet_read_back_as_they_were() {
        let none = CsvOptions::default();
        let bytes = written(Format::Arrow, none, &[batch(), batch()]);
        let reader = arrow::ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
        let batches: Vec<_> = reader.map(Result::unwrap).collect();
        assert_eq!(batches, [batch(), batch()]);
        let bytes = written(Format::Parquet, none, &[batch()]);
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes, 10);
        let batches: Vec<_> = reader.unwrap().map(Result::unwrap).collect();
        assert_eq!(batches, [batch()]);
    }
}
