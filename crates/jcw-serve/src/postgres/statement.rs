//! A statement of a connection: planned once to say what it needs and gives, and
//! planned again, with the rights and the release of that moment, each time it
//! is run.

use crate::placeholder::{index, with};
use crate::postgres::catalogue::is_of_catalogue;
use crate::postgres::command::Command;
use crate::postgres::error::{error, governed};
use crate::postgres::list;
use crate::postgres::parameter::Parameter;
use crate::postgres::pattern;
use crate::postgres::visitor::Visitor;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::Tokenizer;
use futures::stream::{BoxStream, StreamExt as _};
use jcw_govern::{Books, GovernError, Kind, Session, Statement};
use pgwire::api::Type;
use pgwire::error::{PgWireError, PgWireResult};
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What a client has prepared.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) command: Command,
    /// Of a query, or of the query of a cursor.
    pub(super) query: Option<Arc<Query>>,
}

/// A query that is known to be allowed, as of when it was prepared.
#[derive(Debug)]
pub(super) struct Query {
    /// As it is planned.
    sql: String,
    declared: Vec<Option<Type>>,
    pub(super) schema: SchemaRef,
    pub(super) parameters: Vec<Parameter>,
}

/// A query that can be run now.
pub(super) struct Planned {
    statement: Statement,
    pub(super) query: Query,
}

/// Who prepares: a session, over the warehouse or over the catalogue.
struct Asker {
    session: Session,
    books: Option<Books>,
}

/// Batches of an answer.
pub(super) type Batches = BoxStream<'static, PgWireResult<RecordBatch>>;

impl Prepared {
    /// Prepares one statement; `declared` are the types that the client named.
    ///
    /// # Errors
    /// When it is not allowed, or cannot be planned.
    pub(super) async fn new(
        visitor: &Visitor,
        sql: &str,
        declared: &[Option<Type>],
    ) -> PgWireResult<Prepared> {
        let command = Command::of(sql)?;
        let query = match &command {
            Command::Query => Some(sql),
            Command::Declare(_, query) => Some(query.as_str()),
            _ => None,
        };
        let query = match query {
            None => None,
            Some(query) => {
                let declared = list::meant(query, declared);
                let query = list::apart(query, &declared);
                let planned = Planned::new(visitor, &query, &declared).await?;
                Some(Arc::new(planned.query))
            }
        };
        Ok(Prepared { command, query })
    }
}

impl Planned {
    /// Whether what it asks may still be had.
    pub(super) fn stays(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        self.statement.session().stays()
    }
}

impl Query {
    /// Plans it again and checks that it still is what the client was told.
    ///
    /// # Errors
    /// When it is not allowed any more, or another table stands there now.
    pub(super) async fn again(&self, visitor: &Visitor) -> PgWireResult<Planned> {
        let planned = Planned::new(visitor, &self.sql, &self.declared).await?;
        match planned.query.schema == self.schema {
            true => Ok(planned),
            false => Err(error(
                "0A000",
                "the columns have changed since the statement was prepared; prepare it again",
            )),
        }
    }
}

impl Planned {
    /// Plans a query for this moment.
    ///
    /// # Errors
    /// When it is not allowed, or cannot be planned.
    pub(super) async fn new(
        visitor: &Visitor,
        sql: &str,
        declared: &[Option<Type>],
    ) -> PgWireResult<Planned> {
        let sql = &pattern::known(sql)?;
        let session = visitor.session().await?;
        let books = match is_of_catalogue(sql) {
            true => Some(visitor.books(&session).await),
            false => None,
        };
        let books = books.transpose().map_err(|failed| governed(failed, sql))?;
        let asker = Asker { session, books };
        let (statement, sql) = statement(&asker, sql, declared).await?;
        let kinds = statement.parameters().iter().cloned().enumerate();
        let parameters = kinds
            .map(|(index, kind)| Parameter::new(declared_at(declared, index), kind))
            .collect();
        let query = Query {
            sql,
            declared: declared.to_vec(),
            schema: statement.schema().clone(),
            parameters,
        };
        Ok(Planned { statement, query })
    }

    /// Runs it. `cancelled` and `until` end it, whatever it is doing.
    ///
    /// # Errors
    /// When it fails before its first batch.
    pub(super) async fn run(
        self,
        values: Vec<ScalarValue>,
        cancelled: CancellationToken,
        until: Option<Instant>,
    ) -> PgWireResult<Batches> {
        if values.len() != self.query.parameters.len() {
            let (is, needs) = (values.len(), self.query.parameters.len());
            let message = format!("{needs} parameters are needed, and {is} are bound");
            return Err(error("08P01", message));
        }
        let stops = stopped(cancelled.clone(), until);
        let begins = async {
            let sql = self.statement.sql().to_owned();
            let answer = self.statement.run(values).await;
            let answer = answer.map_err(|failed| governed(failed, &sql))?;
            let cancel = answer.cancel();
            let batches = answer
                .map(move |batch| batch.map_err(|failed: GovernError| governed(failed, &sql)));
            Ok::<_, PgWireError>((batches.boxed(), cancel))
        };
        let (batches, cancel) = tokio::select! {
            begun = begins => begun?,
            stop = stops => return Err(stop),
        };
        let stops = Box::pin(stopped(cancelled, until));
        let state = Some((batches, stops, cancel));
        let batches = futures::stream::unfold(state, async |state| {
            let (mut batches, mut stops, cancel) = state?;
            tokio::select! {
                biased;
                stop = &mut stops => {
                    // The answer ends as cancelled, and so it stands in the log.
                    cancel.now();
                    while let Some(Ok(_)) = batches.next().await {}
                    Some((Err(stop), None))
                }
                batch = batches.next() => {
                    let batch = batch?;
                    let goes_on = batch.is_ok();
                    Some((batch, goes_on.then_some((batches, stops, cancel))))
                }
            }
        });
        Ok(batches.boxed())
    }
}

impl Asker {
    async fn prepare(&self, sql: &str) -> Result<Statement, GovernError> {
        match &self.books {
            Some(books) => self.session.prepare_over(books.clone(), sql).await,
            None => self.session.prepare(sql).await,
        }
    }
}

/// Waits for the client to cancel or for its own time-out.
async fn stopped(cancelled: CancellationToken, until: Option<Instant>) -> PgWireError {
    let late = async {
        match until {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = cancelled.cancelled() => error("57014", "the query was cancelled"),
        () = late => error("57014", "the query took longer than statement_timeout"),
    }
}

fn declared_at(declared: &[Option<Type>], index: usize) -> Option<&Type> {
    declared.get(index).and_then(Option::as_ref)
}

/// The statement, and the SQL that it is of. Where the plan leaves the type of a
/// parameter open, it is taken as what the client declared, or else as text, as
/// Postgres does; as a number where text cannot be (`limit $1`).
async fn statement(
    asker: &Asker,
    sql: &str,
    declared: &[Option<Type>],
) -> PgWireResult<(Statement, String)> {
    let plain = asker.prepare(sql).await;
    let undecided = match &plain {
        Ok(plain) => {
            let kinds = plain.parameters().iter().enumerate();
            let open = kinds.filter(|(_, kind)| kind.as_ref().is_none_or(DataType::is_null));
            open.map(|(index, _)| index).collect()
        }
        // `$1 || $2` cannot be planned at all before it is known what they are.
        Err(failed) if failed.kind == Kind::Value => placeholders(sql),
        Err(_) => Vec::new(),
    };
    if !undecided.is_empty() {
        let as_declared = |index| Parameter::sql_type(declared_at(declared, index));
        let as_number = |_| "BIGINT";
        for kind in [
            &as_declared as &(dyn Fn(usize) -> &'static str + Sync),
            &as_number,
        ] {
            let cast = |index, text: &str| format!("CAST({text} AS {})", kind(index));
            let cast = with(sql, &undecided, &cast);
            if let Ok(statement) = asker.prepare(&cast).await {
                return Ok((statement, cast));
            }
        }
    }
    // A number with a fraction is not one without because it is compared with one.
    if let Ok(plain) = &plain {
        let kinds = plain.parameters().iter().enumerate();
        let finer = kinds.filter(|(index, kind)| {
            let declared = declared_at(declared, *index);
            declared.is_some_and(|declared| is_finer(declared, kind.as_ref()))
        });
        let finer: Vec<usize> = finer.map(|(index, _)| index).collect();
        if !finer.is_empty() {
            let as_declared = |index, text: &str| {
                let kind = Parameter::sql_type(declared_at(declared, index));
                format!("CAST({text} AS {kind})")
            };
            let cast = with(sql, &finer, &as_declared);
            if let Ok(statement) = asker.prepare(&cast).await {
                return Ok((statement, cast));
            }
        }
    }
    match plain {
        Ok(plain) => Ok((plain, sql.to_owned())),
        Err(failed) => Err(governed(failed, sql)),
    }
}

/// Whether what a client declares has more to it than what the plan takes it for.
fn is_finer(declared: &Type, kind: Option<&DataType>) -> bool {
    let Some(kind) = kind else { return false };
    match *declared {
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => kind.is_integer() || kind.is_decimal(),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => *kind == DataType::Date32,
        _ => false,
    }
}

/// The index of each placeholder.
fn placeholders(sql: &str) -> Vec<usize> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize();
    tokens
        .unwrap_or_default()
        .iter()
        .filter_map(index)
        .collect()
}
