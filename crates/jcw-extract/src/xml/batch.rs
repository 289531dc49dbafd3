//! Rows of one table between being read and being written.

use super::part::PartColumn;
use crate::read_error::ReadError;
use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// The record being read. Records of one table do not stand in each other.
#[derive(Default)]
pub(super) struct Record {
    pub(super) number: i64,
    pub(super) parent: Option<i64>,
    pub(super) text: String,
    pub(super) cells: Vec<Cell>,
    pub(super) repeated: Option<usize>,
    /// Text of elements that repeat, ready to be shown.
    pub(super) rest: String,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Cell {
    #[default]
    Absent,
    Null,
    Text {
        start: usize,
        end: usize,
    },
}

/// Rows not yet written.
pub(super) struct Batch {
    pub(super) schema: SchemaRef,
    columns: Vec<StringBuilder>,
    numbers: Int64Builder,
    parents: Int64Builder,
    faults: StringBuilder,
    texts: StringBuilder,
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

impl Batch {
    pub(super) fn new(columns: usize) -> Self {
        let text = |name: String| Field::new(name, DataType::Utf8, true);
        let mut fields: Vec<Field> = (0..columns)
            .map(|column| text(format!("c{column}")))
            .collect();
        fields.push(Field::new("number", DataType::Int64, false));
        fields.push(Field::new("parent", DataType::Int64, true));
        fields.push(text("fault".to_owned()));
        fields.push(text("text".to_owned()));
        Batch {
            schema: Arc::new(Schema::new(fields)),
            columns: std::iter::repeat_with(StringBuilder::new)
                .take(columns)
                .collect(),
            numbers: Int64Builder::new(),
            parents: Int64Builder::new(),
            faults: StringBuilder::new(),
            texts: StringBuilder::new(),
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn append(&mut self, record: &Record, columns: &[PartColumn]) {
        let text = |cell: &Cell| match *cell {
            Cell::Text { start, end } => record.text.get(start..end),
            Cell::Absent | Cell::Null => None,
        };
        for (builder, cell) in self.columns.iter_mut().zip(&record.cells) {
            builder.append_option(text(cell));
        }
        self.numbers.append_value(record.number);
        self.parents.append_option(record.parent);
        match record.repeated {
            None => {
                self.faults.append_null();
                self.texts.append_null();
            }
            Some(column) => {
                let mut whole = String::new();
                for (column, cell) in columns.iter().zip(&record.cells) {
                    if let (Some(name), false) = (&column.shown, matches!(cell, Cell::Absent)) {
                        show(&mut whole, name, text(cell));
                    }
                }
                whole.push_str(&record.rest);
                self.bytes += whole.len();
                self.faults.append_option(columns[column].shown.as_ref());
                self.texts.append_value(whole);
            }
        }
        self.rows += 1;
        self.bytes += record.text.len() + 8 * record.cells.len();
    }

    pub(super) fn take(&mut self) -> Result<RecordBatch, ReadError> {
        let mut columns: Vec<ArrayRef> = self
            .columns
            .iter_mut()
            .map(|builder| Arc::new(builder.finish()) as ArrayRef)
            .collect();
        columns.push(Arc::new(self.numbers.finish()));
        columns.push(Arc::new(self.parents.finish()));
        columns.push(Arc::new(self.faults.finish()));
        columns.push(Arc::new(self.texts.finish()));
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// An element as it stands, or nearly.
pub(super) fn show(to: &mut String, name: &str, text: Option<&str>) {
    let text = quick_xml::escape::partial_escape(text.unwrap_or_default());
    to.extend(["<", name, ">", &text, "</", name, ">"]);
}
