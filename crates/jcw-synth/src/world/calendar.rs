//! The calendar is what all partners agree on: days, months, census days, and
//! the academic and financial years that they report by.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A day. One that does not exist (a writer's slip) becomes the month's 28th at
/// the latest, so that a simulation never stops in the middle.
#[must_use]
pub fn day(year: i32, month: u32, of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, of_month)
        .or_else(|| NaiveDate::from_ymd_opt(year, month, of_month.min(28)))
        .unwrap_or(NaiveDate::MIN)
}

/// So many days later; earlier if negative.
#[must_use]
pub fn after(date: NaiveDate, days: i64) -> NaiveDate {
    let moved = match days >= 0 {
        true => date.checked_add_days(Days::new(days.unsigned_abs())),
        false => date.checked_sub_days(Days::new(days.unsigned_abs())),
    };
    moved.unwrap_or(date)
}

/// Whole days from one day to another.
#[must_use]
pub fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

/// This date, or the next one that is Monday to Friday.
#[must_use]
pub fn working_day(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sat => after(date, 2),
        Weekday::Sun => after(date, 1),
        _ => date,
    }
}

/// The SEN2 census day of a year: the third Thursday of January, which is what
/// 2023 to 2027 have.
#[must_use]
pub fn census_day(year: i32) -> NaiveDate {
    NaiveDate::from_weekday_of_month_opt(year, 1, Weekday::Thu, 3)
        .unwrap_or_else(|| day(year, 1, 15))
}

/// The first day of the month.
#[must_use]
pub fn month_start(date: NaiveDate) -> NaiveDate {
    day(date.year(), date.month(), 1)
}

/// The last day of the month.
#[must_use]
pub fn month_end(date: NaiveDate) -> NaiveDate {
    after(next_month(date), -1)
}

/// The first day of the next month.
#[must_use]
pub fn next_month(date: NaiveDate) -> NaiveDate {
    match date.month() {
        12 => day(date.year() + 1, 1, 1),
        month => day(date.year(), month + 1, 1),
    }
}

/// The first days of the months that touch these dates.
pub fn months(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(Some(month_start(from)), |month| Some(next_month(*month)))
        .take_while(move |month| *month <= to)
}

/// Months since the year 0, to count by.
#[must_use]
pub fn month_number(date: NaiveDate) -> i32 {
    date.year() * 12 + date.month0() as i32
}

/// The year in which the academic year of a date began (1 September).
#[must_use]
pub fn academic_year(date: NaiveDate) -> i32 {
    date.year() - i32::from(date.month() < 9)
}

/// The year in which the financial year of a date began (1 April).
#[must_use]
pub fn financial_year(date: NaiveDate) -> i32 {
    date.year() - i32::from(date.month() < 4)
}

/// Age in whole years on a day; a child not yet born is less than 0.
#[must_use]
pub fn age(born: NaiveDate, on: NaiveDate) -> i32 {
    on.year() - born.year() - i32::from((on.month(), on.day()) < (born.month(), born.day()))
}

/// Age on the 31 August before the academic year of a day: 4 in reception, 11
/// in Year 7.
#[must_use]
pub fn school_age(born: NaiveDate, on: NaiveDate) -> i32 {
    age(born, day(academic_year(on), 8, 31))
}

/// A school term: autumn, spring or summer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// Year in which its academic year began.
    pub academic_year: i32,
    /// 1 autumn, 2 spring, 3 summer.
    pub number: u8,
}

impl Term {
    /// The terms that end within these dates.
    pub fn within(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = Term> {
        (academic_year(from)..=academic_year(to))
            .flat_map(|year| {
                (1..=3).map(move |number| Term {
                    academic_year: year,
                    number,
                })
            })
            .filter(move |term| term.end() >= from && term.end() <= to)
    }

    /// First school day.
    #[must_use]
    pub fn start(self) -> NaiveDate {
        match self.number {
            1 => working_day(day(self.academic_year, 9, 3)),
            2 => working_day(day(self.academic_year + 1, 1, 4)),
            _ => working_day(day(self.academic_year + 1, 4, 17)),
        }
    }

    /// Last school day.
    #[must_use]
    pub fn end(self) -> NaiveDate {
        match self.number {
            1 => working_day(day(self.academic_year, 12, 18)),
            2 => working_day(day(self.academic_year + 1, 3, 29)),
            _ => working_day(day(self.academic_year + 1, 7, 20)),
        }
    }

    /// Half-day sessions that a pupil on roll all term can attend.
    #[must_use]
    pub fn sessions(self) -> u32 {
        match self.number {
            1 => 140,
            2 => 116,
            _ => 124,
        }
    }

    /// `2024-25 autumn`.
    #[must_use]
    pub fn name(self) -> String {
        let season = ["autumn", "spring", "summer"][usize::from(self.number.clamp(1, 3)) - 1];
        format!(
            "{}-{:02} {season}",
            self.academic_year,
            (self.academic_year + 1) % 100
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn census_days_are_those_of_the_collection() {
        for (year, of_month) in [(2023, 19), (2024, 18), (2025, 16), (2026, 15), (2027, 21)] {
            assert_eq!(census_day(year), day(year, 1, of_month));
        }
    }

    #[test]
    fn ages_turn_on_the_birthday_and_school_ages_in_september() {
        let born = day(2015, 8, 31);
        assert_eq!(age(born, day(2024, 8, 30)), 8);
        assert_eq!(age(born, day(2024, 8, 31)), 9);
        assert_eq!(school_age(born, day(2024, 8, 31)), 8);
        assert_eq!(school_age(born, day(2024, 9, 1)), 9);
    }

    #[test]
    fn terms_are_named_by_their_academic_year() {
        let terms: Vec<String> = Term::within(day(2024, 1, 1), day(2024, 12, 31))
            .map(Term::name)
            .collect();
        assert_eq!(
            terms,
            ["2023-24 spring", "2023-24 summer", "2024-25 autumn"]
        );
    }
}
