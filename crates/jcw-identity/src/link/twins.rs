//! Twins leave a trace even where nobody says so: children who are registered
//! together get numbers that follow each other. Two records of one partner with
//! the same date of birth and neighbouring numbers are taken for twins, so that
//! a record without a name is not tied to the one when it may be the other's.

use super::forest::Forest;
use std::collections::HashMap;

/// How far apart the numbers of children registered together may be.
const NEIGHBOURS: u64 = 3;

/// Clusters that may be twins of each other, by members of theirs.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    of: HashMap<u32, Vec<u32>>,
}

impl Twins {
    /// Finds neighbours among the numbers of each partner.
    pub(crate) fn find(forest: &Forest<'_>) -> Twins {
        let mut numbered: Vec<((u16, u16), i32, u64, u32)> = Vec::new();
        for place in 0..forest.len() {
            let row = forest.row(place);
            let number = digits(forest.records.text(row.local_id));
            if let Some(number) = number.filter(|_| row.birth_date != 0) {
                numbered.push((
                    (row.scope, row.system),
                    row.birth_date,
                    number,
                    forest.root(place),
                ));
            }
        }
        numbered.sort_unstable();
        numbered.dedup();
        let mut of: HashMap<u32, Vec<u32>> = HashMap::new();
        for born in numbered.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for pair in born.windows(2) {
                let (elder, younger) = (pair[0], pair[1]);
                if younger.2 - elder.2 <= NEIGHBOURS && elder.3 != younger.3 {
                    of.entry(elder.3).or_default().push(younger.3);
                    of.entry(younger.3).or_default().push(elder.3);
                }
            }
        }
        Twins { of }
    }

    /// Members of clusters that may be twins of this one.
    pub(crate) fn of(&self, root: u32) -> &[u32] {
        self.of.get(&root).map_or(&[], Vec::as_slice)
    }
}

/// Two numbers follow each other, as those of children registered together do.
pub(crate) fn are_neighbours(one: &str, other: &str) -> bool {
    match (digits(one), digits(other)) {
        (Some(one), Some(other)) => one.abs_diff(other) <= NEIGHBOURS,
        _ => false,
    }
}

/// The digits that a partner's number ends in.
fn digits(local_id: &str) -> Option<u64> {
    let start = local_id
        .trim_end_matches(|letter: char| letter.is_ascii_digit())
        .len();
    local_id[start..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn a_number_may_have_letters_before_it() {
        assert_eq!(digits("C1000042"), Some(1_000_042));
        assert_eq!(
            (digits("0000042"), digits("A"), digits("")),
            (Some(42), None, None)
        );
    }
}
