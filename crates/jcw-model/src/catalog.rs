//! A catalogue is what SQL can name: tables by `schema.table`, and the engine's
//! functions. The offline one holds schemas alone, the one of a build holds
//! the lake's tables at fixed versions; the same planner reads both.

use crate::compact::Compact;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableFunctionArgs;
use datafusion::common::TableReference;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DFSchema, DataFusionError, Result, plan_datafusion_err, plan_err};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionState;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::builder::LogicalTableSource;
use datafusion::logical_expr::planner::{
    ContextProvider, ExprPlanner, RelationPlanner, TypePlanner,
};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    AggregateUDF, Expr, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion::sql::sqlparser::ast;
use jcw_lake::{answers_wrongly, mended};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What SQL can name.
#[derive(Clone)]
pub(crate) struct Catalog {
    state: Arc<SessionState>,
    tables: BTreeMap<String, Arc<dyn TableSource>>,
}

impl Catalog {
    /// An empty catalogue whose plans run with these settings.
    pub(crate) fn new(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> Catalog {
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(Compact));
        Catalog {
            state: Arc::new(mended(state).build()),
            tables: BTreeMap::new(),
        }
    }

    /// An empty catalogue for planning alone.
    pub(crate) fn offline() -> Catalog {
        Catalog::new(config(1, usize::MAX), Arc::default())
    }

    /// Adds a table of which only the schema is known.
    pub(crate) fn declare(&mut self, name: &str, schema: SchemaRef) {
        self.add(name, Arc::new(LogicalTableSource::new(schema)));
    }

    /// Adds a table.
    pub(crate) fn add(&mut self, name: &str, source: Arc<dyn TableSource>) {
        self.tables.insert(name.to_owned(), source);
    }

    /// The session that turns plans into work.
    pub(crate) fn state(&self) -> &Arc<SessionState> {
        &self.state
    }

    /// Plans a parsed query and gives every expression its types.
    pub(crate) fn plan(&self, statement: &Statement) -> Result<LogicalPlan> {
        let plan =
            SqlToRel::new_with_options(self, options()).statement_to_plan(statement.clone())?;
        match answers_wrongly(&plan) {
            Some(why) => plan_err!("{why}"),
            None => self.typed(plan),
        }
    }

    /// Parses and plans SQL that the engine made itself.
    pub(crate) fn plan_text(&self, sql: &str) -> Result<LogicalPlan> {
        self.plan(&DFParserBuilder::new(sql).build()?.parse_statement()?)
    }

    /// Gives every expression of a plan its types.
    pub(crate) fn typed(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        self.state
            .analyzer()
            .execute_and_check(plan, self.state.config_options(), |_, _| {})
    }

    /// Plans a parsed expression over the columns of `schema`, with its types.
    pub(crate) fn plan_expression(&self, expression: ast::Expr, schema: &DFSchema) -> Result<Expr> {
        let planner = SqlToRel::new_with_options(self, options());
        let expression = planner.sql_to_expr(expression, schema, &mut PlannerContext::new())?;
        ExprSimplifier::new(SimplifyContext::default()).coerce(expression, schema)
    }
}

/// The settings every session of the engine shares.
///
/// `memory` is what all models together may hold; a sort keeps back a share of
/// it for merging what it has spilled.
pub(crate) fn config(partitions: usize, memory: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    let usual = options.execution.sort_spill_reservation_bytes;
    options.execution.sort_spill_reservation_bytes = usual.min(memory / 16 / partitions.max(1));
    config
}

fn options() -> ParserOptions {
    ParserOptions::new().with_collect_spans(true)
}

impl ContextProvider for Catalog {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        self.tables
            .get(&name.to_string())
            .cloned()
            .ok_or_else(|| plan_datafusion_err!("there is no table {name}"))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(
            name, schema,
        ))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.state.relation_planners()
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        None
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state
            .higher_order_functions()
            .keys()
            .cloned()
            .collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }

    fn get_table_function_source(
        &self,
        name: &str,
        args: Vec<Expr>,
    ) -> Result<Arc<dyn TableSource>> {
        let function = self
            .state
            .table_functions()
            .get(name)
            .ok_or_else(|| plan_datafusion_err!("there is no table function {name}"))?;
        let provider = function
            .create_table_provider_with_args(TableFunctionArgs::new(&args, self.state.as_ref()))?;
        Ok(provider_as_source(provider))
    }
}

/// Whether an error is the engine running out of its memory or disk.
pub(crate) fn is_out_of_room(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}
