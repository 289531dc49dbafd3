//! One connection, from its first byte to its last: messages are taken one after
//! another, with bounds on how long a client may take to log in and how long it
//! may say nothing; when the house closes, a client without a query is told so.

use crate::postgres::Door;
use crate::postgres::error::{fatal, tidied};
use crate::postgres::login::into_fatal;
use crate::postgres::statement::Prepared;
use crate::postgres::visitor::Visitor;
use crate::postgres::wire::{Gate, agree};
use crate::tls::Tls;
use async_trait::async_trait;
use futures::{SinkExt as _, StreamExt as _};
use jcw_govern::Door as Entrance;
use pgwire::api::cancel::CancelHandler;
use pgwire::api::{ClientInfo as _, DefaultClient, NoopHandler, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::cancel::CancelRequest;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{PgWireMessageServerCodec, process_error, process_message};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::codec::Framed;

/// How long a client may take to log in.
const LOGIN: Duration = Duration::from_secs(15);

/// How long a client for whom there is no room may take to be told so.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a client may say nothing.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// How often it is looked whether a client whose query runs is still there.
const LOOK: Duration = Duration::from_millis(250);

type Socket = Framed<Gate, PgWireMessageServerCodec<Prepared>>;

/// Serves one connection until it ends; where there is no room, says so.
pub(super) async fn serve(
    door: Arc<Door>,
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<Tls>,
    is_full: bool,
) {
    let until = match is_full {
        true => Instant::now() + FAREWELL,
        false => Instant::now() + LOGIN,
    };
    let watched = watched(&stream);
    let agreed = timeout_at(until, agree(stream, tls.as_ref(), door.house.reader)).await;
    let Ok(Ok(agreed)) = agreed else {
        tracing::debug!("a connection did not agree on how to speak");
        return;
    };
    let codec = PgWireMessageServerCodec::new(DefaultClient::new(from, agreed.is_encrypted));
    let mut socket = Framed::new(agreed.gate, codec);
    socket.set_state(PgWireConnectionState::AwaitingStartup);
    if is_full {
        farewell(
            &mut socket,
            fatal("53300", "too many connections are open; try again"),
        )
        .await;
        return;
    }
    let visitor = Visitor::new(door, from, agreed.is_encrypted, agreed.subject);
    let visitor = Arc::new(visitor);
    if let Err(failed) = converse(&mut socket, &visitor, until, watched.as_ref()).await {
        tracing::debug!(%failed, "a connection ended early");
    }
}

async fn converse(
    socket: &mut Socket,
    visitor: &Arc<Visitor>,
    until: Instant,
    watched: Option<&TcpStream>,
) -> Result<(), std::io::Error> {
    let closing = visitor.door.house.closing.clone();
    let mut is_in = false;
    // Between the first message of the extended protocol and its Sync.
    let mut is_midway = false;
    loop {
        let wait = match is_in {
            true => Instant::now() + IDLE,
            false => until,
        };
        let message = tokio::select! {
            biased;
            () = closing.cancelled(), if !is_midway => {
                farewell(socket, fatal("57P01", "the server is closing; connect again")).await;
                return Ok(());
            }
            message = socket.next() => message,
            () = sleep_until(wait) => {
                let state = if is_in { "57P05" } else { "08006" };
                farewell(socket, fatal(state, "nothing was said for too long")).await;
                return Ok(());
            }
        };
        let message = match message {
            None | Some(Ok(PgWireFrontendMessage::Terminate(_))) => return Ok(()),
            Some(Ok(message)) => message,
            Some(Err(failed)) => {
                tracing::debug!(%failed, "a message could not be taken");
                farewell(socket, fatal("08P01", "a message broke the protocol")).await;
                return Ok(());
            }
        };
        let is_extended = message.is_extended_query();
        is_midway = is_extended && !matches!(message, PgWireFrontendMessage::Sync(_));
        let done = process_message(
            message,
            socket,
            visitor.clone(),
            visitor.clone(),
            visitor.clone(),
            Arc::new(NoopHandler),
            visitor.clone(),
        );
        let done = tokio::select! {
            done = done => done,
            () = gone(watched) => {
                tracing::debug!("a client went away while its query ran");
                return Ok(());
            }
        };
        if let Err(failed) = done {
            let failed = tidied(failed);
            if let PgWireError::IoError(failed) = failed {
                return Err(failed);
            }
            match is_in {
                true => {
                    let is_over = is_fatal(&failed);
                    process_error(socket, failed, is_extended).await?;
                    if is_over {
                        return Ok(());
                    }
                }
                false => {
                    if is_refusal(&failed) {
                        visitor.door.house.numbers.log_in(Entrance::Postgres, false);
                    }
                    farewell(socket, into_fatal(failed)).await;
                    return Ok(());
                }
            }
        }
        if !is_in && matches!(socket.state(), PgWireConnectionState::ReadyForQuery) {
            is_in = true;
            visitor.door.house.numbers.log_in(Entrance::Postgres, true);
            socket.get_mut().widen();
        }
    }
}

/// The same connection, to look at while the other is busy.
fn watched(stream: &TcpStream) -> Option<TcpStream> {
    let same = stream.as_fd().try_clone_to_owned().ok()?;
    TcpStream::from_std(same.into()).ok()
}

/// Waits until the client has gone away. What it says meanwhile stays unread.
async fn gone(watched: Option<&TcpStream>) {
    let Some(watched) = watched else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LOOK).await;
        let mut next = [0; 1];
        let looked = tokio::time::timeout(Duration::from_millis(1), watched.peek(&mut next));
        if let Ok(Ok(0) | Err(_)) = looked.await {
            return;
        }
    }
}

fn is_fatal(failed: &PgWireError) -> bool {
    matches!(failed, PgWireError::UserError(info) if info.is_fatal())
}

/// Whether somebody did not log in, as against a broken message.
fn is_refusal(failed: &PgWireError) -> bool {
    matches!(failed, PgWireError::UserError(info) if info.code.starts_with("28"))
}

/// Says why, and closes.
async fn farewell(socket: &mut Socket, why: PgWireError) {
    let why: ErrorInfo = why.into();
    let last = async {
        let _ = socket
            .send(PgWireBackendMessage::ErrorResponse(why.into()))
            .await;
        let _ = socket.close().await;
    };
    let _ = tokio::time::timeout(FAREWELL, last).await;
}

#[async_trait]
impl CancelHandler for Visitor {
    async fn on_cancel_request(&self, request: CancelRequest) {
        self.door.register.cancel(request.pid, &request.secret_key);
    }
}
