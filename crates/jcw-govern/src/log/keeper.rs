//! The keeper brings what is in the spool into the lake, many rows at once, and
//! tries again when the lake is away.

use super::row::{Row, batch, links, schema};
use super::seal::{Note, Sealed};
use super::spool::{Head, Spool, rows};
use super::{QUERY_LOG, cannot_log};
use crate::error::Result;
use futures::TryStreamExt as _;
use jcw_lake::{Lake, LakeError, Provenance, Scope, SessionSettings, session};
use jcw_login::ServerKey;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// How long rows wait for others.
const EVERY: Duration = Duration::from_secs(2);

/// So many rows wait no longer.
const MANY: usize = 1_000;

/// How often rows are tried to be brought in while others bring theirs, and how
/// long the first pause is; each is that much longer than the one before.
const TRIES: u32 = 12;
const AGAIN: Duration = Duration::from_millis(10);

/// Brings rows into the lake. Cheap to clone; stops when the last clone goes.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Shared {
    lake: Lake,
    spool: Arc<Spool>,
    key: Option<ServerKey>,
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

/// Why rows could not be brought into the lake.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    #[error(transparent)]
    Engine(#[from] datafusion::error::DataFusionError),
    #[error(transparent)]
    Disk(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] object_store::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Keeper {
    /// Begins to keep, in the background.
    pub(super) fn start(lake: Lake, spool: Arc<Spool>, key: Option<ServerKey>) -> Keeper {
        let doubtful = spool.closed();
        let shared = Arc::new(Shared {
            lake,
            spool,
            key,
            some: Notify::new(),
            many: Notify::new(),
            doubtful: Mutex::new(doubtful),
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
    async fn keep(&self) -> Result<(), KeepError> {
        // Also the lock: one at a time, so that rows stay in order.
        let mut doubtful = self.doubtful.lock().await;
        for segment in self.spool.closed() {
            let mut rows = rows(&segment);
            // Should this try fail, nobody knows whether the lake has the rows.
            if doubtful.contains(&segment) {
                let known = head_in_lake(&self.lake, self.spool.server_id()).await?;
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
                append(&self.lake, &rows).await?;
                self.note(head).await?;
            }
            self.spool.is_in_lake(&segment, head.as_ref())?;
            doubtful.retain(|path| *path != segment);
        }
        Ok(())
    }
}

impl Shared {
    /// Notes how far the chain goes. What a server with a key has sealed before
    /// stays so.
    async fn note(&self, head: &Head) -> Result<(), KeepError> {
        let server_id = self.spool.server_id();
        let name = note_name(server_id);
        let sealed = match &self.key {
            Some(key) => Some(Sealed::of(key, server_id, head)),
            None => match self.lake.note(&name).await? {
                Some(note) => serde_json::from_str::<Note>(&note)?.sealed,
                None => None,
            },
        };
        let head = head.clone();
        let note = serde_json::to_string(&Note { head, sealed })?;
        self.lake.put_note(&name, note).await?;
        Ok(())
    }
}

/// The note in the lake that says how far a server's chain goes.
pub(super) fn note_name(server_id: &str) -> String {
    format!("query_log_{server_id}.json")
}

/// Other servers and commands append to the same table, and one of those that
/// commit at the same moment is first.
async fn append(lake: &Lake, rows: &[Row]) -> Result<(), KeepError> {
    for tried in 1..TRIES {
        match append_once(lake, rows).await {
            Err(KeepError::Lake(LakeError::LostRace { .. })) => {
                tokio::time::sleep(tried * AGAIN).await;
            }
            other => return other,
        }
    }
    append_once(lake, rows).await
}

async fn append_once(lake: &Lake, rows: &[Row]) -> Result<(), KeepError> {
    let batch = batch(rows)?;
    let stage = lake.stage(QUERY_LOG, &schema(), &[]).await?;
    let mut writer = stage.writer();
    writer.write(&batch).await?;
    let files = writer.close().await?;
    lake.commit(stage.finish(files), Scope::Append, Provenance::default())
        .await?;
    Ok(())
}

/// The newest row of a server that the lake has.
pub(super) async fn head_in_lake(lake: &Lake, server_id: &str) -> Result<Option<Head>, KeepError> {
    let Some(table) = lake.table(QUERY_LOG).await? else {
        return Ok(None);
    };
    let context = session(lake.empty_catalog(), &SessionSettings::default())?;
    let mut stream = context
        .read_table(table.provider()?)?
        .execute_stream()
        .await?;
    let mut newest: Option<Head> = None;
    while let Some(batch) = stream.try_next().await? {
        for link in links(&batch)? {
            let is_newer = newest
                .as_ref()
                .is_none_or(|head| link.sequence > head.sequence);
            if link.server_id == server_id && is_newer {
                newest = Some(Head {
                    sequence: link.sequence,
                    hash: link.hash,
                });
            }
        }
    }
    Ok(newest)
}
