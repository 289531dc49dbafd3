//! A profile is all that a cluster's records say, each value once: a child who
//! moved has two postcodes, and agrees with whoever has either.

use super::forest::Forest;
use super::record::{Packed, Word};

/// One cluster, before records are weighed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    /// A member, by which the cluster is known.
    pub(crate) root: u32,
    /// Family and given name of each way in which it is written.
    pub(crate) names: Box<[(Word, Word)]>,
    pub(crate) birth_dates: Box<[i32]>,
    pub(crate) postcodes: Box<[u64]>,
    /// Permanent ones.
    pub(crate) upns: Box<[u64]>,
    pub(crate) nhs_numbers: Box<[u64]>,
    /// 0 not known, or said both ways.
    pub(crate) sex: u8,
}

impl Profile {
    /// Records without a name say too little to tell twins apart.
    pub(crate) fn is_nameless(&self) -> bool {
        self.names.iter().all(|(_, forename)| *forename == 0)
    }
}

/// The profiles of all clusters that say more than one thing of a person, in
/// the order of their first members.
pub(crate) fn profiles(forest: &Forest<'_>) -> Vec<Profile> {
    (0..forest.len())
        .filter(|place| forest.is_root(*place))
        .map(|root| profile(forest, root))
        .filter(|profile| !profile.birth_dates.is_empty() || !profile.names.is_empty())
        .filter(|profile| !profile.postcodes.is_empty() || !profile.names.is_empty())
        .collect()
}

fn profile(forest: &Forest<'_>, root: u32) -> Profile {
    let rows: Vec<&Packed> = forest
        .members(root)
        .map(|place| forest.row(place))
        .collect();
    let sexes = rows.iter().fold(0, |sexes, row| sexes | row.sex);
    Profile {
        root,
        names: distinct(rows.iter().map(|row| (row.surname, row.forename)), (0, 0)),
        birth_dates: distinct(rows.iter().map(|row| row.birth_date), 0),
        postcodes: distinct(rows.iter().map(|row| row.postcode), 0),
        upns: distinct(
            (rows.iter())
                .filter(|row| !row.is_temporary_upn)
                .map(|row| row.upn),
            0,
        ),
        nhs_numbers: distinct(
            forest.members(root).map(|place| forest.nhs_number(place)),
            0,
        ),
        sex: if sexes == 3 { 0 } else { sexes },
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>, none: T) -> Box<[T]> {
    let mut values: Vec<T> = values.filter(|value| *value != none).collect();
    values.sort_unstable();
    values.dedup();
    values.into()
}
