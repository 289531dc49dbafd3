//! How connections come in at the doors that speak HTTP: accepted, encrypted,
//! with pings that keep idle ones alive, and drained when the house closes.

use crate::house::House;
use crate::subject::Subject;
use crate::tls::Tls;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// How often an idle HTTP/2 connection is asked whether it is still there: load
/// balancers drop them after some four minutes.
const PING: Duration = Duration::from_secs(60);

/// What of an answer may wait for its reader, in bytes: enough that the next batch
/// is made while the last one travels, little enough that slow readers pin nothing.
const SENT_AHEAD: usize = 2 << 20;

/// Takes connections in until the house closes, then waits for those inside.
pub(crate) async fn listen(house: House, listener: TcpListener, tls: Option<Tls>, router: Router) {
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
        let _ = stream.set_nodelay(true);
        let watcher = graceful.watcher();
        let (router, tls) = (router.clone(), tls.clone());
        house.inside.spawn(async move {
            match tls {
                None => serve(stream, from, None, router, watcher).await,
                Some(tls) => {
                    let hello = tls.acceptor().accept(stream);
                    match tokio::time::timeout(Duration::from_secs(5), hello).await {
                        Ok(Ok(stream)) => {
                            let shown = stream.get_ref().1.peer_certificates();
                            let subject = Subject::of(shown);
                            serve(stream, from, subject, router, watcher).await;
                        }
                        _ => tracing::debug!("a connection did not agree on TLS"),
                    }
                }
            }
        });
    }
    graceful.shutdown().await;
}

async fn serve<S>(
    stream: S,
    from: SocketAddr,
    subject: Option<Subject>,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = router.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        // Who says twice who they are is nobody: a proxy before us may have read
        // the other one.
        let shown = request.headers().get_all(http::header::AUTHORIZATION);
        if shown.iter().count() > 1 {
            request.headers_mut().remove(http::header::AUTHORIZATION);
        } else if let Some(subject) = &subject {
            request.extensions_mut().insert(subject.clone());
        }
        request.map(axum::body::Body::new)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    (builder.http1().timer(TokioTimer::new())).header_read_timeout(Duration::from_secs(10));
    (builder.http2().timer(TokioTimer::new()))
        .keep_alive_interval(PING)
        .max_concurrent_streams(100)
        .max_send_buf_size(SENT_AHEAD)
        .max_header_list_size(64 << 10);
    let service = TowerToHyperService::new(service);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
