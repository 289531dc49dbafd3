//! Questions that have begun and not ended: a file each beside the spool's rows,
//! written before the first byte is given and removed with the row. Those that a
//! server leaves behind were ended with it; the next start writes their rows,
//! with the outcome [`LOST`].
//!
//! A file each, not a journal: nothing has to be found again in it, or taken out
//! of it, while other questions go on.

use super::row::Row;
use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Nobody knows how it ended, nor how much was given: the server was ended in the
/// middle. `rows` and `bytes` are nought, `ended_at` is when that was found.
pub(super) const LOST: &str = "lost";

/// The folder of these files.
#[derive(Debug)]
pub(super) struct Begun(PathBuf);

impl Begun {
    /// Below the folder of one server.
    pub(super) fn open(server: &Path) -> io::Result<Begun> {
        let folder = server.join("begun");
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder)?;
        Ok(Begun(folder))
    }

    /// Whether some are left in the folder of a server.
    pub(super) fn is_any(server: &Path) -> bool {
        let mut files = std::fs::read_dir(server.join("begun"))
            .into_iter()
            .flatten();
        files.next().is_some()
    }

    /// Notes a question, as far as it is known.
    pub(super) fn note(&self, row: &Row) -> io::Result<()> {
        let line = serde_json::to_vec(row)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600);
        file.open(self.0.join(&row.query_id))?.write_all(&line)
    }

    /// Its row has been written.
    pub(super) fn forget(&self, query_id: &str) {
        if let Err(error) = std::fs::remove_file(self.0.join(query_id)) {
            tracing::warn!(%error, "a question that has ended looks as if it had not");
        }
    }

    /// Rows of those that nobody will end, oldest first; not of those that have a
    /// row already. Of one whose note was torn there is the id alone.
    pub(super) fn lost(&self, have_rows: &BTreeSet<String>) -> io::Result<Vec<Row>> {
        let now = super::row::now();
        let mut lost = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let Ok(query_id) = entry?.file_name().into_string() else {
                continue;
            };
            if have_rows.contains(&query_id) {
                self.forget(&query_id);
                continue;
            }
            let noted = std::fs::read(self.0.join(&query_id))?;
            let noted = serde_json::from_slice::<Row>(&noted).unwrap_or_else(|_| Row {
                event: "query".into(),
                received_at: now,
                ..Row::default()
            });
            lost.push(Row {
                query_id,
                ended_at: now,
                outcome: LOST.into(),
                ..noted
            });
        }
        lost.sort_by(|a, b| (a.received_at, &a.query_id).cmp(&(b.received_at, &b.query_id)));
        Ok(lost)
    }
}
