//! A lookup finds a short text among a set that is known beforehand: the codes
//! of a column, its symbols.
//!
//! It is an open hash table over bytes that never makes a new string: a case
//! that the standard map cannot do without lower-casing every cell first.

use crate::text;

/// Texts known beforehand, each with its place among them.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    entries: Vec<Box<str>>,
    /// One more than the place in `entries`; 0 is free. A power of two long.
    slots: Vec<u32>,
    ignores_case: bool,
    longest: usize,
}

impl Lookup {
    /// Texts that must match exactly.
    pub(crate) fn exact(entries: impl IntoIterator<Item = impl Into<Box<str>>>) -> Lookup {
        Lookup::new(entries, false)
    }

    /// Texts that match without case; exactly where two of them differ by case
    /// alone.
    pub(crate) fn without_case(entries: impl IntoIterator<Item = impl Into<Box<str>>>) -> Lookup {
        let lookup = Lookup::new(entries, true);
        let has_twins = (lookup.entries.iter().enumerate())
            .any(|(at, entry)| lookup.find(entry).is_some_and(|found| found != at));
        if has_twins {
            Lookup::new(lookup.entries, false)
        } else {
            lookup
        }
    }

    fn new(entries: impl IntoIterator<Item = impl Into<Box<str>>>, ignores_case: bool) -> Lookup {
        let entries: Vec<Box<str>> = (entries.into_iter().map(Into::into))
            .map(|entry: Box<str>| match text::composed(&entry) {
                Some(composed) if ignores_case => composed.into(),
                _ => entry,
            })
            .collect();
        let mut lookup = Lookup {
            slots: vec![0; (entries.len() * 2 + 2).next_power_of_two()],
            longest: entries.iter().map(|entry| entry.len()).max().unwrap_or(0),
            entries,
            ignores_case,
        };
        for place in 0..lookup.entries.len() {
            let mut slot = lookup.first_slot(lookup.entries[place].as_bytes());
            while lookup.slots[slot] != 0 {
                slot = (slot + 1) & (lookup.slots.len() - 1);
            }
            lookup.slots[slot] = place as u32 + 1;
        }
        lookup
    }

    /// The place of `text`; of equal texts the first. Where case does not
    /// matter, neither does how an accent is written.
    #[inline]
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        if self.ignores_case
            && !text.is_ascii()
            && let Some(composed) = text::composed(text)
        {
            return self.find_as_is(&composed);
        }
        self.find_as_is(text)
    }

    #[inline]
    fn find_as_is(&self, text: &str) -> Option<usize> {
        // Lower case may be longer or shorter than upper case, hence the slack.
        if text.len() > self.longest * 3 {
            return None;
        }
        let mut slot = self.first_slot(text.as_bytes());
        loop {
            let place = (self.slots[slot] as usize).checked_sub(1)?;
            if self.is_same(&self.entries[place], text) {
                return Some(place);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    pub(crate) fn entry(&self, place: usize) -> &str {
        &self.entries[place]
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    fn is_same(&self, entry: &str, text: &str) -> bool {
        if !self.ignores_case {
            return entry == text;
        }
        entry.eq_ignore_ascii_case(text)
            || !text.is_ascii()
                && (entry.chars().flat_map(char::to_lowercase))
                    .eq(text.chars().flat_map(char::to_lowercase))
    }

    /// FNV-1a over ASCII lower case; other letters all count alike, as their
    /// case cannot be told from a byte.
    #[inline]
    fn first_slot(&self, text: &[u8]) -> usize {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for &byte in text {
            if byte.is_ascii() {
                hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
            } else if !self.ignores_case {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        (hash ^ (hash >> 32)) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_match_without_case_and_keep_their_place() {
        let codes = Lookup::without_case(["ASD", "SLCN", "Éa", "01"]);
        assert_eq!(codes.find("asd"), Some(0));
        assert_eq!(codes.find("Slcn"), Some(1));
        assert_eq!(codes.find("éA"), Some(2));
        assert_eq!(codes.find("E\u{301}a"), Some(2), "the accent on its own");
        assert_eq!(
            codes.find("1"),
            None,
            "01 that lost its zero is another code"
        );
        assert_eq!(codes.find("ASDX"), None);
        assert_eq!(codes.find(""), None);
        assert_eq!(Lookup::exact([""; 0]).find("x"), None);
    }

    #[test]
    fn codes_that_differ_by_case_alone_match_exactly() {
        let codes = Lookup::without_case(["x", "X"]);
        assert_eq!((codes.find("x"), codes.find("X")), (Some(0), Some(1)));
    }

    proptest! {
        #[test]
        fn every_entry_is_found_and_nothing_else(entries in prop::collection::btree_set("[a-zÀ]{0,3}", 0..60), other in "[a-zA-ZàÀ]{0,4}") {
            let list: Vec<String> = entries.iter().cloned().collect();
            let lookup = Lookup::without_case(list.iter().map(String::as_str));
            for (place, entry) in list.iter().enumerate() {
                prop_assert_eq!(lookup.find(entry), Some(place));
                prop_assert_eq!(lookup.find(&entry.to_uppercase()), Some(place));
            }
            let expected = list.iter().position(|entry| entry.to_lowercase() == other.to_lowercase());
            prop_assert_eq!(lookup.find(&other), expected);
        }
    }
}
