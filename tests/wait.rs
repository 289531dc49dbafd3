//! Waiting for what must come. No test is of speed: on a machine that is busy with
//! something else everything comes, only later.

use std::time::{Duration, Instant};

/// How long anything may take to come before it is taken for lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Looks until it is so; `missing` says what did not come.
#[track_caller]
pub(crate) fn until(missing: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{missing}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
