//! An identity is a hash of everything that decides a table's rows: the query,
//! its tests, the engine's version, and the identities of the tables it reads.
//! Two tables of the same identity hold the same rows, so one of them need not
//! be made. It is known before anything runs.

use crate::data_test::words;
use jcw_project::Test;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Hash of what makes a table's rows, and of what is tested of them: a test
/// that is added must be put to the rows that are there.
pub(crate) fn of_query(query: &str, tests: &[Test]) -> String {
    let mut hash = Hash::new("query");
    hash.add(query);
    for test in tests {
        hash.add(&words(test));
        hash.add(if test.blocking {
            "blocking"
        } else {
            "reported"
        });
    }
    hash.hex()
}

/// Identity of a model's table.
pub(crate) fn of_table(digest: &str, inputs: &BTreeMap<String, String>) -> String {
    let mut hash = Hash::new("table");
    hash.add(env!("CARGO_PKG_VERSION"));
    hash.add(datafusion::DATAFUSION_VERSION);
    hash.add(digest);
    for (table, identity) in inputs {
        hash.add(table);
        hash.add(identity);
    }
    hash.hex()
}

/// Identity of a source table at one version, or before any delivery.
pub(crate) fn of_source(version: Option<u64>) -> String {
    match version {
        Some(version) => format!("version {version}"),
        None => "never delivered".to_owned(),
    }
}

/// Identity of a seed's table.
pub(crate) fn of_seed(hash_of_rows: &str, schema: &arrow::datatypes::Schema) -> String {
    let mut hash = Hash::new("seed");
    hash.add(hash_of_rows);
    for field in schema.fields() {
        hash.add(field.name());
        hash.add(&field.data_type().to_string());
    }
    hash.hex()
}

/// Adds texts so that no two lists of texts run into the same bytes.
struct Hash(Sha256);

impl Hash {
    fn new(kind: &str) -> Hash {
        let mut hash = Hash(Sha256::new());
        hash.add(kind);
        hash
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn hex(self) -> String {
        self.0
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_changes_with_any_input_and_only_then() {
        let inputs =
            |identity: &str| BTreeMap::from([("staging.a".to_owned(), identity.to_owned())]);
        let one = of_table("d", &inputs("1"));
        assert_eq!(one, of_table("d", &inputs("1")));
        assert_ne!(one, of_table("d", &inputs("2")));
        assert_ne!(one, of_table("e", &inputs("1")));
    }

    #[test]
    fn texts_do_not_run_together() {
        let hash = |texts: &[&str]| {
            let mut hash = Hash::new("t");
            texts.iter().for_each(|text| hash.add(text));
            hash.hex()
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
