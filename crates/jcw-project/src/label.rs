//! A said label is how a message names a column of a partner's file.
//!
//! A file that has lost its header shows a person's record where the labels
//! should be, and messages are printed, logged and kept. So a label that the
//! contract does not declare is quoted only when all of these hold; otherwise
//! it is said by its position ("the 2nd label"):
//! - no column of the contract is about a person ([`Contract::is_about_people`]);
//! - another label of the same header is one that the contract declares;
//! - it has no run of six digits, nor of ten with spaces or hyphens between.

use crate::contract::{Classification, Contract, Kind};

/// The labels of one header, ready to be said in a message.
#[derive(Debug, Clone)]
pub struct SaidLabels {
    said: Vec<String>,
    is_any_declared: bool,
}

impl SaidLabels {
    /// `labels` in the order of the file, each with whether the contract
    /// declares it. `quotes` is whether the contract lets labels be quoted at
    /// all: it is not about people.
    pub fn new<'a>(quotes: bool, labels: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let labels: Vec<(&str, bool)> = labels.into_iter().collect();
        let is_any_declared = labels.iter().any(|(_, is_declared)| *is_declared);
        let said = labels
            .iter()
            .enumerate()
            .map(|(place, (label, is_declared))| {
                // What the contract itself says is no secret.
                if *is_declared || quotes && is_any_declared && !may_be_number_of_person(label) {
                    format!("\"{label}\"")
                } else {
                    format!("the {} label", ordinal(place + 1))
                }
            })
            .collect();
        SaidLabels {
            said,
            is_any_declared,
        }
    }

    /// The label at a 0-based place: quoted, or its position in words.
    pub fn say(&self, place: usize) -> &str {
        self.said.get(place).map_or("a label", String::as_str)
    }

    /// Whether the label at a 0-based place is quoted.
    pub fn is_quoted(&self, place: usize) -> bool {
        self.say(place).starts_with('"')
    }

    /// Whether the contract declares any of them. If not, it is no header.
    pub fn is_any_declared(&self) -> bool {
        self.is_any_declared
    }
}

impl Contract {
    /// Whether a file may hold what singles out, names or describes a person:
    /// a column is not classified open, or holds NHS numbers.
    pub fn is_about_people(&self) -> bool {
        self.columns.iter().any(|column| {
            column.classification != Classification::Open
                || matches!(column.kind, Kind::NhsNumber | Kind::Upn | Kind::Uln)
        })
    }
}

/// `1st`, `2nd`, `11th`.
pub fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tail) if tail != 11 => "st",
        (2, tail) if tail != 12 => "nd",
        (3, tail) if tail != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Six digits may be a date of birth or a local number; ten, an NHS number as
/// it is printed (943 476 5919).
fn may_be_number_of_person(label: &str) -> bool {
    let (mut close, mut loose) = (0, 0);
    for character in label.chars() {
        if character.is_numeric() {
            close += 1;
            loose += 1;
        } else {
            close = 0;
            if !character.is_whitespace() && character != '-' {
                loose = 0;
            }
        }
        if close >= 6 || loose >= 10 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(quotes: bool, labels: &[(&str, bool)]) -> Vec<String> {
        SaidLabels::new(quotes, labels.iter().copied()).said
    }

    #[test]
    fn a_label_is_quoted_only_where_it_cannot_be_a_persons() {
        let header = [
            ("id", true),
            ("Jane Doe", false),
            ("9434765919", false),
            ("943 476 5919", false),
            ("dob 010203", false),
            ("Total 2023-24", false),
        ];
        assert_eq!(
            said(true, &header),
            [
                "\"id\"",
                "\"Jane Doe\"",
                "the 3rd label",
                "the 4th label",
                "the 5th label",
                "\"Total 2023-24\""
            ]
        );
        assert_eq!(said(false, &header)[..2], ["\"id\"", "the 2nd label"]);
        assert_eq!(
            said(true, &header[1..3]),
            ["the 1st label", "the 2nd label"]
        );
    }

    #[test]
    fn places_are_counted_in_english() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal).into();
        assert_eq!(
            said.join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 111th"
        );
    }
}
