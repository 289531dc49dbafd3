//! A level is how well two clusters agree on one field: the steps of Fellegi and
//! Sunter's comparison vector. Level 0 says nothing, for one of them has no
//! value; level 1 is agreement.

use super::agree::{DateMatch, dates};
use super::names::Names;
use super::normalise::sector;
use super::profile::Profile;
use super::record::Word;

/// Fields in the order of a comparison vector.
pub(crate) const FIELDS: usize = 7;
pub(crate) const FORENAME: usize = 0;
pub(crate) const SURNAME: usize = 1;
pub(crate) const BIRTH_DATE: usize = 2;
pub(crate) const SEX: usize = 3;
pub(crate) const POSTCODE: usize = 4;
pub(crate) const NHS_NUMBER: usize = 5;
pub(crate) const UPN: usize = 6;

/// Levels of each field that say something, best first.
///
/// | field | levels |
/// |---|---|
/// | given name | same; slip or short form; alike; other; swapped with the family name |
/// | family name | same; slip or one of two words; alike; other |
/// | date of birth | same; day and month swapped, a digit or a year off; two parts of three; other |
/// | sex | same; other |
/// | postcode | same; same sector; same district; other |
/// | NHS number, UPN | same; other |
pub(crate) const LEVELS: [usize; FIELDS] = [5, 4, 4, 2, 4, 2, 2];
/// Given and family name the other way round; the family name then says nothing.
pub(crate) const SWAPPED: u8 = 5;

/// How two clusters agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Comparison {
    pub(crate) levels: [u8; FIELDS],
}

/// The values on which two clusters agree, for how rare they are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shared {
    pub(crate) forename: Word,
    pub(crate) surname: Word,
    pub(crate) birth_date: i32,
    pub(crate) postcode: u64,
}

/// Compares two clusters on every field.
pub(crate) fn compare(names: &Names<'_>, a: &Profile, b: &Profile) -> (Comparison, Shared) {
    let mut shared = Shared::default();
    let mut levels = [0; FIELDS];
    (levels[FORENAME], levels[SURNAME]) = name(names, a, b, &mut shared);
    levels[BIRTH_DATE] = birth_date(a, b, &mut shared);
    levels[SEX] = match (a.sex, b.sex) {
        (0, _) | (_, 0) => 0,
        (one, other) => 1 + u8::from(one != other),
    };
    levels[POSTCODE] = postcode(a, b, &mut shared);
    levels[NHS_NUMBER] = number(&a.nhs_numbers, &b.nhs_numbers);
    levels[UPN] = number(&a.upns, &b.upns);
    (Comparison { levels }, shared)
}

fn name(names: &Names<'_>, a: &Profile, b: &Profile, shared: &mut Shared) -> (u8, u8) {
    let mut best = (0, 0);
    let mut best_cost = u8::MAX;
    for one in &a.names {
        for other in &b.names {
            let mut forename = forenames(names, one.1, other.1);
            let mut surname = surnames(names, one.0, other.0);
            let is_swapped = forename > 2 && surname > 2 && {
                let as_row = |(surname, forename): (Word, Word)| super::record::Packed {
                    surname,
                    forename,
                    ..Default::default()
                };
                names.is_swapped(&as_row(*one), &as_row(*other))
            };
            if is_swapped {
                (forename, surname) = (SWAPPED, 0);
            }
            let cost = match forename {
                SWAPPED => 3,
                level => level + surname,
            };
            if cost < best_cost {
                best_cost = cost;
                best = (forename, surname);
                shared.forename = if forename == 1 { one.1 } else { 0 };
                shared.surname = if surname == 1 { one.0 } else { 0 };
            }
        }
    }
    best
}

fn forenames(names: &Names<'_>, a: Word, b: Word) -> u8 {
    use super::names::NameMatch;
    match (a, b) {
        (0, _) | (_, 0) => 0,
        (a, b) if a == b => 1,
        (a, b) => match names.forenames(a, b) {
            NameMatch::Agrees | NameMatch::Unknown => 2,
            NameMatch::Doubtful => 3,
            NameMatch::Differs => 4,
        },
    }
}

fn surnames(names: &Names<'_>, a: Word, b: Word) -> u8 {
    match (a, b) {
        (0, _) | (_, 0) => 0,
        (a, b) if a == b => 1,
        (a, b) if names.share_a_word(a, b) => 2,
        (a, b) => match names.likeness(a, b) {
            likeness if likeness >= 0.92 => 2,
            likeness if likeness >= 0.8 => 3,
            _ => 4,
        },
    }
}

fn birth_date(a: &Profile, b: &Profile, shared: &mut Shared) -> u8 {
    let pairs = (a.birth_dates.iter())
        .flat_map(|one| b.birth_dates.iter().map(move |other| (*one, *other)));
    let nearest = pairs.map(|(one, other)| (dates(one, other), one)).min();
    match nearest {
        None => 0,
        Some((DateMatch::Same, day)) => {
            shared.birth_date = day;
            1
        }
        Some((DateMatch::Slip, _)) => 2,
        Some((DateMatch::Near, _)) => 3,
        Some((DateMatch::Other, _)) => 4,
    }
}

fn postcode(a: &Profile, b: &Profile, shared: &mut Shared) -> u8 {
    let mut best = 0;
    for one in &a.postcodes {
        for other in &b.postcodes {
            let level = if one == other {
                shared.postcode = *one;
                1
            } else if sector(*one) == sector(*other) {
                2
            } else if sector(*one) / 36 == sector(*other) / 36 {
                3
            } else {
                4
            };
            if best == 0 || level < best {
                best = level;
            }
        }
    }
    best
}

fn number(a: &[u64], b: &[u64]) -> u8 {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    match a.iter().any(|one| b.contains(one)) {
        true => 1,
        false => 2,
    }
}
