//! How connections come in at the doors that speak HTTP: accepted, encrypted,
//! with pings that keep idle ones alive, and drained when the house closes.

use crate::house::House;
use crate::subject::Subject;
use crate::tls::Tls;
use crate::visit::{Visit, Watched};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use jcw_govern::Door;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// How long two sides may take to agree on TLS.
const HELLO: Duration = Duration::from_secs(15);

/// How often an idle HTTP/2 connection is asked whether it is still there: load
/// balancers drop them after some four minutes.
const PING: Duration = Duration::from_secs(60);

/// What of an answer may wait for its reader, in bytes: enough that the next batch
/// is made while the last one travels, little enough that slow readers pin nothing.
const SENT_AHEAD: usize = 2 << 20;

/// Takes connections in until the house closes, then waits for those inside.
pub(crate) async fn listen(
    house: House,
    door: Door,
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = house.closing.cancelled() => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken in");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = house.crowd.enter(from.ip()) else {
            house.numbers.closed(door, "full");
            continue;
        };
        let _ = stream.set_nodelay(true);
        let watcher = graceful.watcher();
        let guest = Guest {
            house: house.clone(),
            door,
            from,
            subject: None,
            router: router.clone(),
        };
        let tls = tls.clone();
        house.inside.spawn(async move {
            let _place = place;
            match tls {
                None => guest.serve(stream, watcher).await,
                Some(tls) => {
                    let hello = tls.acceptor().accept(stream);
                    match tokio::time::timeout(HELLO, hello).await {
                        Ok(Ok(stream)) => {
                            let subject = Subject::of(stream.get_ref().1.peer_certificates());
                            Guest { subject, ..guest }.serve(stream, watcher).await;
                        }
                        _ => tracing::debug!("a connection did not agree on TLS"),
                    }
                }
            }
        });
    }
    graceful.shutdown().await;
}

/// Somebody who is connected, and what their calls go to.
struct Guest {
    house: House,
    door: Door,
    from: SocketAddr,
    /// Of the certificate that they have shown.
    subject: Option<Subject>,
    router: Router,
}

impl Guest {
    async fn serve<S>(self, stream: S, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let visit = Visit::begin(self.house.reader);
        let stream = TokioIo::new(Watched::new(stream, visit.clone()));
        let (numbers, door) = (self.house.numbers.clone(), self.door);
        let (visits, guest) = (visit.clone(), Arc::new(self));
        let service = service_fn(move |request| {
            let (call, request) = (visits.call(), guest.introduced(request, &visits));
            let answer = guest.router.clone().oneshot(request);
            async move { Ok::<_, Infallible>(call.answered(answer.await?)) }
        });
        let builder = protocols();
        let connection = builder.serve_connection(stream, service).into_owned();
        tokio::select! {
            served = watcher.watch(connection) => if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            },
            over = visit.over(|| numbers.closed(door, "slow_answer")) => {
                numbers.closed(door, over.word());
                tracing::debug!(?over, "a connection was ended");
            }
        }
    }

    /// The request with what is known of whoever sent it.
    fn introduced(
        &self,
        mut request: Request<Incoming>,
        visit: &Arc<Visit>,
    ) -> Request<axum::body::Body> {
        request.extensions_mut().insert(ConnectInfo(self.from));
        request.extensions_mut().insert(visit.clone());
        // Who says twice who they are is nobody: a proxy before us may have read
        // the other one.
        let shown = request.headers().get_all(http::header::AUTHORIZATION);
        if shown.iter().count() > 1 {
            request.headers_mut().remove(http::header::AUTHORIZATION);
        } else if let Some(subject) = &self.subject {
            request.extensions_mut().insert(subject.clone());
        }
        request.map(axum::body::Body::new)
    }
}

fn protocols() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    (builder.http1().timer(TokioTimer::new())).header_read_timeout(Duration::from_secs(10));
    (builder.http2().timer(TokioTimer::new()))
        .keep_alive_interval(PING)
        .max_concurrent_streams(100)
        .max_send_buf_size(SENT_AHEAD)
        .max_header_list_size(64 << 10);
    builder
}
