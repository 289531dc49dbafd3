//! Roles name schemas and tables that are there, and say more only of those
//! that they read.

use crate::Project;
use crate::diagnostic::Diagnostic;
use crate::place::{Place, Placed};
use crate::role::{EVERYTHING, Role};
use crate::suggest;
use std::collections::BTreeSet;

/// Schemas that no file of the project makes: what the engine keeps.
const KEPT: [&str; 2] = ["identity", "jcw"];

pub(crate) fn roles(project: &Project, unread: &BTreeSet<String>, problems: &mut Vec<Diagnostic>) {
    let mut tables = super::tables(project);
    tables.extend(project.metrics.iter().map(|metric| metric.counted_table()));
    let there = There {
        schemas: (tables.iter().chain(unread))
            .filter_map(|table| table.split_once('.'))
            .map(|(schema, _)| schema)
            .chain(KEPT)
            .chain(["published"])
            .collect(),
        tables: &tables,
        unread,
    };
    for role in &project.roles {
        for read in &role.reads {
            problems.extend(there.problem_of(read));
        }
        for (table, place) in said_of(role) {
            problems.extend(not_read(role, table, place));
        }
    }
}

struct There<'p> {
    schemas: BTreeSet<&'p str>,
    tables: &'p BTreeSet<String>,
    unread: &'p BTreeSet<String>,
}

impl There<'_> {
    fn problem_of(&self, read: &Placed<String>) -> Option<Diagnostic> {
        let schema = read.split_once('.').map(|(schema, _)| schema);
        let is_there = match schema {
            None => read.value == EVERYTHING || self.schemas.contains(read.as_str()),
            Some(schema) => {
                KEPT.contains(&schema)
                    || self.tables.contains(&read.value)
                    || self.unread.contains(&read.value)
            }
        };
        if is_there {
            return None;
        }
        let names = self.tables.iter().map(String::as_str);
        let names = self.schemas.iter().copied().chain(names);
        let hint = suggest::hint(read, "schemas and tables", names.collect::<Vec<_>>());
        let message = format!("there is no schema or table \"{}\"", read.value);
        Some(Diagnostic::error(read.place.clone(), message).hint(hint))
    }
}

/// Tables of which a role says more than that it reads them.
fn said_of(role: &Role) -> impl Iterator<Item = (&String, &Place)> {
    let rows = role
        .rows
        .iter()
        .map(|(table, filter)| (table, &filter.place));
    let hides =
        (role.hides.iter()).filter_map(|(table, columns)| Some((table, &columns.first()?.place)));
    let masks = (role.masks.iter())
        .filter_map(|(table, masks)| Some((table, &masks.values().next()?.place)));
    rows.chain(hides).chain(masks)
}

fn not_read(role: &Role, table: &str, place: &Place) -> Option<Diagnostic> {
    let read = (table.split_once('.')).is_some_and(|(schema, name)| role.reads_table(schema, name));
    let message = format!("the role \"{}\" does not read \"{table}\"", role.id.value);
    (!read).then(|| {
        Diagnostic::error(place.clone(), message).hint("add it to `reads`, or take this out")
    })
}
