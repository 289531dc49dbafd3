//! The spool is a folder of files that all grow at once while families stream
//! by. A file is open only while a chunk is appended, so that thousands of them
//! need neither handles nor much memory.

use crate::Error;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a file may hold back before it is appended.
const CHUNK: usize = 64 << 10;
/// What all files together may hold back.
const HELD: usize = 48 << 20;

/// Where a file stands in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId(usize);

/// Files under one folder.
#[derive(Debug)]
pub(crate) struct Spool {
    root: PathBuf,
    files: Vec<Spooled>,
    ids: HashMap<String, FileId>,
    held: usize,
}

#[derive(Debug)]
struct Spooled {
    /// Under the root, with `/`.
    path: String,
    chunk: Vec<u8>,
    bytes: u64,
    records: u64,
    /// Where the next record starts, as the warehouse counts.
    next_row: u64,
    is_made: bool,
}

impl Spool {
    pub(crate) fn new(root: &Path) -> Self {
        Spool {
            root: root.to_owned(),
            files: Vec::new(),
            ids: HashMap::new(),
            held: 0,
        }
    }

    /// The file of a path. A new one begins with `start`, and its first record
    /// stands in `first_row`.
    pub(crate) fn file(
        &mut self,
        path: &str,
        first_row: u64,
        start: impl FnOnce() -> Vec<u8>,
    ) -> FileId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = FileId(self.files.len());
        let chunk = start();
        self.held += chunk.len();
        self.files.push(Spooled {
            path: path.to_owned(),
            bytes: 0,
            chunk,
            records: 0,
            next_row: first_row,
            is_made: false,
        });
        self.ids.insert(path.to_owned(), id);
        id
    }

    /// Adds one record, `lines` rows high as the warehouse counts them, and
    /// returns the row in which it stands.
    pub(crate) fn record(
        &mut self,
        id: FileId,
        lines: u64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, Error> {
        let file = &mut self.files[id.0];
        let row = file.next_row;
        file.next_row += lines;
        file.records += 1;
        self.append(id, write)?;
        Ok(row)
    }

    /// Adds what is no record: what comes before, between and after them.
    pub(crate) fn append(
        &mut self,
        id: FileId,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        let chunk = &mut self.files[id.0].chunk;
        let before = chunk.len();
        write(chunk);
        self.held += chunk.len() - before;
        if chunk.len() >= CHUNK {
            self.flush(id)?;
        }
        if self.held > HELD {
            self.flush_all()?;
        }
        Ok(())
    }

    /// How many records a file has.
    pub(crate) fn records(&self, id: FileId) -> u64 {
        self.files[id.0].records
    }

    /// Path under the root.
    pub(crate) fn path(&self, id: FileId) -> &str {
        &self.files[id.0].path
    }

    /// Writes everything out and tells the files with their sizes, in order of
    /// path.
    pub(crate) fn finish(mut self) -> Result<Vec<(String, u64)>, Error> {
        self.flush_all()?;
        let mut sizes: Vec<(String, u64)> = self
            .files
            .into_iter()
            .map(|file| (file.path, file.bytes))
            .collect();
        sizes.sort();
        Ok(sizes)
    }

    fn flush_all(&mut self) -> Result<(), Error> {
        (0..self.files.len()).try_for_each(|place| self.flush(FileId(place)))
    }

    fn flush(&mut self, id: FileId) -> Result<(), Error> {
        let file = &mut self.files[id.0];
        if file.chunk.is_empty() && file.is_made {
            return Ok(());
        }
        let path = under(&self.root, &file.path);
        append_to(&path, file.is_made, &file.chunk)
            .map_err(|source| Error::Write { path, source })?;
        file.is_made = true;
        file.bytes += file.chunk.len() as u64;
        self.held -= file.chunk.len();
        // What is small is kept for the next chunk; room is given back where a
        // file rarely grows.
        file.chunk.clear();
        if self.files.len() > HELD / CHUNK {
            self.files[id.0].chunk = Vec::new();
        }
        Ok(())
    }
}

fn append_to(path: &Path, is_made: bool, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = if is_made {
        OpenOptions::new().append(true).open(path)?
    } else {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create_new(path)?
    };
    file.write_all(bytes)
}

/// A path under a folder, from one with `/`.
pub(crate) fn under(root: &Path, path: &str) -> PathBuf {
    path.split('/')
        .fold(root.to_owned(), |at, part| at.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_grow_at_once_hold_what_was_added_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(dir.path());
        for round in 0..3000u64 {
            for name in ["a/x.csv", "b.csv"] {
                let id = spool.file(name, 2, || b"head\n".to_vec());
                let row = spool
                    .record(id, 1, |out| {
                        out.extend_from_slice(format!("{round:0100}\n").as_bytes());
                    })
                    .unwrap();
                assert_eq!(row, round + 2);
            }
        }
        let sizes = spool.finish().unwrap();
        assert_eq!(sizes.len(), 2);
        let text = fs::read_to_string(dir.path().join("a/x.csv")).unwrap();
        assert_eq!(text.len() as u64, sizes[0].1);
        assert_eq!(text.lines().count(), 3001);
        assert!(text.ends_with("2999\n"));
    }
}
