//! A role (`pipelines/roles.yaml`) says what somebody who acts in it may see:
//! which tables, which of their columns and rows, what is shown in place of a
//! value, and how much of the machine their questions may take. What no role
//! names is seen by nobody.

use crate::place::{Place, Placed};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a role that may see everything reads.
pub(crate) const EVERYTHING: &str = "*";

/// One role. Two are equal that say the same, wherever they stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Lower-case word, unique: `commissioner`.
    pub id: Placed<String>,
    /// Who acts in it, in words.
    pub description: String,
    /// Schemas (`published`) and tables (`core.child`) that it may read; `*` is
    /// everything.
    pub reads: Vec<Placed<String>>,
    /// Columns that do not exist for it, by table.
    pub hides: BTreeMap<String, Vec<Placed<String>>>,
    /// Which rows of a table it sees: SQL over the table's own columns, true for
    /// rows that are seen; `$area` is the principal's attribute `area`. A
    /// principal without the attribute sees no row.
    pub rows: BTreeMap<String, Placed<String>>,
    /// What is shown in place of a column's value, by table and column: SQL over
    /// the table's own columns, of the column's type.
    pub masks: BTreeMap<String, BTreeMap<String, Placed<String>>>,
    /// Bounds on its questions.
    pub limits: RoleLimits,
    /// Groups of the identity provider whose members act in it.
    pub groups: Vec<String>,
}

impl Role {
    /// The one role of a project that says nothing of roles.
    pub(crate) fn commissioner() -> Role {
        let said =
            |word: &str| Placed::new(word.to_owned(), Place::start_of("pipelines/roles.yaml"));
        Role {
            id: said("commissioner"),
            description: "Reads what is published".to_owned(),
            reads: vec![said("published")],
            hides: BTreeMap::new(),
            rows: BTreeMap::new(),
            masks: BTreeMap::new(),
            limits: RoleLimits::default(),
            groups: Vec::new(),
        }
    }

    /// Whether it may read `table` of `schema` at all.
    pub fn reads_table(&self, schema: &str, table: &str) -> bool {
        self.reads.iter().any(|read| match read.split_once('.') {
            None => read.value == EVERYTHING || read.value == schema,
            Some(name) => name == (schema, table),
        })
    }
}

/// Bounds on the questions of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleLimits {
    /// Longest that one question may run.
    pub time: Duration,
    /// Most rows that one answer may have.
    pub rows: u64,
    /// Most bytes of memory that one question may hold before it spills.
    pub memory: u64,
    /// Most questions that one person may have running.
    pub running: usize,
    /// Most that may wait besides.
    pub waiting: usize,
}

impl Default for RoleLimits {
    fn default() -> Self {
        RoleLimits {
            time: Duration::from_secs(600),
            rows: 10_000_000,
            memory: 1 << 30,
            running: 8,
            waiting: 64,
        }
    }
}
