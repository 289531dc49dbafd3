//! A zone turns a local time into an instant, the way its clocks really went.
//!
//! When the clocks go forward an hour does not exist: a time in it is read as if
//! the clocks had not gone yet. When they go back an hour comes twice: the first
//! is taken. Both are reported, as the partner's clock cannot be told.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use std::collections::HashMap;

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// Turns local times of one zone into instants. Keeps the offset of the days it
/// has seen, since asking the zone costs more than all the rest.
#[derive(Debug)]
pub(crate) struct Zone {
    zone: Tz,
    /// Offset in microseconds by day; `None`: the clocks change near that day.
    days: HashMap<i32, Option<i64>>,
}

impl Zone {
    pub(crate) fn new(zone: Tz) -> Self {
        Zone {
            zone,
            days: HashMap::new(),
        }
    }

    /// Microseconds since 1970-01-01T00:00Z, and whether the clocks make the
    /// answer doubtful. `day` counts from 1970-01-01.
    pub(crate) fn instant(&mut self, day: i32, micros: i64) -> (i64, bool) {
        let local = i64::from(day) * DAY + micros;
        let zone = self.zone;
        let steady = self.days.entry(day).or_insert_with(|| {
            let midnight = i64::from(day) * DAY;
            match (
                certain(zone, midnight - DAY),
                certain(zone, midnight + 2 * DAY),
            ) {
                (Some(before), Some(after)) if before == after => Some(before),
                _ => None,
            }
        });
        match *steady {
            Some(offset) => (local - offset, false),
            None => resolve(zone, local),
        }
    }
}

fn naive(local: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(local)
        .unwrap_or_default()
        .naive_utc()
}

fn micros_of(offset: impl Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc()) * 1_000_000
}

/// The offset at a local time that came once.
fn certain(zone: Tz, local: i64) -> Option<i64> {
    zone.offset_from_local_datetime(&naive(local))
        .single()
        .map(micros_of)
}

fn resolve(zone: Tz, local: i64) -> (i64, bool) {
    let at = naive(local);
    match zone.offset_from_local_datetime(&at) {
        MappedLocalTime::Single(offset) => (local - micros_of(offset), false),
        MappedLocalTime::Ambiguous(first, _) => (local - micros_of(first), true),
        MappedLocalTime::None => {
            // No zone has ever skipped more than a day at once.
            let before = at - TimeDelta::hours(25);
            let offset = zone.offset_from_local_datetime(&before).earliest();
            (local - offset.map_or(0, micros_of), true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn london(text: &str) -> (String, bool) {
        let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let local = at.and_utc().timestamp_micros();
        let (instant, doubtful) = Zone::new(chrono_tz::Europe::London)
            .instant(local.div_euclid(DAY) as i32, local.rem_euclid(DAY));
        (
            DateTime::from_timestamp_micros(instant)
                .unwrap()
                .format("%d %H:%M")
                .to_string(),
            doubtful,
        )
    }

    #[test]
    fn the_hours_of_a_clock_change_are_reported() {
        assert_eq!(london("2026-03-29 00:59"), ("29 00:59".into(), false));
        assert_eq!(london("2026-03-29 01:30"), ("29 01:30".into(), true));
        assert_eq!(london("2026-03-29 02:00"), ("29 01:00".into(), false));
        assert_eq!(london("2026-10-25 00:59"), ("24 23:59".into(), false));
        assert_eq!(london("2026-10-25 01:30"), ("25 00:30".into(), true));
        assert_eq!(london("2026-10-25 02:00"), ("25 02:00".into(), false));
        assert_eq!(london("2026-07-01 12:00"), ("01 11:00".into(), false));
    }

    proptest! {
        #[test]
        fn remembering_a_day_changes_nothing(hours in prop::collection::vec(0i64..24 * 366 * 4, 1..50), zone in 0usize..4) {
            let zone = [chrono_tz::Europe::London, chrono_tz::Pacific::Apia, chrono_tz::America::New_York, chrono_tz::Asia::Kolkata][zone];
            let start = NaiveDate::from_ymd_opt(2010, 1, 1).unwrap().and_time(Default::default()).and_utc().timestamp_micros();
            let mut remembering = Zone::new(zone);
            for hour in hours {
                let local = start + hour * 3_600_000_000;
                let day = local.div_euclid(DAY) as i32;
                prop_assert_eq!(remembering.instant(day, local.rem_euclid(DAY)), resolve(zone, local));
            }
        }
    }
}
