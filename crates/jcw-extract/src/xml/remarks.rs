//! Remarks are what is odd about an XML file that is read all the same, counted
//! by what they are about.

use super::text::At;
use crate::tally::Warning;
use std::collections::HashMap;

/// Different things remarked on by one rule; those beyond are counted as one.
const MOST: usize = 50;
/// Longest name of an element that is repeated in a message.
const LONGEST_NAME: usize = 64;

/// What was remarked on in the records of one table.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    counts: HashMap<(Rule, String), Count>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rule {
    /// An element that the contract does not know, by its name.
    UnknownTag,
    /// A name in another spelling, by that and the contract's.
    Spelling,
    /// Text between elements.
    StrayText,
    /// An attribute other than those of XML itself.
    Attribute,
}

#[derive(Debug)]
struct Count {
    first: At,
    count: u64,
}

impl Remarks {
    /// `at` is asked for the first time only.
    pub(super) fn add(&mut self, rule: Rule, about: &str, at: impl FnOnce() -> At) {
        let key = (rule, about.to_owned());
        let is_new = !self.counts.contains_key(&key);
        let is_full = is_new && self.counts.keys().filter(|known| known.0 == rule).count() >= MOST;
        let key = if is_full { (rule, String::new()) } else { key };
        self.counts
            .entry(key)
            .or_insert_with(|| Count {
                first: at(),
                count: 0,
            })
            .count += 1;
    }

    /// One warning for each thing remarked on, in the order of the file.
    pub(super) fn warnings(self) -> Vec<Warning> {
        let mut counts: Vec<_> = self.counts.into_iter().collect();
        counts.sort_by(|((left, about), one), ((right, other), two)| {
            let left = (left, one.first.line, one.first.column, about);
            left.cmp(&(right, two.first.line, two.first.column, other))
        });
        counts
            .into_iter()
            .map(|((rule, about), count)| warning(rule, &about, &count))
            .collect()
    }
}

/// A name as it may be repeated: nothing that is more than a name.
pub(super) fn said(name: &str) -> &str {
    if name.len() <= LONGEST_NAME {
        name
    } else {
        "a name of more than 64 bytes"
    }
}

fn warning(rule: Rule, about: &str, count: &Count) -> Warning {
    let line = count.first.line;
    let (rule, message) = match rule {
        Rule::UnknownTag if about.is_empty() => (
            "xml.unknown_tag",
            format!(
                "still other elements are not in the contract; they were not read (first on line {line})"
            ),
        ),
        Rule::UnknownTag => (
            "xml.unknown_tag",
            format!(
                "the element {about} is not in the contract; it was not read (first on line {line})"
            ),
        ),
        Rule::Spelling if about.is_empty() => (
            "xml.spelling",
            format!(
                "still other names are spelled unlike the contract; they were read all the same (first on line {line})"
            ),
        ),
        Rule::Spelling => (
            "xml.spelling",
            format!("{about}; it was read all the same (first on line {line})"),
        ),
        Rule::StrayText => (
            "xml.stray_text",
            format!("text stands between elements; it was not read (first on line {line})"),
        ),
        Rule::Attribute => (
            "xml.attribute",
            format!("elements have attributes; they were not read (first on line {line})"),
        ),
    };
    Warning {
        rule,
        message,
        row: None,
        count: count.count,
    }
}
