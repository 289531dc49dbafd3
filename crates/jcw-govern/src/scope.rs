//! A [`Scope`] is what one policy sees of one release: a catalogue with governed
//! tables alone, made once and shared by all sessions that see the same.

use crate::books::{Books, Shelf};
use crate::capability::Capability;
use crate::functions::{aggregate_functions, scalar_functions, table_functions, window_functions};
use crate::information::{INFORMATION, information};
use crate::planned::Plans;
use crate::policy::Policy;
use crate::public::PublicTable;
use crate::release_tables::ReleaseTables;
use crate::table::GovernedTable;
use crate::visible::Visible;
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder, SessionStateDefaults};
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::prelude::SessionConfig;
use jcw_lake::{CATALOG, DEFAULT_SCHEMA, mended};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::OnceCell;

/// What one policy sees of one release.
pub(crate) struct Scope {
    /// None where a door's own books are asked, not the release.
    tables: Option<Arc<GovernedTables>>,
    /// Plans queries. Its session carries no capability: nothing can be run by it.
    planning: SessionState,
    /// Runs what was allowed.
    running: SessionState,
    capability: Arc<Capability>,
    plans: Plans,
    /// The same, in which tables without a schema are of another one, by its name.
    others: Mutex<BTreeMap<String, Arc<Scope>>>,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl Scope {
    pub(crate) fn new(
        policy: Policy,
        release: Arc<ReleaseTables>,
        runtime: Arc<RuntimeEnv>,
    ) -> Arc<Scope> {
        let capability = Capability::new();
        let tables = Arc::new(GovernedTables {
            policy,
            release,
            capability: capability.clone(),
            governed: RwLock::default(),
            visible: OnceCell::new(),
        });
        Scope::of(tables, DEFAULT_SCHEMA, &runtime)
    }

    fn of(
        tables: Arc<GovernedTables>,
        default_schema: &str,
        runtime: &Arc<RuntimeEnv>,
    ) -> Arc<Scope> {
        let capability = tables.capability.clone();
        let catalog = Arc::new(GovernedCatalog {
            tables: tables.clone(),
        });
        let planned = || {
            state(catalog.clone(), default_schema, runtime)
                .with_scalar_functions(scalar_functions())
                .with_table_functions(table_functions(&capability))
        };
        Arc::new(Scope {
            tables: Some(tables),
            planning: planned().build(),
            running: may_run(planned(), &capability),
            capability,
            plans: Plans::default(),
            others: Mutex::default(),
        })
    }

    /// The same, in which tables that are named without a schema are of this one. It
    /// keeps its own plans, for one text means another table there.
    pub(crate) fn within(self: &Arc<Scope>, schema: &str) -> Arc<Scope> {
        let Some(tables) = self
            .tables
            .as_ref()
            .filter(|_| schema != self.default_schema())
        else {
            return self.clone();
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let other = others.entry(schema.to_owned()).or_insert_with(|| {
            let runtime = self.running.runtime_env();
            Scope::of(tables.clone(), schema, runtime)
        });
        other.clone()
    }

    /// Over a door's own books.
    pub(crate) fn over(books: Books, runtime: &Arc<RuntimeEnv>) -> Arc<Scope> {
        let capability = Capability::new();
        let catalog = Arc::new(Shelf {
            schemas: books.schemas.clone(),
            capability: capability.clone(),
        });
        let planned = || {
            let state = state(catalog.clone(), &books.default_schema, runtime)
                .with_scalar_functions(books.scalar_functions())
                .with_table_functions(books.table_functions(&capability));
            match &books.types {
                Some(types) => state.with_type_planner(types.clone()),
                None => state,
            }
        };
        Arc::new(Scope {
            tables: None,
            planning: planned().build(),
            running: may_run(planned(), &capability),
            capability: capability.clone(),
            plans: Plans::default(),
            others: Mutex::default(),
        })
    }

    /// Plans; cannot run.
    pub(crate) fn planning(&self) -> &SessionState {
        &self.planning
    }

    /// Runs what has been allowed.
    pub(crate) fn running(&self) -> &SessionState {
        &self.running
    }

    /// The same at this moment, which is what `now()` says all through a query.
    pub(crate) fn starting(&self) -> SessionState {
        let mut state = self.running.clone();
        state.mark_start_execution();
        state
    }

    /// What was asked before.
    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(crate) fn capability(&self) -> &Arc<Capability> {
        &self.capability
    }

    /// A table that this scope sees.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub(crate) async fn table(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Option<Arc<GovernedTable>>, DataFusionError> {
        match &self.tables {
            Some(tables) => tables.get(schema, table).await,
            None => Ok(None),
        }
    }

    /// Whether there is a table of that schema to be read.
    pub(crate) fn reads_of(&self, schema: &str) -> bool {
        let names = self.tables.as_ref().map(|tables| tables.names());
        names.is_some_and(|names| names.iter().any(|(known, _)| known == schema))
    }

    /// The schema of a table that is named without one.
    pub(crate) fn default_schema(&self) -> &str {
        &self.planning.config_options().catalog.default_schema
    }

    /// Everything that metadata may tell.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub(crate) async fn visible(&self) -> Result<Arc<Visible>, DataFusionError> {
        match &self.tables {
            Some(tables) => tables.visible().await,
            None => Ok(Arc::default()),
        }
    }
}

fn state(
    catalog: Arc<dyn CatalogProvider>,
    default_schema: &str,
    runtime: &Arc<RuntimeEnv>,
) -> SessionStateBuilder {
    let mut config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, default_schema)
        .with_information_schema(false);
    config.options_mut().sql_parser.collect_spans = true;
    let catalogs = datafusion::catalog::MemoryCatalogProviderList::new();
    use datafusion::catalog::CatalogProviderList as _;
    catalogs.register_catalog(CATALOG.to_owned(), catalog);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.clone())
        .with_catalog_list(Arc::new(catalogs))
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_aggregate_functions(aggregate_functions())
        .with_window_functions(window_functions());
    mended(state)
}

/// A state whose session carries the capability. Names of functions have been
/// looked up by now; without them the state is quickly made anew for each query.
fn may_run(mut state: SessionStateBuilder, capability: &Arc<Capability>) -> SessionState {
    let config = state.config().get_or_insert_default();
    config.set_extension(capability.clone());
    *state.scalar_functions() = None;
    // Into which `distinct on` is turned.
    *state.aggregate_functions() = Some(vec![first_value_udaf()]);
    *state.window_functions() = None;
    *state.table_functions() = None;
    state.build()
}

/// The tables of a scope, each opened when it is first asked for.
#[derive(Debug)]
struct GovernedTables {
    policy: Policy,
    release: Arc<ReleaseTables>,
    capability: Arc<Capability>,
    governed: RwLock<HashMap<(String, String), Arc<GovernedTable>>>,
    visible: OnceCell<Arc<Visible>>,
}

impl GovernedTables {
    fn names(&self) -> Vec<(String, String)> {
        let names = self.release.names().into_iter();
        names
            .filter(|(schema, table)| self.policy.reads(schema, table))
            .collect()
    }

    async fn get(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Option<Arc<GovernedTable>>, DataFusionError> {
        if !self.policy.reads(schema, table) {
            return Ok(None);
        }
        let key = (schema.to_owned(), table.to_owned());
        if let Some(governed) = self.known(&key) {
            return Ok(Some(governed));
        }
        let Some(raw) = self.release.provider(schema, table).await? else {
            return Ok(None);
        };
        let name = format!("{schema}.{table}");
        let policy = (self.policy).of_table(&name, &raw.schema(), self.release.state());
        let policy = match policy {
            Ok(policy) => policy,
            Err(_) => {
                tracing::error!(
                    table = name,
                    "a role does not fit this table as it was released; nothing of it is shown"
                );
                return Ok(None);
            }
        };
        let governed = GovernedTable::new(raw, policy, self.capability.clone());
        let governed = Arc::new(governed);
        if !ReleaseTables::is_live(schema) {
            let mut known = self
                .governed
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            known.insert(key, governed.clone());
        }
        Ok(Some(governed))
    }

    /// Opens all tables that are seen, once.
    async fn visible(self: &Arc<Self>) -> Result<Arc<Visible>, DataFusionError> {
        let visible = self.visible.get_or_try_init(|| async {
            let opened = self.names().into_iter().map(|(schema, table)| {
                let tables = self.clone();
                tokio::spawn(async move {
                    let governed = tables.get(&schema, &table).await;
                    governed.map(|governed| (schema, table, governed))
                })
            });
            let mut seen = BTreeMap::new();
            for opened in futures::future::join_all(opened).await {
                let opened = opened.map_err(|error| DataFusionError::External(Box::new(error)))?;
                if let (schema, table, Some(governed)) = opened? {
                    seen.insert((schema, table), governed);
                }
            }
            let describing = self.release.descriptions();
            Ok::<_, DataFusionError>(Arc::new(describing.visible(&seen)))
        });
        Ok(visible.await?.clone())
    }

    fn known(&self, key: &(String, String)) -> Option<Arc<GovernedTable>> {
        let known = self.governed.read().unwrap_or_else(PoisonError::into_inner);
        known.get(key).cloned()
    }
}

/// All that a governed query can name.
#[derive(Debug)]
struct GovernedCatalog {
    tables: Arc<GovernedTables>,
}

impl CatalogProvider for GovernedCatalog {
    fn schema_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .tables
            .names()
            .into_iter()
            .map(|(schema, _)| schema)
            .collect();
        names.dedup();
        names.push(INFORMATION.to_owned());
        names
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(GovernedSchema {
            name: name.to_owned(),
            tables: self.tables.clone(),
        }))
    }
}

#[derive(Debug)]
struct GovernedSchema {
    name: String,
    tables: Arc<GovernedTables>,
}

#[async_trait]
impl SchemaProvider for GovernedSchema {
    fn table_names(&self) -> Vec<String> {
        let names = self.tables.names().into_iter();
        let of_schema = names.filter(|(schema, _)| *schema == self.name);
        of_schema.map(|(_, table)| table).collect()
    }

    async fn table(&self, table: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if self.name == INFORMATION {
            let visible = self.tables.visible().await?;
            let Some(told) = information(table, &visible)? else {
                return Ok(None);
            };
            let told = PublicTable::new(told, self.tables.capability.clone());
            return Ok(Some(Arc::new(told)));
        }
        let governed = self.tables.get(&self.name, table).await?;
        Ok(governed.map(|governed| governed as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, table: &str) -> bool {
        self.table_names().iter().any(|name| name == table)
    }
}
