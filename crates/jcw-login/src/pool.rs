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
        Pool::of(WAITING, cores.clamp(1, 4))
    }

    fn of(waiting: usize, working: usize) -> Pool {
        Pool {
            waiting: Arc::new(Semaphore::new(waiting)),
            working: Arc::new(Semaphore::new(working)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn many_passwords_at_once_are_tried_few_at_a_time_and_more_are_turned_away() {
        let pool = Pool::of(10, 2);
        let [now, most, away] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
        let attempts = (0..30).map(|_| {
            let (pool, now) = (pool.clone(), Arc::clone(&now));
            let (most, away) = (Arc::clone(&most), Arc::clone(&away));
            tokio::spawn(async move {
                let turned_away = Arc::clone(&away);
                let work = move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // Nobody is ready before two are at work and the rest has come.
                    for _ in 0..60_000 {
                        let all = (most.load(Ordering::SeqCst), away.load(Ordering::SeqCst));
                        if all >= (2, 20) {
                            break;
                        }
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                let answer = pool.run(|| Ok(()), work).await;
                turned_away.fetch_add(usize::from(answer.is_err()), Ordering::SeqCst);
                answer
            })
        });
        let mut tried = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(()) => tried += 1,
                Err(LoginError::TooMany { seconds: 1 }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(tried, 10);
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_attempt_that_is_not_due_any_more_is_not_made() {
        let pool = Pool::of(1, 1);
        let late = || Err(LoginError::TooMany { seconds: 7 });
        let answer = pool.run(late, || panic!("it was made")).await;
        assert!(matches!(answer, Err(LoginError::TooMany { seconds: 7 })));
        assert_eq!(pool.run(|| Ok(()), || 1).await.unwrap(), 1);
    }
}
