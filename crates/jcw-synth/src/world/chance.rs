//! Chance is a stream of numbers that look random and depend only on the seed,
//! on whom they are drawn for and on what.
//!
//! Splitmix64 by hand rather than a crate: the same arguments must give the
//! same bytes for ever, and crates change their streams between versions. Two
//! million children ask some hundred million times, so words are not hashed.

use super::calendar::after;
use chrono::NaiveDate;

/// What chance is asked for; each has a stream of its own, so that a new
/// question does not change the answers to the old ones.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Block = 1,
    Homes,
    Birth,
    Identity,
    Needs,
    School,
    Requests,
    Plan,
    Health,
    Education,
    Care,
    Commissioning,
    Area,
}

/// One stream of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// The stream for this number's (a person's, a family's) purpose.
    pub(crate) fn new(seed: u64, number: u64, purpose: Purpose) -> Self {
        let state = mixed(seed ^ mixed(number ^ ((purpose as u64) << 56)));
        Self { state }
    }

    /// 64 even bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// In `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = (high - low).max(0) as u64 + 1;
        // The high half of the product is even over the width, near enough.
        low + ((u128::from(self.bits()) * u128::from(width)) >> 64) as i64
    }

    /// One of these; the default of an empty list.
    pub(crate) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let place = self.between(0, from.len() as i64 - 1) as usize;
        from.get(place).copied().unwrap_or_default()
    }

    /// The place of one of these weights; heavier ones more often.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return place;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// A number whose distribution is these points, `(share below, value)`,
    /// joined by straight lines.
    pub(crate) fn quantile(&mut self, points: &[(f64, f64)]) -> i64 {
        let at = self.unit();
        for pair in points.windows(2) {
            let ((low, from), (high, to)) = (pair[0], pair[1]);
            if at < high {
                return (from + (to - from) * (at - low) / (high - low)) as i64;
            }
        }
        points.last().map_or(0, |(_, value)| *value as i64)
    }

    /// A day from `first` to `last`.
    pub(crate) fn day(&mut self, first: NaiveDate, last: NaiveDate) -> NaiveDate {
        after(first, self.between(0, (last - first).num_days()))
    }
}

/// Splitmix64's finaliser.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_number_and_purpose_only() {
        let first = |seed, number, purpose| Chance::new(seed, number, purpose).bits();
        assert_eq!(first(1, 2, Purpose::Plan), first(1, 2, Purpose::Plan));
        assert_ne!(first(1, 2, Purpose::Plan), first(2, 2, Purpose::Plan));
        assert_ne!(first(1, 2, Purpose::Plan), first(1, 3, Purpose::Plan));
        assert_ne!(first(1, 2, Purpose::Plan), first(1, 2, Purpose::Care));
    }

    #[test]
    fn quantiles_lie_between_their_points() {
        let mut chance = Chance::new(1, 1, Purpose::Area);
        for _ in 0..1000 {
            let days = chance.quantile(&[(0.0, 10.0), (0.5, 20.0), (1.0, 90.0)]);
            assert!((10..=90).contains(&days));
        }
    }
}
