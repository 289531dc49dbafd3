//! Known values are the keys of another table that a reference may name: one
//! column, or several together.
//!
//! A key is kept as the first 128 bits of the SHA-256 of its
//! [canonical text](crate::canonical), 16 bytes in all: ten million keys take
//! 160 MB, and up to a quarter more while they are gathered. Among ten million
//! the chance that any two share a hash is below one in 10^24; nobody can make
//! two that do. A hash that is quicker could be met by a file made for it.

use crate::canonical::canonical;
use crate::error::Error;
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::error::ArrowError;
use sha2::{Digest, Sha256};
use std::mem::take;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The keys that some columns of a table hold. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KnownValues {
    columns: Vec<String>,
    hashes: Arc<Hashes>,
}

/// Hashes, parted by their first byte so that they never all grow at once.
type Parts = Vec<Vec<u128>>;

/// Gathered in any order, then sorted at the first question.
#[derive(Debug, Default)]
struct Hashes {
    gathered: Mutex<Parts>,
    /// Ascending, each once.
    sorted: OnceLock<Parts>,
}

impl KnownValues {
    /// None yet, of these columns in this order.
    pub fn new(columns: Vec<String>) -> Self {
        KnownValues {
            columns,
            hashes: Arc::default(),
        }
    }

    /// Adds the rows of a table that has the columns, typed. A row in which one
    /// of them is null names nothing.
    ///
    /// # Errors
    /// [`Error::Known`] when a column is not there or cannot be written as text.
    pub fn add(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        let keys = self.keys(rows).map_err(|source| Error::Known {
            columns: self.columns.join(", "),
            source,
        })?;
        self.extend(keys.into_iter().flatten());
        Ok(())
    }

    /// Adds what others hold, of the same columns.
    pub fn merge(&mut self, other: KnownValues) {
        let theirs = match Arc::try_unwrap(other.hashes) {
            Ok(mut hashes) => hashes.take(),
            Err(shared) => shared.sorted().clone(),
        };
        self.extend(theirs.into_iter().flatten());
    }

    /// One column of text.
    pub(crate) fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = KnownValues::new(Vec::new());
        known.extend(texts.into_iter().map(|text| hash([text])));
        known
    }

    /// For each row whether it names a key that is not among these.
    pub(crate) fn are_unknown(
        &self,
        columns: &[ArrayRef],
    ) -> Result<impl Iterator<Item = bool>, ArrowError> {
        let sorted = self.hashes.sorted();
        Ok(hashes_of(columns)?.into_iter().map(move |key| {
            key.is_some_and(|key| match sorted.get(part_of(key)) {
                Some(part) => part.binary_search(&key).is_err(),
                None => true,
            })
        }))
    }

    fn keys(&self, rows: &RecordBatch) -> Result<Vec<Option<u128>>, ArrowError> {
        let schema = rows.schema_ref();
        let columns = (self.columns.iter())
            .map(|name| Ok(rows.column(schema.index_of(name)?).clone()))
            .collect::<Result<Vec<_>, ArrowError>>()?;
        hashes_of(&columns)
    }

    fn extend(&mut self, keys: impl IntoIterator<Item = u128>) {
        let mut parts = match Arc::get_mut(&mut self.hashes) {
            Some(hashes) => hashes.take(),
            None => self.hashes.sorted().clone(),
        };
        parts.resize(PARTS, Vec::new());
        for key in keys {
            push(&mut parts[part_of(key)], key);
        }
        self.hashes = Arc::new(Hashes {
            gathered: Mutex::new(parts),
            sorted: OnceLock::new(),
        });
    }
}

impl Hashes {
    /// All of them, in any order; none are left.
    fn take(&mut self) -> Parts {
        let gathered = self
            .gathered
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        self.sorted.take().unwrap_or_else(|| take(gathered))
    }

    fn sorted(&self) -> &Parts {
        self.sorted.get_or_init(|| {
            let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            let mut parts = take(&mut *gathered);
            for part in &mut parts {
                settle(part);
                part.shrink_to_fit();
            }
            parts
        })
    }
}

const PARTS: usize = 256;

fn part_of(key: u128) -> usize {
    (key >> 120) as usize
}

/// A part that is full first loses what it holds twice, then grows by a quarter.
fn push(part: &mut Vec<u128>, key: u128) {
    if part.len() == part.capacity() {
        settle(part);
        part.reserve_exact(part.len() / 4 + 8);
    }
    part.push(key);
}

fn settle(part: &mut Vec<u128>) {
    // Not `sort_unstable`: all but the end is in order already.
    part.sort();
    part.dedup();
}

/// The hash of each row's key; `None` where a column is null.
fn hashes_of(columns: &[ArrayRef]) -> Result<Vec<Option<u128>>, ArrowError> {
    let columns = (columns.iter().map(canonical)).collect::<Result<Vec<StringArray>, _>>()?;
    let rows = columns.first().map_or(0, |column| column.len());
    Ok((0..rows)
        .map(|row| {
            let is_whole = columns.iter().all(|column| column.is_valid(row));
            is_whole.then(|| hash(columns.iter().map(|column| column.value(row))))
        })
        .collect())
}

/// Each text with its length before it, so that `ab, c` is not `a, bc`.
fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32] =
        digest.finalize().into();
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{Checker, Keys, References};
    use arrow::array::{Date32Array, Decimal128Array, Int64Array, StringViewArray};
    use jcw_project::{Kind, Reference, Severity};
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn strings(columns: &[Vec<Option<String>>]) -> Vec<ArrayRef> {
        (columns.iter())
            .map(|column| Arc::new(StringArray::from(column.clone())) as ArrayRef)
            .collect()
    }

    fn table_of(columns: &[ArrayRef]) -> RecordBatch {
        let names = ["a", "b", "c"];
        RecordBatch::try_from_iter(names.into_iter().zip(columns.iter().cloned())).unwrap()
    }

    fn unknown(known: &KnownValues, columns: &[ArrayRef]) -> Vec<bool> {
        known.are_unknown(columns).unwrap().collect()
    }

    #[test]
    fn types_agree_by_their_text() {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(12), None, Some(-3)]));
        let mut known = KnownValues::new(vec!["a".into()]);
        known.add(&table_of(std::slice::from_ref(&ids))).unwrap();
        assert_eq!(unknown(&known, &[ids]), [false, false, false]);
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["12", "012", "-3"]));
        assert_eq!(unknown(&known, &[texts]), [false, true, false]);
        let decimals = Decimal128Array::from(vec![1200, 1250]).with_precision_and_scale(38, 2);
        let decimals: ArrayRef = Arc::new(decimals.unwrap());
        assert_eq!(unknown(&known, &[decimals]), [false, true]);
        let days: ArrayRef = Arc::new(Date32Array::from(vec![20_000]));
        let known = KnownValues::of_texts(["2024-10-04"]);
        assert_eq!(unknown(&known, &[days]), [false]);
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let mut known = KnownValues::new(vec!["a".into(), "person_id".into()]);
        let batch = table_of(&[Arc::new(Int64Array::from(vec![1])) as ArrayRef]);
        let error = known.add(&batch).unwrap_err().to_string();
        assert!(error.contains("person_id"), "{error}");
    }

    #[test]
    fn keys_take_sixteen_bytes_each() {
        let mut known = KnownValues::new(vec!["a".into()]);
        for start in 0..20 {
            // Every second batch repeats what was there.
            let ids = Int64Array::from_iter_values((start / 2 * 5000)..(start / 2 * 5000 + 5000));
            known.add(&table_of(&[Arc::new(ids)])).unwrap();
        }
        let sorted = known.hashes.sorted();
        assert_eq!(sorted.iter().map(Vec::len).sum::<usize>(), 50_000);
        assert_eq!(sorted.iter().map(Vec::capacity).sum::<usize>(), 50_000);
    }

    #[test]
    fn a_row_that_refers_to_nothing_known_is_rejected_by_the_references_id() {
        let mut contract = contract(vec![
            column("submission", Kind::Integer),
            column("referral", Kind::Text),
        ]);
        contract.references = vec![Reference {
            id: placed("referral-exists"),
            columns: vec![placed("submission"), placed("referral")],
            table: placed("eput.csds_referral"),
            to: vec![placed("a"), placed("b")],
            severity: Severity::RejectRow,
            message: "this referral is not in the submission, or was rejected there".into(),
        }];
        let mut known = KnownValues::new(vec!["a".into(), "b".into()]);
        let submissions: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let referrals: ArrayRef = Arc::new(StringArray::from(vec!["R1", "R2"]));
        known.add(&table_of(&[submissions, referrals])).unwrap();
        let mut references = References::new();
        references.add_known("referral-exists", known.clone());
        let checker = Checker::compile(&contract, references).unwrap();
        let rows = table(
            "submission|referral",
            &["1|R1", "1|R2", "2|R2", "|R9", "2|"],
        );
        let checked = checker
            .check(&bind(&checker, &rows), &rows, &DELIVERY, Keys::Ignore)
            .unwrap();
        assert_eq!(rejects(&checked.rejected), ["3 referral-exists"]);
        assert_eq!(
            texts(&checked.rejected, "reason"),
            ["this referral is not in the submission, or was rejected there"]
        );
    }

    proptest! {
        #[test]
        fn they_answer_as_a_set_of_texts_would(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of("[ab]{0,3}"), 2), 0..60),
            asked in prop::collection::vec(prop::collection::vec(prop::option::of("[ab]{0,3}"), 2), 0..30),
            parts in 1usize..4,
            clone_at in 0usize..4,
        ) {
            let columns = |rows: &[Vec<Option<String>>]| strings(&[
                rows.iter().map(|row| row[0].clone()).collect(),
                rows.iter().map(|row| row[1].clone()).collect(),
            ]);
            let mut known = KnownValues::new(vec!["a".into(), "b".into()]);
            let mut kept = Vec::new();
            for (number, part) in rows.chunks(rows.len().div_ceil(parts).max(1)).enumerate() {
                let mut other = KnownValues::new(vec!["a".into(), "b".into()]);
                other.add(&table_of(&columns(part))).unwrap();
                if number == clone_at {
                    kept.push((other.clone(), known.clone()));
                    let _ = unknown(&known, &columns(&asked));
                }
                known.merge(other);
            }
            let naive: HashSet<&Vec<Option<String>>> = rows.iter().collect();
            let expected: Vec<bool> = asked.iter()
                .map(|row| row.iter().all(Option::is_some) && !naive.contains(row))
                .collect();
            prop_assert_eq!(unknown(&known, &columns(&asked)), expected);
        }
    }
}
