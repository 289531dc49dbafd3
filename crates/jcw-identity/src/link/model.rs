//! The model of Fellegi and Sunter (1969): each level of agreement is so many
//! times likelier among records of one person (`m`) than among those of two
//! (`u`). `u` is counted on pairs drawn by chance; `m` is found by expectation
//! and maximisation over the pairs of each blocking rule, which says nothing of
//! the fields that it blocks on.
//!
//! Both begin from what is known of people's details in general, worth a few
//! pairs, so that an area of ten children is linked sensibly too.

use super::block::{self, mixed};
use super::level::{
    BIRTH_DATE, Comparison, FIELDS, FORENAME, LEVELS, NHS_NUMBER, POSTCODE, SEX, SURNAME, Shared,
    UPN, compare,
};
use super::names::Names;
use super::profile::Profile;
use super::record::{Records, Word};
use jcw_project::{BlockingField, Linkage};
use std::collections::HashMap;

type Shares = [[f64; 5]; FIELDS];

/// What is known beforehand of records of one person.
const M: Shares = [
    [0.85, 0.07, 0.02, 0.04, 0.02],
    [0.88, 0.05, 0.02, 0.05, 0.0],
    [0.95, 0.03, 0.01, 0.01, 0.0],
    [0.99, 0.01, 0.0, 0.0, 0.0],
    [0.80, 0.05, 0.05, 0.10, 0.0],
    [0.98, 0.02, 0.0, 0.0, 0.0],
    [0.90, 0.10, 0.0, 0.0, 0.0],
];
/// And of records of two.
const U: Shares = [
    [0.008, 0.01, 0.02, 0.961, 0.001],
    [0.002, 0.002, 0.02, 0.976, 0.0],
    [0.00012, 0.002, 0.05, 0.94788, 0.0],
    [0.5, 0.5, 0.0, 0.0, 0.0],
    [0.0002, 0.01, 0.1, 0.8898, 0.0],
    [0.00001, 0.99999, 0.0, 0.0, 0.0],
    [0.00001, 0.99999, 0.0, 0.0, 0.0],
];
/// Pairs that the knowledge beforehand is worth.
const M_WORTH: f64 = 20.0;
const U_WORTH: f64 = 1000.0;
/// Clusters that the general share of a value is worth beside its own count.
const TERM_WORTH: f64 = 500.0;
/// No share is smaller: a fault never seen may yet happen.
const LEAST: f64 = 1e-7;

/// How likely each level is, and how rare each value.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) m: Shares,
    pub(crate) u: Shares,
    terms: Terms,
}

/// How many clusters have a value.
#[derive(Debug, Clone, Default)]
struct Terms {
    forename: Counts<Word>,
    surname: Counts<Word>,
    birth_date: Counts<i32>,
    postcode: Counts<u64>,
}

#[derive(Debug, Clone)]
struct Counts<T> {
    of: HashMap<T, u32>,
    all: f64,
}

impl<T> Default for Counts<T> {
    fn default() -> Self {
        Counts {
            of: HashMap::new(),
            all: 0.0,
        }
    }
}

impl<T: std::hash::Hash + Eq + Copy> Counts<T> {
    fn add(&mut self, values: impl Iterator<Item = T>) {
        for value in values {
            *self.of.entry(value).or_default() += 1;
            self.all += 1.0;
        }
    }

    /// The share of other clusters with this value, near `general` where few
    /// are known. One of those that agree is not counted: it is what is weighed.
    fn share(&self, value: T, general: f64) -> f64 {
        let others = self
            .of
            .get(&value)
            .map_or(0, |count| count.saturating_sub(1));
        (f64::from(others) + TERM_WORTH * general) / (self.all + TERM_WORTH)
    }
}

impl Model {
    /// Learns from the clusters themselves; nobody says which are of one person.
    pub(crate) fn learn(
        records: &Records,
        names: &Names<'_>,
        profiles: &[Profile],
        settings: &Linkage,
    ) -> Model {
        let u = chance_agreement(names, profiles, settings.sampled_pairs);
        let mut found = [[0.0; 5]; FIELDS];
        for rule in &settings.blocking {
            let pairs = block::pairs(records, profiles, rule, settings.largest_block);
            let patterns = patterns(names, profiles, &pairs);
            let matched = expect_and_maximise(&patterns, &u, rule, settings.rounds);
            for (all, more) in found.iter_mut().flatten().zip(matched.iter().flatten()) {
                *all += more;
            }
        }
        let mut terms = Terms::default();
        for profile in profiles {
            let names = || distinct(&profile.names);
            terms.surname.add(names().0.into_iter());
            terms.forename.add(names().1.into_iter());
            terms.birth_date.add(profile.birth_dates.iter().copied());
            terms.postcode.add(profile.postcodes.iter().copied());
        }
        Model {
            m: shares(&found, &M, M_WORTH),
            u,
            terms,
        }
    }

    /// How many bits two clusters' agreement speaks for one person, or against.
    /// Agreement on a rare value says more than on a common one.
    pub(crate) fn weight(&self, comparison: &Comparison, shared: &Shared) -> f64 {
        let mut weight = 0.0;
        for (field, level) in comparison.levels.iter().enumerate() {
            let Some(level) = (*level as usize).checked_sub(1) else {
                continue;
            };
            let by_chance = match (field, level) {
                (FORENAME, 0) => self.terms.forename.share(shared.forename, self.u[field][0]),
                (SURNAME, 0) => self.terms.surname.share(shared.surname, self.u[field][0]),
                (BIRTH_DATE, 0) => {
                    (self.terms.birth_date).share(shared.birth_date, self.u[field][0])
                }
                (POSTCODE, 0) => self.terms.postcode.share(shared.postcode, self.u[field][0]),
                _ => self.u[field][level],
            };
            weight += (self.m[field][level] / by_chance).log2();
        }
        weight
    }
}

fn distinct(names: &[(Word, Word)]) -> (Vec<Word>, Vec<Word>) {
    let one = |of: fn(&(Word, Word)) -> Word| {
        let mut words: Vec<Word> = names.iter().map(of).filter(|word| *word != 0).collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    (one(|name| name.0), one(|name| name.1))
}

/// How often two clusters agree that are drawn by chance. Among so many almost
/// all are of two people.
fn chance_agreement(names: &Names<'_>, profiles: &[Profile], most: usize) -> Shares {
    let count = profiles.len() as u64;
    let mut counts = [[0.0; 5]; FIELDS];
    let mut add = |a: usize, b: usize| {
        let (comparison, _) = compare(names, &profiles[a], &profiles[b]);
        // One person's records, which chance brings together now and then.
        let is_one = comparison.levels[BIRTH_DATE] == 1
            && (comparison.levels[POSTCODE] == 1 || comparison.levels[SURNAME] == 1);
        if !is_one {
            tally(&mut counts, &comparison.levels, 1.0);
        }
    };
    if count.saturating_mul(count.saturating_sub(1)) / 2 <= most as u64 {
        for a in 0..profiles.len() {
            for b in a + 1..profiles.len() {
                add(a, b);
            }
        }
    } else {
        for draw in 0..most as u64 {
            let (a, b) = (mixed(draw, 1) % count, mixed(draw, 2) % count);
            if a != b {
                add(a as usize, b as usize);
            }
        }
    }
    shares(&counts, &U, U_WORTH)
}

fn tally(counts: &mut Shares, levels: &[u8; FIELDS], weight: f64) {
    for (field, level) in levels.iter().enumerate() {
        if let Some(level) = (*level as usize).checked_sub(1) {
            counts[field][level] += weight;
        }
    }
}

/// Shares from counts and from what is known beforehand.
fn shares(counts: &Shares, known: &Shares, worth: f64) -> Shares {
    let mut shares = [[0.0; 5]; FIELDS];
    for field in 0..FIELDS {
        let all: f64 = counts[field].iter().sum::<f64>() + worth;
        for level in 0..LEVELS[field] {
            let count = counts[field][level] + worth * known[field][level];
            shares[field][level] = (count / all).max(LEAST);
        }
    }
    shares
}

/// How often each comparison vector is seen.
fn patterns(
    names: &Names<'_>,
    profiles: &[Profile],
    pairs: &[(u32, u32)],
) -> Vec<([u8; FIELDS], f64)> {
    let mut seen: HashMap<[u8; FIELDS], u64> = HashMap::new();
    for (a, b) in pairs {
        let (comparison, _) = compare(names, &profiles[*a as usize], &profiles[*b as usize]);
        *seen.entry(comparison.levels).or_default() += 1;
    }
    let mut patterns: Vec<_> = (seen.into_iter())
        .map(|(levels, count)| (levels, count as f64))
        .collect();
    // Sums of floats depend on their order.
    patterns.sort_unstable_by_key(|(levels, _)| *levels);
    patterns
}

/// Fields on which a rule's pairs agree because it blocks on them.
fn is_blocked(rule: &[BlockingField], field: usize) -> bool {
    rule.iter().any(|blocking| match blocking {
        BlockingField::Surname | BlockingField::Forename => field == FORENAME || field == SURNAME,
        BlockingField::BirthDate | BlockingField::BirthMonth | BlockingField::BirthYear => {
            field == BIRTH_DATE
        }
        BlockingField::Sex => field == SEX,
        BlockingField::Postcode | BlockingField::Sector => field == POSTCODE,
    })
}

/// Splits a rule's pairs into those of one person and of two, and counts how the
/// first agree on the fields that the rule says nothing of.
pub(crate) fn expect_and_maximise(
    patterns: &[([u8; FIELDS], f64)],
    u: &Shares,
    rule: &[BlockingField],
    rounds: usize,
) -> Shares {
    let is_free = |field: usize| !is_blocked(rule, field);
    let all: f64 = patterns.iter().map(|(_, count)| count).sum();
    let mut m = M;
    let mut share = 0.2;
    let mut matched = [[0.0; 5]; FIELDS];
    for _ in 0..rounds {
        matched = [[0.0; 5]; FIELDS];
        let mut one_person = 0.0;
        for (levels, count) in patterns {
            let odds = (levels.iter().enumerate())
                .filter(|(field, level)| is_free(*field) && **level > 0)
                .fold(share / (1.0 - share), |odds, (field, level)| {
                    let level = *level as usize - 1;
                    odds * m[field][level] / u[field][level]
                });
            let expected = count * odds / (1.0 + odds);
            one_person += expected;
            let mut free = *levels;
            for (field, level) in free.iter_mut().enumerate() {
                if !is_free(field) {
                    *level = 0;
                }
            }
            tally(&mut matched, &free, expected);
        }
        // Records with the same number are tied already: what is left would
        // teach that numbers of one person always differ.
        for number in [NHS_NUMBER, UPN] {
            matched[number] = [0.0; 5];
        }
        let next = shares(&matched, &M, M_WORTH);
        let moved = (next.iter().flatten().zip(m.iter().flatten()))
            .map(|(next, last)| (next - last).abs())
            .fold(0.0, f64::max);
        m = next;
        share = (one_person / all.max(1.0)).clamp(1e-9, 0.999);
        if moved < 1e-5 {
            break;
        }
    }
    matched
}
