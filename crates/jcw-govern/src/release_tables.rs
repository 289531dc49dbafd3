//! The tables of one release as they are, opened once for everybody. Nobody who
//! asks reaches them: they are seen through [`crate::table::GovernedTable`].

use crate::described::Descriptions;
use crate::held::{HeldTable, Holding};
use datafusion::catalog::{CatalogProvider as _, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::ViewTable;
use datafusion::execution::SessionState;
use jcw_lake::{Catalog, Lake, LakeError, Release, SessionSettings, session};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Tables of the warehouse's own books, read as they stand now, in no release.
const LIVE: [&str; 5] = ["extract", "query_log", "reject", "removal", "run"];

/// See the module.
pub(crate) struct ReleaseTables {
    release: Arc<Release>,
    lake: Lake,
    catalog: Arc<Catalog>,
    state: SessionState,
    views: OnceCell<()>,
    descriptions: Arc<Descriptions>,
    holding: Arc<Holding>,
}

impl std::fmt::Debug for ReleaseTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReleaseTables")
            .field("release", &self.release.id)
            .finish_non_exhaustive()
    }
}

impl ReleaseTables {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// When the release names a table that cannot be.
    pub(crate) fn new(
        release: Arc<Release>,
        lake: &Lake,
        descriptions: Arc<Descriptions>,
        holding: Arc<Holding>,
    ) -> Result<ReleaseTables, LakeError> {
        let catalog = lake.catalog(&release)?;
        let context = session(catalog.clone(), &SessionSettings::default())?;
        Ok(ReleaseTables {
            release,
            lake: lake.clone(),
            catalog,
            state: context.state(),
            views: OnceCell::new(),
            descriptions,
            holding,
        })
    }

    pub(crate) fn release(&self) -> &Arc<Release> {
        &self.release
    }

    /// Plans over the tables as they are.
    pub(crate) fn state(&self) -> &SessionState {
        &self.state
    }

    pub(crate) fn descriptions(&self) -> &Descriptions {
        &self.descriptions
    }

    /// Whether tables of `schema` stand as they stand now, in every release.
    pub(crate) fn is_live(schema: &str) -> bool {
        schema == "jcw"
    }

    /// Schema and name of every table, in order.
    pub(crate) fn names(&self) -> BTreeSet<(String, String)> {
        let contents = &self.release.contents;
        let views = contents.views.iter().map(|view| &view.name);
        let names = contents.tables.keys().chain(views);
        let pinned = names.filter_map(|name| {
            let (schema, table) = name.split_once('.')?;
            (!Self::is_live(schema)).then(|| (schema.to_owned(), table.to_owned()))
        });
        let live = LIVE
            .iter()
            .map(|table| ("jcw".to_owned(), (*table).to_owned()));
        pinned.chain(live).collect()
    }

    /// A table as it is; `None` when there is none.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub(crate) async fn provider(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Option<Arc<dyn TableProvider>>> {
        let name = format!("{schema}.{table}");
        if Self::is_live(schema) {
            if !LIVE.contains(&table) {
                return Ok(None);
            }
            let found = self.lake.table(&name).await.map_err(external)?;
            return found
                .map(|found| found.provider().map_err(external))
                .transpose();
        }
        if self
            .release
            .contents
            .views
            .iter()
            .any(|view| view.name == name)
        {
            self.views.get_or_try_init(|| self.plan_views()).await?;
        }
        let Some(tables) = self.catalog.schema(schema) else {
            return Ok(None);
        };
        let found = tables.table(table).await?;
        Ok(found.map(|found| self.held(name, found)))
    }

    /// The table from memory where its rows are held.
    fn held(&self, name: String, table: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
        let Some(pinned) = self.release.contents.tables.get(&name) else {
            return table;
        };
        let release = self.release.sequence;
        HeldTable::around(table, name, pinned.rows, release, &self.holding)
    }

    /// Views may read those before them.
    async fn plan_views(&self) -> Result<()> {
        for view in &self.release.contents.views {
            let plan = self.state.create_logical_plan(&view.sql).await?;
            let table = Arc::new(ViewTable::new(plan, None));
            self.catalog.add(&view.name, table).map_err(external)?;
        }
        Ok(())
    }
}

fn external(error: LakeError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
