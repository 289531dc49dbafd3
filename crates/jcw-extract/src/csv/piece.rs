//! A CSV piece is some megabytes of whole records, parsed on any thread.
//!
//! Cells are not copied: a long one is a view into the piece's own bytes, a
//! short one stands in the view itself.

use super::{byte_fault, cut_line, quote_fault};
use crate::columns::Columns;
use crate::header::Header;
use crate::label::is_blank;
use crate::plan::Plan;
use crate::read_error::ReadError;
use crate::reader::{Malformed, Rows};
use crate::record::{Dialect, End, Field};
use crate::table::ragged;
use crate::tally::Tally;
use crate::text_blocks::Block;
use arrow::array::{ArrayRef, StringViewArray, StringViewBuilder};
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use encoding_rs::{Encoding, UTF_8};
use memchr::{memchr, memchr2_iter, memmem};
use std::sync::Arc;

/// Text of up to this many bytes stands in the view itself.
const INLINE_BYTES: usize = 12;

/// What all pieces of a file have in common.
pub(crate) struct Shape {
    header: Header,
    columns: Columns,
    max_line: usize,
    skip_blank_rows: bool,
    is_utf8: bool,
}

/// Whole records, not yet taken apart.
pub(crate) struct CsvPiece {
    block: Block,
    dialect: Dialect,
    shape: Arc<Shape>,
}

impl Shape {
    pub(crate) fn new(plan: &Plan, header: Header, columns: Columns) -> Self {
        Shape {
            header,
            columns,
            max_line: plan.limits.max_line_bytes,
            skip_blank_rows: plan.layout.skip_blank_rows,
            is_utf8: Encoding::for_label(plan.layout.encoding.as_bytes()) == Some(UTF_8),
        }
    }
}

impl CsvPiece {
    pub(crate) fn new(block: Block, dialect: Dialect, shape: Arc<Shape>) -> Self {
        CsvPiece {
            block,
            dialect,
            shape,
        }
    }

    /// The columns of its rows, unless they are the outcome of unpivoting.
    pub(crate) fn schema(&self) -> Option<&SchemaRef> {
        self.shape.columns.schema_of_rows()
    }

    /// The cells of a column that is not wanted are null.
    pub(crate) fn into_rows(
        mut self,
        tally: &Tally,
        is_wanted: impl Fn(usize) -> bool,
    ) -> Result<Rows, ReadError> {
        let bytes = std::mem::take(&mut self.block.bytes);
        let is_clean = memchr(0, &bytes).is_none() && simdutf8::basic::from_utf8(&bytes).is_ok();
        let has_quotes = self
            .dialect
            .quote
            .is_some_and(|quote| memchr(quote, &bytes).is_some());
        let mut parsed = Parsed::new(&self, bytes.len());
        if is_clean && !has_quotes {
            parsed.parse_plain(&bytes)?;
        } else {
            parsed.parse(&bytes, is_clean)?;
        }
        let Parsed {
            fields,
            rows,
            malformed,
            side,
            ..
        } = parsed;
        let records = (rows.len() + malformed.len()) as i64;
        self.warn(tally, &bytes, &malformed);

        let bytes = if is_clean { bytes } else { blank_out(bytes) };
        let bytes = Buffer::from_vec(bytes);
        let text = simdutf8::basic::from_utf8(&bytes).unwrap_or_default();
        let side = std::str::from_utf8(&side).unwrap_or_default();
        let width = self.shape.header.width();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.shape.columns.positions.len());
        let nothing: ArrayRef = Arc::new(StringViewArray::new_null(rows.len()));
        for (place, position) in self.shape.columns.positions.iter().enumerate() {
            if !is_wanted(place) {
                columns.push(Arc::clone(&nothing));
                continue;
            }
            let cells = fields
                .get(*position..)
                .unwrap_or_default()
                .iter()
                .step_by(width.max(1));
            columns.push(column(&bytes, text, side, cells, rows.len())?);
        }
        Ok(Rows {
            batch: self.shape.columns.batch(columns, rows)?,
            malformed,
            records,
            sheet: None,
        })
    }

    fn warn(&self, tally: &Tally, bytes: &[u8], malformed: &[Malformed]) {
        if let Some(first) = malformed
            .iter()
            .find(|malformed| malformed.rule == "csv.encoding")
            && self.shape.is_utf8
        {
            let message = "rows are not UTF-8 and were set aside; if they are readable as windows-1252, declare the layout's `encoding`";
            tally.warn("csv.encoding", Some(first.row), message);
        }
        if !bytes.is_ascii() && looks_encoded_twice(bytes) {
            tally.warn(
                "csv.encoded_twice",
                Some(self.block.line),
                "text looks encoded twice (\"Ã©\" for \"é\"); it was loaded as it stands",
            );
        }
    }
}

/// Records taken apart: `width` fields for each row.
struct Parsed<'p> {
    piece: &'p CsvPiece,
    width: usize,
    fields: Vec<Field>,
    rows: Vec<i64>,
    malformed: Vec<Malformed>,
    side: Vec<u8>,
}

impl<'p> Parsed<'p> {
    fn new(piece: &'p CsvPiece, length: usize) -> Self {
        let width = piece.shape.header.width();
        Parsed {
            piece,
            width,
            fields: Vec::with_capacity(length / 8),
            rows: Vec::with_capacity(length / (8 * width.max(1))),
            malformed: Vec::new(),
            side: Vec::new(),
        }
    }

    /// Bytes without any quotation mark: every delimiter and every line end is
    /// one.
    fn parse_plain(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let Dialect {
            delimiter,
            terminator,
            ..
        } = self.piece.dialect;
        let (mut line, mut record, mut start, mut first) = (self.piece.block.line, 0, 0, 0);
        for at in memchr2_iter(delimiter, terminator, bytes) {
            if bytes[at] == delimiter {
                self.fields.push(Field::plain(start, at));
                start = at + 1;
                continue;
            }
            let content = self.piece.dialect.content(bytes, record, at + 1);
            self.fields
                .push(Field::plain(start, content.end.max(start)));
            self.end_record(bytes, content, line, first)?;
            first = self.fields.len();
            line += 1;
            start = at + 1;
            record = start;
        }
        Ok(())
    }

    fn parse(&mut self, bytes: &[u8], is_clean: bool) -> Result<(), ReadError> {
        let dialect = self.piece.dialect;
        let (mut line, mut start) = (self.piece.block.line, 0);
        while start < bytes.len() {
            let (next, faulty) = match dialect.end(bytes, start, true) {
                End::At { next, faulty } => (next, faulty),
                // The reader cuts blocks at the ends of records.
                End::Beyond { .. } => return Err(ReadError::UnclosedQuote { line }),
            };
            let content = dialect.content(bytes, start, next);
            let raw = &bytes[content.clone()];
            let fault = if faulty {
                Some(quote_fault(line, raw))
            } else {
                None
            };
            match fault.or_else(|| {
                if is_clean {
                    None
                } else {
                    byte_fault(line, raw)
                }
            }) {
                Some(_) if self.is_cut(next, bytes) => return Err(cut_line(Some(line))),
                Some(malformed) => self.malformed.push(malformed),
                None => {
                    let first = self.fields.len();
                    dialect.split(bytes, content.clone(), &mut self.fields, &mut self.side);
                    self.end_record(bytes, content, line, first)?;
                }
            }
            line += memchr::memchr_iter(dialect.terminator, &bytes[start..next]).count() as i64;
            start = next;
        }
        Ok(())
    }

    /// Keeps, drops or sets aside the record whose fields start at `first`.
    fn end_record(
        &mut self,
        bytes: &[u8],
        content: std::ops::Range<usize>,
        line: i64,
        first: usize,
    ) -> Result<(), ReadError> {
        if content.len() > self.piece.shape.max_line {
            return Err(ReadError::LongLine {
                line,
                limit: self.piece.shape.max_line,
            });
        }
        let fields = &self.fields[first..];
        let found = fields.len();
        let may_be_blank =
            found != self.width || fields.first().is_none_or(|field| field.is_empty());
        if may_be_blank && self.is_blank(bytes, &content, fields) {
            self.fields.truncate(first);
            return Ok(());
        }
        let beyond = fields.get(self.width..).unwrap_or_default();
        if found >= self.width && beyond.iter().all(|field| is_blank_field(bytes, *field)) {
            self.fields.truncate(first + self.width);
            self.rows.push(line);
            return Ok(());
        }
        self.fields.truncate(first);
        if found < self.width && self.is_cut(content.end, bytes) {
            return Err(cut_line(Some(line)));
        }
        self.malformed
            .push(ragged(line, self.width, found, &bytes[content]));
        Ok(())
    }

    /// A blank line is no row; a row of blanks is none where the layout says so.
    fn is_blank(&self, bytes: &[u8], content: &std::ops::Range<usize>, fields: &[Field]) -> bool {
        let is_line = || std::str::from_utf8(&bytes[content.clone()]).is_ok_and(is_blank);
        let is_row = || {
            self.piece.shape.skip_blank_rows
                && fields.iter().all(|field| is_blank_field(bytes, *field))
        };
        (fields.len() == 1 && is_line()) || is_row()
    }

    /// Whether a record that reaches to `end` is a last line without line end.
    fn is_cut(&self, end: usize, bytes: &[u8]) -> bool {
        self.piece.block.unterminated && end + 2 > bytes.len()
    }
}

fn is_blank_field(bytes: &[u8], field: Field) -> bool {
    field.side().is_none() && std::str::from_utf8(&bytes[field.range()]).is_ok_and(is_blank)
}

fn column<'f>(
    bytes: &Buffer,
    text: &str,
    side: &str,
    cells: impl Iterator<Item = &'f Field>,
    count: usize,
) -> Result<ArrayRef, ReadError> {
    let mut builder = StringViewBuilder::with_capacity(count);
    let mut block = None;
    for field in cells {
        if let Some(range) = field.side() {
            builder.append_value(side.get(range).unwrap_or_default());
            continue;
        }
        let range = field.range();
        if range.len() <= INLINE_BYTES {
            builder.append_value(text.get(range).unwrap_or_default());
            continue;
        }
        let block = *block.get_or_insert_with(|| builder.append_block(bytes.clone()));
        builder.try_append_view(block, field.start, range.len() as u32)?;
    }
    Ok(Arc::new(builder.finish()))
}

/// Bytes that are no text, and stood in records set aside, made text.
fn blank_out(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(&bytes[at..]) {
        at += error.valid_up_to();
        let length = error.error_len().unwrap_or(bytes.len() - at);
        bytes[at..at + length].fill(b' ');
    }
    bytes
}

/// `é`, `£` or a curly mark in UTF-8, taken for windows-1252 and encoded again.
fn looks_encoded_twice(bytes: &[u8]) -> bool {
    const SIGNS: [&[u8]; 3] = [b"\xC3\x83\xC2", b"\xC3\x82\xC2", b"\xC3\xA2\xE2\x82\xAC"];
    SIGNS.iter().any(|sign| memmem::find(bytes, sign).is_some())
}
