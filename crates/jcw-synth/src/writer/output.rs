//! The output is the folder that everything goes to: the files that grow, the
//! workbooks, and the list of faults.

use super::Written;
use super::spool::{FileId, Spool};
use super::workbook::{BookId, Books};
use crate::Error;
use crate::mess::Broken;
use std::path::Path;

/// Everything that is written.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) spool: Spool,
    pub(crate) books: Books,
    faults: FileId,
}

impl Output {
    pub(crate) fn new(root: &Path) -> Self {
        let mut spool = Spool::new(root);
        let faults = spool.file("truth/faults.csv", 2, || {
            b"file,row,rule,severity,table\n".to_vec()
        });
        Output {
            spool,
            books: Books::new(root),
            faults,
        }
    }

    /// Notes what is wrong with a record that stands in this row of a file.
    pub(crate) fn note(
        &mut self,
        file: FileId,
        row: u64,
        table: &str,
        broken: &[Broken],
    ) -> Result<(), Error> {
        if broken.is_empty() {
            return Ok(());
        }
        let path = self.spool.path(file).to_owned();
        self.note_at(&path, row, table, broken)
    }

    /// As [`note`](Self::note), for a row of a workbook.
    pub(crate) fn note_in_book(
        &mut self,
        book: BookId,
        row: u64,
        table: &str,
        broken: &[Broken],
    ) -> Result<(), Error> {
        if broken.is_empty() {
            return Ok(());
        }
        let path = self.books.path(book).to_owned();
        self.note_at(&path, row, table, broken)
    }

    fn note_at(
        &mut self,
        path: &str,
        row: u64,
        table: &str,
        broken: &[Broken],
    ) -> Result<(), Error> {
        for broken in broken {
            let severity = if broken.rejects { "reject_row" } else { "warn" };
            let line = format!("{path},{row},{},{severity},{table}\n", broken.rule);
            self.spool.record(self.faults, 1, |out| {
                out.extend_from_slice(line.as_bytes());
            })?;
        }
        Ok(())
    }

    /// Writes out what is held, and tells what there is.
    pub(crate) fn finish(self) -> Result<Written, Error> {
        let faults = self.spool.records(self.faults);
        let mut files = self.spool.finish()?;
        let (books, left_out) = self.books.finish()?;
        files.extend(books);
        files.sort();
        Ok(Written {
            files,
            left_out,
            faults,
        })
    }
}
