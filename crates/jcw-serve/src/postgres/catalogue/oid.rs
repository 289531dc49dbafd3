//! Numbers of schemas, tables, keys and indexes. They are made from the names
//! alone, so that a client which keeps them finds the same table again on
//! another connection and in another release.

use jcw_govern::{Visible, VisibleTable};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// `pg_catalog`, in every Postgres.
pub(super) const PG_CATALOG: i32 = 11;

/// `information_schema`, in a fresh Postgres.
pub(super) const INFORMATION_SCHEMA: i32 = 13_000;

/// The one role that owns everything.
pub(super) const OWNER: i32 = 10;

/// Whoever asks.
pub(super) const USER: i32 = 16_383;

/// The database.
pub(super) const DATABASE: i32 = 5;

/// The catalogue's own tables, by which comments and dependencies are told apart.
pub(super) const SYSTEM: &[(&str, i32)] = &[
    ("pg_attribute", 1249),
    ("pg_cast", 2605),
    ("pg_class", 1259),
    ("pg_collation", 3456),
    ("pg_constraint", 2606),
    ("pg_conversion", 2607),
    ("pg_database", 1262),
    ("pg_description", 2609),
    ("pg_index", 2610),
    ("pg_language", 2612),
    ("pg_namespace", 2615),
    ("pg_opclass", 2616),
    ("pg_operator", 2617),
    ("pg_opfamily", 2753),
    ("pg_proc", 1255),
    ("pg_rewrite", 2618),
    ("pg_trigger", 2620),
    ("pg_type", 1247),
];

/// Numbers by name.
#[derive(Debug)]
pub(super) struct Oids {
    numbers: BTreeMap<String, i32>,
}

impl Oids {
    /// Of everything that is visible.
    pub(super) fn of(visible: &Visible) -> Oids {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (name, table) in &visible.tables {
            names.insert(table.schema_name.clone());
            names.insert(name.clone());
            names.insert(primary(table));
            names.extend((0..table.foreign_keys.len()).map(|index| foreign(table, index)));
        }
        let (mut numbers, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for name in names {
            let mut number = number(&name);
            while !taken.insert(number) {
                number = number.checked_add(1).unwrap_or(FIRST);
            }
            numbers.insert(name, number);
        }
        Oids { numbers }
    }

    /// Of a schema, or of a table, key or index by its full name.
    pub(super) fn get(&self, name: &str) -> i32 {
        match name {
            "pg_catalog" => PG_CATALOG,
            "information_schema" => INFORMATION_SCHEMA,
            name => self.numbers.get(name).copied().unwrap_or(0),
        }
    }
}

/// The first number that a Postgres gives to what its users make.
const FIRST: i32 = 16_384;

fn number(name: &str) -> i32 {
    let digest = Sha256::digest(name.as_bytes());
    let bytes = [digest[0], digest[1], digest[2], digest[3]];
    let spread = u32::from_be_bytes(bytes) % (i32::MAX as u32 - FIRST as u32);
    FIRST.saturating_add(i32::try_from(spread).unwrap_or(0))
}

/// The full name of a table's key, and of its index.
pub(super) fn primary(table: &VisibleTable) -> String {
    format!("{}.{}_pkey", table.schema_name, table.name)
}

/// The full name of a key that points to another table.
pub(super) fn foreign(table: &VisibleTable, index: usize) -> String {
    format!("{}.{}_fkey{}", table.schema_name, table.name, index + 1)
}
