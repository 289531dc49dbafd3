//! A session is a DataFusion context with the warehouse's settings, made in this
//! one place, and a [`Catalog`]: exactly the tables that the session may see.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::mended::mended;
use crate::name::TableName;
use crate::release::Release;
use crate::spill_pool::SpillPool;
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The name of the one catalogue in a session.
pub const CATALOG: &str = "warehouse";

/// The schema in which a table without a schema is looked for.
pub const DEFAULT_SCHEMA: &str = "published";

/// How much of the machine a session may use.
#[derive(Debug, Clone, Default)]
pub struct SessionSettings {
    /// Tasks that work at the same time; the machine's cores unless said.
    pub threads: Option<usize>,
    /// Bytes that sorts, joins and aggregates may hold before they spill to
    /// disk; not bounded unless said.
    pub memory: Option<usize>,
}

/// Makes a session that sees the tables of `catalog` and nothing else.
///
/// # Errors
/// When the engine refuses the settings.
pub fn session(catalog: Arc<Catalog>, settings: &SessionSettings) -> Result<SessionContext> {
    let mut config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, DEFAULT_SCHEMA)
        .with_information_schema(true);
    if let Some(threads) = settings.threads {
        config = config.with_target_partitions(threads.max(1));
    }
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(memory) = settings.memory {
        runtime = runtime.with_memory_pool(Arc::new(SpillPool::new(memory)));
    }
    let runtime = runtime
        .build_arc()
        .doing(|| "preparing the query engine".into())?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features();
    let context = SessionContext::new_with_state(mended(state).build());
    context.register_catalog(CATALOG, catalog);
    Ok(context)
}

/// The tables that a session may see.
#[derive(Debug)]
pub struct Catalog {
    lake: Lake,
    schemas: RwLock<BTreeMap<String, Arc<Tables>>>,
}

#[derive(Debug)]
struct Tables {
    lake: Lake,
    schema: String,
    entries: RwLock<BTreeMap<String, Entry>>,
}

/// A table that is opened when it is first used, or one that is open.
#[derive(Debug, Clone)]
enum Entry {
    Pinned { version: u64, rows: Option<u64> },
    Open(Arc<dyn TableProvider>),
}

impl Lake {
    /// A catalogue without tables.
    pub fn empty_catalog(&self) -> Arc<Catalog> {
        Arc::new(Catalog {
            lake: self.clone(),
            schemas: RwLock::default(),
        })
    }

    /// The tables of one release, each at its pinned version. Opens none of
    /// them yet. Views are not part of it: whoever plans SQL makes them from
    /// [`crate::Contents::views`] and adds them with [`Catalog::add`].
    ///
    /// # Errors
    /// When the release names a table that cannot be.
    pub fn catalog(&self, release: &Release) -> Result<Arc<Catalog>> {
        let catalog = self.empty_catalog();
        for (name, pin) in &release.contents.tables {
            catalog.insert(
                name,
                Entry::Pinned {
                    version: pin.version,
                    rows: Some(pin.rows),
                },
            )?;
        }
        Ok(catalog)
    }
}

impl Catalog {
    /// Shows a table at one version; it is opened on first use.
    ///
    /// # Errors
    /// When the name is not a table's name.
    pub fn pin(&self, name: &str, version: u64) -> Result<()> {
        self.insert(
            name,
            Entry::Pinned {
                version,
                rows: None,
            },
        )
    }

    /// Shows a table that is already open, such as staged rows or a view. It
    /// takes the place of one with the same name.
    ///
    /// # Errors
    /// When the name is not a table's name.
    pub fn add(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        self.insert(name, Entry::Open(table))
    }

    fn insert(&self, name: &str, entry: Entry) -> Result<()> {
        let name = TableName::parse(name)?;
        let mut schemas = self.schemas.write().unwrap_or_else(PoisonError::into_inner);
        let tables = schemas.entry(name.schema().to_owned()).or_insert_with(|| {
            Arc::new(Tables {
                lake: self.lake.clone(),
                schema: name.schema().to_owned(),
                entries: RwLock::default(),
            })
        });
        tables.set(name.table(), entry);
        Ok(())
    }
}

impl CatalogProvider for Catalog {
    fn schema_names(&self) -> Vec<String> {
        self.schemas
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        schemas
            .get(name)
            .map(|tables| tables.clone() as Arc<dyn SchemaProvider>)
    }
}

impl Tables {
    fn get(&self, table: &str) -> Option<Entry> {
        self.entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(table)
            .cloned()
    }

    /// A version that does not hold as many rows as the release says is not the
    /// version that was released: better no answer than a wrong one.
    async fn open(
        &self,
        table: &str,
        version: u64,
        rows: Option<u64>,
    ) -> Result<Arc<dyn TableProvider>> {
        let name = format!("{}.{table}", self.schema);
        let opened = self.lake.table_at(&name, version).await?;
        match rows {
            Some(rows) if rows != opened.rows() => Err(LakeError::Missing {
                what: format!(
                    "version {version} of {name} with its {rows} rows (it has {})",
                    opened.rows()
                ),
                advice: "the lake was changed from outside; restore it from its copy".into(),
            }),
            _ => opened.provider(),
        }
    }

    fn set(&self, table: &str, entry: Entry) {
        self.entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(table.to_owned(), entry);
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        self.entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }

    async fn table(&self, table: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let (version, rows) = match self.get(table) {
            None => return Ok(None),
            Some(Entry::Open(provider)) => return Ok(Some(provider)),
            Some(Entry::Pinned { version, rows }) => (version, rows),
        };
        let opened = self.open(table, version, rows).await;
        let provider = opened.map_err(|error| DataFusionError::External(Box::new(error)))?;
        self.set(table, Entry::Open(provider.clone()));
        Ok(Some(provider))
    }

    fn table_exist(&self, table: &str) -> bool {
        self.get(table).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{load, on_disk, staged};

    #[tokio::test]
    async fn staged_rows_take_the_place_of_visible_ones_in_one_session_only() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2024", 1)]).await;
        let next = staged(&lake, "a.b", &[("2024", 5)]).await;
        let catalog = lake.empty_catalog();
        catalog.pin("a.b", 0).unwrap();
        let session = session(
            catalog.clone(),
            &SessionSettings {
                threads: Some(2),
                memory: Some(64 << 20),
            },
        )
        .unwrap();
        assert_eq!(
            session.table("a.b").await.unwrap().count().await.unwrap(),
            1
        );
        catalog.add("a.b", next.provider().unwrap()).unwrap();
        let rows = session
            .sql("select n from a.b where period = '2024' and n > 1")
            .await
            .unwrap();
        assert_eq!(rows.count().await.unwrap(), 1);
        assert!(catalog.add("no schema", next.provider().unwrap()).is_err());
    }

    #[tokio::test]
    async fn a_count_needs_no_file_and_a_period_only_its_own() {
        let (folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1), ("2024", 2)]).await;
        for entry in std::fs::read_dir(folder.path().join("tables/a/b/period=2023")).unwrap() {
            std::fs::write(entry.unwrap().path(), "not a Parquet file any more").unwrap();
        }
        let catalog = lake.empty_catalog();
        catalog.pin("a.b", 0).unwrap();
        let session = session(catalog, &SessionSettings::default()).unwrap();
        let ask = async |sql: &str| session.sql(sql).await.unwrap().collect().await;
        ask("select count(*) from a.b").await.unwrap();
        ask("select sum(n) from a.b where period = '2024'")
            .await
            .unwrap();
        assert!(ask("select sum(n) from a.b").await.is_err());
    }
}
