//! The catalogue is what clients ask of tables, columns and types in Postgres'
//! own words: `pg_catalog` and `information_schema`. It is answered from a
//! context of its own that holds nothing but these tables, made from what the
//! governed session shows ([`jcw_govern::Visible`]); there are no rows of the
//! warehouse in it that anybody could reach.

mod functions;
mod information;
mod lists;
mod nothing;
mod oid;
mod rewrite;
mod route;
mod sheet;
mod tables;

pub(super) use route::is_of_catalogue;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use async_trait::async_trait;
use datafusion::catalog::{
    MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableFunction, TableProvider,
};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::Statement;
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::oid_type_planner::PgOidTypePlanner;
use datafusion_pg_catalog::pg_catalog::setup_pg_catalog;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use jcw_govern::{Books, GovernError, Kind, Session};
use jcw_lake::CATALOG;
use oid::Oids;
use rewrite::Names;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The catalogue of one door.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    template: OnceCell<Template>,
}

/// What all questions begin with.
#[derive(Debug)]
struct Template {
    /// Types, functions and operators as a Postgres has them.
    fixed: Arc<dyn SchemaProvider>,
    functions: Vec<Arc<ScalarUDF>>,
    table_functions: Vec<Arc<TableFunction>>,
    parser: Arc<PostgresCompatibilityParser>,
    /// Names of all functions of a Postgres.
    named: Arc<BTreeSet<String>>,
}

/// What a connection says of itself.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) database: String,
    pub(super) variables: BTreeMap<String, String>,
}

/// Everything that a question may learn.
#[derive(Debug, Clone)]
struct Known {
    session: Session,
    setting: Arc<Setting>,
    oids: Arc<Oids>,
}

impl Catalogue {
    /// The catalogue as this session may see it, to be asked through it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) async fn books(
        &self,
        session: &Session,
        setting: Setting,
    ) -> Result<Books, GovernError> {
        let template = (self.template).get_or_try_init(Template::new).await;
        let known = Known {
            oids: Arc::new(Oids::of(session.visible())),
            session: session.clone(),
            setting: Arc::new(setting),
        };
        let books = template.and_then(|template| template.books(&known));
        books.map_err(|failed| {
            tracing::warn!(%failed, "the catalogue is broken");
            GovernError::new(Kind::Internal, "the catalogue cannot be asked now")
        })
    }
}

impl Template {
    /// From a context without anything of the engine's own: whatever is in it then
    /// are the tables and functions of a Postgres.
    async fn new() -> Result<Template, DataFusionError> {
        let context = SessionContext::new_with_state(SessionStateBuilder::new().build());
        context.register_catalog(CATALOG, Arc::new(MemoryCatalogProvider::new()));
        setup_pg_catalog(&context, CATALOG, EmptyContextProvider).map_err(|failed| *failed)?;
        let fixed = context
            .catalog(CATALOG)
            .and_then(|catalog| catalog.schema("pg_catalog"));
        let missing = || DataFusionError::Internal("pg_catalog is not there".into());
        let fixed = fixed.ok_or_else(missing)?;
        let named = names_of_functions(&context, &fixed).await?;
        let state = context.state();
        // An alias of a function stands there as another of the same name.
        let functions: BTreeMap<&str, &Arc<ScalarUDF>> = (state.scalar_functions().values())
            .map(|function| (function.name(), function))
            .collect();
        Ok(Template {
            fixed,
            functions: functions.into_values().cloned().collect(),
            table_functions: state.table_functions().values().cloned().collect(),
            parser: Arc::new(PostgresCompatibilityParser::new()),
            named: Arc::new(named),
        })
    }

    fn books(&self, known: &Known) -> Result<Books, DataFusionError> {
        let shown = Shown {
            known: known.clone(),
            fixed: self.fixed.clone(),
        };
        let information = MemorySchemaProvider::new();
        for (name, table) in information::tables(known)? {
            information.register_table(name.to_owned(), table)?;
        }
        let mut functions = self.functions.clone();
        functions.extend(functions::of(known));
        let parser = self.parser.clone();
        let names = Named {
            functions: self.named.clone(),
            known: known.clone(),
        };
        Ok(Books {
            schemas: BTreeMap::from([
                ("pg_catalog".to_owned(), Arc::new(shown) as _),
                ("information_schema".to_owned(), Arc::new(information) as _),
            ]),
            default_schema: "pg_catalog".to_owned(),
            functions,
            table_functions: self.table_functions.clone(),
            types: Some(Arc::new(PgOidTypePlanner)),
            reads: Arc::new(move |sql| read(&parser, &names, sql)),
        })
    }
}

async fn names_of_functions(
    context: &SessionContext,
    fixed: &Arc<dyn SchemaProvider>,
) -> Result<BTreeSet<String>, DataFusionError> {
    let Some(functions) = fixed.table("pg_proc").await? else {
        return Ok(BTreeSet::new());
    };
    let names = context
        .read_table(functions)?
        .select_columns(&["proname"])?;
    let mut all = BTreeSet::new();
    for batch in names.collect().await? {
        let names = cast(batch.column(0), &DataType::Utf8)?;
        let names = names.as_string::<i32>().iter().flatten();
        all.extend(names.map(str::to_owned));
    }
    Ok(all)
}

/// What names stand for in one question.
struct Named {
    functions: Arc<BTreeSet<String>>,
    known: Known,
}

impl Names for Named {
    fn has_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    fn has_table(&self, name: &str) -> bool {
        lists::classes(&self.known).contains_key(name)
    }
}

/// The one statement of a text, in words that the engine knows.
fn read(
    parser: &PostgresCompatibilityParser,
    names: &Named,
    sql: &str,
) -> Result<Statement, GovernError> {
    // The rewriting of Postgres' SQL is not ours; whatever it trips over is the end
    // of the question, not of the connection.
    let named = rewrite::named(sql, names)?;
    let sql = named.as_deref().unwrap_or(sql);
    let statements = catch_unwind(AssertUnwindSafe(|| parser.parse(sql)));
    let statements = statements
        .map_err(|_| GovernError::new(Kind::Unsupported, "the catalogue cannot answer that"))?;
    let mut statements =
        statements.map_err(|_| GovernError::new(Kind::Syntax, "the statement cannot be parsed"))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(rewrite::rewritten(statement)),
        _ => Err(GovernError::new(Kind::Syntax, "one statement at a time")),
    }
}

/// `pg_catalog`: tables that tell of what is visible, and fixed ones.
#[derive(Debug)]
struct Shown {
    known: Known,
    fixed: Arc<dyn SchemaProvider>,
}

#[async_trait]
impl SchemaProvider for Shown {
    fn table_names(&self) -> Vec<String> {
        self.fixed.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let fixed = self.fixed.table(name).await?;
        match fixed {
            Some(fixed) => tables::table(name, &self.known, fixed).map(Some),
            None if name == tables::USERS => tables::users(&self.known).map(Some),
            None => nothing::table(name).transpose(),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.fixed.table_exist(name) || name == tables::USERS || nothing::table(name).is_some()
    }
}
