//! Timing says whether a source is late. Its schedule says when the warehouse
//! looks, which may be more often than the partner delivers; so a source is
//! late when a look found nothing new and the wait is longer than any between
//! its last five loads. One that never loaded is late from its first look on.

use crate::ledger::Extract;
use crate::schedule::{self, ScheduleError};
use chrono::{DateTime, TimeDelta, Utc};
use jcw_project::Schedule;

/// How a source keeps its schedule, at the time of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timing {
    /// When something new last loaded.
    pub(crate) last_loaded: Option<DateTime<Utc>>,
    /// When the warehouse last was to look.
    pub(crate) last_look: Option<DateTime<Utc>>,
    /// When it looks next.
    pub(crate) next_look: Option<DateTime<Utc>>,
    pub(crate) is_late: bool,
}

impl Timing {
    /// `extracts` are those of the source, oldest first.
    pub(crate) fn of<'a>(
        schedule: Option<&Schedule>,
        extracts: impl Iterator<Item = &'a Extract>,
        now: DateTime<Utc>,
    ) -> Result<Timing, ScheduleError> {
        let mut loads: Vec<(&str, DateTime<Utc>)> = Vec::new();
        for extract in extracts.filter(|extract| extract.status == "loaded") {
            match loads.last_mut() {
                Some((run, at)) if *run == extract.run_id => *at = extract.received_at.max(*at),
                _ => loads.push((&extract.run_id, extract.received_at)),
            }
        }
        let last_loaded = loads.last().map(|(_, at)| *at);
        let Some(schedule) = schedule else {
            return Ok(Timing {
                last_loaded,
                last_look: None,
                next_look: None,
                is_late: false,
            });
        };
        let last_look = schedule::previous(schedule, now)?;
        let recent = &loads[loads.len().saturating_sub(5)..];
        let usual = recent.windows(2).map(|pair| pair[1].1 - pair[0].1).max();
        let is_late = match (last_loaded, last_look) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(loaded), Some(look)) => {
                loaded < look && now - loaded > usual.unwrap_or(TimeDelta::zero())
            }
        };
        Ok(Timing {
            last_loaded,
            last_look,
            next_look: schedule::next(schedule, now, 1)?.first().copied(),
            is_late,
        })
    }
}
