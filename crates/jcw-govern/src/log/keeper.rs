//! The keeper brings what is in the spool into the lake's [table](super::table), many
//! rows at once, and tries again when the lake is away.

use super::cannot_log;
use super::spool::{Head, Spool, rows};
use super::table::{LogTable, TableError};
use crate::error::Result;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// How long rows wait for others.
const EVERY: Duration = Duration::from_secs(2);

/// So many rows wait no longer.
const MANY: usize = 1_000;

/// Brings rows into the lake. Cheap to clone; stops when the last clone goes.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Shared {
    table: LogTable,
    spool: Arc<Spool>,
    /// There is something to do, or much.
    some: Notify,
    many: Notify,
    /// Segments that an earlier server left, or that could not be brought in: the
    /// lake may have their rows already.
    doubtful: Mutex<Vec<PathBuf>>,
}

#[derive(Debug)]
struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Keeper {
    /// Begins to keep, in the background.
    pub(super) fn start(table: LogTable, spool: Arc<Spool>) -> Keeper {
        let doubtful = Mutex::new(spool.closed());
        let shared = Arc::new(Shared {
            table,
            spool,
            some: Notify::new(),
            many: Notify::new(),
            doubtful,
        });
        shared.some.notify_one();
        let keeping = shared.clone();
        let task = tokio::spawn(async move {
            loop {
                keeping.some.notified().await;
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => (),
                    () = keeping.many.notified() => (),
                }
                if let Err(error) = keeping.keep().await {
                    tracing::warn!(%error, "the query log waits: the lake cannot be written");
                    keeping.some.notify_one();
                }
            }
        });
        Keeper {
            shared,
            _task: Arc::new(Task(task)),
        }
    }

    /// There are so many rows in the spool's open segment.
    pub(super) fn has(&self, waiting: usize) {
        if waiting == 1 {
            self.shared.some.notify_one();
        } else if waiting == MANY {
            self.shared.many.notify_one();
        }
    }

    /// Brings everything into the lake now.
    ///
    /// # Errors
    /// When the lake cannot be written.
    pub(super) async fn flush(&self) -> Result<()> {
        self.shared.keep().await.map_err(|error| {
            tracing::warn!(%error, "the query log stays in its spool");
            cannot_log()
        })
    }
}

impl Shared {
    async fn keep(&self) -> Result<(), TableError> {
        // Also the lock: one at a time, so that rows stay in order.
        let mut doubtful = self.doubtful.lock().await;
        for segment in self.spool.closed() {
            let mut rows = rows(&segment);
            // Should this try fail, nobody knows whether the lake has the rows.
            if doubtful.contains(&segment) {
                let known = self.table.head().await?;
                let known = known.map_or(0, |head| head.sequence);
                rows.retain(|row| row.sequence > known);
            } else {
                doubtful.push(segment.clone());
            }
            let head = rows.last().map(|row| Head {
                sequence: row.sequence,
                hash: row.hash.clone(),
            });
            if let Some(head) = &head {
                self.table.append(&rows).await?;
                self.table.note(head).await?;
            }
            self.spool.is_in_lake(&segment, head.as_ref())?;
            doubtful.retain(|path| *path != segment);
        }
        Ok(())
    }
}
