//! The text of a sheet's cell: one way to write each value, whatever the
//! workbook's formats make of it.

use calamine::{Data, DataRef, ExcelDateTime};
use chrono::Timelike;
use std::borrow::Cow;

/// 1 January 1901 as a serial day number. Days before it are told apart by no
/// two programs alike (the 29 February 1900 that never was), so they stay
/// numbers, which no date column accepts.
const FIRST_SURE_DAY: f64 = 367.0;
const DAYS_FROM_1900_TO_1904: f64 = 1_462.0;

/// A number's shortest exact digits: no exponent, no `.0`.
pub(crate) fn float(value: f64) -> String {
    // Negative zero is zero.
    if value == 0.0 {
        "0".to_owned()
    } else {
        value.to_string()
    }
}

/// The text of an xlsx cell.
pub(crate) fn xlsx<'c>(value: &'c DataRef<'_>) -> Cow<'c, str> {
    match value {
        DataRef::SharedString(text) => (*text).into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.as_str().into()
        }
        DataRef::Int(value) => value.to_string().into(),
        DataRef::Float(value) => float(*value).into(),
        DataRef::Bool(value) => boolean(*value).into(),
        DataRef::DateTime(value) => date_time(value).into(),
        DataRef::Error(error) => error.to_string().into(),
        DataRef::Empty => "".into(),
    }
}

/// The text of an ods cell.
pub(crate) fn ods(value: &Data) -> Cow<'_, str> {
    match value {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            text.as_str().into()
        }
        Data::Int(value) => value.to_string().into(),
        Data::Float(value) => float(*value).into(),
        Data::Bool(value) => boolean(*value).into(),
        Data::DateTime(value) => date_time(value).into(),
        Data::Error(error) => error.to_string().into(),
        Data::Empty => "".into(),
    }
}

fn boolean(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

fn date_time(value: &ExcelDateTime) -> String {
    let serial = value.as_f64();
    if value.is_duration() {
        return hours(serial);
    }
    if (0.0..1.0).contains(&serial) {
        return hours(serial);
    }
    // Whichever epoch it is, a day before 1901 is not to be trusted.
    let Some(at) = value
        .as_datetime()
        .filter(|_| serial >= FIRST_SURE_DAY - DAYS_FROM_1900_TO_1904)
    else {
        return float(serial);
    };
    if chrono::Datelike::year(&at) < 1901 {
        return float(serial);
    }
    if at.num_seconds_from_midnight() == 0 && at.nanosecond() == 0 {
        return at.format("%Y-%m-%d").to_string();
    }
    at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// A part of a day, or days, as `HH:MM:SS`.
fn hours(days: f64) -> String {
    let seconds = (days * 86_400.0).round();
    if !seconds.is_finite() || seconds < 0.0 {
        return float(days);
    }
    let seconds = seconds as i64;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    fn date(serial: f64, is_1904: bool) -> String {
        date_time(&ExcelDateTime::new(
            serial,
            ExcelDateTimeType::DateTime,
            is_1904,
        ))
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(float(9_434_765_919.0), "9434765919");
        assert_eq!(float(44_867_520_326.843_5), "44867520326.8435");
        assert_eq!(float(1e21), "1000000000000000000000");
        assert_eq!(float(-0.0), "0");
        assert_eq!(float(0.29), "0.29");
    }

    #[test]
    fn dates_are_iso_in_both_epochs() {
        assert_eq!(date(45_943.0, false), "2025-10-13");
        assert_eq!(date(45_943.0 - 1_462.0, true), "2025-10-13");
        assert_eq!(date(45_943.5, false), "2025-10-13T12:00:00");
        assert_eq!(date(0.25, false), "06:00:00");
    }

    #[test]
    fn the_day_that_never_was_stays_a_number() {
        assert_eq!(date(60.0, false), "60");
        assert_eq!(date(367.0, false), "1901-01-01");
        assert_eq!(date(366.0, false), "366");
    }
}
