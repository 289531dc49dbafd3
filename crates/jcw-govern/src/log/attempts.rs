//! Failed attempts to log in are counted, and so many a second get a row of their own:
//! whoever tries thousands does not fill the lake.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Rows that failed attempts get.
const ROWS_A_SECOND: u32 = 20;

/// The attempts of one server.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// When this second began.
    began: Option<Instant>,
    /// Rows that it has had.
    rows: u32,
    /// Attempts since the last row.
    without_row: i64,
}

impl Attempts {
    /// One more. How many attempts its row stands for; none when it has no row.
    pub(super) fn one_more(&self) -> Option<i64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |began: Instant| began.elapsed() > Duration::from_secs(1);
        if counted.began.is_none_or(is_over) {
            (counted.began, counted.rows) = (Some(Instant::now()), 0);
        }
        counted.without_row += 1;
        if counted.rows >= ROWS_A_SECOND {
            return None;
        }
        counted.rows += 1;
        Some(std::mem::take(&mut counted.without_row))
    }
}
