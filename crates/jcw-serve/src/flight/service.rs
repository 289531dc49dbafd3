//! The service: every call of Flight's protocol, each with its caller known
//! anew, and each command of Flight SQL handed to the noun that it is about.
//!
//! arrow-flight has a trait for Flight SQL servers, on which `GetSchema`,
//! `PollFlightInfo` and `ListFlights` cannot be built and `ListActions` tells
//! actions that one does not have; this is Flight's own service instead.

use super::batches::{Batches, Message, schema_bytes};
use super::caller::{self, Caller};
use super::error::{Result, of_govern, of_login, ours, read_only};
use super::prepared::{self, Bound};
use super::running::Running;
use super::sql_info::Information;
use super::statement::{self, flight};
use super::ticket::Signer;
use super::xdbc::Types;
use super::{actions, keys, metadata};
use crate::house::House;
use arrow::array::{RecordBatch, StringArray};
use arrow::compute::like;
use arrow::datatypes::Schema;
use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command};
use arrow_flight::{
    Action, ActionType, BasicAuth, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use jcw_govern::{Session, Statement};
use jcw_login::Credential;
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status, Streaming};

/// How long the first handshake may take until it says something.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// The door, as gRPC calls it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) house: House,
    pub(super) signer: Signer,
    pub(super) running: Running,
    pub(super) bound: Bound,
    /// Built when somebody first asks.
    told: Arc<tokio::sync::OnceCell<Told>>,
}

/// What is the same for everybody.
struct Told {
    information: Information,
    types: Types,
}

impl Service {
    pub(super) fn new(house: &House) -> Service {
        Service {
            house: house.clone(),
            signer: Signer::new(house.logins.key()),
            running: Running::default(),
            bound: Bound::default(),
            told: Arc::default(),
        }
    }

    async fn told(&self) -> Result<&Told> {
        let build = async || {
            Ok(Told {
                information: Information::new(prepared::LASTS_MILLISECONDS)?,
                types: Types::new()?,
            })
        };
        self.told.get_or_try_init(build).await
    }
}

#[tonic::async_trait]
impl FlightService for Service {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo>>;
    type DoGetStream = BoxStream<'static, Result<FlightData>>;
    type DoPutStream = BoxStream<'static, Result<PutResult>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData>>;
    type DoActionStream = BoxStream<'static, Result<arrow_flight::Result>>;
    type ListActionsStream = BoxStream<'static, Result<ActionType>>;

    /// A password for a token: by the `authorization` header, as ADBC, JDBC and
    /// ODBC do, or by Flight's first handshake, in the message.
    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>> {
        let pass = match request.metadata().contains_key("authorization") {
            true => Caller::of(self, &request).await?.pass().clone(),
            false => {
                let (_, extensions, mut sent) = request.into_parts();
                let first = tokio::time::timeout(HANDSHAKE, sent.message()).await;
                let first = first.map_err(|_| Status::deadline_exceeded("nothing was said"))??;
                let shown = first.map(|first| first.payload).unwrap_or_default();
                let shown = BasicAuth::decode(shown).map_err(actions::malformed)?;
                let credential = Credential::Password {
                    user: &shown.username,
                    password: &shown.password,
                };
                caller::log_in(self, credential, &extensions).await?.pass
            }
        };
        let token = self.house.logins.session_token(&pass).map_err(of_login)?;
        let header = caller::bearer(&token)?;
        let answer = HandshakeResponse {
            protocol_version: 0,
            payload: token.into(),
        };
        let mut response = Response::new(stream::iter([Ok(answer)]).boxed());
        response.metadata_mut().insert("authorization", header);
        Ok(response)
    }

    /// The tables that the caller may see; with a criterion, those whose full
    /// name is like it (`published.%`).
    async fn list_flights(
        &self,
        request: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>> {
        let caller = Caller::of(self, &request).await?;
        let pattern = String::from_utf8(request.into_inner().expression.into());
        let pattern = pattern.map_err(actions::malformed)?;
        let session = caller.session(self).await?;
        let mut flights = Vec::new();
        for (name, table) in &session.visible().tables {
            if !pattern.is_empty() && !is_like(name, &pattern)? {
                continue;
            }
            let path = vec![table.schema_name.clone(), table.name.clone()];
            let descriptor = FlightDescriptor::new_path(path);
            let statement = of_path(&session, &descriptor).await?;
            let info = statement::info(self, &caller, descriptor, statement, Bytes::new());
            flights.push(Ok(info?));
        }
        Ok(Response::new(stream::iter(flights).boxed()))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>> {
        let caller = Caller::of(self, &request).await?;
        let token = caller.next_token(self)?;
        let info = self.info(caller, request.into_inner()).await?;
        let mut response = Response::new(info);
        if let Some(token) = token {
            response.metadata_mut().insert("authorization", token);
        }
        Ok(response)
    }

    async fn poll_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>> {
        let caller = Caller::of(self, &request).await?;
        let info = self.info(caller, request.into_inner()).await?;
        Ok(Response::new(statement::poll(info)))
    }

    async fn get_schema(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>> {
        let mut caller = Caller::of(self, &request).await?;
        let descriptor = request.into_inner();
        let schema = match self.command(&descriptor)? {
            None => {
                let session = caller.session(self).await?;
                let statement = of_path(&session, &descriptor).await?;
                schema_bytes(statement.schema())?
            }
            Some(Command::CommandStatementQuery(asked)) => {
                no_transaction(asked.transaction_id.as_ref())?;
                let statement = statement::plan(self, &caller, &asked.query).await?;
                schema_bytes(statement.schema())?
            }
            Some(Command::CommandPreparedStatementQuery(asked)) => {
                let handle = &asked.prepared_statement_handle;
                let (statement, _) = prepared::open(self, &mut caller, handle).await?;
                schema_bytes(statement.schema())?
            }
            Some(command) => schema_bytes(&self.metadata_schema(&command).await?)?,
        };
        Ok(Response::new(SchemaResult { schema }))
    }

    /// The same answer as by [`super::wire`], where nothing but this is called.
    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>> {
        let answer = self.answer(request).await?;
        Ok(Response::new(answer.map_ok(FlightData::from).boxed()))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>> {
        let caller = Caller::known(self, request.metadata(), request.extensions()).await?;
        let mut sent = request.into_inner();
        let first = sent.message().await?;
        let first = first.ok_or_else(|| actions::malformed("nothing was put"))?;
        let descriptor = first.flight_descriptor.clone().unwrap_or_default();
        let command = Any::decode(descriptor.cmd).map_err(actions::malformed)?;
        match Command::try_from(command).map_err(actions::malformed)? {
            Command::CommandPreparedStatementQuery(asked) => {
                let handle = &asked.prepared_statement_handle;
                let sent = stream::iter([Ok(first)]).chain(sent);
                let bound = prepared::bind(self, caller, handle, sent).await?;
                let result = PutResult {
                    app_metadata: bound.encode_to_vec().into(),
                };
                Ok(Response::new(stream::iter([Ok(result)]).boxed()))
            }
            Command::CommandStatementSubstraitPlan(_) => Err(actions::no_substrait()),
            _ => Err(read_only()),
        }
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>> {
        Caller::known(self, request.metadata(), request.extensions()).await?;
        Err(Status::unimplemented(
            "DoExchange is not a call of Flight SQL; use DoGet",
        ))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>> {
        let caller = Caller::of(self, &request).await?;
        let results = actions::act(self, &caller, request.into_inner()).await?;
        Ok(results.map(|bodies| {
            let bodies = bodies
                .into_iter()
                .map(|body| Ok(arrow_flight::Result { body }));
            stream::iter(bodies).boxed()
        }))
    }

    async fn list_actions(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>> {
        Caller::of(self, &request).await?;
        Ok(Response::new(stream::iter(actions::list().map(Ok)).boxed()))
    }
}

impl Service {
    /// What a descriptor's command is; `None` for a path.
    fn command(&self, descriptor: &FlightDescriptor) -> Result<Option<Command>> {
        if descriptor.r#type == DescriptorType::Path as i32 {
            return Ok(None);
        }
        let any = Any::decode(descriptor.cmd.clone()).map_err(actions::malformed)?;
        Command::try_from(any).map(Some).map_err(actions::malformed)
    }

    async fn info(&self, mut caller: Caller, descriptor: FlightDescriptor) -> Result<FlightInfo> {
        match self.command(&descriptor)? {
            None => {
                let session = caller.session(self).await?;
                let statement = of_path(&session, &descriptor).await?;
                statement::info(self, &caller, descriptor, statement, Bytes::new())
            }
            Some(Command::CommandStatementQuery(asked)) => {
                no_transaction(asked.transaction_id.as_ref())?;
                let statement = statement::plan(self, &caller, &asked.query).await?;
                statement::info(self, &caller, descriptor, statement, Bytes::new())
            }
            Some(Command::CommandPreparedStatementQuery(asked)) => {
                let handle = &asked.prepared_statement_handle;
                let (statement, bound) = prepared::open(self, &mut caller, handle).await?;
                statement::info(self, &caller, descriptor, statement, bound)
            }
            Some(command) => {
                let schema = schema_bytes(&self.metadata_schema(&command).await?)?;
                let ticket = descriptor.cmd.clone();
                Ok(flight(schema, descriptor, ticket, None))
            }
        }
    }

    /// What a ticket promises.
    pub(super) async fn answer(
        &self,
        request: Request<Ticket>,
    ) -> Result<BoxStream<'static, Result<Message>>> {
        let mut caller = Caller::of(self, &request).await?;
        let ticket = Any::decode(request.into_inner().ticket).map_err(actions::malformed)?;
        match Command::try_from(ticket).map_err(actions::malformed)? {
            Command::TicketStatementQuery(ticket) => statement::fetch(self, caller, &ticket).await,
            Command::CommandPreparedStatementQuery(asked) => {
                let handle = &asked.prepared_statement_handle;
                let (statement, parameters) = prepared::open(self, &mut caller, handle).await?;
                statement::fetch_now(self, &caller, statement, &parameters).await
            }
            command => batch_stream(self.metadata(&caller, command).await?),
        }
    }

    async fn metadata(&self, caller: &Caller, command: Command) -> Result<RecordBatch> {
        match command {
            Command::CommandGetSqlInfo(asked) => self.told().await?.information.answer(asked),
            Command::CommandGetXdbcTypeInfo(asked) => self.told().await?.types.answer(asked),
            Command::CommandGetTableTypes(_) => metadata::table_types(),
            Command::CommandGetCatalogs(asked) => metadata::catalogs(asked),
            command => {
                let session = caller.session(self).await?;
                let visible = session.visible();
                match command {
                    Command::CommandGetDbSchemas(asked) => metadata::schemas(visible, asked),
                    Command::CommandGetTables(asked) => metadata::tables(visible, asked),
                    Command::CommandGetPrimaryKeys(asked) => keys::primary(visible, asked),
                    Command::CommandGetImportedKeys(asked) => keys::imported(visible, asked),
                    Command::CommandGetExportedKeys(asked) => keys::exported(visible, asked),
                    Command::CommandGetCrossReference(asked) => keys::between(visible, asked),
                    other => Err(refused(&other)),
                }
            }
        }
    }

    async fn metadata_schema(&self, command: &Command) -> Result<Schema> {
        Ok(match command {
            Command::CommandGetSqlInfo(_) => self.told().await?.information.schema(),
            Command::CommandGetXdbcTypeInfo(_) => self.told().await?.types.schema(),
            Command::CommandGetTableTypes(_) => metadata::table_types_schema(),
            Command::CommandGetCatalogs(_) => metadata::catalogs_schema(),
            Command::CommandGetDbSchemas(_) => metadata::schemas_schema(),
            Command::CommandGetTables(asked) => metadata::tables_schema(asked.include_schema),
            Command::CommandGetPrimaryKeys(_) => keys::primary_schema(),
            Command::CommandGetImportedKeys(_)
            | Command::CommandGetExportedKeys(_)
            | Command::CommandGetCrossReference(_) => keys::foreign_schema(),
            other => return Err(refused(other)),
        })
    }
}

/// A table by its path: everything in it.
async fn of_path(session: &Session, descriptor: &FlightDescriptor) -> Result<Statement> {
    let (schema, table) = match descriptor.path.as_slice() {
        [table] => (session.schema(), table),
        [schema, table] => (schema.as_str(), table),
        _ => return Err(Status::invalid_argument("a path is a schema and a table")),
    };
    let quoted = |name: &str| name.replace('"', "\"\"");
    let sql = format!("select * from \"{}\".\"{}\"", quoted(schema), quoted(table));
    session.prepare(&sql).await.map_err(of_govern)
}

/// A transaction cannot have been begun.
pub(super) fn no_transaction(id: Option<&Bytes>) -> Result<()> {
    match id.is_none_or(Bytes::is_empty) {
        true => Ok(()),
        false => Err(Status::invalid_argument("there is no such transaction")),
    }
}

fn refused(command: &Command) -> Status {
    match command {
        Command::CommandStatementSubstraitPlan(_) => actions::no_substrait(),
        Command::CommandStatementUpdate(_)
        | Command::CommandPreparedStatementUpdate(_)
        | Command::CommandStatementIngest(_) => read_only(),
        _ => Status::invalid_argument("this is not a command of Flight SQL that can be asked so"),
    }
}

fn batch_stream(batch: RecordBatch) -> Result<BoxStream<'static, Result<Message>>> {
    let mut out = Batches::new(batch.schema())?;
    out.push(batch)?;
    out.flush()?;
    let messages: Vec<_> = std::iter::from_fn(|| out.next()).collect();
    Ok(stream::iter(messages.into_iter().map(Ok)).boxed())
}

/// SQL's `like`.
fn is_like(name: &str, pattern: &str) -> Result<bool> {
    let (name, pattern) = (
        StringArray::new_scalar(name),
        StringArray::new_scalar(pattern),
    );
    Ok(like(&name, &pattern).map_err(ours)?.true_count() == 1)
}
