//! A tally holds the figures while they are counted: a numerator and a
//! denominator for each part of a metric, each period and each slice. It grows
//! with the number of figures, not with the number of children.

use super::definition::{Definition, Grain, Shape};
use super::period::{Period, Periods};
use super::slice::Slice;
use crate::world::World;
use crate::world::calendar::month_start;
use std::collections::BTreeMap;

/// A metric's id and the part of it. The parts of a metric that are percentiles
/// of the same days have them under [`DAYS`].
pub(super) type Figure = (&'static str, &'static str);

/// The part under which days are counted.
const DAYS: &str = "days";

/// What was counted of one figure: by period, and there by the slice's number.
type Cells<T> = BTreeMap<Period, Vec<T>>;

/// Days, and how often each was.
type Histogram = BTreeMap<u32, u32>;

/// What is above and below the line; `None` where nothing was counted.
type Sum = Option<(f64, f64)>;

/// Everything counted so far. A figure and its period are looked up once for all
/// the slices that a child is in; a slice is a place in a row.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) periods: Periods,
    sums: BTreeMap<Figure, Cells<Sum>>,
    days: BTreeMap<Figure, Cells<Histogram>>,
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
        if !self.periods.has_of(figure.0, period) {
            return;
        }
        let cells = self.sums.entry(figure).or_default();
        let row = cells.entry(period).or_default();
        for slice in slices {
            let sum = cell(row, *slice).get_or_insert_default();
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

    /// Adds a number of days, of which a metric's percentiles are to be taken.
    pub(super) fn lasted(
        &mut self,
        metric: &'static str,
        period: Period,
        slices: &[Slice],
        days: i64,
    ) {
        if !self.periods.has_of(metric, period) {
            return;
        }
        let cells = self.days.entry((metric, DAYS)).or_default();
        let row = cells.entry(period).or_default();
        for slice in slices {
            let counts = cell(row, *slice);
            *counts.entry(days.max(0) as u32).or_default() += 1;
        }
    }

    /// What was counted of one part of a metric, its totals first of all, with
    /// nothing where nothing happened.
    pub(super) fn counted(&self, definition: &Definition) -> Vec<Counted> {
        let figure = (definition.metric, definition.part);
        let mut rows = BTreeMap::new();
        if let Shape::Percentile(share) = definition.shape {
            let days = self.days.get(&(definition.metric, DAYS));
            let days = self.over_grains(definition, days, |all, one: &Histogram| {
                for (days, count) in one {
                    *all.entry(*days).or_default() += count;
                }
            });
            let told = days.into_iter().filter(|(_, days)| !days.is_empty());
            rows.extend(told.map(|(cell, days)| (cell, (percentile(&days, share), 0.0))));
        } else {
            let periods = (definition.grain.periods(&self.periods))
                .filter(|period| self.periods.has_of(definition.metric, *period));
            rows.extend(periods.map(|period| ((period, Slice::TOTAL), (0.0, 0.0))));
            let sums = self.over_grains(definition, self.sums.get(&figure), |all, one| {
                if let Some((numerator, denominator)) = one {
                    let sum: &mut (f64, f64) = all.get_or_insert_default();
                    sum.0 += numerator;
                    sum.1 += denominator;
                }
            });
            let told = sums
                .into_iter()
                .filter_map(|(cell, sum)| Some((cell, sum?)));
            rows.extend(told);
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

    /// Puts months together to the periods of a figure; other periods stay.
    fn over_grains<T: Clone + Default>(
        &self,
        definition: &Definition,
        cells: Option<&Cells<T>>,
        add: impl Fn(&mut T, &T),
    ) -> BTreeMap<(Period, Slice), T> {
        let lasts = definition.grain == Grain::Stock;
        let mut found: BTreeMap<(Period, Slice), T> = BTreeMap::new();
        for (counted, row) in cells.into_iter().flatten() {
            let around = match *counted {
                Period::Month(month) => Period::around(month).to_vec(),
                other => vec![other],
            };
            let told = around.into_iter().filter(|period| {
                // What lasts is told of a year as it stood at its end.
                let is_last = month_start(period.end()) == month_start(counted.start());
                self.periods.has_of(definition.metric, *period) && (!lasts || is_last)
            });
            for period in told {
                for (number, one) in row.iter().enumerate() {
                    let slice = Slice::numbered(number);
                    add(found.entry((period, slice)).or_default(), one);
                }
            }
        }
        found
    }
}

/// The cell of a slice in a row that is as long as it needs to be.
fn cell<T: Clone + Default>(row: &mut Vec<T>, slice: Slice) -> &mut T {
    if row.len() <= slice.number() {
        row.resize(slice.number() + 1, T::default());
    }
    &mut row[slice.number()]
}

/// The number below which this share lies, straight lines between the numbers:
/// what SQL calls `percentile_cont`.
fn percentile(counts: &Histogram, share: f64) -> f64 {
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
}
