//! The spool is where rows of the query log wait on this machine until the lake
//! has them: appended before an answer ends, and there after a crash.
//!
//! ```text
//! <spool>/<server id>/lock                 held by the server that writes here
//! <spool>/<server id>/head.json            the last row that is in the lake
//! <spool>/<server id>/<first sequence>.jsonl   rows that are not, one a line
//! <spool>/<server id>/begun/<number>       a question that has no row yet, or none
//! ```
//!
//! A server takes over the folder, and so the chain, of one that has ended, if
//! there is one; otherwise it begins a chain of its own.

use super::begun::Begun;
use super::row::{GENESIS, Row};
use jcw_lake::Lake;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A row's place in the chain: what the next row follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) sequence: i64,
    pub(super) hash: String,
}

/// One server's rows that are not in the lake yet.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    server_id: String,
    open: Mutex<Open>,
    begun: Begun,
    _lock: File,
}

#[derive(Debug)]
struct Open {
    head: Head,
    segment: Option<Segment>,
    closed: Vec<PathBuf>,
}

#[derive(Debug)]
struct Segment {
    file: File,
    path: PathBuf,
    rows: usize,
    /// A row may stand in it only in part.
    is_torn: bool,
}

impl Spool {
    /// Takes over a chain below `folder`, or begins one. What the server before
    /// had begun and not ended gets its row.
    pub(super) async fn open(lake: &Lake, folder: &Path) -> io::Result<Spool> {
        make(folder)?;
        let (folder, server_id, lock) = take(folder)?;
        let closed = segments(&folder)?;
        let waiting: Vec<Row> = closed.iter().flat_map(|path| rows(path)).collect();
        let head = match (waiting.last(), read_head(&folder)) {
            (Some(row), _) => Head {
                sequence: row.sequence,
                hash: row.hash.clone(),
            },
            (None, Some(head)) => head,
            (None, None) => super::table::head_in_lake(lake, &server_id)
                .await
                .map_err(io::Error::other)?
                .unwrap_or_else(Head::genesis),
        };
        let have_rows = waiting.into_iter().map(|row| row.query_id).collect();
        let (begun, lost) = Begun::open(&folder, &have_rows)?;
        let spool = Spool {
            begun,
            folder,
            server_id,
            open: Mutex::new(Open {
                head,
                segment: None,
                closed,
            }),
            _lock: lock,
        };
        for row in lost {
            spool.end(row)?;
        }
        Ok(spool)
    }

    /// Notes a question that will have a row once it has ended.
    pub(super) fn begin(&self, row: &Row) -> io::Result<()> {
        self.begun.note(row)
    }

    /// Appends the row of a question that had begun.
    pub(super) fn end(&self, row: Row) -> io::Result<usize> {
        let query_id = row.query_id.clone();
        let mut open = self.lock();
        let waiting = self.chain(&mut open, row)?;
        // Before the row can leave for the lake: whoever is killed here finds it.
        self.begun.forget(&query_id);
        Ok(waiting)
    }

    #[cfg(test)]
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn server_id(&self) -> &str {
        &self.server_id
    }

    /// Chains a row to those before and appends it. Returns how many rows the
    /// segment has now.
    pub(super) fn append(&self, row: Row) -> io::Result<usize> {
        self.chain(&mut self.lock(), row)
    }

    fn chain(&self, open: &mut Open, mut row: Row) -> io::Result<usize> {
        if open.segment.as_ref().is_some_and(|segment| segment.is_torn) {
            open.close();
        }
        row.server_id.clone_from(&self.server_id);
        row.sequence = open.head.sequence + 1;
        row.previous_hash.clone_from(&open.head.hash);
        row.hash = row.compute_hash();
        let mut line = serde_json::to_vec(&row)?;
        line.push(b'\n');
        let segment = match &mut open.segment {
            Some(segment) => segment,
            none => none.insert(Segment::create(&self.folder, row.sequence)?),
        };
        if let Err(error) = segment.file.write_all(&line) {
            segment.is_torn = true;
            return Err(error);
        }
        segment.rows += 1;
        let rows = segment.rows;
        open.head = Head {
            sequence: row.sequence,
            hash: row.hash,
        };
        Ok(rows)
    }

    /// The segments that wait for the lake, oldest first. Nothing is appended to
    /// them any more.
    pub(super) fn closed(&self) -> Vec<PathBuf> {
        let mut open = self.lock();
        open.close();
        open.closed.clone()
    }

    /// The lake has a segment's rows, the last of which is `head`.
    pub(super) fn is_in_lake(&self, segment: &Path, head: Option<&Head>) -> io::Result<()> {
        if let Some(head) = head {
            write_head(&self.folder, head)?;
        }
        std::fs::remove_file(segment)?;
        self.lock().closed.retain(|path| path != segment);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn close(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.closed.push(segment.path);
        }
    }
}

impl Segment {
    fn create(folder: &Path, first: i64) -> io::Result<Segment> {
        // A torn segment may have begun with the same row.
        for number in 0.. {
            let path = folder.join(format!("{first:020}-{number:04}.jsonl"));
            let mut options = OpenOptions::new();
            match options
                .append(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
            {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                Err(error) => return Err(error),
                Ok(file) => {
                    return Ok(Segment {
                        file,
                        path,
                        rows: 0,
                        is_torn: false,
                    });
                }
            }
        }
        Err(io::Error::other("no name is free for a segment"))
    }
}

impl Head {
    /// Before the first row.
    pub(super) fn genesis() -> Head {
        Head {
            sequence: 0,
            hash: GENESIS.to_owned(),
        }
    }
}

/// The rows of a segment, up to the first that is not whole.
pub(super) fn rows(segment: &Path) -> Vec<Row> {
    let text = std::fs::read(segment).unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Row>(line) {
            Ok(row) if line.ends_with(b"\n") => rows.push(row),
            _ => {
                tracing::warn!("a row of the query log was torn by a crash and is left out");
                break;
            }
        }
    }
    rows
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The folder of a server that has ended, or a new one, locked.
fn take(spool: &Path) -> io::Result<(PathBuf, String, File)> {
    let mut folders: Vec<_> = std::fs::read_dir(spool)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| uuid::Uuid::parse_str(name).is_ok())
        .collect();
    // Those with rows that wait or are missing come first: a killed server's.
    folders.sort_by_cached_key(|name| {
        let folder = spool.join(name);
        let waits = segments(&folder).is_ok_and(|segments| !segments.is_empty());
        let waits = waits || Begun::is_any(&folder);
        (!waits, name.clone())
    });
    folders.push(uuid::Uuid::new_v4().simple().to_string());
    for name in folders {
        let folder = spool.join(&name);
        make(&folder)?;
        let mut options = OpenOptions::new();
        let lock = (options.create(true).truncate(false).write(true).mode(0o600))
            .open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => return Ok((folder, name, lock)),
            Err(std::fs::TryLockError::WouldBlock) => (),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::other("no folder could be locked"))
}

fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut segments: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .collect();
    segments.sort();
    Ok(segments)
}

fn read_head(folder: &Path) -> Option<Head> {
    serde_json::from_slice(&std::fs::read(folder.join("head.json")).ok()?).ok()
}

/// Durable on return: after a power cut, an older head would fork the chain.
fn write_head(folder: &Path, head: &Head) -> io::Result<()> {
    let (next, place) = (folder.join("head.json.next"), folder.join("head.json"));
    let mut file = File::create(&next)?;
    file.write_all(&serde_json::to_vec(head)?)?;
    file.sync_all()?;
    std::fs::rename(next, place)?;
    File::open(folder)?.sync_all()
}
