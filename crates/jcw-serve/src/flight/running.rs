//! Queries that run now, or are about to, by the id of their tickets: the way to
//! cancel one from another call.

use super::error::Result;
use bytes::Bytes;
use jcw_govern::Statement;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// How many planned statements wait to be fetched.
const MOST_READY: usize = 512;
/// How long one waits; after that it is planned again when it is fetched.
const READY: Duration = Duration::from_secs(120);

/// Queries by the id of their tickets. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Running {
    tickets: Arc<Mutex<Tickets>>,
}

#[derive(Default)]
struct Tickets {
    /// A ticket may be fetched more than once at a time.
    running: BTreeMap<(Bytes, u64), CancellationToken>,
    begun: u64,
    ready: HashMap<Bytes, Ready>,
}

struct Ready {
    statement: Statement,
    until: Instant,
    cancelled: bool,
}

/// One that runs; it ends when this is dropped.
pub(super) struct Run {
    running: Running,
    id: (Bytes, u64),
    token: CancellationToken,
}

/// What became of a wish to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// It will not run, or stops.
    Stopped,
    /// It has ended, or runs elsewhere.
    Unknown,
}

impl Running {
    /// Keeps what has been planned until it is fetched.
    pub(super) fn keep(&self, id: &Bytes, statement: Statement) {
        let mut tickets = self.lock();
        let now = Instant::now();
        if tickets.ready.len() >= MOST_READY {
            tickets.ready.retain(|_, ready| ready.until > now);
        }
        if tickets.ready.len() >= MOST_READY {
            let oldest = tickets.ready.iter().min_by_key(|(_, ready)| ready.until);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                tickets.ready.remove(&oldest);
            }
        }
        let ready = Ready {
            statement,
            until: now + READY,
            cancelled: false,
        };
        tickets.ready.insert(id.clone(), ready);
    }

    /// What was planned for this id, if it is still here.
    pub(super) fn kept(&self, id: &Bytes) -> Option<Statement> {
        let tickets = self.lock();
        let ready = tickets.ready.get(id)?;
        (ready.until > Instant::now()).then(|| ready.statement.clone())
    }

    /// Forgets what was planned for this id.
    pub(super) fn forget(&self, id: &Bytes) {
        self.lock().ready.remove(id);
    }

    /// Begins to run what was planned, if it is still here.
    ///
    /// # Errors
    /// CANCELLED when it was cancelled before.
    pub(super) fn begin(&self, id: &Bytes) -> Result<(Run, Option<Statement>)> {
        let mut tickets = self.lock();
        let ready = tickets.ready.remove(id);
        if let Some(ready) = &ready
            && ready.cancelled
        {
            return Err(Status::cancelled("the query was cancelled"));
        }
        let token = CancellationToken::new();
        tickets.begun += 1;
        let id = (id.clone(), tickets.begun);
        tickets.running.insert(id.clone(), token.clone());
        drop(tickets);
        let run = Run {
            running: self.clone(),
            id,
            token,
        };
        let ready = ready.filter(|ready| ready.until > Instant::now());
        Ok((run, ready.map(|ready| ready.statement)))
    }

    /// Stops it, however often it is fetched, or keeps it from beginning.
    pub(super) fn cancel(&self, id: &Bytes) -> Cancelled {
        let mut tickets = self.lock();
        let mut found = Cancelled::Unknown;
        let every = (id.clone(), u64::MIN)..=(id.clone(), u64::MAX);
        for (_, token) in tickets.running.range(every) {
            token.cancel();
            found = Cancelled::Stopped;
        }
        if let Some(ready) = tickets.ready.get_mut(id) {
            ready.cancelled = true;
            found = Cancelled::Stopped;
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Cancelled when it is to stop.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.running.lock().running.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_runs_of_one_ticket_is_cancelled_and_nothing_else() {
        let running = Running::default();
        let (one, other) = (Bytes::from_static(b"1"), Bytes::from_static(b"2"));
        let begin = |id| running.begin(id).unwrap().0;
        let (first, second, third) = (begin(&one), begin(&one), begin(&one));
        let stranger = begin(&other);
        drop(second);
        assert_eq!(running.cancel(&one), Cancelled::Stopped);
        assert!(first.token().is_cancelled() && third.token().is_cancelled());
        assert!(!stranger.token().is_cancelled());
        drop((first, third));
        assert_eq!(running.cancel(&one), Cancelled::Unknown);
    }
}
