//! The [`Pool`] is where passwords are tried: off the threads that serve, few at
//! a time, because each takes 19 MiB, and with a short queue.

use crate::LoginError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Passwords that may wait to be tried.
const WAITING: usize = 256;

/// Where passwords are tried.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    waiting: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new() -> Pool {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Pool {
            waiting: Arc::new(Semaphore::new(WAITING)),
            working: Arc::new(Semaphore::new(cores.clamp(1, 4))),
        }
    }

    /// Runs `work` when it is its turn. `is_still_due` is asked then: an attempt
    /// that waited while ten others failed is not made.
    ///
    /// # Errors
    /// [`LoginError::TooMany`] when too many wait.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        is_still_due: impl FnOnce() -> Result<(), LoginError>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LoginError> {
        let waiting = self.waiting.clone().try_acquire_owned();
        let _waiting = waiting.map_err(|_| LoginError::TooMany { seconds: 1 })?;
        let working = self.working.clone().acquire_owned().await;
        let working = working.map_err(|error| LoginError::Unavailable(error.into()))?;
        is_still_due()?;
        let worked = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who asked: they may have left.
            let _working = working;
            work()
        });
        worked
            .await
            .map_err(|error| LoginError::Unavailable(error.into()))
    }
}
