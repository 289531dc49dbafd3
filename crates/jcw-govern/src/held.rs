//! A [`HeldTable`] is a table of the newest release that is small and often
//! asked: its rows are kept in memory, where a published figure is found many
//! times quicker than in its file. A released table never changes, so what is
//! held cannot be stale; once a newer release is there nothing of an older one is
//! held, so that what has been erased since is not served from memory.

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, Statistics};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::TryStreamExt as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes of one table.
const TABLE: usize = 32 << 20;
/// Most bytes of all.
const ALL: usize = 256 << 20;
/// Most rows of one table, as the release tells them: no more are tried.
const ROWS: u64 = 500_000;

/// What all that is held shares.
#[derive(Debug, Default)]
pub(crate) struct Holding {
    /// Bytes.
    held: AtomicUsize,
    /// The number of the newest release.
    newest: AtomicU64,
}

impl Holding {
    /// Nothing of an older release is given from memory any more.
    pub(crate) fn is_newest(&self, release: u64) {
        self.newest.fetch_max(release, Ordering::AcqRel);
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct HeldTable {
    table: Arc<dyn TableProvider>,
    release: u64,
    holding: Arc<Holding>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    /// Nobody has asked.
    #[default]
    New,
    /// Somebody has; whoever is next reads it for everybody.
    Asked,
    /// Is being read, is too large, or there is no room.
    NotHeld,
    Held(Held),
}

/// Rows, and the room that they take.
#[derive(Debug)]
struct Held {
    rows: Arc<Vec<RecordBatch>>,
    bytes: usize,
    holding: Arc<Holding>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.holding.held.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

impl HeldTable {
    /// A table of so many rows; as it is when those are too many.
    pub(crate) fn around(
        table: Arc<dyn TableProvider>,
        rows: u64,
        release: u64,
        holding: &Arc<Holding>,
    ) -> Arc<dyn TableProvider> {
        match rows <= ROWS {
            true => Arc::new(HeldTable {
                table,
                release,
                holding: holding.clone(),
                state: Mutex::default(),
            }),
            false => table,
        }
    }

    /// The rows, where they are held or the time has come to hold them.
    async fn rows(&self, session: &dyn Session) -> Option<Arc<Vec<RecordBatch>>> {
        let is_newest = self.holding.newest.load(Ordering::Acquire) == self.release;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                _ if !is_newest => {
                    *state = State::NotHeld;
                    return None;
                }
                State::Held(held) => return Some(held.rows.clone()),
                State::NotHeld => return None,
                State::New => {
                    *state = State::Asked;
                    return None;
                }
                State::Asked => *state = State::NotHeld,
            }
        }
        // What cannot be read is told by whoever asks for it.
        let held = self.read(session).await.ok().flatten()?;
        let rows = held.rows.clone();
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Held(held);
        Some(rows)
    }

    /// All rows, unless there is no room for them.
    async fn read(&self, session: &dyn Session) -> Result<Option<Held>> {
        let plan = self.table.scan(session, None, &[], None).await?;
        let mut held = Held {
            rows: Arc::default(),
            bytes: 0,
            holding: self.holding.clone(),
        };
        let mut rows = Vec::new();
        let mut stream = execute_stream(plan, session.task_ctx())?;
        while let Some(batch) = stream.try_next().await? {
            let bytes = batch.get_array_memory_size();
            held.bytes += bytes;
            let all = self.holding.held.fetch_add(bytes, Ordering::AcqRel) + bytes;
            if held.bytes > TABLE || all > ALL {
                return Ok(None);
            }
            rows.push(batch);
        }
        held.rows = Arc::new(rows);
        Ok(Some(held))
    }
}

#[async_trait]
impl TableProvider for HeldTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    fn statistics(&self) -> Option<Statistics> {
        self.table.statistics()
    }

    /// Whatever is asked is asked once more of what is held.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match self.rows(session).await {
            Some(rows) => {
                let rows = std::slice::from_ref(rows.as_ref());
                let plan =
                    MemorySourceConfig::try_new_exec(rows, self.schema(), projection.cloned())?;
                Ok(plan)
            }
            None => self.table.scan(session, projection, filters, limit).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::world::{World, ask, publish_another};
    use std::path::Path;
    use std::time::Duration;

    fn remove_rows(folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                remove_rows(&path);
            } else if path.extension().is_some_and(|kind| kind == "parquet") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn what_is_often_asked_is_held_and_governed_and_gone_with_the_next_release() {
        const SQL: &str = "select count(*), count(distinct la_code) from person";
        let world = World::new().await;
        let analyst = world.analyst().await;
        for _ in 0..3 {
            assert_eq!(ask(&analyst, SQL).await.unwrap(), ["100|1"]);
        }
        remove_rows(&world.folder.path().join("lake"));
        assert_eq!(ask(&analyst, SQL).await.unwrap(), ["100|1"]);
        let other = world.session("analyst", &[("area", "302")]).await;
        let theirs = "select count(*) from person where la_code = '301'";
        assert_eq!(ask(&other, theirs).await.unwrap(), ["0"]);
        // Nobody has asked for these often enough.
        assert!(ask(&analyst, "select * from ehcp").await.is_err());

        let next = publish_another(&world.lake).await;
        while world.analyst().await.release().id != next.id {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(ask(&analyst, SQL).await.is_err());
    }
}
