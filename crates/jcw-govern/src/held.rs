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
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most bytes of one table.
const TABLE: usize = 32 << 20;
/// Most bytes of all.
const ALL: usize = 256 << 20;
/// Most rows of one table, as the release tells them: no more are tried.
const ROWS: u64 = 500_000;

/// What is held of the newest release.
#[derive(Debug, Default)]
pub(crate) struct Holding {
    shelf: Mutex<Shelf>,
    /// Whoever reads a table for everybody; one at a time, so that there is room.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// The number of the newest release.
    newest: u64,
    /// Of all rows held.
    bytes: usize,
    tables: HashMap<String, State>,
}

#[derive(Debug)]
enum State {
    /// Somebody has asked; whoever is next reads it for everybody.
    Asked,
    /// Is being read, is too large, or there is no room.
    NotHeld,
    Held(Arc<Vec<RecordBatch>>),
}

impl Holding {
    /// Nothing of an older release is held any more.
    pub(crate) fn is_newest(&self, release: u64) {
        let mut shelf = self.shelf();
        if shelf.newest < release {
            *shelf = Shelf {
                newest: release,
                ..Shelf::default()
            };
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct HeldTable {
    name: String,
    table: Arc<dyn TableProvider>,
    release: u64,
    holding: Arc<Holding>,
}

impl HeldTable {
    /// A table of so many rows; as it is when those are too many.
    pub(crate) fn around(
        table: Arc<dyn TableProvider>,
        name: String,
        rows: u64,
        release: u64,
        holding: &Arc<Holding>,
    ) -> Arc<dyn TableProvider> {
        match rows <= ROWS {
            true => Arc::new(HeldTable {
                name,
                table,
                release,
                holding: holding.clone(),
            }),
            false => table,
        }
    }

    /// The rows, where they are held or the time has come to hold them.
    async fn rows(&self, session: &dyn Session) -> Option<Arc<Vec<RecordBatch>>> {
        let _reading = {
            let mut shelf = self.holding.shelf();
            if shelf.newest != self.release {
                return None;
            }
            match shelf.tables.get(&self.name) {
                Some(State::Held(rows)) => return Some(rows.clone()),
                Some(State::NotHeld) => return None,
                None => {
                    shelf.tables.insert(self.name.clone(), State::Asked);
                    return None;
                }
                Some(State::Asked) => {
                    let reading = self.holding.reading.try_lock().ok()?;
                    shelf.tables.insert(self.name.clone(), State::NotHeld);
                    if shelf.bytes + TABLE > ALL {
                        return None;
                    }
                    reading
                }
            }
        };
        // What cannot be read is told by whoever asks for it.
        let (rows, bytes) = self.read(session).await.ok().flatten()?;
        let rows = Arc::new(rows);
        let mut shelf = self.holding.shelf();
        if shelf.newest == self.release {
            shelf.bytes += bytes;
            let held = State::Held(rows.clone());
            shelf.tables.insert(self.name.clone(), held);
        }
        Some(rows)
    }

    /// All rows and their size in bytes, unless they are too large.
    async fn read(&self, session: &dyn Session) -> Result<Option<(Vec<RecordBatch>, usize)>> {
        let plan = self.table.scan(session, None, &[], None).await?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut stream = execute_stream(plan, session.task_ctx())?;
        while let Some(batch) = stream.try_next().await? {
            bytes += batch.get_array_memory_size();
            if bytes > TABLE {
                return Ok(None);
            }
            rows.push(batch);
        }
        Ok(Some((rows, bytes)))
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
    use super::{Holding, State};
    use crate::world::{World, ask, publish_another};
    use std::path::Path;
    use std::sync::Arc;
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

    #[test]
    fn a_newer_release_lets_go_of_the_rows_of_the_one_before() {
        let holding = Holding::default();
        holding.is_newest(1);
        let rows = Arc::new(Vec::new());
        let known = Arc::downgrade(&rows);
        holding.shelf().bytes = 7;
        (holding.shelf().tables).insert("a.b".to_owned(), State::Held(rows));
        holding.is_newest(1);
        assert!(known.upgrade().is_some());
        holding.is_newest(2);
        assert!(known.upgrade().is_none());
        assert_eq!(holding.shelf().bytes, 0);
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
