//! A statement: planned when a client asks what it would give (GetFlightInfo,
//! GetSchema, PollFlightInfo), run when it fetches that (DoGet). The plan waits
//! in between; where it waits no more, or on another server, it is made again of
//! what the ticket says, for the same release.

use super::batches::{Batches, Message, schema_bytes};
use super::caller::Caller;
use super::error::{Result, of_govern};
use super::options::Options;
use super::prepared;
use super::running::Run;
use super::service::Service;
use super::ticket::{Claim, Use};
use arrow_flight::sql::{ProstMessageExt as _, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo, Ticket};
use bytes::Bytes;
use datafusion::common::ScalarValue;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use jcw_govern::{Answer, Statement};
use prost::Message as _;
use std::collections::VecDeque;
use tonic::Status;

/// The longest query, in bytes.
const LONGEST: usize = 1 << 20;

/// A query, planned for its caller.
pub(super) async fn plan(service: &Service, caller: &Caller, sql: &str) -> Result<Statement> {
    if sql.len() > LONGEST {
        let message = format!("a query may be {LONGEST} bytes long; make it shorter");
        return Err(Status::resource_exhausted(message));
    }
    let session = caller.session(service).await?;
    let sql = prepared::numbered(sql);
    let statement = session.prepare(&sql).await.map_err(of_govern)?;
    match prepared::settled(&statement) {
        Some(sql) => session.prepare(&sql).await.map_err(of_govern),
        None => Ok(statement),
    }
}

/// What a statement would give, and the ticket to fetch it.
pub(super) fn info(
    service: &Service,
    caller: &Caller,
    descriptor: FlightDescriptor,
    statement: Statement,
    parameters: Bytes,
) -> Result<FlightInfo> {
    let claim = Claim {
        sql: statement.sql().to_owned(),
        release: Some(statement.session().release().id.clone()),
        purpose: caller.options.purpose.clone(),
        schema: caller.options.schema.clone(),
        parameters,
        ..(service.signer).claim(&caller.principal, service.house.ticket_life)?
    };
    let schema = schema_bytes(statement.schema())?;
    service.running.keep(&claim.id, statement);
    let ticket = TicketStatementQuery {
        statement_handle: service.signer.seal(&claim, Use::Answer),
    };
    Ok(flight(
        schema,
        descriptor,
        ticket.as_any().encode_to_vec(),
        Some(claim.expires_at),
    ))
}

/// One endpoint, without a place: where the client is already.
pub(super) fn flight(
    schema: Bytes,
    descriptor: FlightDescriptor,
    ticket: impl Into<Bytes>,
    expires_at: Option<u64>,
) -> FlightInfo {
    let mut endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket));
    if let Some(expires_at) = expires_at {
        let time = endpoint.expiration_time.get_or_insert_default();
        time.seconds = expires_at.try_into().unwrap_or(i64::MAX);
    }
    FlightInfo {
        schema,
        ..FlightInfo::new()
            .with_descriptor(descriptor)
            .with_endpoint(endpoint)
            .with_ordered(true)
    }
}

/// Planned is all that a query is before it is fetched, so that a poll is always
/// the last one.
pub(super) fn poll(info: FlightInfo) -> PollInfo {
    let expires_at = (info.endpoint.first()).and_then(|endpoint| endpoint.expiration_time);
    PollInfo {
        info: Some(info),
        flight_descriptor: None,
        progress: Some(1.0),
        expiration_time: expires_at,
    }
}

/// The answer that a ticket promises.
pub(super) async fn fetch(
    service: &Service,
    mut caller: Caller,
    ticket: &TicketStatementQuery,
) -> Result<BoxStream<'static, Result<Message>>> {
    let claim = (service.signer).open(&ticket.statement_handle, Use::Answer, &caller.principal)?;
    let (run, ready) = service.running.begin(&claim.id)?;
    let statement = match ready {
        Some(statement) => statement,
        None => {
            caller.options = Options::of(&claim);
            plan(service, &caller, &claim.sql).await?
        }
    };
    answer(run, statement, &claim.parameters).await
}

/// The same at once, for a client that fetches without having asked.
pub(super) async fn fetch_now(
    service: &Service,
    caller: &Caller,
    statement: Statement,
    parameters: &Bytes,
) -> Result<BoxStream<'static, Result<Message>>> {
    let claim = (service.signer).claim(&caller.principal, service.house.ticket_life)?;
    let (run, _) = service.running.begin(&claim.id)?;
    answer(run, statement, parameters).await
}

async fn answer(
    run: Run,
    statement: Statement,
    parameters: &Bytes,
) -> Result<BoxStream<'static, Result<Message>>> {
    let mut rows = match parameters.is_empty() {
        true => VecDeque::from([Vec::new()]),
        false => prepared::rows(parameters, statement.parameters())?.into(),
    };
    let first = rows.pop_front();
    let mut fetched = Fetched {
        out: Batches::new(statement.schema().clone())?,
        statement,
        rows,
        answer: None,
        run,
    };
    if let Some(first) = first {
        fetched.start(first).await?;
    }
    let stream = stream::try_unfold(fetched, |mut fetched| async move {
        Ok(fetched.next().await?.map(|message| (message, fetched)))
    });
    Ok(stream.boxed())
}

/// A statement on its way out: its answer for each row of parameters in turn.
struct Fetched {
    statement: Statement,
    rows: VecDeque<Vec<ScalarValue>>,
    answer: Option<Answer>,
    out: Batches,
    run: Run,
}

impl Fetched {
    async fn start(&mut self, values: Vec<ScalarValue>) -> Result<()> {
        let answer = tokio::select! {
            answer = self.statement.run(values) => answer.map_err(of_govern)?,
            () = self.run.token().cancelled() => return Err(cancelled()),
        };
        self.answer = Some(answer);
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Message>> {
        loop {
            if let Some(message) = self.out.next() {
                return Ok(Some(message));
            }
            let Some(answer) = &mut self.answer else {
                return Ok(None);
            };
            let batch = tokio::select! {
                batch = answer.try_next() => batch.map_err(of_govern)?,
                () = self.run.token().cancelled() => {
                    answer.cancel().now();
                    self.answer = None;
                    return Err(cancelled());
                }
            };
            match batch {
                Some(batch) => self.out.push(batch)?,
                None => {
                    self.answer = None;
                    match self.rows.pop_front() {
                        Some(values) => self.start(values).await?,
                        None => self.out.flush()?,
                    }
                }
            }
        }
    }
}

fn cancelled() -> Status {
    Status::cancelled("the query was cancelled")
}
