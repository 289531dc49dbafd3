//! A [`Statement`] is one query that may be run: its SQL, its parameters, and
//! the columns that its answer will have, exactly.

use crate::answer::Answer;
use crate::error::{GovernError, Kind, Result};
use crate::log::{Asked, Question};
use crate::outlet::outlet_schema;
use crate::session::Session;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use std::sync::Arc;

/// One query that may be run.
#[derive(Debug, Clone)]
pub struct Statement {
    session: Session,
    sql: String,
    plan: LogicalPlan,
    schema: SchemaRef,
    parameters: Vec<Option<DataType>>,
    asked: Arc<Asked>,
}

impl Statement {
    pub(crate) async fn prepare(
        session: &Session,
        sql: &str,
        asked: Arc<Asked>,
    ) -> Result<Statement> {
        let state = session.context.state();
        let plan = state.create_logical_plan(sql).await.map_err(of_engine)?;
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&plan)
            .map_err(|_| GovernError::new(Kind::Refused, "only queries that read are allowed"))?;
        let types = plan.get_parameter_types().map_err(of_engine)?;
        let mut parameters = vec![None; types.len()];
        for (name, kind) in types {
            let number: Option<usize> = name.trim_start_matches('$').parse().ok();
            match number.and_then(|number| parameters.get_mut(number.checked_sub(1)?)) {
                Some(place) => *place = kind,
                None => {
                    let message = format!("parameters are $1, $2 and so on, without a gap; there is {name}");
                    return Err(GovernError::new(Kind::Syntax, message));
                }
            }
        }
        let schema = outlet_schema(plan.schema().as_arrow());
        Ok(Statement {
            session: session.clone(),
            sql: sql.to_owned(),
            plan,
            schema,
            parameters,
            asked,
        })
    }

    /// As it was asked.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The columns of the answer: every batch of it has exactly this schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The type of `$1`, `$2` and so on; `None` where the query leaves it open.
    pub fn parameters(&self) -> &[Option<DataType>] {
        &self.parameters
    }

    /// The session in which it was prepared.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs it with a value for each parameter. It waits for its turn, and is
    /// stopped at the role's limits.
    ///
    /// # Errors
    /// When values do not fit, there is no place in the queue, or it fails
    /// before its first batch.
    pub async fn run(&self, parameters: Vec<ScalarValue>) -> Result<Answer> {
        let question = Question::new(&self.session, &self.asked);
        let plan = match self.bind(parameters) {
            Ok(plan) => plan,
            Err(error) => return Err(question.failed(error)),
        };
        let limits = self.session.governor.limits();
        let schema = self.schema.clone();
        limits.answer(&self.session, plan, schema, question).await
    }

    fn bind(&self, parameters: Vec<ScalarValue>) -> Result<LogicalPlan> {
        match parameters.is_empty() {
            true => Ok(self.plan.clone()),
            false => (self.plan.clone())
                .with_param_values(ParamValues::from(parameters))
                .map_err(of_engine),
        }
    }
}

pub(crate) fn of_engine(error: datafusion::error::DataFusionError) -> GovernError {
    tracing::debug!(%error, "a query failed");
    GovernError::new(Kind::Value, "the query cannot be answered")
}
