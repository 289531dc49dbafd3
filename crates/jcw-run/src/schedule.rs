//! A scheduled instant is a moment, in UTC, at which a source is to be looked
//! at. It is worked out from a cron expression in the zone it is written in, so
//! that "06:00" stays six o'clock on the wall across clock changes.
//!
//! The rules at a clock change are croner's, which are Vixie cron's: a fixed
//! time that falls into the gap runs at the first valid instant after it, a
//! fixed time in the repeated hour runs once.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use jcw_project::Schedule;
use std::str::FromStr;

/// One coming instant of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// The source.
    pub source: String,
    /// The moment.
    pub at: DateTime<Utc>,
    /// The zone the expression is written in.
    pub zone: Tz,
}

/// The schedule's expression cannot be used. The project's loader checks
/// expressions, so this is met only by code that skips it.
#[derive(Debug, thiserror::Error)]
#[error(
    "cron expression {expression:?} cannot be used: {reason}; write five fields, such as `0 6 * * 1-5`"
)]
pub struct ScheduleError {
    expression: String,
    reason: String,
}

/// The last instant at or before `now`.
pub(crate) fn previous(
    schedule: &Schedule,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, ScheduleError> {
    let local = now.with_timezone(&schedule.time_zone);
    match cron(schedule)?.find_previous_occurrence(&local, true) {
        Ok(at) => Ok(Some(at.with_timezone(&Utc))),
        Err(croner::errors::CronError::TimeSearchLimitExceeded) => Ok(None),
        Err(error) => Err(unusable(schedule, &error)),
    }
}

/// The next `count` instants after `now`, soonest first.
pub(crate) fn next(
    schedule: &Schedule,
    now: DateTime<Utc>,
    count: usize,
) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
    let local = now.with_timezone(&schedule.time_zone);
    Ok(cron(schedule)?
        .iter_after(local)
        .take(count)
        .map(|at| at.with_timezone(&Utc))
        .collect())
}

/// Whether a source whose newest served instant is `served` is due at `now`:
/// the last instant has not been served, or it has never run at all.
pub(crate) fn is_due(
    schedule: &Schedule,
    served: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool, ScheduleError> {
    Ok(match (previous(schedule, now)?, served) {
        (Some(last), Some(served)) => served < last,
        (Some(_), None) => true,
        (None, _) => false,
    })
}

fn cron(schedule: &Schedule) -> Result<Cron, ScheduleError> {
    Cron::from_str(&schedule.cron).map_err(|error| unusable(schedule, &error))
}

fn unusable(schedule: &Schedule, error: &croner::errors::CronError) -> ScheduleError {
    ScheduleError {
        expression: schedule.cron.value.clone(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use chrono_tz::Europe::London;
    use jcw_project::{Place, Placed};

    fn daily(expression: &str) -> Schedule {
        Schedule {
            cron: Placed {
                value: expression.into(),
                place: Place::start_of("pipelines/council/x.yaml"),
            },
            time_zone: London,
        }
    }

    fn utc(y: i32, m: u32, d: u32, h: u32, min: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(y, m, d, h, min, 0).unwrap()
    }

    #[test]
    fn six_in_the_morning_is_six_on_the_wall_in_summer_and_winter() {
        let schedule = daily("0 6 * * *");
        assert_eq!(
            next(&schedule, utc(2026, 7, 1, 12, 0), 1).unwrap(),
            [utc(2026, 7, 2, 5, 0)]
        );
        assert_eq!(
            next(&schedule, utc(2026, 12, 1, 12, 0), 1).unwrap(),
            [utc(2026, 12, 2, 6, 0)]
        );
    }

    #[test]
    fn a_fixed_time_runs_once_a_day_across_both_clock_changes() {
        for expression in ["30 1 * * *", "0 6 * * *", "59 23 * * *"] {
            let schedule = daily(expression);
            for (from, days) in [(utc(2026, 3, 25, 0, 0), 10), (utc(2026, 10, 20, 0, 0), 10)] {
                let instants = next(&schedule, from, days).unwrap();
                let mut dates: Vec<_> = instants
                    .iter()
                    .map(|at| at.with_timezone(&London).date_naive())
                    .collect();
                dates.dedup();
                assert_eq!(dates.len(), days, "{expression} from {from}: {instants:?}");
            }
        }
    }

    #[test]
    fn a_source_is_due_until_its_last_instant_is_served() {
        let schedule = daily("0 6 * * *");
        let now = utc(2026, 7, 2, 9, 0);
        assert!(is_due(&schedule, None, now).unwrap());
        assert!(is_due(&schedule, Some(utc(2026, 7, 1, 5, 0)), now).unwrap());
        assert!(!is_due(&schedule, Some(utc(2026, 7, 2, 5, 0)), now).unwrap());
        assert!(
            !is_due(
                &schedule,
                Some(utc(2026, 7, 2, 5, 0)),
                utc(2026, 7, 3, 4, 59)
            )
            .unwrap()
        );
        assert!(
            is_due(
                &schedule,
                Some(utc(2026, 7, 2, 5, 0)),
                utc(2026, 7, 3, 5, 0)
            )
            .unwrap()
        );
    }
}
