//! A block is a set of clusters that agree on all fields of a rule. Only pairs
//! of one block are compared, or the work would grow with the square of the
//! children.

use super::normalise::sector;
use super::profile::Profile;
use super::record::Records;
use chrono::{Datelike, NaiveDate};
use jcw_project::BlockingField;

/// Pairs of places in `profiles`, the smaller first, of one rule.
pub(crate) fn pairs(
    records: &Records,
    profiles: &[Profile],
    rule: &[BlockingField],
    largest: usize,
) -> Vec<(u32, u32)> {
    let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(profiles.len());
    let mut keys = Vec::new();
    for (place, profile) in (0u32..).zip(profiles) {
        keys.clear();
        keys.push(0);
        for field in rule {
            let values = values(records, profile, *field);
            keys = (keys.iter())
                .flat_map(|key| values.iter().map(move |value| mixed(*key, *value)))
                .collect();
        }
        keyed.extend(keys.iter().map(|key| (*key, place)));
    }
    keyed.sort_unstable();
    keyed.dedup();
    let mut pairs = Vec::new();
    for block in keyed.chunk_by(|a, b| a.0 == b.0) {
        if block.len() > largest {
            continue;
        }
        for (at, (_, a)) in block.iter().enumerate() {
            pairs.extend(block[at + 1..].iter().map(|(_, b)| (*a, *b)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn values(records: &Records, profile: &Profile, field: BlockingField) -> Vec<u64> {
    let date = |part: fn(NaiveDate) -> i32| {
        (profile.birth_dates.iter())
            .filter_map(|days| NaiveDate::from_num_days_from_ce_opt(*days))
            .map(|day| part(day) as u64)
            .collect()
    };
    // Both names, for they may be the other way round; of several words the
    // first, for the second may be left out.
    let name = |of: fn(&(u32, u32)) -> [u32; 2]| {
        (profile.names.iter())
            .flat_map(of)
            .filter(|word| *word != 0)
            .map(|word| hash(first_word(records.text(word))))
            .collect()
    };
    let mut values: Vec<u64> = match field {
        BlockingField::Surname => name(|(surname, _)| [*surname, 0]),
        BlockingField::Forename => name(|(surname, forename)| [*forename, *surname]),
        BlockingField::BirthDate => date(|day| day.num_days_from_ce()),
        BlockingField::BirthMonth => date(|day| day.year() * 12 + day.month() as i32),
        BlockingField::BirthYear => date(|day| day.year()),
        BlockingField::Sex => Vec::from([u64::from(profile.sex)]),
        BlockingField::Postcode => profile.postcodes.to_vec(),
        BlockingField::Sector => profile.postcodes.iter().map(|code| sector(*code)).collect(),
    };
    values.retain(|value| *value != 0);
    values.sort_unstable();
    values.dedup();
    values
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Splitmix64's finaliser over both.
pub(crate) fn mixed(key: u64, value: u64) -> u64 {
    let bits = key.rotate_left(23) ^ value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
