//! A [`Statement`] is one query that may be run: its SQL, its parameters, and
//! the columns that its answer will have, exactly.

use crate::allowed::{Allowed, check_size};
use crate::answer::Answer;
use crate::books::{Reads, not_a_query};
use crate::error::{GovernError, Kind, Result};
use crate::growth::bounded;
use crate::log::{Asked, Question};
use crate::names::check_names;
use crate::outlet::outlet_schema;
use crate::planned::Planned;
use crate::refusal::{of_planning, of_running};
use crate::session::Session;
use crate::text::{Request, measure};
use arrow::array::ArrayRef;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParser, Statement as Parsed};
use std::sync::Arc;

/// Most bytes of the values of all parameters together.
const VALUES: usize = 64 << 10;

/// One query that may be run.
#[derive(Debug, Clone)]
pub struct Statement {
    session: Session,
    sql: Arc<str>,
    planned: Arc<Planned>,
    asked: Arc<Asked>,
}

impl Statement {
    pub(crate) async fn prepare(
        session: &Session,
        sql: &str,
        asked: Arc<Asked>,
    ) -> Result<Statement> {
        let plan = match Request::read(sql)? {
            Request::Query(query) => {
                let plan = plan(session, *query).await?;
                let statement = Statement::of(session, sql, plan, asked)?;
                let plans = session.scope.plans();
                plans.keep(&statement.sql, &statement.planned, session.schema());
                return Ok(statement);
            }
            Request::Explain(query) => {
                let plan = plan(session, *query).await?;
                crate::explain::explained(&plan).map_err(|error| of_running(&error))?
            }
            Request::Tables => plan(session, parsed(TABLES)?).await?,
            Request::Columns(name) => {
                let sql = crate::names::columns_of(session, name).await?;
                plan(session, parsed(&sql)?).await?
            }
        };
        Statement::of(session, sql, plan, asked)
    }

    /// One over a door's own books.
    pub(crate) async fn over(
        session: &Session,
        sql: &str,
        reads: &Reads,
        asked: Arc<Asked>,
    ) -> Result<Statement> {
        measure(sql)?;
        let parsed = Parsed::Statement(Box::new(reads(sql)?));
        let Request::Query(query) = Request::of(parsed)? else {
            return Err(not_a_query());
        };
        let plan = governed(session, *query).await?;
        Statement::of(session, sql, plan, asked)
    }

    fn of(session: &Session, sql: &str, plan: LogicalPlan, asked: Arc<Asked>) -> Result<Statement> {
        let parameters = parameters(&plan)?;
        let schema = promised(session, &plan, &parameters)?;
        let planned = Planned::new(plan, schema, parameters);
        Ok(Statement {
            session: session.clone(),
            sql: sql.into(),
            planned: Arc::new(planned),
            asked,
        })
    }

    /// One that was prepared in this session's scope before.
    pub(crate) fn known(session: &Session, sql: &str, asked: &Arc<Asked>) -> Option<Statement> {
        let (sql, planned) = session.scope.plans().get(sql)?;
        Some(Statement {
            session: session.clone(),
            sql,
            planned,
            asked: asked.clone(),
        })
    }

    /// As it was asked.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The columns of the answer: every batch of it has exactly this schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.planned.schema
    }

    /// The type of `$1`, `$2` and so on; `None` where the query leaves it open.
    pub fn parameters(&self) -> &[Option<DataType>] {
        &self.planned.parameters
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
        let planned = self.planned.clone();
        limits.answer(&self.session, planned, plan, question).await
    }

    /// The plan with values as literals of the parameters' types, governed anew.
    fn bind(&self, values: Vec<ScalarValue>) -> Result<LogicalPlan> {
        let (given, wanted) = (values.len(), self.planned.parameters.len());
        if given != wanted {
            let message =
                format!("the query has {wanted} parameters, and {given} values are given");
            return Err(GovernError::new(Kind::Value, message));
        }
        let plan = self.planned.plan.clone();
        let plan = match values.is_empty() {
            true => plan,
            false => {
                let values = typed(values, &self.planned.parameters)?;
                (plan.with_param_values(ParamValues::from(values)))
                    .map_err(|error| of_planning(&error, Some(self.session.visible())))?
            }
        };
        allowed(&self.session, false).check(&plan)?;
        Ok(plan)
    }
}

const TABLES: &str = "select table_catalog, table_schema, table_name, table_type from information_schema.tables order by table_schema, table_name";

fn parsed(sql: &str) -> Result<Parsed> {
    let statement = DFParser::parse_sql(sql)
        .ok()
        .and_then(|mut all| all.pop_front());
    statement.ok_or_else(|| GovernError::new(Kind::Internal, "the query cannot be answered"))
}

fn allowed(session: &Session, is_open: bool) -> Allowed<'_> {
    Allowed {
        state: session.scope.planning(),
        capability: session.scope.capability(),
        is_open,
    }
}

/// The plan of one query over what the session sees.
async fn plan(session: &Session, query: Parsed) -> Result<LogicalPlan> {
    check_names(session, &query).await?;
    governed(session, query).await
}

/// The same, its names not looked up before.
async fn governed(session: &Session, query: Parsed) -> Result<LogicalPlan> {
    let planned = session.scope.planning().statement_to_plan(query).await;
    let plan = planned.map_err(|error| of_planning(&error, Some(session.visible())))?;
    check_size(&plan)?;
    let plan = bounded(plan, session.scope.planning());
    let plan = plan.map_err(|error| of_planning(&error, Some(session.visible())))?;
    allowed(session, true).check(&plan)?;
    Ok(plan)
}

/// Types of `$1`, `$2` and so on.
fn parameters(plan: &LogicalPlan) -> Result<Vec<Option<DataType>>> {
    let types = plan.get_parameter_types();
    let types = types.map_err(|error| of_planning(&error, None))?;
    let mut parameters = vec![None; types.len()];
    for (name, kind) in types {
        let number: Option<usize> = name.trim_start_matches('$').parse().ok();
        match number.and_then(|number| parameters.get_mut(number.checked_sub(1)?)) {
            Some(place) => *place = kind,
            None => {
                let message =
                    format!("parameters are $1, $2 and so on, without a gap; there is {name}");
                return Err(GovernError::new(Kind::Syntax, message));
            }
        }
    }
    Ok(parameters)
}

/// The columns of the answer, with the types that the engine gives them.
fn promised(
    session: &Session,
    plan: &LogicalPlan,
    parameters: &[Option<DataType>],
) -> Result<SchemaRef> {
    let state = session.scope.planning();
    let typed =
        (state.analyzer()).execute_and_check(plan.clone(), state.config_options(), |_, _| {});
    match typed {
        Ok(typed) => Ok(outlet_schema(typed.schema().as_arrow())),
        // A type may hang on a value that is not there yet.
        Err(_) if parameters.iter().any(Option::is_none) => {
            Ok(outlet_schema(plan.schema().as_arrow()))
        }
        Err(error) => Err(of_planning(&error, Some(session.visible()))),
    }
}

/// The value as one of another type, if that is the same one: not a number without its
/// fraction, nor a time without its hour.
#[must_use]
pub fn exactly(value: &ScalarValue, kind: &DataType) -> Option<ScalarValue> {
    let all = all_exactly(&value.to_array().ok()?, kind)?;
    ScalarValue::try_from_array(&all, 0).ok()
}

/// The same of every value of a column.
#[must_use]
pub fn all_exactly(column: &ArrayRef, kind: &DataType) -> Option<ArrayRef> {
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let (own, to) = (column.data_type(), |of: &ArrayRef, kind: &DataType| {
        cast_with_options(of, kind, &strict).ok()
    });
    let cast = to(column, kind)?;
    let is_kept = match (own.is_string(), finest(kind)) {
        // A text may be written in many ways.
        (true, Some(finest)) => to(column, &finest)? == to(&cast, &finest)?,
        (true, None) => true,
        (false, _) if own.is_null() || kind.is_string() => true,
        (false, _) => &to(&cast, own)? == column,
    };
    is_kept.then_some(cast)
}

/// A type that loses nothing of a text that is read as one of `kind`.
fn finest(kind: &DataType) -> Option<DataType> {
    match kind {
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => {
            Some(DataType::Decimal256(76, 38))
        }
        DataType::Date32 => Some(DataType::Timestamp(TimeUnit::Microsecond, None)),
        _ => None,
    }
}

/// Values of the parameters' types: one value each, and not too long.
fn typed(values: Vec<ScalarValue>, wanted: &[Option<DataType>]) -> Result<Vec<ScalarValue>> {
    let size: usize = values.iter().map(ScalarValue::size).sum();
    if size > VALUES {
        let message = "the values of the parameters are longer than 64 KiB; ask in parts";
        return Err(GovernError::new(Kind::Limit, message));
    }
    let typed = (values.into_iter().zip(wanted).zip(1..)).map(|((value, wanted), place)| {
        let wrong = || {
            let message = format!("the value for ${place} is not of the type that the query needs");
            GovernError::new(Kind::Value, message)
        };
        match wanted {
            _ if value.data_type().is_nested() => Err(wrong()),
            Some(kind) => exactly(&value, kind).ok_or_else(wrong),
            None => Ok(value),
        }
    });
    typed.collect()
}
