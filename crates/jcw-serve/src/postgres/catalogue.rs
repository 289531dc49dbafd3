//! The catalogue is what clients ask of tables, columns and types in Postgres'
//! own words: `pg_catalog` and `information_schema`. It is answered from a
//! context of its own that holds nothing but these tables, made from what the
//! governed session shows ([`jcw_govern::Visible`]); there are no rows of the
//! warehouse in it that anybody could reach.

mod functions;
mod information;
mod oid;
mod rewrite;
mod route;
mod sheet;
mod tables;

pub(super) use route::is_of_catalogue;

use crate::postgres::error::error;
use crate::postgres::parameter::Parameter;
use crate::postgres::statement::Batches;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{ParamValues, ScalarValue, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::setup_pg_catalog;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use futures::{FutureExt as _, StreamExt as _};
use jcw_govern::Session;
use jcw_lake::CATALOG;
use oid::Oids;
use pgwire::api::Type;
use pgwire::error::{PgWireError, PgWireResult};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The longest question, in bytes.
const LONGEST: usize = 128 << 10;

/// The memory of one question.
const MEMORY: usize = 64 << 20;

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The catalogue of one door.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    template: OnceCell<Template>,
}

/// What all questions begin with.
#[derive(Debug)]
struct Template {
    state: SessionState,
    /// Types, functions and operators as a Postgres has them.
    fixed: Arc<dyn SchemaProvider>,
    parser: PostgresCompatibilityParser,
}

/// What a connection says of itself.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) database: String,
    pub(super) variables: BTreeMap<String, String>,
}

/// One question, planned.
pub(super) struct Question {
    context: SessionContext,
    plan: LogicalPlan,
    pub(super) schema: SchemaRef,
    pub(super) parameters: Vec<Parameter>,
}

/// Everything that a question may learn.
#[derive(Debug, Clone)]
struct Known {
    session: Session,
    setting: Arc<Setting>,
    oids: Arc<Oids>,
}

impl Catalogue {
    /// Plans a question.
    ///
    /// # Errors
    /// When it is none, or the catalogue cannot answer it.
    pub(super) async fn ask(
        &self,
        session: Session,
        setting: Setting,
        sql: &str,
        declared: &[Option<Type>],
    ) -> PgWireResult<Question> {
        if sql.len() > LONGEST {
            return Err(error("54000", "a question to the catalogue is too long"));
        }
        let template = self
            .template
            .get_or_try_init(async || Template::new())
            .await;
        let template = template.map_err(|failed| broken(&failed))?;
        let oids = Arc::new(Oids::of(session.visible()));
        let known = Known {
            session,
            setting: Arc::new(setting),
            oids,
        };
        // The rewriting of Postgres' SQL is not ours; whatever it trips over is
        // the end of the question, not of the connection.
        let planned = AssertUnwindSafe(template.plan(known, sql))
            .catch_unwind()
            .await;
        let (context, plan) =
            planned.map_err(|_| error("0A000", "the catalogue cannot answer that"))??;
        let types = plan
            .get_parameter_types()
            .map_err(|failed| broken(&failed))?;
        let mut kinds: Vec<Option<DataType>> = vec![None; types.len()];
        for (name, kind) in types {
            let number: Option<usize> = name.trim_start_matches('$').parse().ok();
            let place = number.and_then(|number| kinds.get_mut(number.checked_sub(1)?));
            let place = place.ok_or_else(|| error("42P02", "parameters are $1, $2 and so on"))?;
            *place = kind;
        }
        let kinds = kinds.into_iter().enumerate();
        let parameters = kinds.map(|(index, kind)| {
            let declared = declared.get(index).and_then(Option::as_ref);
            Parameter::new(declared, kind)
        });
        Ok(Question {
            schema: Arc::new(Schema::clone(plan.schema().as_arrow())),
            parameters: parameters.collect(),
            context,
            plan,
        })
    }
}

impl Template {
    fn new() -> Result<Template, DataFusionError> {
        let config = SessionConfig::new()
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(CATALOG, "pg_catalog")
            .with_information_schema(false)
            .with_target_partitions(1);
        let context = SessionContext::new_with_config(config);
        context.register_catalog(CATALOG, Arc::new(MemoryCatalogProvider::new()));
        setup_pg_catalog(&context, CATALOG, EmptyContextProvider).map_err(|failed| *failed)?;
        let fixed = context
            .catalog(CATALOG)
            .and_then(|catalog| catalog.schema("pg_catalog"));
        let missing = || DataFusionError::Internal("pg_catalog is not there".into());
        Ok(Template {
            state: context.state(),
            fixed: fixed.ok_or_else(missing)?,
            parser: PostgresCompatibilityParser::new(),
        })
    }

    async fn plan(&self, known: Known, sql: &str) -> PgWireResult<(SessionContext, LogicalPlan)> {
        let mut statements = (self.parser.parse(sql))
            .map_err(|_| error("42601", "the statement cannot be parsed"))?;
        let statement = match (statements.pop(), statements.is_empty()) {
            (Some(statement), true) => statement,
            _ => return Err(error("42601", "one statement at a time")),
        };
        let statement = rewrite::rewritten(statement);
        let context = self.context(&known).map_err(|failed| broken(&failed))?;
        let statement = datafusion::sql::parser::Statement::Statement(Box::new(statement));
        let plan = context.state().statement_to_plan(statement).await;
        let plan = plan.map_err(|failed| unanswered(&failed))?;
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&plan)
            .map_err(|_| error("42501", "only queries that read are allowed"))?;
        Ok((context, plan))
    }

    /// A context with nothing in it but the catalogue's tables.
    fn context(&self, known: &Known) -> Result<SessionContext, DataFusionError> {
        let catalog = MemoryCatalogProvider::new();
        let shown = Shown {
            known: known.clone(),
            fixed: self.fixed.clone(),
        };
        catalog.register_schema("pg_catalog", Arc::new(shown))?;
        let information = MemorySchemaProvider::new();
        for (name, table) in information::tables(known)? {
            information.register_table(name.to_owned(), table)?;
        }
        catalog.register_schema("information_schema", Arc::new(information))?;
        let list = MemoryCatalogProviderList::new();
        list.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY)))
            .with_disk_manager_builder(disk)
            .build_arc()?;
        let state = SessionStateBuilder::new_from_existing(self.state.clone())
            .with_catalog_list(Arc::new(list))
            .with_runtime_env(runtime)
            .build();
        let context = SessionContext::new_with_state(state);
        functions::register(&context, known);
        Ok(context)
    }
}

impl Question {
    /// Answers it.
    ///
    /// # Errors
    /// When it cannot be answered, or not in time.
    pub(super) async fn run(self, values: Vec<ScalarValue>) -> PgWireResult<Batches> {
        let plan = match values.is_empty() {
            true => self.plan,
            false => (self.plan.with_param_values(ParamValues::from(values)))
                .map_err(|failed| unanswered(&failed))?,
        };
        let answer = async {
            let frame = self.context.execute_logical_plan(plan).await?;
            frame.execute_stream().await
        };
        let answer = AssertUnwindSafe(answer).catch_unwind();
        let answer = tokio::time::timeout(PATIENCE, answer)
            .await
            .map_err(|_| late())?;
        let answer = answer.map_err(|_| error("0A000", "the catalogue cannot answer that"))?;
        let answer = answer.map_err(|failed| unanswered(&failed))?;
        let until = tokio::time::Instant::now() + PATIENCE;
        let batches = futures::stream::unfold(Some(answer), move |answer| async move {
            let mut answer = answer?;
            let next = AssertUnwindSafe(answer.next()).catch_unwind();
            match tokio::time::timeout_at(until, next).await {
                Ok(Ok(Some(Ok(batch)))) => Some((Ok(batch), Some(answer))),
                Ok(Ok(Some(Err(failed)))) => Some((Err(unanswered(&failed)), None)),
                Ok(Ok(None)) => None,
                Ok(Err(_)) => {
                    let failed = error("0A000", "the catalogue cannot answer that");
                    Some((Err(failed), None))
                }
                Err(_) => Some((Err(late()), None)),
            }
        });
        Ok(batches.boxed())
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
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.fixed.table_exist(name)
    }
}

fn late() -> PgWireError {
    error("57014", "the catalogue took too long to answer")
}

fn broken(failed: &DataFusionError) -> PgWireError {
    tracing::warn!(%failed, "the catalogue is broken");
    error("XX000", "the catalogue cannot be asked now")
}

/// Why a question has no answer. It is about the catalogue alone, whose columns
/// everybody knows.
fn unanswered(failed: &DataFusionError) -> PgWireError {
    tracing::debug!(%failed, "the catalogue could not answer");
    let said = failed.strip_backtrace();
    let state = match failed.find_root() {
        DataFusionError::SchemaError(failed, _) => match failed.as_ref() {
            SchemaError::FieldNotFound { .. } | SchemaError::AmbiguousReference { .. } => "42703",
            _ => "42601",
        },
        DataFusionError::Plan(text) if text.starts_with("table ") => "42P01",
        DataFusionError::Plan(text) if text.contains("Invalid function") => "42883",
        DataFusionError::ResourcesExhausted(_) => "53000",
        DataFusionError::NotImplemented(_) => "0A000",
        _ => "42000",
    };
    let said: String = said
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect();
    error(state, format!("the catalogue cannot answer that: {said}"))
}
