//! The tables of every partner, by who hands them over.

pub(crate) mod board;
pub(crate) mod council;
pub(crate) mod csds;
pub(crate) mod eput;
pub(crate) mod mhsds;
pub(crate) mod sen2;

use super::table::Table;

/// Every table whose rows can be spoilt.
pub(crate) fn all() -> Vec<&'static Table> {
    let mut all: Vec<&'static Table> = sen2::PERSON_TABLES.to_vec();
    all.extend(super::csds::TABLES.iter().map(|(table, ..)| *table));
    all.extend(super::mhsds::TABLES.iter().map(|(table, ..)| *table));
    all.extend(super::single::tables());
    all.extend([
        &eput::CONTRACT_ACTIVITY,
        &board::CSDS_ACTIVE_SUBMISSION,
        &board::MHSDS_ACTIVE_SUBMISSION,
    ]);
    all
}
