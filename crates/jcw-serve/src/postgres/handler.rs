//! What is done with each message of a visitor who is in: a text of statements,
//! or the parts of the extended protocol (prepare, bind, describe, run).

use crate::postgres::command::{Command, parts};
use crate::postgres::encoding::{fields, rows, text_fields};
use crate::postgres::error::{error, moved};
use crate::postgres::statement::{Planned, Prepared};
use crate::postgres::visitor::Visitor;
use async_trait::async_trait;
use datafusion::common::ScalarValue;
use futures::{Sink, SinkExt as _};
use pgwire::api::portal::{Format, Portal, PortalExecutionState};
use pgwire::api::query::{
    ExtendedQueryHandler, SimpleQueryHandler, send_describe_response, send_execution_response,
    send_partial_query_response, send_query_response,
};
use pgwire::api::results::{
    DescribePortalResponse, DescribeStatementResponse, FieldInfo, QueryResponse, Response, Tag,
};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete,
    Sync as Synced, TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::simplequery::Query;
use std::fmt::Debug;
use std::ops::DerefMut as _;
use std::sync::Arc;

/// The most prepared statements that a connection may hold.
const MOST: usize = 1_000;

/// The most portals that a connection may hold open.
const MOST_PORTALS: usize = 100;

impl Visitor {
    /// The columns of what a statement gives; `None` for one that gives none.
    fn described(&self, prepared: &Prepared, format: &Format) -> PgWireResult<Arc<Vec<FieldInfo>>> {
        match (&prepared.command, &prepared.query) {
            (Command::Query, Some(query)) => fields(&query.schema, format),
            (Command::Show(name), _) if name == "all" => {
                Ok(text_fields(&["name", "setting", "description"]))
            }
            (Command::Show(name), _) => Ok(text_fields(&[name.as_str()])),
            (Command::Fetch(name, _), _) => {
                let fields = self.chosen().cursors.fields(name);
                fields.ok_or_else(|| error("34000", "there is no such portal or cursor"))
            }
            _ => Ok(Arc::default()),
        }
    }

    /// Runs what has been planned, for its rows in that format.
    async fn rows(
        &self,
        planned: Planned,
        values: Vec<ScalarValue>,
        format: &Format,
    ) -> PgWireResult<QueryResponse> {
        let described = fields(&planned.query.schema, format)?;
        let stays = planned.stays();
        let batches = planned
            .run(values, self.running.begin(), self.until())
            .await?;
        Ok(rows(described, batches, stays))
    }

    /// One statement of a text.
    async fn simple<S: PortalStore>(
        &self,
        command: Command,
        sql: &str,
        store: &S,
    ) -> PgWireResult<Response> {
        let query = match &command {
            Command::Query => sql,
            Command::Declare(_, query) => query,
            command => return self.obey(command, store).await,
        };
        let planned = self.cancellable(Planned::new(self, query, &[])).await?;
        self.answer(&command, planned, Vec::new(), &Format::UnifiedText)
            .await
    }

    /// Runs what has been planned: its rows are sent now, or wait in a cursor, from
    /// which they are always fetched as text.
    async fn answer(
        &self,
        command: &Command,
        planned: Planned,
        values: Vec<ScalarValue>,
        format: &Format,
    ) -> PgWireResult<Response> {
        let Command::Declare(name, _) = command else {
            let rows = self.rows(planned, values, format).await?;
            return Ok(Response::Query(rows));
        };
        let rows = self.rows(planned, values, &Format::UnifiedText).await?;
        self.chosen().cursors.open(name.clone(), rows)?;
        Ok(Response::Execution(Tag::new("DECLARE CURSOR")))
    }

    /// Planning can be cancelled like running.
    async fn cancellable<T>(
        &self,
        planning: impl Future<Output = PgWireResult<T>>,
    ) -> PgWireResult<T> {
        let cancelled = self.running.begin();
        tokio::select! {
            planned = planning => planned,
            () = cancelled.cancelled() => Err(error("57014", "the query was cancelled")),
        }
    }

    /// After an error in a transaction nothing is done until it ends.
    fn check(status: TransactionStatus, command: &Command) -> PgWireResult<()> {
        let ends = matches!(command, Command::End(_) | Command::Nothing("ROLLBACK"));
        match status == TransactionStatus::Error && !ends {
            true => Err(error(
                "25P02",
                "something failed in this transaction; end it with ROLLBACK",
            )),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl SimpleQueryHandler for Visitor {
    /// Statements run one after another, and the rows of one are sent before the
    /// next begins.
    async fn on_query<C>(&self, client: &mut C, message: Query) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let parts = parts(&message.query)?;
        for part in &parts {
            let moved_on = |failed| moved(failed, part.begins);
            let command = Command::of(&part.sql).map_err(moved_on)?;
            let status = client.transaction_status();
            Visitor::check(status, &command).map_err(moved_on)?;
            let command = match command {
                // What has failed is not committed.
                Command::End(_) if status == TransactionStatus::Error => Command::End("ROLLBACK"),
                command => command,
            };
            let response = self.simple(command, &part.sql, client.portal_store()).await;
            send(client, response.map_err(moved_on)?, true)
                .await
                .map_err(moved_on)?;
        }
        if parts.is_empty() {
            let empty = PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new());
            client.feed(empty).await?;
        }
        let ready = ReadyForQuery::new(client.transaction_status());
        client
            .send(PgWireBackendMessage::ReadyForQuery(ready))
            .await?;
        Ok(())
    }

    async fn do_query<C>(&self, _client: &mut C, _text: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Ok(Vec::new())
    }
}

/// Sends the response to one statement.
async fn send<C>(client: &mut C, response: Response, describes: bool) -> PgWireResult<()>
where
    C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    C::PortalStore: PortalStore,
    C::Error: Debug,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    match response {
        Response::Query(rows) => send_query_response(client, rows, describes).await,
        Response::Execution(tag) => send_execution_response(client, tag).await,
        Response::TransactionStart(tag) => {
            client.set_transaction_status(TransactionStatus::Transaction);
            send_execution_response(client, tag).await
        }
        Response::TransactionEnd(tag) => {
            client.set_transaction_status(TransactionStatus::Idle);
            client.portal_store().clear_portals();
            send_execution_response(client, tag).await
        }
        _ => Ok(()),
    }
}

impl Visitor {
    /// Prepares the one statement of a text; `None` where there is none.
    async fn parse(
        &self,
        status: TransactionStatus,
        sql: &str,
        declared: &[Option<Type>],
    ) -> PgWireResult<Option<Prepared>> {
        let mut parts = parts(sql)?;
        let part = match (parts.pop(), parts.is_empty()) {
            (None, _) => return Ok(None),
            (Some(part), true) => part,
            (Some(_), false) => {
                let message = "a prepared statement is one statement, not several";
                return Err(error("42601", message));
            }
        };
        Visitor::check(status, &Command::of(&part.sql)?)?;
        let prepared = self
            .cancellable(Prepared::new(self, &part.sql, declared))
            .await;
        prepared
            .map(Some)
            .map_err(|failed| moved(failed, part.begins))
    }
}

fn parameter_types(prepared: &Prepared) -> Vec<Type> {
    let parameters = prepared.query.iter().flat_map(|query| &query.parameters);
    parameters.map(|parameter| parameter.wire.clone()).collect()
}

/// The library wants a parser beside the handler; ours is the handler.
#[derive(Debug)]
pub(super) struct NoParser;

#[async_trait]
impl QueryParser for NoParser {
    type Statement = Prepared;

    async fn parse_sql<C>(
        &self,
        _client: &C,
        _sql: &str,
        _declared: &[Option<Type>],
    ) -> PgWireResult<Option<Prepared>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        Ok(None)
    }

    fn get_parameter_types(&self, prepared: &Prepared) -> PgWireResult<Vec<Type>> {
        Ok(parameter_types(prepared))
    }

    fn get_result_schema(
        &self,
        _prepared: &Prepared,
        _format: Option<&Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ExtendedQueryHandler for Visitor {
    type Statement = Prepared;
    type QueryParser = NoParser;

    fn query_parser(&self) -> Arc<NoParser> {
        Arc::new(NoParser)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message
            .name
            .clone()
            .unwrap_or_else(|| DEFAULT_NAME.to_owned());
        if message.name.is_some() {
            let mut chosen = self.chosen();
            if chosen.statements.contains(&name) {
                return Err(error("42P05", "there is a prepared statement of that name"));
            }
            if chosen.statements.len() >= MOST {
                let message = format!("more than {MOST} statements are prepared; close some");
                return Err(error("53000", message));
            }
            chosen.statements.insert(name.clone());
        }
        let declared: Vec<_> = message
            .type_oids
            .iter()
            .map(|oid| Type::from_oid(*oid))
            .collect();
        let prepared = self
            .parse(client.transaction_status(), &message.query, &declared)
            .await;
        if prepared.is_err() {
            self.chosen().statements.remove(&name);
        }
        let store = client.portal_store();
        match prepared? {
            Some(prepared) => {
                let statement = StoredStatement::new(name, prepared, declared);
                store.put_statement(Arc::new(statement));
            }
            None => store.put_empty_statement(&name),
        }
        let done = PgWireBackendMessage::ParseComplete(ParseComplete::new());
        client.feed(done).await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal_name = message.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
        let formats = message.parameter_format_codes.len();
        if formats > 1 && formats != message.parameters.len() {
            let message = "the formats of the parameters are not as many as the parameters";
            return Err(error("08P01", message));
        }
        match client.portal_store().get_statement(name) {
            Some(Entry::Value(statement)) => {
                let query = statement.statement.query.as_ref();
                let needs = query.map_or(0, |query| query.parameters.len());
                let is = message.parameters.len();
                if is != needs {
                    let message = format!("{needs} parameters are needed, and {is} are bound");
                    return Err(error("08P01", message));
                }
                let mut chosen = self.chosen();
                chosen.portals.insert(portal_name.to_owned());
                if chosen.portals.len() > MOST_PORTALS {
                    let message = format!("more than {MOST_PORTALS} portals are open; close some");
                    return Err(error("53000", message));
                }
                drop(chosen);
                let portal = Portal::try_new(&message, statement)?;
                client.portal_store().put_portal(Arc::new(portal));
            }
            Some(Entry::Empty) => client.portal_store().put_empty_portal(portal_name),
            None => return Err(PgWireError::StatementNotFound(name.to_owned())),
        }
        let done = PgWireBackendMessage::BindComplete(BindComplete::new());
        client.feed(done).await?;
        Ok(())
    }

    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // Some clients ask for the columns of a cursor as of a portal.
        if message.target_type == TARGET_TYPE_BYTE_PORTAL
            && let Some(name) = &message.name
            && client.portal_store().get_portal(name).is_none()
        {
            let fields = self.chosen().cursors.fields(name);
            if let Some(fields) = fields {
                let described = DescribePortalResponse::new(fields.to_vec());
                return send_describe_response(client, &described).await;
            }
        }
        self._on_describe(client, message).await
    }

    /// Outside a transaction nothing outlives a Sync.
    async fn on_sync<C>(&self, client: &mut C, _message: Synced) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if client.transaction_status() == TransactionStatus::Idle {
            client.portal_store().clear_portals();
            self.chosen().portals.clear();
        }
        let ready = ReadyForQuery::new(client.transaction_status());
        client
            .send(PgWireBackendMessage::ReadyForQuery(ready))
            .await?;
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        match message.target_type {
            TARGET_TYPE_BYTE_STATEMENT => self.forget_one(name, client.portal_store()),
            _ => {
                client.portal_store().rm_portal(name);
                self.chosen().portals.remove(name);
            }
        }
        client
            .feed(PgWireBackendMessage::CloseComplete(CloseComplete::new()))
            .await?;
        Ok(())
    }

    async fn do_describe_statement<C>(
        &self,
        _client: &mut C,
        statement: &StoredStatement<Prepared>,
    ) -> PgWireResult<DescribeStatementResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let prepared = &statement.statement;
        let fields = self.described(prepared, &Format::UnifiedText)?;
        Ok(DescribeStatementResponse::new(
            parameter_types(prepared),
            fields.to_vec(),
        ))
    }

    async fn do_describe_portal<C>(
        &self,
        _client: &mut C,
        portal: &Portal<Prepared>,
    ) -> PgWireResult<DescribePortalResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let format = &portal.result_column_format;
        let fields = self.described(&portal.statement.statement, format)?;
        Ok(DescribePortalResponse::new(fields.to_vec()))
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let most = usize::try_from(message.max_rows).unwrap_or(0);
        let portal = match client.portal_store().get_portal(name) {
            Some(Entry::Value(portal)) => portal,
            Some(Entry::Empty) => {
                let empty = PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new());
                client.feed(empty).await?;
                return Ok(());
            }
            None => return Err(PgWireError::PortalNotFound(name.to_owned())),
        };
        Visitor::check(
            client.transaction_status(),
            &portal.statement.statement.command,
        )?;
        let state = portal.state();
        let mut state = state.lock().await;
        if matches!(*state, PortalExecutionState::Initial) {
            match ExtendedQueryHandler::do_query(self, client, &portal, most).await? {
                Response::Query(rows) => *state = PortalExecutionState::Suspended(rows),
                other => {
                    *state = PortalExecutionState::Finished;
                    return send(client, other, false).await;
                }
            }
        }
        let goes_on = match state.deref_mut() {
            PortalExecutionState::Suspended(rows) => {
                send_partial_query_response(client, rows, most).await
            }
            _ => {
                let tag = Tag::new("SELECT").with_rows(0);
                return send_execution_response(client, tag).await;
            }
        };
        if !matches!(goes_on, Ok(true)) {
            *state = PortalExecutionState::Finished;
        }
        goes_on.map(drop)
    }

    async fn do_query<C>(
        &self,
        client: &mut C,
        portal: &Portal<Prepared>,
        _most: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let prepared = &portal.statement.statement;
        let Some(query) = &prepared.query else {
            return self.obey(&prepared.command, client.portal_store()).await;
        };
        let parameters = query.parameters.iter().zip(&portal.parameters).enumerate();
        let values = parameters.map(|(index, (parameter, bound))| {
            let is_binary = portal.parameter_format.is_binary(index);
            parameter.value(index + 1, bound.as_ref(), is_binary)
        });
        let values = values.collect::<PgWireResult<Vec<_>>>()?;
        let planned = self.cancellable(query.again(self)).await?;
        let format = &portal.result_column_format;
        self.answer(&prepared.command, planned, values, format)
            .await
    }
}
