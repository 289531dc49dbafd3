//! A period is the days that a figure is about. Events are counted by month,
//! and what lasts at month ends; longer periods are put together from months.

use crate::world::World;
use crate::world::calendar::{
    Term, academic_year, after, census_day, day, financial_year, month_end, month_start, months,
};
use crate::world::health::{Provider, Service, lighthouse_transfer};
use chrono::{Datelike, NaiveDate};

/// The days that a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Period {
    /// January to December.
    Year(i32),
    /// April to March, by the year in which it begins.
    Financial(i32),
    /// September to August, by the year in which it begins.
    Academic(i32),
    /// The census day in January of this year.
    Census(i32),
    /// A month, by its first day.
    Month(NaiveDate),
    /// Three months from January, April, July or October, by its first day.
    Quarter(NaiveDate),
    /// A school term.
    Term(Term),
    /// A wave of a survey, by the day it closed.
    Wave(NaiveDate),
}

impl Period {
    pub(super) fn label(self) -> String {
        match self {
            Period::Year(year) => year.to_string(),
            Period::Financial(year) => format!("{year}-{:02}", (year + 1) % 100),
            Period::Academic(year) => format!("{year}{:02}", (year + 1) % 100),
            Period::Census(year) => format!("{}{:02}", year - 1, year % 100),
            Period::Month(month) => month.format("%Y-%m").to_string(),
            Period::Quarter(first) => format!("{}-Q{}", first.year(), first.month0() / 3 + 1),
            Period::Term(term) => {
                let season =
                    ["autumn", "spring", "summer"][usize::from(term.number.clamp(1, 3)) - 1];
                let year = term.academic_year;
                format!("{year}{:02}-{season}", (year + 1) % 100)
            }
            Period::Wave(closed) => format!("{}-autumn", closed.year()),
        }
    }

    pub(super) fn grain(self) -> &'static str {
        match self {
            Period::Year(_) => "calendar_year",
            Period::Financial(_) => "financial_year",
            Period::Census(_) | Period::Academic(_) => "academic_year",
            Period::Month(_) => "month",
            Period::Quarter(_) => "quarter",
            Period::Term(_) => "term",
            Period::Wave(_) => "survey_wave",
        }
    }

    pub(super) fn start(self) -> NaiveDate {
        match self {
            Period::Year(year) => day(year, 1, 1),
            Period::Financial(year) => day(year, 4, 1),
            Period::Academic(year) => day(year, 9, 1),
            Period::Census(year) => census_day(year),
            Period::Month(first) | Period::Quarter(first) => first,
            Period::Term(term) => term.start(),
            Period::Wave(closed) => closed,
        }
    }

    pub(super) fn end(self) -> NaiveDate {
        match self {
            Period::Year(year) => day(year, 12, 31),
            Period::Financial(year) => day(year + 1, 3, 31),
            Period::Academic(year) => day(year + 1, 8, 31),
            Period::Census(year) => census_day(year),
            Period::Month(first) => month_end(first),
            Period::Quarter(first) => month_end(after(first, 62)),
            Period::Term(term) => term.end(),
            Period::Wave(closed) => closed,
        }
    }

    /// The month of a day.
    pub(super) fn month_of(on: NaiveDate) -> Self {
        Period::Month(month_start(on))
    }

    /// The month itself and every longer period that a month lies in.
    pub(super) fn around(month: NaiveDate) -> [Period; 5] {
        let quarter = day(month.year(), month.month0() / 3 * 3 + 1, 1);
        [
            Period::Month(month),
            Period::Quarter(quarter),
            Period::Financial(financial_year(month)),
            Period::Academic(academic_year(month)),
            Period::Year(month.year()),
        ]
    }
}

/// The periods that a world has answers for.
#[derive(Debug, Clone)]
pub(super) struct Periods {
    /// The first day of the world.
    pub(super) first: NaiveDate,
    /// 31 December of the last year, up to which health providers report.
    pub(super) last: NaiveDate,
    /// The census day after it.
    pub(super) last_day: NaiveDate,
}

impl Periods {
    pub(super) fn new(world: &World) -> Self {
        Self {
            first: world.first_day(),
            last: day(*world.years().end(), 12, 31),
            last_day: world.last_day(),
        }
    }

    pub(super) fn years(&self) -> impl Iterator<Item = i32> + use<> {
        self.first.year()..=self.last.year()
    }

    pub(super) fn months(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        months(self.first, self.last)
    }

    /// Months that are the last of twelve which lie in the years.
    pub(super) fn rolling(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        self.months().skip(11)
    }

    /// Terms, from the autumn before the first day on.
    pub(super) fn terms(&self) -> impl Iterator<Item = Term> + use<> {
        Term::within(day(academic_year(self.first), 9, 1), self.last_day)
    }

    /// The first days of the months at whose end something that lasts from one
    /// day to before another was so.
    pub(super) fn month_ends(
        &self,
        from: NaiveDate,
        until: Option<NaiveDate>,
    ) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = until.map_or(self.last, |until| after(until, -1).min(self.last));
        months(from.max(self.first), last).filter(move |month| month_end(*month) <= last)
    }

    /// The first day that the submissions about a service are about: those of the
    /// Lighthouse begin when EPUT took it over.
    pub(super) fn known_from(&self, service: Service) -> NaiveDate {
        match service.provider_on(self.last) {
            Provider::Nelft => self.first,
            _ => self.first.max(lighthouse_transfer()),
        }
    }

    /// There is a figure of the metric for it: it does not begin before what the
    /// metric needs is reported.
    ///
    /// - SEN2 returns of persons are about 2022 and later, phase transfers are in
    ///   them from 2024 on.
    /// - What needs the submissions of the Lighthouse is not told of earlier days,
    ///   nor is the area's total then.
    /// - Twelve months to a month's end are known from the twelfth month on.
    pub(super) fn has_of(&self, metric: &str, period: Period) -> bool {
        let from = match (metric, metric.as_bytes().first()) {
            ("E31", _) => day(2024, 1, 1),
            ("J10", _) | (_, Some(b'E')) => day(2022, 1, 1),
            ("H11", _) => {
                let whole = self.rolling().next();
                return self.has(period) && whole.is_some_and(|month| period.end() >= month);
            }
            ("H12", _) => self.first,
            (_, Some(b'H')) => lighthouse_transfer(),
            _ => return self.has(period),
        };
        let begins = match period {
            // The return is about the year before its census day.
            Period::Census(year) => day(year - 1, 1, 1),
            _ => period.start(),
        };
        self.has(period) && begins >= from
    }

    /// It lies wholly in the world's years.
    pub(super) fn has(&self, period: Period) -> bool {
        match period {
            Period::Term(_) | Period::Wave(_) | Period::Census(_) => period.end() <= self.last_day,
            _ => period.start() >= self.first && period.end() <= self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_labelled_as_the_published_ones() {
        assert_eq!(Period::Census(2025).label(), "202425");
        assert_eq!(Period::Academic(2024).label(), "202425");
        assert_eq!(Period::Financial(2024).label(), "2024-25");
        assert_eq!(Period::Month(day(2024, 4, 1)).label(), "2024-04");
        let [_, quarter, ..] = Period::around(day(2024, 5, 1));
        assert_eq!(quarter.label(), "2024-Q2");
        assert_eq!(
            (quarter.start(), quarter.end()),
            (day(2024, 4, 1), day(2024, 6, 30))
        );
    }

    #[test]
    fn years_are_told_only_if_they_are_whole() {
        let periods = Periods::new(&World::new(36, 1, 2023..=2024).unwrap());
        assert!(periods.has(Period::Financial(2023)) && !periods.has(Period::Financial(2024)));
        assert!(periods.has(Period::Academic(2023)) && !periods.has(Period::Academic(2022)));
        assert_eq!(periods.rolling().next(), Some(day(2023, 12, 1)));
    }
}
