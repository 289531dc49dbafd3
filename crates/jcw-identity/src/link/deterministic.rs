//! Rules by which likeness alone ties records, chosen so that twins survive
//! them: every rule asks for the given name.
//!
//! 1. First given name, family name, date of birth and postcode.
//! 2. First given name, family name, date of birth and sex.
//!
//! Date of birth, postcode and sex never tie here: twins share all three. Where
//! two clusters under one key cannot be the same person (two verified NHS
//! numbers, two numbers of one partner) nobody is tied by it: they are namesakes,
//! and which is meant is weighed in the next step.

use super::forest::Forest;
use super::links::MatchClass;
use super::names::Names;
use super::profile::{Profile, profiles};

type Key = (u64, i32, u64);

/// More clusters than this under one key are no one person's.
const MOST: usize = 16;

/// Ties records by the rules.
pub(crate) fn tie(forest: &mut Forest<'_>, names: &Names<'_>) {
    for value in [postcodes as fn(&Profile) -> Vec<u64>, sex] {
        let profiles = profiles(forest);
        for group in groups(forest, &profiles, value) {
            tie_group(forest, names, &group);
        }
    }
}

fn postcodes(profile: &Profile) -> Vec<u64> {
    profile.postcodes.to_vec()
}

fn sex(profile: &Profile) -> Vec<u64> {
    match profile.sex {
        0 => Vec::new(),
        sex => Vec::from([u64::from(sex)]),
    }
}

fn groups(
    forest: &Forest<'_>,
    profiles: &[Profile],
    value: fn(&Profile) -> Vec<u64>,
) -> Vec<Vec<u32>> {
    let mut keyed: Vec<(Key, u32)> = Vec::new();
    for profile in profiles {
        let values = value(profile);
        for (surname, forename) in &profile.names {
            if *surname == 0 || *forename == 0 {
                continue;
            }
            let text = forest.records.text(*forename);
            let first = text.split(' ').next().unwrap_or(text);
            let Some(first) = forest.records.find(first) else {
                continue;
            };
            let name = u64::from(*surname) << 32 | u64::from(first);
            for birth_date in &profile.birth_dates {
                keyed.extend(
                    (values.iter()).map(|value| ((name, *birth_date, *value), profile.root)),
                );
            }
        }
    }
    keyed.sort_unstable();
    keyed.dedup();
    // By members and not by key: words are numbered as records came.
    let mut groups: Vec<Vec<u32>> = (keyed.chunk_by(|a, b| a.0 == b.0))
        .filter(|group| (2..=MOST).contains(&group.len()))
        .map(|group| group.iter().map(|(_, root)| *root).collect())
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn tie_group(forest: &mut Forest<'_>, names: &Names<'_>, group: &[u32]) {
    let mut roots: Vec<u32> = group.iter().map(|root| forest.root(*root)).collect();
    roots.sort_unstable();
    roots.dedup();
    let class = MatchClass::Deterministic;
    let are_one = (roots.iter().enumerate())
        .all(|(at, a)| (roots[at + 1..].iter()).all(|b| forest.may_join(names, *a, *b, class)));
    if are_one {
        for pair in roots.windows(2) {
            forest.join(pair[0], pair[1], class, None);
        }
    }
}
