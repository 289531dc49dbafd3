//! A reader turns one kept file into pieces, and a piece into rows of text.
//!
//! The reader itself only finds where pieces begin and end; taking them apart
//! is the piece's work, so that a large file is parsed by as many threads as
//! there are, in the memory of a few pieces.

use crate::csv::CsvPiece;
use crate::json_lines::JsonPiece;
use crate::parquet::ParquetPiece;
use crate::read_error::ReadError;
use crate::tally::{Summary, Tally};
use crate::xml::XmlPiece;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::sync::Arc;

/// Label of the last column of every batch: the 1-based line or sheet row on
/// which the row starts, or the number of the record in XML and Parquet.
pub const ROW_LABEL: &str = "_row";

/// One kept file, open for reading.
pub trait Reader: Send {
    /// The next piece, in the file's order; `None` at the end. After an error
    /// nothing more comes, and nothing of the file may be loaded.
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>>;

    /// What was read. Call it when every piece has been turned into rows: only
    /// then is it known whether the file held any.
    fn finish(self: Box<Self>) -> Result<Summary, ReadError>;
}

/// Some consecutive records of a file, not yet taken apart.
pub struct Piece {
    tally: Arc<Tally>,
    body: Body,
}

enum Body {
    Csv(CsvPiece),
    Json(JsonPiece),
    Parquet(ParquetPiece),
    Xml(XmlPiece),
    Rows(Rows),
}

/// Rows of text, and the records that could not be made into rows.
#[derive(Debug)]
pub struct Rows {
    /// Columns of `Utf8View` under the file's labels, then `_row`. All batches
    /// of one table have one schema; the sheets of a workbook may differ.
    pub batch: RecordBatch,
    /// Records that could not be taken apart.
    pub malformed: Vec<Malformed>,
    /// Records of the file these came from, malformed ones included.
    pub records: i64,
    /// The sheet they stood in, where the file has sheets.
    pub sheet: Option<String>,
}

/// A record that could not be taken apart without guessing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line on which it starts.
    pub row: i64,
    /// `csv.ragged`, `csv.encoding`, `csv.quote`, `csv.nul`, `json.syntax`,
    /// `xml.repeated` ...
    pub rule: &'static str,
    /// One sentence for the partner, without the text of any cell.
    pub reason: String,
    /// The record as it stands; bytes that are not text as `\xNN`.
    pub text: String,
}

impl Piece {
    pub(crate) fn csv(tally: &Arc<Tally>, piece: CsvPiece) -> Self {
        Piece {
            tally: Arc::clone(tally),
            body: Body::Csv(piece),
        }
    }

    pub(crate) fn json(tally: &Arc<Tally>, piece: JsonPiece) -> Self {
        Piece {
            tally: Arc::clone(tally),
            body: Body::Json(piece),
        }
    }

    pub(crate) fn parquet(tally: &Arc<Tally>, piece: ParquetPiece) -> Self {
        Piece {
            tally: Arc::clone(tally),
            body: Body::Parquet(piece),
        }
    }

    pub(crate) fn xml(tally: &Arc<Tally>, piece: XmlPiece) -> Self {
        Piece {
            tally: Arc::clone(tally),
            body: Body::Xml(piece),
        }
    }

    pub(crate) fn rows(tally: &Arc<Tally>, rows: Rows) -> Self {
        Piece {
            tally: Arc::clone(tally),
            body: Body::Rows(rows),
        }
    }

    /// The columns of its rows, where they are known before it is taken apart.
    pub fn schema(&self) -> Option<&SchemaRef> {
        match &self.body {
            Body::Csv(piece) => piece.schema(),
            Body::Xml(piece) => piece.schema(),
            Body::Rows(rows) => Some(rows.batch.schema_ref()),
            Body::Json(_) | Body::Parquet(_) => None,
        }
    }

    /// Takes the piece apart. May run on any thread, in any order.
    pub fn into_rows(self) -> Result<Rows, ReadError> {
        self.into_rows_with(|_| true)
    }

    /// As [`into_rows`](Self::into_rows), for a look at some columns only: one
    /// whose place among the columns `is_wanted` does not name may be null in
    /// every row.
    pub fn into_rows_with(self, is_wanted: impl Fn(usize) -> bool) -> Result<Rows, ReadError> {
        let rows = match self.body {
            Body::Csv(piece) => piece.into_rows(&self.tally, is_wanted)?,
            Body::Json(piece) => piece.into_rows(&self.tally)?,
            Body::Parquet(piece) => piece.into_rows()?,
            Body::Xml(piece) => piece.into_rows()?,
            Body::Rows(rows) => rows,
        };
        self.tally.count(&rows);
        Ok(rows)
    }
}

impl Malformed {
    pub(crate) fn new(row: i64, rule: &'static str, reason: impl Into<String>, raw: &[u8]) -> Self {
        Malformed {
            row,
            rule,
            reason: reason.into(),
            text: visible(raw),
        }
    }
}

/// The bytes as text, with what is not text (and NUL) written as `\xNN`.
fn visible(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    if text.contains('\0') {
        text.replace('\0', "\\x00")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_shown_not_replaced() {
        assert_eq!(visible(b"caf\xe9\0,\xc3\xa9"), "caf\\xE9\\x00,é");
    }
}
