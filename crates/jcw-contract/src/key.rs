//! A key names a row once in the whole file. To find the rows that share one
//! without holding the file in memory, a file is judged by hashes first:
//!
//! 1. every key's hash goes into a [`KeyIndex`], eight bytes a row;
//! 2. hashes that came twice are [`Suspects`]; mostly there are none, and the
//!    file is done;
//! 3. otherwise the file is checked again and the suspect rows are withheld
//!    ([`Withheld`](crate::Withheld) decides about them exactly).
//!
//! Two different keys with one hash are merely withheld and then let go.

use crate::error::Error;
use arrow::array::ArrayRef;
use datafusion::common::DataFusionError;
use datafusion::common::hash_utils::{QualityRandomState, create_hashes};
use std::collections::HashSet;

/// What a check does about the contract's key.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Nothing.
    Ignore,
    /// Gives the hashes of the accepted rows' keys.
    Collect,
    /// Withholds accepted rows whose key is suspect.
    Withhold(&'a Suspects),
}

/// The hashes of a file's keys.
#[derive(Debug)]
pub struct KeyIndex {
    /// By the hash's first byte: small enough to sort in the processor's cache,
    /// and never all grown at once.
    parts: Vec<Vec<u64>>,
    count: usize,
    limit: usize,
}

/// Hashes of keys that more than one row may share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspects {
    hashes: HashSet<u64>,
}

impl KeyIndex {
    /// Room for eight bytes a row, up to `limit` bytes in all.
    pub fn new(limit: usize) -> Self {
        KeyIndex {
            parts: vec![Vec::new(); 256],
            count: 0,
            limit,
        }
    }

    /// Adds the keys of one batch.
    ///
    /// # Errors
    /// [`Error::TooManyKeys`] past the limit.
    pub fn add(&mut self, hashes: &[u64]) -> Result<(), Error> {
        self.count += hashes.len();
        if self.count.saturating_mul(size_of::<u64>()) > self.limit {
            return Err(Error::TooManyKeys { limit: self.limit });
        }
        for hash in hashes {
            self.parts[(hash >> 56) as usize].push(*hash);
        }
        Ok(())
    }

    /// The hashes that came more than once.
    pub fn finish(self) -> Suspects {
        let mut hashes = HashSet::new();
        for mut part in self.parts {
            part.sort_unstable();
            let same = part.chunk_by(|a, b| a == b);
            hashes.extend(same.filter(|same| same.len() > 1).map(|same| same[0]));
        }
        Suspects { hashes }
    }
}

impl Suspects {
    /// No key came twice: the file need not be checked again.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// How many keys are suspect.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }
}

/// A hash of each row of the key's columns, the same in every run.
pub(crate) fn hash_rows(columns: &[ArrayRef], rows: usize) -> Result<Vec<u64>, DataFusionError> {
    let mut hashes = vec![0; rows];
    create_hashes(columns, &QualityRandomState::with_seed(0), &mut hashes)?;
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_index_past_its_limit_says_so() {
        let mut index = KeyIndex::new(16);
        assert!(index.add(&[1, 2]).is_ok());
        assert!(matches!(
            index.add(&[3]),
            Err(Error::TooManyKeys { limit: 16 })
        ));
    }

    proptest! {
        #[test]
        fn exactly_the_hashes_that_came_twice_are_suspect(few in prop::collection::vec(0u64..50, 0..60), shift in 0u32..58) {
            let hashes: Vec<u64> = few.iter().map(|hash| hash << shift).collect();
            let mut index = KeyIndex::new(usize::MAX);
            for part in hashes.chunks(7) {
                index.add(part).unwrap();
            }
            let suspects = index.finish();
            for hash in &hashes {
                let times = hashes.iter().filter(|other| *other == hash).count();
                prop_assert_eq!(suspects.contains(*hash), times > 1);
            }
        }
    }
}
