//! A [`Watch`] is told of every question that has ended, for those who count them.

use crate::session::Door;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A question that has ended, without who asked what.
#[derive(Debug, Clone)]
pub struct Ended {
    /// By which door it came.
    pub door: Door,
    /// `answered`, or the kind of error as the query log writes it.
    pub outcome: String,
    /// From its arrival to the end of its answer.
    pub took: Duration,
    /// Rows given.
    pub rows: u64,
    /// Bytes given, as they were held.
    pub bytes: u64,
}

type Told = Box<dyn Fn(&Ended) + Send + Sync>;

/// Whoever wants to be told.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<OnceLock<Told>>);

impl Watch {
    /// The first who asks is told from now on.
    pub(crate) fn begin(&self, told: Told) {
        let _ = self.0.set(told);
    }

    pub(super) fn tell(&self, ended: &Ended) {
        if let Some(told) = self.0.get() {
            told(ended);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}
