//! Whether what two clusters say besides a number speaks for or against the
//! number's being one person's. A number is copied wrong, given to a sibling,
//! or used again for another child; a date of birth and a name are not all
//! wrong at once.

use super::forest::Forest;
use super::names::{NameMatch, Names};
use chrono::{Datelike, NaiveDate};

/// What two records say besides the number that they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// Name or date of birth agree, the date in two parts of three at least, or a
    /// second number does.
    Agrees,
    /// Nothing to compare.
    Silent,
    /// Another given name, or another date of birth without a name that agrees.
    Contradicts,
}

/// How near two dates of birth are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DateMatch {
    /// The same day.
    Same,
    /// Day and month swapped, one digit wrong, or a year off.
    Slip,
    /// Two of day, month and year agree.
    Near,
    /// Another day.
    Other,
}

/// Compares two dates, in days from the common era.
pub(crate) fn dates(a: i32, b: i32) -> DateMatch {
    if a == b {
        return DateMatch::Same;
    }
    let day = NaiveDate::from_num_days_from_ce_opt;
    let (Some(a), Some(b)) = (day(a), day(b)) else {
        return DateMatch::Other;
    };
    let same = [
        a.year() == b.year(),
        a.month() == b.month(),
        a.day() == b.day(),
    ];
    let is_swapped = same[0] && a.day() == b.month() && a.month() == b.day();
    let is_year_off = same[1] && same[2] && (a.year() - b.year()).abs() == 1;
    let digits = |day: NaiveDate| day.year() * 10_000 + (day.month() * 100 + day.day()) as i32;
    if is_swapped || is_year_off || differing_digits(digits(a), digits(b)) == 1 {
        DateMatch::Slip
    } else if same.iter().filter(|same| **same).count() == 2 {
        DateMatch::Near
    } else {
        DateMatch::Other
    }
}

fn differing_digits(mut a: i32, mut b: i32) -> usize {
    let mut differing = 0;
    while a > 0 || b > 0 {
        differing += usize::from(a % 10 != b % 10);
        (a, b) = (a / 10, b / 10);
    }
    differing
}

/// What two clusters say besides a number.
pub(crate) fn agreement(forest: &Forest<'_>, names: &Names<'_>, a: u32, b: u32) -> Agreement {
    let name = forest.names(names, a, b);
    let date = nearest(forest, a, b);
    let is_near = date.is_some_and(|date| date <= DateMatch::Near);
    match (name, date) {
        (NameMatch::Differs, _) => Agreement::Contradicts,
        (NameMatch::Agrees, _) => Agreement::Agrees,
        (_, Some(_)) if is_near || share_two_numbers(forest, a, b) => Agreement::Agrees,
        (_, Some(_)) => Agreement::Contradicts,
        (_, None) => Agreement::Silent,
    }
}

/// Two numbers are not both wrong: then the date of birth is.
fn share_two_numbers(forest: &Forest<'_>, a: u32, b: u32) -> bool {
    let shares = |number: &dyn Fn(u32) -> (u64, u64)| {
        forest.members(a).any(|one| {
            let one = number(one);
            one.1 != 0 && forest.members(b).any(|other| number(other) == one)
        })
    };
    let row = |place: u32| forest.row(place);
    let numbers: [&dyn Fn(u32) -> (u64, u64); 4] = [
        &|place| (u64::from(row(place).scope), u64::from(row(place).local_id)),
        &|place| (0, row(place).nhs_number),
        &|place| (0, row(place).upn),
        &|place| (0, row(place).uln),
    ];
    (numbers.iter().filter(|number| shares(number)).count()) >= 2
}

fn nearest(forest: &Forest<'_>, a: u32, b: u32) -> Option<DateMatch> {
    let mut best = None;
    for one in forest.members(a) {
        let one = forest.row(one).birth_date;
        for other in forest.members(b) {
            let other = forest.row(other).birth_date;
            if one == 0 || other == 0 {
                continue;
            }
            if one == other {
                return Some(DateMatch::Same);
            }
            let found = dates(one, other);
            best = Some(best.map_or(found, |best: DateMatch| best.min(found)));
        }
    }
    best
}
