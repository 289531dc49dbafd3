//! An [`Answered`] is the body of an answer as hyper takes it. What of it is not
//! taken yet is a [`Reading`], which the visit may take away from a reader who takes
//! nothing: gRPC then says so, and every other client sees that the answer broke off.

use super::Call;
use axum::body::{Body, HttpBody};
use axum::{BoxError, Error};
use bytes::Bytes;
use http::{HeaderMap, Response, header};
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// An answer on its way, which the visit may take away from its reader.
#[derive(Debug)]
pub(super) struct Reading(Mutex<Held>);

#[derive(Debug)]
struct Held {
    /// None when it was taken away.
    body: Option<Body>,
    /// Since when it waits that somebody takes more of it.
    waits: Option<Instant>,
    /// What gRPC says in place of the rest.
    last_word: Option<HeaderMap>,
}

impl Reading {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of it, where nobody took anything for so long.
    pub(super) fn take(&self, now: Instant, patience: Duration) -> Option<Body> {
        // Whoever holds it now is just reading.
        let mut held = self.0.try_lock().ok()?;
        match held.waits.is_some_and(|since| now - since > patience) {
            true => held.body.take(),
            false => None,
        }
    }

    /// Taken away, and waited for long.
    pub(super) fn was_left(&self, now: Instant, patience: Duration) -> bool {
        let Ok(held) = self.0.try_lock() else {
            return false;
        };
        held.body.is_none() && held.waits.is_some_and(|since| now - since > patience)
    }
}

#[cfg(test)]
impl Reading {
    /// As if it waited for so much longer.
    pub(super) fn age(&self, by: Duration) {
        let mut held = self.lock();
        held.waits = held.waits.map(|since| since - by);
    }
}

fn last_word() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    let status = tonic::Status::cancelled(UNREAD);
    // Only a message that is no header could fail.
    let _ = status.add_header(&mut trailers);
    trailers
}

const UNREAD: &str = "the answer was not read for too long; ask again, and read it as it comes";

/// The body of an answer, as hyper takes it.
#[derive(Debug)]
pub(crate) struct Answered {
    reading: Arc<Reading>,
    _call: Call,
}

impl Answered {
    /// The answer of a call.
    pub(super) fn new(call: Call, response: Response<Body>) -> Response<Answered> {
        let kind = response.headers().get(header::CONTENT_TYPE);
        let is_grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        response.map(|body| Answered {
            reading: Arc::new(Reading(Mutex::new(Held {
                body: Some(body),
                // A client of HTTP/2 may have said that it takes nothing.
                waits: Some(Instant::now()),
                last_word: is_grpc.then(last_word),
            }))),
            _call: call,
        })
    }

    /// What the visit looks at.
    pub(super) fn reading(&self) -> Weak<Reading> {
        Arc::downgrade(&self.reading)
    }
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut held = self.reading.lock();
        let Some(body) = &mut held.body else {
            return Poll::Ready(Some(match held.last_word.take() {
                Some(trailers) => Ok(Frame::trailers(trailers)),
                None => Err(Error::new(BoxError::from(UNREAD))),
            }));
        };
        let polled = Pin::new(body).poll_frame(context);
        held.waits = match polled {
            Poll::Ready(Some(Ok(_))) => Some(Instant::now()),
            _ => None,
        };
        polled
    }

    fn is_end_stream(&self) -> bool {
        let held = self.reading.lock();
        held.body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.reading.lock();
        held.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}
