//! The table is where the lake has the query log: rows of all servers, and beside them
//! a [note](Note) for each that says how far its chain goes.

use super::QUERY_LOG;
use super::row::{Row, batch, links, schema};
use super::seal::{Note, Sealed};
use super::spool::Head;
use futures::TryStreamExt as _;
use jcw_lake::{Committed, Lake, LakeError, Provenance, Scope, SessionSettings, session};
use jcw_login::ServerKey;
use std::time::Duration;

/// How often rows are tried to be brought in while others bring theirs, and how
/// long the first pause is; each is that much longer than the one before.
const TRIES: u32 = 12;
const AGAIN: Duration = Duration::from_millis(10);

/// The table, as one server writes it.
#[derive(Debug)]
pub(super) struct LogTable {
    pub(super) lake: Lake,
    pub(super) server_id: String,
    /// Chains are sealed with it, where there is one.
    pub(super) key: Option<ServerKey>,
}

/// Why the table could not be written or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
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

impl LogTable {
    /// The newest row of the server that the lake has.
    pub(super) async fn head(&self) -> Result<Option<Head>, TableError> {
        head_in_lake(&self.lake, &self.server_id).await
    }

    /// Appends rows. Other servers and commands append to the same table, and one of
    /// those that commit at the same moment is first.
    pub(super) async fn append(&self, rows: &[Row]) -> Result<(), TableError> {
        let mut tried = 1;
        let appended = loop {
            match self.append_once(rows).await {
                Err(TableError::Lake(LakeError::LostRace { .. })) if tried < TRIES => {
                    tokio::time::sleep(tried * AGAIN).await;
                    tried += 1;
                }
                other => break other?,
            }
        };
        if let Err(error) = self.lake.compact(QUERY_LOG, appended).await {
            tracing::warn!(%error, "small files of the query log stay as they are");
        }
        Ok(())
    }

    async fn append_once(&self, rows: &[Row]) -> Result<Committed, TableError> {
        let batch = batch(rows)?;
        let stage = self.lake.stage(QUERY_LOG, &schema(), &[]).await?;
        let mut writer = stage.writer();
        writer.write(&batch).await?;
        let staged = stage.finish(writer.close().await?);
        let commit = self
            .lake
            .commit(staged, Scope::Append, Provenance::default());
        Ok(commit.await?)
    }

    /// Notes how far the chain goes. What a server with a key has sealed before
    /// stays so.
    pub(super) async fn note(&self, head: &Head) -> Result<(), TableError> {
        let name = note_name(&self.server_id);
        let sealed = match &self.key {
            Some(key) => Some(Sealed::of(key, &self.server_id, head)),
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

/// The newest row of a server that the lake has.
pub(super) async fn head_in_lake(lake: &Lake, server_id: &str) -> Result<Option<Head>, TableError> {
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
