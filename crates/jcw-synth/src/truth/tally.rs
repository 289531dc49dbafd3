//! A tally holds the figures while they are counted: a numerator and a
//! denominator for each part of a metric, each period and each slice. It grows
//! with the number of figures, not with the number of children.

use super::definition::{Definition, Shape};
use crate::world::World;
use crate::world::calendar::{Term, academic_year, after, census_day, day, month_end, months};
use crate::world::family::Sex;
use crate::world::health::{Provider, Service};
use crate::world::need::Need;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// The days that a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Period {
    /// January to December.
    Year(i32),
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
            Period::Census(_) => "academic_year",
            Period::Month(_) => "month",
            Period::Quarter(_) => "quarter",
            Period::Term(_) => "term",
            Period::Wave(_) => "survey_wave",
        }
    }

    pub(super) fn start(self) -> NaiveDate {
        match self {
            Period::Year(year) => day(year, 1, 1),
            Period::Census(year) => census_day(year),
            Period::Month(first) | Period::Quarter(first) => first,
            Period::Term(term) => term.start(),
            Period::Wave(closed) => closed,
        }
    }

    pub(super) fn end(self) -> NaiveDate {
        match self {
            Period::Year(year) => day(year, 12, 31),
            Period::Census(year) => census_day(year),
            Period::Month(first) => month_end(first),
            Period::Quarter(first) => month_end(after(first, 62)),
            Period::Term(term) => term.end(),
            Period::Wave(closed) => closed,
        }
    }

    /// The quarter of a day.
    pub(super) fn quarter_of(on: NaiveDate) -> Self {
        Period::Quarter(day(on.year(), on.month0() / 3 * 3 + 1, 1))
    }

    /// The month of a day.
    pub(super) fn month_of(on: NaiveDate) -> Self {
        Period::Month(crate::world::calendar::month_start(on))
    }
}

/// The periods that a world has answers for.
#[derive(Debug, Clone)]
pub(super) struct Periods {
    first: NaiveDate,
    /// 31 December of the last year.
    last: NaiveDate,
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

    pub(super) fn quarters(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        self.months().step_by(3)
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

    fn has(&self, period: Period) -> bool {
        match period {
            Period::Term(_) | Period::Wave(_) | Period::Census(_) => period.end() <= self.last_day,
            _ => period.start() >= self.first && period.end() <= self.last,
        }
    }
}

/// What of a period's children or events a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slice {
    Total,
    Sex(Sex),
    Need(Need),
    Service(Service),
    Provider(Provider),
    ProviderService(Provider, Service),
    /// Any other topic, with its word.
    Word(&'static str, &'static str),
}

impl Slice {
    /// Code, name and level of the area.
    pub(super) fn area(self) -> (&'static str, &'static str, &'static str) {
        let provider = |provider| match provider {
            Provider::Eput => "Essex Partnership University NHS Foundation Trust",
            Provider::Mseft => "Mid and South Essex NHS Foundation Trust",
            Provider::Nelft => "NELFT NHS Foundation Trust",
        };
        match self {
            Slice::Provider(at) | Slice::ProviderService(at, _) => {
                (at.code(), provider(at), "provider")
            }
            _ => ("E06000033", "Southend-on-Sea", "local_authority"),
        }
    }

    pub(super) fn topic(self) -> &'static str {
        match self {
            Slice::Total | Slice::Provider(_) => "Total",
            Slice::Sex(_) => "Sex",
            Slice::Need(_) => "Primary need",
            Slice::Service(_) | Slice::ProviderService(..) => "Service",
            Slice::Word(topic, _) => topic,
        }
    }

    pub(super) fn breakdown(self) -> &'static str {
        match self {
            Slice::Total | Slice::Provider(_) => "Total",
            Slice::Sex(Sex::Female) => "Female",
            Slice::Sex(Sex::Male) => "Male",
            Slice::Need(need) => need.code(),
            Slice::Service(service) | Slice::ProviderService(_, service) => service.name(),
            Slice::Word(_, word) => word,
        }
    }
}

/// A metric's id and the part of it.
pub(super) type Figure = (&'static str, &'static str);

/// What was counted of one figure, by period and slice.
type Cells<T> = BTreeMap<(Period, Slice), T>;

/// Everything counted so far. A map of maps, because a figure is looked up once
/// for all the slices that a child is in.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) periods: Periods,
    sums: BTreeMap<Figure, Cells<(f64, f64)>>,
    days: BTreeMap<Figure, Cells<BTreeMap<u32, u32>>>,
}

/// One figure, counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) period: Period,
    pub(super) slice: Slice,
    pub(super) numerator: f64,
    pub(super) denominator: f64,
}

impl Tally {
    pub(super) fn new(world: &World) -> Self {
        Self {
            periods: Periods::new(world),
            sums: BTreeMap::new(),
            days: BTreeMap::new(),
        }
    }

    /// Adds to a numerator and a denominator, in each slice.
    pub(super) fn add(
        &mut self,
        figure: Figure,
        period: Period,
        slices: &[Slice],
        numerator: f64,
        denominator: f64,
    ) {
        if !self.periods.has(period) {
            return;
        }
        let cells = self.sums.entry(figure).or_default();
        for slice in slices {
            let sum = cells.entry((period, *slice)).or_default();
            sum.0 += numerator;
            sum.1 += denominator;
        }
    }

    /// Adds one to a count.
    pub(super) fn count(&mut self, figure: Figure, period: Period, slices: &[Slice]) {
        self.add(figure, period, slices, 1.0, 0.0);
    }

    /// Adds one to a denominator, and to the numerator if it is so.
    pub(super) fn share(&mut self, figure: Figure, period: Period, slices: &[Slice], so: bool) {
        self.add(figure, period, slices, f64::from(u8::from(so)), 1.0);
    }

    /// Adds a number of days, of which a median is to be taken.
    pub(super) fn lasted(&mut self, figure: Figure, period: Period, slices: &[Slice], days: i64) {
        if !self.periods.has(period) {
            return;
        }
        let cells = self.days.entry(figure).or_default();
        for slice in slices {
            let counts = cells.entry((period, *slice)).or_default();
            *counts.entry(days.max(0) as u32).or_default() += 1;
        }
    }

    /// What was counted of one part of a metric, its totals first of all, with
    /// nothing where nothing happened.
    pub(super) fn counted(&self, definition: &Definition) -> Vec<Counted> {
        let figure = (definition.metric, definition.part);
        let mut rows: Cells<(f64, f64)> = BTreeMap::new();
        if let Shape::Percentile(share) = definition.shape {
            for (cell, days) in self.days.get(&figure).into_iter().flatten() {
                rows.insert(*cell, (percentile(days, share), 0.0));
            }
        } else {
            let periods = definition.grain.periods(&self.periods);
            rows.extend(periods.map(|period| ((period, Slice::Total), (0.0, 0.0))));
            rows.extend(self.sums.get(&figure).into_iter().flatten());
        }
        rows.into_iter()
            .map(|((period, slice), (numerator, denominator))| Counted {
                period,
                slice,
                numerator,
                denominator,
            })
            .collect()
    }
}

/// The number below which this share lies, straight lines between the numbers:
/// what SQL calls `percentile_cont`.
fn percentile(counts: &BTreeMap<u32, u32>, share: f64) -> f64 {
    let total: u32 = counts.values().sum();
    let place = share * f64::from(total.saturating_sub(1));
    let at = |wanted: u32| {
        let mut before = 0;
        counts
            .iter()
            .find(|(_, count)| {
                before += **count;
                before > wanted
            })
            .map_or(0.0, |(days, _)| f64::from(*days))
    };
    let (low, part) = (place.floor(), place.fract());
    let low_days = at(low as u32);
    match part > 0.0 {
        true => low_days + part * (at(low as u32 + 1) - low_days),
        false => low_days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_between_the_middle_two() {
        let counts = BTreeMap::from([(10, 1), (20, 2), (40, 1)]);
        assert_eq!(percentile(&counts, 0.5), 20.0);
        assert_eq!(percentile(&BTreeMap::from([(10, 1), (20, 1)]), 0.5), 15.0);
        assert_eq!(percentile(&counts, 1.0), 40.0);
    }

    #[test]
    fn periods_are_labelled_as_the_published_ones() {
        assert_eq!(Period::Census(2025).label(), "202425");
        assert_eq!(Period::Month(day(2024, 4, 1)).label(), "2024-04");
        let quarter = Period::quarter_of(day(2024, 5, 9));
        assert_eq!(quarter.label(), "2024-Q2");
        assert_eq!(
            (quarter.start(), quarter.end()),
            (day(2024, 4, 1), day(2024, 6, 30))
        );
    }
}
