//! Actions: what a client does besides asking. Those that are listed work; the
//! others of Flight SQL are refused, with what there is instead.

use super::caller::Caller;
use super::error::Result;
use super::running::Cancelled;
use super::service::Service;
use super::ticket::{Use, now};
use super::{options, prepared};
use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, Any, ProstMessageExt, TicketStatementQuery,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus,
    FlightEndpoint, FlightInfo, RenewFlightEndpointRequest, Ticket,
};
use bytes::Bytes;
use prost::Message;
use tonic::{Response, Status};

/// Those that work, and what they do.
const ACTIONS: [(&str, &str); 8] = [
    (
        "CreatePreparedStatement",
        "Makes a prepared statement of a query.\nRequest: ActionCreatePreparedStatementRequest\nResponse: ActionCreatePreparedStatementResult",
    ),
    (
        "ClosePreparedStatement",
        "Ends the use of a prepared statement.\nRequest: ActionClosePreparedStatementRequest\nResponse: none",
    ),
    (
        "CancelFlightInfo",
        "Stops a query.\nRequest: CancelFlightInfoRequest\nResponse: CancelFlightInfoResult",
    ),
    (
        "CancelQuery",
        "Stops a query, as CancelFlightInfo does, for older clients.\nRequest: ActionCancelQueryRequest\nResponse: ActionCancelQueryResult",
    ),
    (
        "RenewFlightEndpoint",
        "Lets a ticket last longer.\nRequest: RenewFlightEndpointRequest\nResponse: FlightEndpoint",
    ),
    (
        "SetSessionOptions",
        "Sets catalog, schema, release or purpose for the session.\nRequest: SetSessionOptionsRequest\nResponse: SetSessionOptionsResult",
    ),
    (
        "GetSessionOptions",
        "Tells what the session is set to.\nRequest: GetSessionOptionsRequest\nResponse: GetSessionOptionsResult",
    ),
    (
        "CloseSession",
        "Forgets what the session was set to.\nRequest: CloseSessionRequest\nResponse: CloseSessionResult",
    ),
];

/// The list.
pub(super) fn list() -> impl Iterator<Item = ActionType> {
    ACTIONS.into_iter().map(|(name, description)| ActionType {
        r#type: name.to_owned(),
        description: description.to_owned(),
    })
}

/// Does one.
pub(super) async fn act(
    service: &Service,
    caller: &Caller,
    action: Action,
) -> Result<Response<Vec<Bytes>>> {
    let body = &action.body;
    match action.r#type.as_str() {
        "CreatePreparedStatement" => {
            let asked: ActionCreatePreparedStatementRequest = unpack(body)?;
            let made = prepared::create(service, caller, asked).await?;
            Ok(Response::new(vec![made.as_any().encode_to_vec().into()]))
        }
        "ClosePreparedStatement" => {
            let asked: ActionClosePreparedStatementRequest = unpack(body)?;
            prepared::close(service, caller, &asked)?;
            Ok(Response::new(Vec::new()))
        }
        "CancelFlightInfo" => {
            let asked = CancelFlightInfoRequest::decode(body.clone()).map_err(malformed)?;
            let status = match cancel(service, caller, &asked.info.unwrap_or_default())? {
                Cancelled::Stopped => CancelStatus::Cancelled,
                Cancelled::Unknown => CancelStatus::NotCancellable,
            };
            let result = CancelFlightInfoResult::new(status);
            Ok(Response::new(vec![result.encode_to_vec().into()]))
        }
        "CancelQuery" => {
            const CANCELLED: i32 = 1;
            const NOT_CANCELLABLE: i32 = 3;
            let asked: ActionCancelQueryRequest = unpack(body)?;
            let info = FlightInfo::decode(asked.info).map_err(malformed)?;
            let result = ActionCancelQueryResult {
                result: match cancel(service, caller, &info)? {
                    Cancelled::Stopped => CANCELLED,
                    Cancelled::Unknown => NOT_CANCELLABLE,
                },
            };
            Ok(Response::new(vec![result.as_any().encode_to_vec().into()]))
        }
        "RenewFlightEndpoint" => {
            let asked = RenewFlightEndpointRequest::decode(body.clone()).map_err(malformed)?;
            let endpoint = renew(service, caller, asked.endpoint.unwrap_or_default())?;
            Ok(Response::new(vec![endpoint.encode_to_vec().into()]))
        }
        "SetSessionOptions" => options::set(service, caller, body).await,
        "GetSessionOptions" => options::get(service, caller).await,
        "CloseSession" => options::close(),
        "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
            Err(Status::unimplemented(
                "there are no transactions: every query sees one release, which does not change",
            ))
        }
        "CreatePreparedSubstraitPlan" => Err(no_substrait()),
        other => Err(Status::unimplemented(format!(
            "there is no action {other:?}; ListActions tells those there are"
        ))),
    }
}

/// Plans are made here, where rights are known, from SQL.
pub(super) fn no_substrait() -> Status {
    Status::unimplemented("Substrait plans are not taken; send SQL")
}

/// A message that is not what it should be.
pub(super) fn malformed(error: impl std::fmt::Display) -> Status {
    tracing::debug!(%error, "a message is malformed");
    Status::invalid_argument("the message is malformed")
}

fn unpack<M: ProstMessageExt>(body: &Bytes) -> Result<M> {
    let any = Any::decode(body.clone()).map_err(malformed)?;
    let message = any.unpack().map_err(malformed)?;
    message.ok_or_else(|| malformed("another message"))
}

/// The statement's ticket in an endpoint's.
fn handle(ticket: Option<&Ticket>) -> Result<Bytes> {
    let ticket = ticket
        .map(|ticket| ticket.ticket.clone())
        .unwrap_or_default();
    let ticket: TicketStatementQuery = unpack(&ticket)?;
    Ok(ticket.statement_handle)
}

fn cancel(service: &Service, caller: &Caller, info: &FlightInfo) -> Result<Cancelled> {
    let mut outcome = Cancelled::Unknown;
    for endpoint in &info.endpoint {
        let handle = handle(endpoint.ticket.as_ref())?;
        let claim = service
            .signer
            .open(&handle, Use::Answer, &caller.principal)?;
        if service.running.cancel(&claim.id) == Cancelled::Stopped {
            outcome = Cancelled::Stopped;
        }
    }
    Ok(outcome)
}

/// The same answer for longer: only one that has not expired can be renewed.
fn renew(service: &Service, caller: &Caller, endpoint: FlightEndpoint) -> Result<FlightEndpoint> {
    let handle = handle(endpoint.ticket.as_ref())?;
    let mut claim = service
        .signer
        .open(&handle, Use::Answer, &caller.principal)?;
    claim.expires_at = now() + service.house.ticket_life.as_secs();
    let ticket = TicketStatementQuery {
        statement_handle: service.signer.seal(&claim, Use::Answer),
    };
    let mut renewed = endpoint;
    renewed.ticket = Some(Ticket::new(ticket.as_any().encode_to_vec()));
    let expires = renewed.expiration_time.get_or_insert_default();
    expires.seconds = claim.expires_at.try_into().unwrap_or(i64::MAX);
    Ok(renewed)
}
