//! Periods in SQL: in which one a month lies, when it ends, and what it is
//! called. A period is known by its grain and its first day, so that everything
//! about it follows from the calendar.
//!
//! Labels are those of the published figures: `2024-04`, `2024-Q2`, `2024-25`
//! (April to March), `202425` (September to August, as DfE writes it), `2024`.

use super::expression::quoted;
use jcw_project::Grain;

/// How many months a period has; none where the calendar does not say.
fn months(grain: Grain) -> Option<u32> {
    match grain {
        Grain::Month => Some(1),
        Grain::Quarter => Some(3),
        Grain::FinancialYear | Grain::AcademicYear | Grain::CalendarYear => Some(12),
        Grain::Census | Grain::Term | Grain::SurveyWave => None,
    }
}

/// The first of the month of a day.
pub(super) fn month_of(day: &str) -> String {
    format!("cast(date_trunc('month', {day}) as date)")
}

/// The last day of the month that begins on `month`.
pub(super) fn month_end(month: &str) -> String {
    later(month, 1)
}

/// The first day of the period in which `month`, the first of a month, lies;
/// `grain` is SQL for the grain's word.
pub(super) fn start(grains: &[Grain], grain: &str, month: &str) -> String {
    by_grain(grains, grain, |one| {
        let (unit, first) = match one {
            Grain::Quarter => ("quarter", 0),
            // April to March.
            Grain::FinancialYear => ("year", 3),
            // September to August.
            Grain::AcademicYear => ("year", 8),
            Grain::CalendarYear => ("year", 0),
            _ => ("month", 0),
        };
        format!(
            "cast(date_trunc('{unit}', {month} - interval '{first} months') + interval '{first} months' as date)"
        )
    })
}

/// The last day of the period that begins on `start`.
pub(super) fn end(grains: &[Grain], grain: &str, start: &str) -> String {
    by_grain(grains, grain, |one| {
        later(start, months(one).unwrap_or_default())
    })
}

/// What the period that begins on `start` is called.
pub(super) fn label(grains: &[Grain], grain: &str, start: &str) -> String {
    let year = format!("to_char({start}, '%Y')");
    let next = format!("to_char({start} + interval '12 months', '%y')");
    by_grain(grains, grain, |one| match one {
        Grain::Month => format!("to_char({start}, '%Y-%m')"),
        Grain::Quarter => {
            format!("{year} || '-Q' || cast(date_part('quarter', {start}) as varchar)")
        }
        Grain::FinancialYear => format!("{year} || '-' || {next}"),
        Grain::AcademicYear => format!("{year} || {next}"),
        _ => year.clone(),
    })
}

/// What the census on a day is called: its academic year, as DfE writes it.
pub(super) fn census_label(day: &str) -> String {
    let first = format!("date_trunc('year', {day} - interval '8 months')");
    format!("to_char({first}, '%Y') || to_char({first} + interval '12 months', '%y')")
}

/// The day before the one so many months on.
fn later(start: &str, months: u32) -> String {
    format!("cast({start} + interval '{months} months' - interval '1 day' as date)")
}

fn by_grain(grains: &[Grain], grain: &str, sql: impl Fn(Grain) -> String) -> String {
    let cases: String = grains
        .iter()
        .map(|one| format!(" when {} then {}", quoted(one.period_word()), sql(*one)))
        .collect();
    format!("case {grain}{cases} end")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::person_level::tests::cell;

    const GRAINS: [Grain; 5] = [
        Grain::Month,
        Grain::Quarter,
        Grain::FinancialYear,
        Grain::AcademicYear,
        Grain::CalendarYear,
    ];

    /// Label, first and last day of the period of this grain that `day` is in.
    async fn period(grain: Grain, day: &str) -> String {
        let word = quoted(grain.word());
        let month = month_of(&format!("date '{day}'"));
        let first = start(&GRAINS, &word, &month);
        let (label, last) = (label(&GRAINS, &word, "d"), end(&GRAINS, &word, "d"));
        cell(&format!(
            "select {label} || ' ' || cast(d as varchar) || ' ' || cast({last} as varchar) from (select {first} as d)"
        ))
        .await
    }

    #[tokio::test]
    async fn a_month_ends_on_its_last_day_in_leap_years_too() {
        for (day, expected) in [
            ("2024-02-29", "2024-02 2024-02-01 2024-02-29"),
            ("2023-02-28", "2023-02 2023-02-01 2023-02-28"),
            ("2100-02-28", "2100-02 2100-02-01 2100-02-28"),
            ("2024-01-01", "2024-01 2024-01-01 2024-01-31"),
            ("2024-04-30", "2024-04 2024-04-01 2024-04-30"),
            ("2024-12-31", "2024-12 2024-12-01 2024-12-31"),
        ] {
            assert_eq!(period(Grain::Month, day).await, expected);
        }
    }

    #[tokio::test]
    async fn quarters_begin_in_january_april_july_and_october() {
        for (day, expected) in [
            ("2024-03-31", "2024-Q1 2024-01-01 2024-03-31"),
            ("2024-04-01", "2024-Q2 2024-04-01 2024-06-30"),
            ("2024-09-30", "2024-Q3 2024-07-01 2024-09-30"),
            ("2024-12-31", "2024-Q4 2024-10-01 2024-12-31"),
        ] {
            assert_eq!(period(Grain::Quarter, day).await, expected);
        }
    }

    #[tokio::test]
    async fn a_financial_year_turns_between_march_and_april() {
        for (day, expected) in [
            ("2024-03-31", "2023-24 2023-04-01 2024-03-31"),
            ("2024-04-01", "2024-25 2024-04-01 2025-03-31"),
            ("2000-01-31", "1999-00 1999-04-01 2000-03-31"),
        ] {
            assert_eq!(period(Grain::FinancialYear, day).await, expected);
        }
    }

    #[tokio::test]
    async fn an_academic_year_turns_between_august_and_september() {
        for (day, expected) in [
            ("2024-08-31", "202324 2023-09-01 2024-08-31"),
            ("2024-09-01", "202425 2024-09-01 2025-08-31"),
            ("2024-02-29", "202324 2023-09-01 2024-08-31"),
            ("1999-12-31", "199900 1999-09-01 2000-08-31"),
        ] {
            assert_eq!(period(Grain::AcademicYear, day).await, expected);
        }
    }

    #[tokio::test]
    async fn a_calendar_year_is_its_own_name() {
        for (day, expected) in [
            ("2024-01-01", "2024 2024-01-01 2024-12-31"),
            ("2023-12-31", "2023 2023-01-01 2023-12-31"),
        ] {
            assert_eq!(period(Grain::CalendarYear, day).await, expected);
        }
    }

    #[tokio::test]
    async fn a_census_is_called_by_its_academic_year() {
        for (day, expected) in [
            ("2025-01-16", "202425"),
            ("2024-10-31", "202425"),
            ("2024-08-31", "202324"),
        ] {
            let label = census_label(&format!("date '{day}'"));
            assert_eq!(cell(&format!("select {label}")).await, expected);
        }
    }
}
