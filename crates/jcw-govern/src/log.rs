//! The query log says of every question, refused or answered, who asked, why and
//! by which door, what was read and how much was given; and of every failed
//! attempt to log in, that there was one. It never holds the SQL, whose literals
//! may be somebody's number, but a [fingerprint](fingerprint) of its shape.
//!
//! Before the first byte is given the question is [noted](begun) on this machine,
//! and before the answer ends a [row](row) is appended to a [spool](spool) there;
//! a question that is ended with its server has its row at the next start. Rows are
//! put into the lake's [table](table) [`QUERY_LOG`] with others every two seconds
//! by the [keeper](keeper), and its small files together now and then. Rows of one
//! server are chained by hashes, and the last is [sealed](seal) with the servers' key
//! where there is one: [`verify_log`] finds what was changed, taken out, put in or
//! written anew.

mod attempts;
mod begun;
mod fingerprint;
mod keeper;
mod question;
mod row;
mod seal;
mod spool;
mod table;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

pub(crate) use question::{Asked, Question, Read};
pub use seal::Noted;
pub use verify::{Break, Chain, Verified, verify_log};
pub use watch::Ended;
pub(crate) use watch::Watch;

use crate::error::{GovernError, Kind, Result};
use crate::session::Door;
use attempts::Attempts;
use jcw_lake::Lake;
use jcw_login::ServerKey;
use keeper::Keeper;
use row::Row;
use sha2::Digest as _;
use spool::Spool;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use table::LogTable;

/// The lake's table of the query log: appended to, and in no release.
pub const QUERY_LOG: &str = "jcw.query_log";

/// One server's query log. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct QueryLog {
    spool: Arc<Spool>,
    keeper: Keeper,
    attempts: Arc<Attempts>,
    open: Open,
    pub(crate) watch: Watch,
}

/// Held by every question that has no row yet.
#[derive(Debug, Clone, Default)]
struct Open(Arc<()>);

impl QueryLog {
    /// Opens a chain below the folder `spool`, that of a server which has ended
    /// before one of its own, and takes in what servers that were killed left.
    ///
    /// # Errors
    /// When the folder cannot be used: nothing is answered that is not logged.
    pub(crate) async fn open(
        lake: &Lake,
        folder: &Path,
        key: Option<ServerKey>,
    ) -> Result<QueryLog> {
        let spool = Spool::open(lake, folder).await.map_err(|error| {
            tracing::error!(%error, "the query log cannot be written");
            cannot_log()
        })?;
        let spool = Arc::new(spool);
        let table = LogTable {
            lake: lake.clone(),
            server_id: spool.server_id().to_owned(),
            key,
        };
        let keeper = Keeper::start(table, spool.clone());
        Ok(QueryLog {
            spool,
            keeper,
            attempts: Arc::default(),
            open: Open::default(),
            watch: Watch::default(),
        })
    }

    /// Notes that somebody could not log in; `rows` of its row is how many attempts
    /// it stands for. `name` is only given when there is such a user: what is typed
    /// into the wrong field may be a password.
    pub(crate) fn refused_log_in(
        &self,
        name: Option<&str>,
        door: Option<Door>,
        address: Option<IpAddr>,
    ) {
        let Some(attempts) = self.attempts.one_more() else {
            return;
        };
        let now = row::now();
        let row = Row {
            event: "log_in".into(),
            query_id: uuid::Uuid::now_v7().to_string(),
            rows: attempts,
            principal: name.map(str::to_owned),
            door: door.map(|door| door.word().to_owned()),
            address: address.map(|address| address.to_string()),
            outcome: "refused".into(),
            received_at: now,
            ended_at: now,
            ..Row::default()
        };
        // Whoever was refused stays refused.
        let _ = self.append(row);
    }

    /// Everything that is noted so far is in the lake on return.
    ///
    /// # Errors
    /// When the lake cannot be written; the spool keeps it.
    pub(crate) async fn flush(&self) -> Result<()> {
        self.keeper.flush().await
    }

    /// Waits until every question has its row, at most so long.
    pub(crate) async fn settle(&self, at_most: Duration) {
        let ended = async {
            while Arc::strong_count(&self.open.0) > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(at_most, ended).await.is_err() {
            tracing::warn!("questions have not ended; the next start writes their rows");
        }
    }

    /// Notes that a question begins, before anything is given.
    fn begin(&self, row: &Row) -> Result<()> {
        self.spool.begin(row).map_err(|error| {
            tracing::error!(%error, "the query log cannot be written");
            cannot_log()
        })
    }

    fn append(&self, row: Row) -> Result<()> {
        self.noted(self.spool.append(row))
    }

    /// The row of a question that had begun.
    fn end(&self, row: Row) -> Result<()> {
        self.noted(self.spool.end(row))
    }

    fn noted(&self, waiting: std::io::Result<usize>) -> Result<()> {
        match waiting {
            Ok(waiting) => {
                self.keeper.has(waiting);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the query log cannot be written");
                Err(cannot_log())
            }
        }
    }
}

/// Where rows of a lake's query log wait unless said.
pub(crate) fn spool_of(lake: &Lake, project: &Path) -> PathBuf {
    match lake.folder() {
        Some(folder) => folder.join("spool"),
        // Lakes do not share chains.
        None => {
            let lake = row::hex(&sha2::Sha256::digest(lake.url().as_str()));
            project.join(".jcw/spool").join(&lake[..16])
        }
    }
}

fn cannot_log() -> GovernError {
    GovernError::new(
        Kind::Unavailable,
        "the query log cannot be written, and nothing is answered without it",
    )
}
