//! [`Books`] are tables and functions of a door's own making, for what its
//! clients ask besides the warehouse: the catalogue of a Postgres. They are asked
//! within the same limits, by the same list of what a plan may do, and with the
//! same row in the query log as everything else. There is nothing of the lake in
//! them, and no rows but those that the door puts there.

use crate::capability::Capability;
use crate::error::{GovernError, Kind, Result};
use crate::functions::{scalar_functions, table_functions, told_table_functions};
use crate::log::Asked;
use crate::public::PublicTable;
use crate::scope::Scope;
use crate::session::Session;
use crate::statement::Statement;
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableFunction, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::sql::sqlparser::ast;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// Rows that an answer may have at least, whatever the role says: a list of all
/// columns is no extract.
const ROWS: u64 = 100_000;

/// Turns a client's text into one statement, in the door's own dialect. It is
/// called where queries are planned, with a large stack and for a bounded time.
pub type Reads = Arc<dyn Fn(&str) -> Result<ast::Statement, GovernError> + Send + Sync>;

/// See the module. The door answers for what it puts in: tables that give what
/// the session shows anyway, and functions whose output is not much longer than
/// their input.
#[derive(Clone)]
pub struct Books {
    /// By name.
    pub schemas: BTreeMap<String, Arc<dyn SchemaProvider>>,
    /// The schema of a name that says none.
    pub default_schema: String,
    /// Functions besides those that every governed query may call, or in their
    /// place where the name is the same.
    pub functions: Vec<Arc<ScalarUDF>>,
    /// Likewise such that stand where a table stands. `generate_series` and
    /// `range` are there already, bounded, and stay as they are.
    pub table_functions: Vec<Arc<TableFunction>>,
    /// Names of types that the engine does not know.
    pub types: Option<Arc<dyn TypePlanner>>,
    /// How a text is read.
    pub reads: Reads,
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books")
            .field("schemas", &self.schemas.keys())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Like [`Session::prepare`], over books instead of the release.
    ///
    /// # Errors
    /// When it is not one query over the books, or does what nobody may.
    pub async fn prepare_over(&self, books: Books, sql: &str) -> Result<Statement> {
        let asked = Asked::now(sql);
        let (mut over, text, its) = (self.clone(), sql.to_owned(), asked.clone());
        over.limits.rows = over.limits.rows.max(ROWS);
        let planning = async move {
            let reads = books.reads.clone();
            let runtime = over.scope.running().runtime_env().clone();
            over.scope = Scope::over(books, &runtime);
            Statement::over(&over, &text, &reads, its).await
        };
        self.planned(asked, planning).await
    }
}

impl Books {
    /// The functions of a session with that capability, with the books' own.
    pub(crate) fn scalar_functions(&self) -> Vec<Arc<ScalarUDF>> {
        let mut all = scalar_functions();
        all.extend(self.functions.iter().cloned());
        all
    }

    /// Likewise.
    pub(crate) fn table_functions(
        &self,
        capability: &Arc<Capability>,
    ) -> HashMap<String, Arc<TableFunction>> {
        let mut all = told_table_functions(self.table_functions.iter().cloned(), capability);
        all.extend(table_functions(capability));
        all
    }
}

/// The books as a catalogue: every table of it is of the session alone.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) schemas: BTreeMap<String, Arc<dyn SchemaProvider>>,
    pub(crate) capability: Arc<Capability>,
}

impl CatalogProvider for Shelf {
    fn schema_names(&self) -> Vec<String> {
        self.schemas.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let books = self.schemas.get(name)?.clone();
        let capability = self.capability.clone();
        Some(Arc::new(ShelfSchema { books, capability }))
    }
}

#[derive(Debug)]
struct ShelfSchema {
    books: Arc<dyn SchemaProvider>,
    capability: Arc<Capability>,
}

#[async_trait]
impl SchemaProvider for ShelfSchema {
    fn table_names(&self) -> Vec<String> {
        self.books.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let told = self.books.table(name).await?;
        Ok(told.map(|told| {
            let told = PublicTable::new(told, self.capability.clone());
            Arc::new(told) as Arc<dyn TableProvider>
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.books.table_exist(name)
    }
}

/// What is not a query over the books.
pub(crate) fn not_a_query() -> GovernError {
    GovernError::new(Kind::Refused, "only queries that read are allowed")
}
