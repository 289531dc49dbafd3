//! Texts kept once each, by number: names, local ids and pseudonyms of millions
//! of records in one piece of memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// A number of a text; 0 is the empty one.
pub(crate) type Word = u32;

/// Texts, each once.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: String,
    /// Where the text of each word ends, the first word being 1.
    ends: Vec<usize>,
    /// By hash; a word whose place is taken has the next one.
    words: HashMap<u64, Word>,
    hasher: RandomState,
}

impl Texts {
    /// The text of a word.
    pub(crate) fn text(&self, word: Word) -> &str {
        let Some(place) = (word as usize).checked_sub(1) else {
            return "";
        };
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start..self.ends[place]]
    }

    /// The word of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<Word> {
        self.place(text).1
    }

    /// The word of a text, a new one if it is not there yet.
    pub(crate) fn put(&mut self, text: &str) -> Word {
        if text.is_empty() {
            return 0;
        }
        match self.place(text) {
            (_, Some(word)) => word,
            (place, None) => {
                self.all.push_str(text);
                self.ends.push(self.all.len());
                let word = self.ends.len() as Word;
                self.words.insert(place, word);
                word
            }
        }
    }

    fn place(&self, text: &str) -> (u64, Option<Word>) {
        let mut place = self.hasher.hash_one(text);
        while let Some(word) = self.words.get(&place) {
            if self.text(*word) == text {
                return (place, Some(*word));
            }
            place = place.wrapping_add(1);
        }
        (place, None)
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn every_text_has_one_word() {
        let mut texts = Texts::default();
        let words: Vec<u32> = ["", "a", "ab", "a", "b"].map(|text| texts.put(text)).into();
        assert_eq!(words, [0, 1, 2, 1, 3]);
        let back: Vec<&str> = words.iter().map(|word| texts.text(*word)).collect();
        assert_eq!(back, ["", "a", "ab", "a", "b"]);
        assert_eq!((texts.find("b"), texts.find("c")), (Some(3), None));
    }
}
