//! Writing a part: the records of one table, as they are met, in batches.

use super::batch::{Batch, Cell, Record, show};
use super::remarks::{Remarks, Rule, said};
use super::text::At;
use super::{RECORD_ID, XmlPart, XmlTable};
use crate::label::fold;
use crate::read_error::ReadError;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use jcw_project::{Contract, Origin};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

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
pub(super) struct PartColumn {
    /// Its name and aliases, folded.
    labels: Vec<String>,
    aliases: Vec<String>,
    /// The label under which the file first shows it.
    pub(super) shown: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Column { column: usize, is_spelled: bool },
    Unknown,
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
        let file = FileWriter::try_new(BufWriter::new(file), &batch.schema).map_err(keeping)?;
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
            self.file.write(&batch).map_err(keeping)?;
        }
        Ok(())
    }

    /// The file has been read.
    pub(super) fn finish(mut self) -> Result<XmlPart, ReadError> {
        if self.batch.rows > 0 {
            let batch = self.batch.take()?;
            self.file.write(&batch).map_err(keeping)?;
        }
        self.file.finish().map_err(keeping)?;
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

fn writing(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "taking it apart",
        source,
    }
}

/// A full disk is no fault of the program.
fn keeping(error: ArrowError) -> ReadError {
    match error {
        ArrowError::IoError(_, source) => writing(source),
        error => error.into(),
    }
}

/// Where a table's part is kept.
pub(super) fn path(folder: &Path, table: usize) -> PathBuf {
    folder.join(format!("{table}.arrow"))
}
