//! Dates as extracts write them.

use super::*;
use proptest::prelude::*;

fn day(strftime: &str, text: &str) -> Option<String> {
    let moment = Format::compile(strftime).unwrap().read(text)?;
    let date = NaiveDate::from_num_days_from_ce_opt(moment.day + 719_163).unwrap();
    Some(date.to_string())
}

#[test]
fn the_formats_of_real_extracts_are_read_without_chrono() {
    for strftime in [
        "%Y-%m-%d",
        "%d/%m/%Y",
        "%d-%b-%Y",
        "%d %B %Y",
        "%Y%m%d",
        "%d/%m/%y",
        "%F",
        "%Y-%m-%dT%H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%+",
    ] {
        assert!(
            !Format::compile(strftime).unwrap().steps.is_empty(),
            "{strftime}"
        );
    }
    assert!(Format::compile("%A %j %Y").unwrap().steps.is_empty());
    assert!(Format::compile("%Q").is_none());
    assert!(Format::compile("").is_none());
}

#[test]
fn dates_are_read_by_the_declared_format_alone() {
    assert_eq!(day("%d/%m/%Y", "03/04/2026").as_deref(), Some("2026-04-03"));
    assert_eq!(day("%m/%d/%Y", "03/04/2026").as_deref(), Some("2026-03-04"));
    assert_eq!(day("%d/%m/%Y", "3/4/2026").as_deref(), Some("2026-04-03"));
    assert_eq!(
        day("%d-%b-%Y", "03-APR-2026").as_deref(),
        Some("2026-04-03")
    );
    assert_eq!(
        day("%d-%b-%Y", "03-April-2026").as_deref(),
        Some("2026-04-03")
    );
    assert_eq!(day("%Y%m%d", "20260403").as_deref(), Some("2026-04-03"));
    assert_eq!(day("%d/%m/%y", "03/04/26").as_deref(), Some("2026-04-03"));
    assert_eq!(
        day("%A %d %B %Y", "Friday 03 April 2026").as_deref(),
        Some("2026-04-03")
    );
    assert_eq!(day("%Y-%j", "2024-366").as_deref(), Some("2024-12-31"));
    assert_eq!(day("%Y-%m-%d", "2024-02-29").as_deref(), Some("2024-02-29"));
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in [
        "31/02/2026",
        "00/00/0000",
        "29/02/2023",
        "29/02/1900",
        "32/01/2026",
        "01/13/2026",
        "03/04/26",
        "03/04/20260",
        "03/04/2026 ",
        "2026-04-03",
        "",
        "03-04-2026",
        "03/04/0026",
        "+3/04/2026",
    ] {
        assert_eq!(day("%d/%m/%Y", text), None, "{text}");
    }
    assert_eq!(day("%Y-%j", "26-001"), None);
    assert_eq!(day("%Y-%j", "2023-366"), None);
    assert_eq!(day("%Y%m%d", "2026043"), None);
}

#[test]
fn fillers_are_five_days() {
    let mut fillers = Vec::new();
    let mut date = NaiveDate::from_ymd_opt(1000, 1, 1).unwrap();
    while date.year() < 10_000 {
        if is_filler(days_since_epoch(date)) {
            fillers.push(date.to_string());
        }
        date = date.succ_opt().unwrap();
    }
    assert_eq!(
        fillers,
        [
            "1753-01-01",
            "1899-12-30",
            "1899-12-31",
            "1900-01-01",
            "9999-12-31"
        ]
    );
}

#[test]
fn day_and_month_change_places_where_both_are_numbers() {
    let swapped = |strftime: &str| {
        let swapped = Format::compile(strftime).unwrap().swapped()?;
        Some(swapped.strftime)
    };
    assert_eq!(swapped("%d/%m/%Y").as_deref(), Some("%m/%d/%Y"));
    assert_eq!(swapped("%e.%m.%y %H:%M").as_deref(), Some("%m.%d.%y %H:%M"));
    assert_eq!(swapped("%m/%d/%Y").as_deref(), Some("%d/%m/%Y"));
    for strftime in ["%Y-%m-%d", "%d %b %Y", "%F", "%+", "%Y%m%d"] {
        assert_eq!(swapped(strftime), None);
    }
}

#[test]
fn times_and_offsets_are_read() {
    let read = |strftime: &str, text: &str| {
        let moment = Format::compile(strftime).unwrap().read(text)?;
        Some((moment.day, moment.micros, moment.offset))
    };
    let half_past_one = 5_400_000_000;
    assert_eq!(
        read("%+", "1970-01-02T01:30:00Z"),
        Some((1, half_past_one, Some(0)))
    );
    assert_eq!(
        read("%+", "1970-01-02 01:30:00.25+01:00"),
        Some((1, half_past_one + 250_000, Some(3600)))
    );
    assert_eq!(
        read("%+", "1970-01-02T01:30:00"),
        Some((1, half_past_one, None))
    );
    assert_eq!(
        read("%d/%m/%Y %H:%M", "02/01/1970 01:30"),
        Some((1, half_past_one, None))
    );
    assert_eq!(
        read("%d/%m/%Y %H:%M", "01/01/1970 24:00"),
        Some((0, 86_400_000_000, None))
    );
    assert_eq!(read("%d/%m/%Y %H:%M", "01/01/1970 24:01"), None);
    assert_eq!(
        read("%d/%m/%Y %I:%M %p", "02/01/1970 01:30 AM"),
        Some((1, half_past_one, None))
    );
    assert_eq!(read("%+", "1970-01-02T25:30:00Z"), None);
    assert_eq!(read("%+", "1970-01-02T01:30:00.Z"), None);
    assert_eq!(read("%+", "1970-01-02T01:30:00 01:00"), None);
}

#[test]
fn every_day_for_nine_thousand_years_is_chronos_day() {
    let mut date = NaiveDate::from_ymd_opt(1000, 1, 1).unwrap();
    assert_eq!(days_since_epoch(date), FIRST_DAY);
    while date.year() < 10_000 {
        assert_eq!(
            day_number(date.year() as u32, date.month(), date.day()),
            Some(days_since_epoch(date))
        );
        date = date.succ_opt().unwrap();
    }
    assert_eq!(days_since_epoch(date), LAST_DAY + 1);
}

proptest! {
    #[test]
    fn only_days_that_chrono_knows_are_read(year in 900u32..11_000, month in 0u32..14, day in 0u32..33) {
        let expected = NaiveDate::from_ymd_opt(year as i32, month, day).filter(|_| (1000..10_000).contains(&year)).map(days_since_epoch);
        prop_assert_eq!(day_number(year, month, day), expected);
        let text = format!("{day:02}/{month:02}/{year:04}");
        prop_assert_eq!(Format::compile("%d/%m/%Y").unwrap().read(&text).map(|moment| moment.day), expected);
    }

    #[test]
    fn what_chrono_writes_is_read_back(days in FIRST_DAY..=LAST_DAY, pick in 0usize..7) {
        let strftime = ["%Y-%m-%d", "%d/%m/%Y", "%d-%b-%Y", "%d %B %Y", "%Y%m%d", "%B %d, %Y", "%Y-%j"][pick];
        let date = NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
        let moment = Format::compile(strftime).unwrap().read(&date.format(strftime).to_string());
        prop_assert_eq!(moment, Some(Moment { day: days, micros: 0, offset: None }));
    }

    #[test]
    fn no_text_stops_the_program(text in "[-+0-9/:TZ. JanFeb]{0,30}", other in "\\PC{0,12}") {
        for strftime in ["%+", "%d/%m/%Y", "%d-%b-%Y %H:%M:%S%.f%:z", "%A %j"] {
            let format = Format::compile(strftime).unwrap();
            let _ = format.read(&text);
            let _ = format.read(&other);
        }
    }
}
