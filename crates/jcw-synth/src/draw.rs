//! A draw is a number that looks like chance and depends only on a seed and the
//! words it is drawn for.
//!
//! Asking in another order, or for other things in between, changes nothing, so
//! a table can be made in parts and a new table does not disturb the old ones.

/// One seed's worth of draws.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    seed: u64,
}

impl Draws {
    /// The draws of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// A number in `0.0..1.0`.
    #[must_use]
    pub fn unit(&self, words: &[&str]) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.bits(words) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `low..high`.
    #[must_use]
    pub fn between(&self, low: f64, high: f64, words: &[&str]) -> f64 {
        low + (high - low) * self.unit(words)
    }

    /// FNV-1a over the words, a separator after each, mixed by splitmix64's
    /// finaliser because FNV alone leaves the high bits of short words alike.
    fn bits(&self, words: &[&str]) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ self.seed;
        for word in words {
            for byte in word.bytes().chain([0x1f]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

/// Whole numbers that add up to `total`, as near to the weights as they can be
/// (largest remainder; the earlier part wins a tie).
pub(crate) fn split(total: i64, weights: &[f64]) -> Vec<i64> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|w| total as f64 * w / sum).collect();
    let mut parts: Vec<i64> = exact.iter().map(|e| e.floor() as i64).collect();
    let left = (total - parts.iter().sum::<i64>()).max(0) as usize;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| {
        exact[*b]
            .fract()
            .total_cmp(&exact[*a].fract())
            .then(a.cmp(b))
    });
    for place in order.into_iter().cycle().take(left) {
        parts[place] += 1;
    }
    parts
}

/// `100 * part / whole` to one decimal place, halves away from zero, without a
/// trailing `.0`, as the Department for Education prints it; `x` of nothing.
pub(crate) fn percentage(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "x".to_owned();
    }
    let tenths = (2_000 * part + whole) / (2 * whole);
    match (tenths / 10, tenths % 10) {
        (units, 0) => units.to_string(),
        (units, tenth) => format!("{units}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_always_add_up_and_are_never_negative(
            total in 0i64..1_000_000,
            weights in prop::collection::vec(0.01f64..10.0, 1..20),
        ) {
            let parts = split(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn a_draw_is_within_its_bounds_and_repeatable(seed: u64, word in ".{0,20}") {
            let draws = Draws::new(seed);
            let drawn = draws.between(0.8, 1.2, &[&word]);
            prop_assert!((0.8..1.2).contains(&drawn));
            prop_assert_eq!(drawn, Draws::new(seed).between(0.8, 1.2, &[&word]));
        }
    }

    #[test]
    fn a_percentage_is_printed_as_the_department_prints_it() {
        assert_eq!(percentage(137, 569), "24.1");
        assert_eq!(percentage(1, 1), "100");
        assert_eq!(percentage(1, 2000), "0.1");
        assert_eq!(percentage(0, 5), "0");
        assert_eq!(percentage(0, 0), "x");
    }
}
