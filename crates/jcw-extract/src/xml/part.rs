//! Writing a part: the records of one table, as they are met, in batches.

use super::remarks::{Remarks, Rule, said};
use super::text::At;
use super::{RECORD_ID, XmlPart, XmlTable};
use crate::label::fold;
use crate::read_error::ReadError;
use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::FileWriter;
use jcw_project::{Contract, Origin};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A batch is written when it has so many rows, or so many bytes.
const ROWS: usize = 8_192;
const BYTES: usize = 8 << 20;
/// Spellings of names that are remembered.
const REMEMBERED: usize = 4_096;
/// Columns after those of the contract: the record's number, that of the record
/// it stands in, and of a record set aside why and its text.
pub(super) const EXTRA_COLUMNS: usize = 4;

/// Collects one table's records.
pub(super) struct PartWriter {
    name: String,
    parent: Option<String>,
    columns: Vec<PartColumn>,
    /// Where a name as it is spelled belongs.
    places: HashMap<String, Place>,
    record: Record,
    batch: Batch,
    file: FileWriter<BufWriter<File>>,
    path: PathBuf,
    pub(super) remarks: Remarks,
}

/// A column that an element may give.
struct PartColumn {
    /// Its name and aliases, folded.
    labels: Vec<String>,
    aliases: Vec<String>,
    /// The label under which the file first shows it.
    shown: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Column { column: usize, is_spelled: bool },
    Unknown,
}

/// The record being read. Records of one table do not stand in each other.
#[derive(Default)]
struct Record {
    number: i64,
    parent: Option<i64>,
    text: String,
    cells: Vec<Cell>,
    repeated: Option<usize>,
    /// Text of elements that repeat, ready to be shown.
    rest: String,
}

#[derive(Debug, Clone, Copy, Default)]
enum Cell {
    #[default]
    Absent,
    Null,
    Text {
        start: usize,
        end: usize,
    },
}

/// Rows not yet written.
struct Batch {
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    numbers: Int64Builder,
    parents: Int64Builder,
    faults: StringBuilder,
    texts: StringBuilder,
    rows: usize,
    bytes: usize,
}

impl PartWriter {
    pub(super) fn new(
        table: &XmlTable<'_>,
        parent: Option<&str>,
        path: PathBuf,
    ) -> Result<Self, ReadError> {
        let columns: Vec<PartColumn> = part_columns(table.contract)
            .map(|column| PartColumn {
                labels: labels(column).collect(),
                aliases: column.aliases.clone(),
                shown: None,
            })
            .collect();
        let batch = Batch::new(columns.len());
        let file = File::create_new(&path).map_err(writing)?;
        let file = FileWriter::try_new(BufWriter::new(file), &batch.schema)?;
        Ok(PartWriter {
            name: table.name.to_owned(),
            parent: parent.map(|parent| format!("{parent}_id")),
            columns,
            places: HashMap::new(),
            record: Record::default(),
            batch,
            file,
            path,
            remarks: Remarks::default(),
        })
    }

    /// A record begins, within the record of that number.
    pub(super) fn begin(&mut self, parent: Option<i64>) {
        let record = &mut self.record;
        record.number += 1;
        record.parent = parent;
        record.text.clear();
        record.cells.clear();
        record.cells.resize(self.columns.len(), Cell::Absent);
        record.repeated = None;
        record.rest.clear();
    }

    /// The number of the record being read.
    pub(super) fn number(&self) -> i64 {
        self.record.number
    }

    /// An element without children; `None` is one that says it is null.
    pub(super) fn put(&mut self, name: &str, text: Option<&str>, at: impl FnOnce() -> At) {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => self.find(name),
        };
        let column = match place {
            Place::Unknown => return self.remarks.add(Rule::UnknownTag, said(name), at),
            Place::Column { column, is_spelled } => {
                if !is_spelled {
                    self.remark_spelling(column, name, at);
                }
                column
            }
        };
        let record = &mut self.record;
        let Some(cell) = record.cells.get_mut(column) else {
            return;
        };
        if !matches!(cell, Cell::Absent) {
            record.repeated.get_or_insert(column);
            // A record that repeats without end is told from the rest of it.
            if record.rest.len() < BYTES {
                show(&mut record.rest, name, text);
            }
            return;
        }
        *cell = match text {
            None => Cell::Null,
            Some(text) => {
                let start = record.text.len();
                record.text.push_str(text);
                Cell::Text {
                    start,
                    end: record.text.len(),
                }
            }
        };
    }

    /// The record ends.
    pub(super) fn end(&mut self) -> Result<(), ReadError> {
        self.batch.append(&self.record, &self.columns);
        if self.batch.rows >= ROWS || self.batch.bytes >= BYTES {
            let batch = self.batch.take()?;
            self.file.write(&batch)?;
        }
        Ok(())
    }

    /// The file has been read.
    pub(super) fn finish(mut self) -> Result<XmlPart, ReadError> {
        if self.batch.rows > 0 {
            let batch = self.batch.take()?;
            self.file.write(&batch)?;
        }
        self.file.finish()?;
        let records = self.record.number;
        let shown = self.columns.into_iter().enumerate();
        let shown = shown.filter_map(|(place, column)| Some((place, column.shown?)));
        Ok(XmlPart {
            name: self.name,
            records: records.unsigned_abs(),
            path: self.path,
            shown: shown.collect(),
            parent: self.parent,
            warnings: self.remarks.warnings(),
        })
    }

    fn find(&mut self, name: &str) -> Place {
        let folded = fold(name);
        let found = self
            .columns
            .iter()
            .position(|column| column.labels.contains(&folded));
        let is_number = folded == fold(RECORD_ID)
            || self
                .parent
                .as_ref()
                .is_some_and(|parent| folded == fold(parent));
        let place = match found {
            Some(column) if !is_number => {
                let PartColumn { aliases, shown, .. } = &mut self.columns[column];
                shown.get_or_insert_with(|| name.to_owned());
                // A contract that gives no alias says nothing of the spelling.
                let is_alike = |alias: &&String| fold(alias) == folded;
                let mut alike = aliases.iter().filter(is_alike).peekable();
                Place::Column {
                    column,
                    is_spelled: alike.peek().is_none() || alike.any(|alias| alias == name),
                }
            }
            _ => Place::Unknown,
        };
        if self.places.len() < REMEMBERED {
            self.places.insert(name.to_owned(), place);
        }
        place
    }

    fn remark_spelling(&mut self, column: usize, name: &str, at: impl FnOnce() -> At) {
        let folded = fold(name);
        let declared = self.columns[column]
            .aliases
            .iter()
            .find(|alias| fold(alias) == folded);
        let declared = declared.map_or("", String::as_str);
        let about = format!("the element {declared} is spelled {}", said(name));
        self.remarks.add(Rule::Spelling, &about, at);
    }
}

impl Batch {
    fn new(columns: usize) -> Self {
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

    fn append(&mut self, record: &Record, columns: &[PartColumn]) {
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

    fn take(&mut self) -> Result<RecordBatch, ReadError> {
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

/// The columns of a contract that elements may give.
pub(super) fn part_columns(contract: &Contract) -> impl Iterator<Item = &jcw_project::Column> {
    contract
        .columns
        .iter()
        .filter(|column| matches!(&column.from, None | Some(Origin::Header { .. })))
}

fn labels(column: &jcw_project::Column) -> impl Iterator<Item = String> + '_ {
    std::iter::once(&column.name.value)
        .chain(&column.aliases)
        .map(|label| fold(label))
}

/// An element as it stands, or nearly.
fn show(to: &mut String, name: &str, text: Option<&str>) {
    let text = quick_xml::escape::partial_escape(text.unwrap_or_default());
    to.extend(["<", name, ">", &text, "</", name, ">"]);
}

fn writing(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "taking it apart",
        source,
    }
}

/// Where a table's part is kept.
pub(super) fn path(folder: &Path, table: usize) -> PathBuf {
    folder.join(format!("{table}.arrow"))
}
