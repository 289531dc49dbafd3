//! The output is the folder that everything goes to: the files that grow, the
//! workbooks, and the list of faults.

use super::Written;
use super::spool::{FileId, Spool};
use super::table::Table;
use super::tables;
use super::workbook::{BookId, Books};
use crate::Error;
use crate::mess::Broken;
use std::io::Write as _;
use std::path::Path;

/// Everything that is written.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) spool: Spool,
    pub(crate) books: Books,
    /// Whose records are being written, where they are somebody's.
    pub(crate) person: Option<u64>,
    /// Tables that say who somebody is.
    about_persons: Vec<&'static str>,
    faults: FileId,
    links: FileId,
}

impl Output {
    pub(crate) fn new(root: &Path) -> Self {
        let mut spool = Spool::new(root);
        let faults = spool.file("truth/faults.csv", 2, || {
            b"file,row,rule,severity,table\n".to_vec()
        });
        let links = spool.file("truth/links.csv", 2, || b"file,row,table,person\n".to_vec());
        Output {
            spool,
            books: Books::new(root),
            person: None,
            about_persons: (tables::all().iter())
                .filter(|table| table.is_about_persons())
                .map(|table| table.name)
                .collect(),
            faults,
            links,
        }
    }

    /// Notes what is wrong with a record that stands in this row of a file.
    pub(crate) fn note(
        &mut self,
        file: FileId,
        row: u64,
        table: &Table,
        broken: &[Broken],
    ) -> Result<(), Error> {
        let is_linked = self.is_linked(self.spool.path(file), table);
        if broken.is_empty() && !is_linked {
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
        table: &Table,
        broken: &[Broken],
    ) -> Result<(), Error> {
        let is_linked = self.is_linked(self.books.path(book), table);
        if broken.is_empty() && !is_linked {
            return Ok(());
        }
        let path = self.books.path(book).to_owned();
        self.note_at(&path, row, table, broken)
    }

    fn note_at(
        &mut self,
        path: &str,
        row: u64,
        table: &Table,
        broken: &[Broken],
    ) -> Result<(), Error> {
        let name = table.name;
        if let Some(person) = self.person.filter(|_| self.is_linked(path, table)) {
            self.spool.record(self.links, 1, |out| {
                // Writing to memory does not fail.
                let _ = writeln!(out, "{path},{row},{name},{person}");
            })?;
        }
        for broken in broken {
            let severity = if broken.rejects { "reject_row" } else { "warn" };
            let line = format!("{path},{row},{},{severity},{name}\n", broken.rule);
            self.spool.record(self.faults, 1, |out| {
                out.extend_from_slice(line.as_bytes());
            })?;
        }
        Ok(())
    }

    /// The truth says whose row it is: of every extract about persons, in its
    /// first shape.
    fn is_linked(&self, path: &str, table: &Table) -> bool {
        self.person.is_some()
            && path.starts_with("extracts/")
            && self.about_persons.contains(&table.name)
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
