//! Workbooks that grow row by row, of which only the row being written is held.
//! A workbook with a table that is longer than a sheet can be is left out.

use super::record::Record;
use super::spool::under;
use super::table::{Column, Kind};
use super::text::date_parts;
use crate::Error;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Rows that a sheet can have.
pub(crate) const MOST_ROWS: u32 = 1_048_576;

/// Path and size in bytes.
type SavedFile = (String, u64);

/// Where a workbook stands among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BookId(usize);

/// The workbooks under one folder.
#[derive(Debug)]
pub(crate) struct Books {
    root: PathBuf,
    books: Vec<Book>,
    ids: HashMap<String, BookId>,
}

struct Book {
    path: String,
    workbook: Workbook,
    /// Next row of each sheet, from 0.
    next: Vec<u32>,
    date: Format,
    is_too_long: bool,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Books {
    pub(crate) fn new(root: &Path) -> Self {
        Books {
            root: root.to_owned(),
            books: Vec::new(),
            ids: HashMap::new(),
        }
    }

    /// The workbook of a path, made the first time with these sheets: name,
    /// title above the labels (none if blank), labels.
    pub(crate) fn book(
        &mut self,
        path: &str,
        sheets: impl FnOnce() -> Vec<(String, String, Vec<&'static str>)>,
    ) -> Result<BookId, Error> {
        if let Some(id) = self.ids.get(path) {
            return Ok(*id);
        }
        let book = Book::new(path, sheets()).map_err(|source| told(path, source))?;
        let id = BookId(self.books.len());
        self.books.push(book);
        self.ids.insert(path.to_owned(), id);
        Ok(id)
    }

    /// Path under the root.
    pub(crate) fn path(&self, id: BookId) -> &str {
        &self.books[id.0].path
    }

    /// Adds a record to a sheet and returns the sheet row in which it stands.
    pub(crate) fn record(
        &mut self,
        id: BookId,
        sheet: usize,
        record: &Record,
        shows: impl Fn(&Column) -> bool,
    ) -> Result<u64, Error> {
        let book = &mut self.books[id.0];
        if book.is_too_long || book.next[sheet] >= MOST_ROWS {
            book.is_too_long = true;
            return Ok(0);
        }
        book.record(sheet, record, shows)
            .map_err(|source| told(&book.path, source))
    }

    /// Saves all, and tells their paths with their sizes, and the paths of
    /// those that were too long and are left out.
    pub(crate) fn finish(self) -> Result<(Vec<SavedFile>, Vec<String>), Error> {
        let (mut saved, mut left_out) = (Vec::new(), Vec::new());
        for mut book in self.books {
            if book.is_too_long {
                left_out.push(book.path);
                continue;
            }
            let path = under(&self.root, &book.path);
            let write = |source| Error::Write {
                path: path.clone(),
                source,
            };
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(write)?;
            }
            book.workbook
                .save(&path)
                .map_err(|source| told(&book.path, source))?;
            let size = std::fs::metadata(&path).map_err(write)?.len();
            saved.push((book.path, size));
        }
        Ok((saved, left_out))
    }
}

impl Book {
    fn new(
        path: &str,
        sheets: Vec<(String, String, Vec<&'static str>)>,
    ) -> Result<Book, XlsxError> {
        let mut workbook = Workbook::new();
        // The time of writing would make every file another.
        let day = ExcelDateTime::from_ymd(2024, 12, 12)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&day));
        let mut next = Vec::new();
        for (name, title, labels) in sheets {
            let sheet = workbook.add_worksheet_with_constant_memory()?;
            sheet.set_name(&name)?;
            let mut row = 0;
            if !title.is_empty() {
                sheet.write_string(0, 0, &title)?;
                row = 1;
            }
            for (column, label) in labels.iter().enumerate() {
                sheet.write_string(row, column as u16, *label)?;
            }
            next.push(row + 1);
        }
        Ok(Book {
            path: path.to_owned(),
            workbook,
            next,
            date: Format::new().set_num_format("dd/mm/yyyy"),
            is_too_long: false,
        })
    }

    fn record(
        &mut self,
        sheet: usize,
        record: &Record,
        shows: impl Fn(&Column) -> bool,
    ) -> Result<u64, XlsxError> {
        let row = self.next[sheet];
        self.next[sheet] += 1;
        let worksheet = self.workbook.worksheet_from_index(sheet)?;
        let mut place = 0u16;
        for (column, cell) in record.table.columns.iter().zip(record.cells()) {
            if !shows(column) {
                continue;
            }
            let at = place;
            place += 1;
            if cell.is_empty() {
                continue;
            }
            match (column.kind, cell) {
                (Kind::Integer | Kind::Decimal, _) if cell.parse::<f64>().is_ok() => {
                    worksheet.write_number(row, at, cell.parse::<f64>().unwrap_or_default())?;
                }
                (Kind::Flag, "1") => {
                    worksheet.write_string(row, at, "Yes")?;
                }
                (Kind::Flag, "0") => {
                    worksheet.write_string(row, at, "No")?;
                }
                (Kind::Date | Kind::BritishDate, _) => match real_date(cell) {
                    Some(date) => {
                        worksheet.write_datetime_with_format(row, at, &date, &self.date)?;
                    }
                    None => {
                        worksheet.write_string(row, at, cell)?;
                    }
                },
                _ => {
                    worksheet.write_string(row, at, cell)?;
                }
            }
        }
        Ok(u64::from(row) + 1)
    }
}

/// A date that a sheet can hold as one.
fn real_date(cell: &str) -> Option<ExcelDateTime> {
    let parts = date_parts(cell)?;
    let number = |text: &str| text.parse().ok();
    let (month, day) = (number(parts.month)?, number(parts.day)?);
    if !crate::mess::cell::is_real_date(cell) {
        return None;
    }
    ExcelDateTime::from_ymd(parts.year.parse().ok()?, month, day).ok()
}

fn told(path: &str, source: XlsxError) -> Error {
    Error::Workbook {
        file: path.to_owned(),
        source,
    }
}
