//! Questions that have begun and not ended: a line each in a file of its own beside
//! the spool's rows, written before the first byte is given and made empty with the
//! row. Those that a server leaves behind were ended with it; the next start writes
//! their rows, with the outcome [`LOST`].
//!
//! A file each, not a journal: nothing has to be found again in it, or taken out
//! of it, while other questions go on. The files stay for the questions that come
//! after, because to make and remove one takes ten times as long as to write it.

use super::row::Row;
use std::collections::{BTreeSet, HashMap};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nobody knows how it ended, nor how much was given: the server was ended in the
/// middle. `rows` and `bytes` are nought, `ended_at` is when that was found.
pub(super) const LOST: &str = "lost";

/// The folder of these files.
#[derive(Debug)]
pub(super) struct Begun {
    folder: PathBuf,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    /// By the id of the question that stands in it.
    noted: HashMap<String, File>,
    free: Vec<File>,
    /// As many as were made, and more: the next one's name.
    made: usize,
}

impl Begun {
    /// Below the folder of one server. Rows of the questions that nobody will end are
    /// given, oldest first; not of those that have a row already. What is noted of
    /// them stays until their row is written.
    pub(super) fn open(
        server: &Path,
        have_rows: &BTreeSet<String>,
    ) -> io::Result<(Begun, Vec<Row>)> {
        let folder = server.join("begun");
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder)?;
        let now = super::row::now();
        let (mut files, mut lost) = (Files::default(), Vec::new());
        for entry in std::fs::read_dir(&folder)? {
            let mut file = (OpenOptions::new().read(true).write(true)).open(entry?.path())?;
            let Some(line) = line(&mut file)? else {
                files.free.push(file);
                continue;
            };
            // Of one that a power cut has torn it is known that there was one.
            let noted = serde_json::from_slice::<Row>(&line).unwrap_or_else(|_| Row {
                event: "query".into(),
                query_id: uuid::Uuid::now_v7().to_string(),
                received_at: now,
                ..Row::default()
            });
            if have_rows.contains(&noted.query_id) {
                empty(&file)?;
                files.free.push(file);
                continue;
            }
            files.noted.insert(noted.query_id.clone(), file);
            lost.push(Row {
                ended_at: now,
                outcome: LOST.into(),
                ..noted
            });
        }
        lost.sort_by(|a, b| (a.received_at, &a.query_id).cmp(&(b.received_at, &b.query_id)));
        let files = Mutex::new(files);
        Ok((Begun { folder, files }, lost))
    }

    /// Whether some are left in the folder of a server.
    pub(super) fn is_any(server: &Path) -> bool {
        let files = std::fs::read_dir(server.join("begun"));
        (files.into_iter().flatten().flatten())
            .filter_map(|entry| File::open(entry.path()).ok())
            .any(|mut file| line(&mut file).is_ok_and(|line| line.is_some()))
    }

    /// Notes a question, as far as it is known.
    pub(super) fn note(&self, row: &Row) -> io::Result<()> {
        let mut note = serde_json::to_vec(row)?;
        note.push(b'\n');
        let free = self.files().free.pop();
        let file = match free {
            Some(file) => file,
            None => self.make()?,
        };
        let written = file.write_all_at(&note, 0);
        let mut files = self.files();
        match written {
            Ok(()) => {
                files.noted.insert(row.query_id.clone(), file);
                Ok(())
            }
            Err(error) => {
                // Nothing was given; should it not be empty, the next note is over it.
                let _ = empty(&file);
                files.free.push(file);
                Err(error)
            }
        }
    }

    /// Its row has been written.
    pub(super) fn forget(&self, query_id: &str) {
        let Some(file) = self.files().noted.remove(query_id) else {
            return;
        };
        if let Err(error) = empty(&file) {
            tracing::warn!(%error, "a question that has ended looks as if it had not");
        }
        self.files().free.push(file);
    }

    fn make(&self) -> io::Result<File> {
        let mut files = self.files();
        loop {
            let path = self.folder.join(files.made.to_string());
            files.made += 1;
            let mut options = OpenOptions::new();
            match options.write(true).create_new(true).mode(0o600).open(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                made => return made,
            }
        }
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands in a file before the end of its first line; what is after that is
/// left of longer notes.
fn line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok((!line.is_empty()).then(|| line.to_vec()))
}

fn empty(file: &File) -> io::Result<()> {
    file.write_all_at(b"\n", 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, Utc};
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn ids(lost: &[Row]) -> Vec<&str> {
        lost.iter().map(|row| row.query_id.as_str()).collect()
    }

    #[test]
    fn what_was_begun_is_found_in_the_order_it_came_and_is_for_its_owner_alone() {
        let server = tempfile::tempdir().unwrap();
        assert!(!Begun::is_any(server.path()));
        let none = BTreeSet::new();
        let (begun, lost) = Begun::open(server.path(), &none).unwrap();
        assert!(lost.is_empty() && !Begun::is_any(server.path()));
        let came = Utc::now();
        let row = |query_id: &str, after| Row {
            query_id: query_id.into(),
            principal: Some("ann".into()),
            received_at: came + TimeDelta::seconds(after),
            ended_at: came,
            ..Row::default()
        };
        for (query_id, after) in [("a long one that ends", -1), ("b", 2), ("c", 0)] {
            begun.note(&row(query_id, after)).unwrap();
        }
        begun.forget("a long one that ends");
        begun.note(&row("a", 1)).unwrap();
        assert!(Begun::is_any(server.path()));
        let folder = server.path().join("begun");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
        assert_eq!((mode(&folder), mode(&folder.join("0"))), (0o700, 0o600));
        drop(begun);

        let (begun, lost) = Begun::open(server.path(), &none).unwrap();
        assert_eq!(ids(&lost), ["c", "a", "b"]);
        for row in &lost {
            assert_eq!((row.outcome.as_str(), row.rows, row.bytes), (LOST, 0, 0));
            assert_eq!(row.principal.as_deref(), Some("ann"));
            assert!(row.ended_at > came, "when it was found");
        }
        begun.forget("a");
        // Those whose rows were not written before the next end are found again.
        let have_rows = BTreeSet::from(["b".to_owned()]);
        let (begun, lost) = Begun::open(server.path(), &have_rows).unwrap();
        assert_eq!(ids(&lost), ["c"]);
        drop(begun);
        let (begun, lost) = Begun::open(server.path(), &none).unwrap();
        assert_eq!(ids(&lost), ["c"], "b has its row for good");
        begun.note(&row("d", 3)).unwrap();
        begun.note(&row("e", 4)).unwrap();
        for query_id in ["c", "d", "e"] {
            begun.forget(query_id);
        }
        assert!(!Begun::is_any(server.path()));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    }

    #[test]
    fn of_a_torn_note_there_is_that_it_was_and_when_it_was_found() {
        let server = tempfile::tempdir().unwrap();
        let none = BTreeSet::new();
        Begun::open(server.path(), &none).unwrap();
        std::fs::write(server.path().join("begun/0"), "{\"eve").unwrap();
        let before = super::super::row::now();
        let (begun, lost) = Begun::open(server.path(), &none).unwrap();
        let [row] = lost.as_slice() else {
            panic!("{lost:?}")
        };
        assert_eq!(row.event, "query");
        assert!(!row.query_id.is_empty());
        assert!(row.received_at >= before && row.ended_at >= before);
        assert_eq!((row.outcome.as_str(), &row.principal), (LOST, &None));
        begun.forget(&row.query_id);
        assert!(!Begun::is_any(server.path()));
    }
}
