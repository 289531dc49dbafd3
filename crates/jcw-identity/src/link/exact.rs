//! Records that carry the same number. In order, each with what it needs:
//!
//! 1. **A verified NHS number** (status 01): traced against the Personal
//!    Demographics Service, so that it needs nothing more; but a different given
//!    name, or a different date of birth without a name that agrees, says that
//!    the number was written into the wrong row.
//! 2. **A carried number**, which nobody traced. The partner's own number, a
//!    permanent UPN, a ULN: unless something contradicts, for partners use their
//!    numbers again for other children. An unverified NHS number: only where
//!    date of birth or name agree.
//!
//! A record that says nothing but the number is tied where one cluster fits it;
//! of a number that two children were given, it may be either's. Nor does an NHS
//! number make one child of two whom their provider registered apart and names
//! neither of: not where their sexes differ, and where it was not traced, not
//! where their numbers follow each other. A person is asked.
//!
//! A temporary UPN is no key: a school gives it for the time being, and the next
//! school may give it again. Two different permanent UPNs do not forbid a tie: a
//! child gets a second one where the first was not passed on.

use super::agree::{Agreement, agreement};
use super::forest::Forest;
use super::links::MatchClass;
use super::names::{NameMatch, Names};
use super::outcome::Doubt;
use std::collections::BTreeMap;

/// What one number may tie.
#[derive(Clone, Copy)]
struct Rule {
    class: MatchClass,
    /// Silence is not enough.
    needs_agreement: bool,
    is_nhs_number: bool,
    /// Told to a person where the same number stands in two clusters.
    doubt: Option<&'static str>,
}

/// Above this many different clusters under one number it is a filler, and ties
/// nobody.
const MOST: usize = 64;

/// Ties records by their numbers. Pairs that a number alone would have tied are
/// left in `doubts`.
pub(crate) fn tie(forest: &mut Forest<'_>, names: &Names<'_>, doubts: &mut Vec<Doubt>) {
    let same_row = Rule {
        class: MatchClass::Carried,
        needs_agreement: false,
        is_nhs_number: false,
        doubt: None,
    };
    for group in groups(forest, |forest, place| {
        u64::from(forest.row(place).person_ref)
    }) {
        // The same pseudonym says the same, and the lake has one person for it.
        for pair in group.windows(2) {
            forest.join(pair[0], pair[1], same_row.class, None);
        }
    }
    let verified = Rule {
        class: MatchClass::NhsNumber,
        needs_agreement: false,
        is_nhs_number: true,
        doubt: Some("the same verified NHS number, and a name or date of birth against it"),
    };
    for group in groups(forest, |forest, place| forest.verified_number(place)) {
        tie_group(forest, names, &group, verified, doubts);
        dispute(forest, &group);
    }
    let local_id = |forest: &Forest<'_>, place: u32| match forest.row(place) {
        row if row.local_id == 0 => 0,
        row => u64::from(row.scope) << 32 | u64::from(row.local_id),
    };
    let upn = |forest: &Forest<'_>, place: u32| match forest.row(place) {
        row if row.is_temporary_upn => 0,
        row => row.upn,
    };
    for group in groups(forest, local_id) {
        tie_group(forest, names, &group, same_row, doubts);
    }
    for group in groups(forest, upn) {
        tie_group(forest, names, &group, same_row, doubts);
    }
    for group in groups(forest, |forest, place| forest.row(place).uln) {
        tie_group(forest, names, &group, same_row, doubts);
    }
    let unverified = Rule {
        needs_agreement: true,
        is_nhs_number: true,
        ..same_row
    };
    for group in groups(forest, |forest, place| forest.nhs_number(place)) {
        tie_group(forest, names, &group, unverified, doubts);
    }
}

/// Records by number, where more than one has it.
fn groups(forest: &Forest<'_>, number: impl Fn(&Forest<'_>, u32) -> u64) -> Vec<Vec<u32>> {
    let mut numbered: Vec<(u64, u32)> = (0..forest.len())
        .map(|place| (number(forest, place), place))
        .filter(|(number, _)| *number != 0)
        .collect();
    numbered.sort_unstable();
    let mut groups: Vec<Vec<u32>> = (numbered.chunk_by(|a, b| a.0 == b.0))
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|(_, place)| *place).collect())
        .collect();
    // By members and not by number: words are numbered as records came.
    groups.sort_unstable();
    groups
}

fn tie_group(
    forest: &mut Forest<'_>,
    names: &Names<'_>,
    group: &[u32],
    rule: Rule,
    doubts: &mut Vec<Doubt>,
) {
    // Rows that say the same of name and day are compared once.
    let mut alike: BTreeMap<(i32, u32, u32), u32> = BTreeMap::new();
    for place in group {
        let row = forest.row(*place);
        let says = (row.birth_date, row.forename, row.surname);
        let first = *alike.entry(says).or_insert(*place);
        if says.0 != 0
            && forest.may_join(names, first, *place, rule.class)
            && siblings(forest, names, first, *place, rule).is_none()
        {
            forest.join(first, *place, rule.class, None);
        }
    }
    // A cluster that grows may then be joined by what it was silent on before.
    for _ in 0..3 {
        let mut roots: Vec<u32> = group.iter().map(|place| forest.root(*place)).collect();
        roots.sort_unstable();
        roots.dedup();
        if roots.len() < 2 || roots.len() > MOST {
            return;
        }
        if !tie_roots(forest, names, &roots, rule, doubts) {
            break;
        }
    }
    if let Some(reason) = rule.doubt {
        let mut roots: Vec<u32> = group.iter().map(|place| forest.root(*place)).collect();
        roots.sort_unstable();
        roots.dedup();
        doubts.extend((roots.windows(2)).map(|pair| Doubt {
            a: pair[0],
            b: pair[1],
            probability: None,
            reason,
        }));
    }
}

/// Ties those of the clusters that may be one; whether any were.
fn tie_roots(
    forest: &mut Forest<'_>,
    names: &Names<'_>,
    roots: &[u32],
    rule: Rule,
    doubts: &mut Vec<Doubt>,
) -> bool {
    let mut is_changed = false;
    // First what agrees, then what is silent, so that a record that says little
    // goes to the one that it fits.
    for silent in [false, true] {
        for (place, a) in roots.iter().enumerate() {
            for b in &roots[place + 1..] {
                if forest.root(*a) == forest.root(*b) || (silent && rule.needs_agreement) {
                    continue;
                }
                let found = agreement(forest, names, *a, *b);
                let fits = match found {
                    Agreement::Agrees => true,
                    Agreement::Silent => silent,
                    Agreement::Contradicts => false,
                };
                if !fits || !forest.may_join(names, *a, *b, rule.class) {
                    continue;
                }
                let is_anyones = found == Agreement::Silent
                    && fits_another(forest, names, roots, (*a, *b), rule.class);
                let doubt = match is_anyones {
                    true => Some("a number that two children have, and nothing else is said"),
                    false => siblings(forest, names, *a, *b, rule),
                };
                if let Some(reason) = doubt {
                    doubts.push(Doubt {
                        a: *a,
                        b: *b,
                        probability: None,
                        reason,
                    });
                } else {
                    forest.join(*a, *b, rule.class, None);
                    is_changed = true;
                }
            }
        }
    }
    is_changed
}

/// A third cluster under the number could be either of two, and not both.
fn fits_another(
    forest: &Forest<'_>,
    names: &Names<'_>,
    roots: &[u32],
    (a, b): (u32, u32),
    class: MatchClass,
) -> bool {
    let fits = |one: u32, other: u32| {
        forest.root(one) == forest.root(other)
            || (agreement(forest, names, one, other) != Agreement::Contradicts
                && forest.may_join(names, one, other, class))
    };
    (roots.iter()).any(|third| fits(a, *third) != fits(b, *third))
}

/// Why two clusters under one NHS number may be two children whom their provider
/// registered, and names neither or one of.
fn siblings(
    forest: &Forest<'_>,
    names: &Names<'_>,
    a: u32,
    b: u32,
    rule: Rule,
) -> Option<&'static str> {
    let is_registered_twice = rule.is_nhs_number
        && forest.local_ids_differ(a, b)
        && forest.names(names, a, b) != NameMatch::Agrees;
    if !is_registered_twice {
        None
    } else if forest.sexes_differ(a, b) {
        Some("the same NHS number under two of a partner's numbers, and not the same sex")
    } else if rule.needs_agreement && forest.local_ids_are_neighbours(a, b) {
        Some("the same NHS number, not traced, under two of a partner's numbers in a row: twins")
    } else {
        None
    }
}

/// Where one verified number stands in several clusters, it is the person's of
/// most records; in the others it is a slip. Where none has most, it is nobody's.
fn dispute(forest: &mut Forest<'_>, group: &[u32]) {
    let mut records: BTreeMap<u32, usize> = BTreeMap::new();
    for place in group {
        *records.entry(forest.root(*place)).or_default() += 1;
    }
    if records.len() < 2 {
        return;
    }
    let most = records.values().copied().max().unwrap_or(0);
    let owners: Vec<u32> = (records.iter())
        .filter(|(_, count)| **count == most)
        .map(|(root, _)| *root)
        .collect();
    for place in group {
        if owners != [forest.root(*place)] {
            forest.dispute(*place);
        }
    }
}
