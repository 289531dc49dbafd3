//! How alike two people's names are. Twins share everything but the given name,
//! so that it is the given name that says whether two records can be of one
//! child.

use super::nickname::is_nickname;
use super::record::{Packed, Records, Word};
use std::collections::HashSet;
use strsim::jaro_winkler;

/// What two names say of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameMatch {
    /// The same given name, or a slip or a short form of it; or both names the
    /// other way round.
    Agrees,
    /// One of them has no given name.
    Unknown,
    /// Alike, and not enough to say that it is one name.
    Doubtful,
    /// Two given names.
    Differs,
}

/// Likeness above which a word is a misspelling of the other (Jaro-Winkler).
const MISSPELT: f64 = 0.88;
/// Likeness below which two words have nothing to do with each other.
const UNLIKE: f64 = 0.75;
/// A given name that children of so many birthdays have is a name of its own,
/// and not a misspelling: HAYDEN is no slip for JAYDEN.
const BIRTHDAYS: usize = 4;

/// The names of all records.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    records: &'a Records,
    established: HashSet<Word>,
}

impl<'a> Names<'a> {
    /// Learns which given names are names of their own.
    pub(crate) fn new(records: &'a Records) -> Names<'a> {
        let mut borne: Vec<(Word, i32)> = (records.rows.iter())
            .filter(|row| row.forename != 0)
            .map(|row| (row.forename, row.birth_date))
            .collect();
        borne.sort_unstable();
        borne.dedup();
        let established = (borne.chunk_by(|a, b| a.0 == b.0))
            .filter(|birthdays| birthdays.len() >= BIRTHDAYS)
            .filter_map(|birthdays| birthdays.first().map(|(name, _)| *name))
            .collect();
        Names {
            records,
            established,
        }
    }

    /// What the names of two records say of each other.
    pub(crate) fn compare(&self, a: &Packed, b: &Packed) -> NameMatch {
        if a.forename == 0 || b.forename == 0 {
            return NameMatch::Unknown;
        }
        if a.forename == b.forename {
            return NameMatch::Agrees;
        }
        if self.is_swapped(a, b) {
            return NameMatch::Agrees;
        }
        self.forenames(a.forename, b.forename)
    }

    /// What two given names say of each other.
    pub(crate) fn forenames(&self, a: Word, b: Word) -> NameMatch {
        if a == b {
            return NameMatch::Agrees;
        }
        let (one, other) = (self.records.text(a), self.records.text(b));
        if is_short_form(one, other) {
            return NameMatch::Agrees;
        }
        if self.established.contains(&a) && self.established.contains(&b) {
            return NameMatch::Differs;
        }
        match jaro_winkler(one, other) {
            likeness if likeness >= MISSPELT => NameMatch::Agrees,
            likeness if likeness >= UNLIKE => NameMatch::Doubtful,
            _ => NameMatch::Differs,
        }
    }

    /// Given and family name the other way round.
    pub(crate) fn is_swapped(&self, a: &Packed, b: &Packed) -> bool {
        let words = [a.forename, a.surname, b.forename, b.surname];
        !words.contains(&0)
            && self.likeness(a.forename, b.surname) >= MISSPELT
            && self.likeness(a.surname, b.forename) >= MISSPELT
    }

    /// Jaro-Winkler likeness of two words, 1 for the same.
    pub(crate) fn likeness(&self, a: Word, b: Word) -> f64 {
        match a == b {
            true => 1.0,
            false => jaro_winkler(self.records.text(a), self.records.text(b)),
        }
    }

    /// Two names of several words have one in common: `Mary-Jane` and `Jane`.
    pub(crate) fn share_a_word(&self, a: Word, b: Word) -> bool {
        share_a_word(self.records.text(a), self.records.text(b))
    }
}

fn is_short_form(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    (short.len() >= 3 && long.starts_with(short)) || share_a_word(a, b) || is_nickname(a, b)
}

fn share_a_word(a: &str, b: &str) -> bool {
    a.split(' ')
        .any(|word| word.len() >= 3 && b.split(' ').any(|other| other == word))
}
