//! The names of tables in a query, looked up before it is planned: what is not
//! there, or not for the principal, is told in the same words.

use crate::error::{GovernError, Kind, Result, Spot};
use crate::information::{INFORMATION, TABLES};
use crate::refusal::{no_table, of_planning};
use crate::releases::unavailable;
use crate::session::Session;
use datafusion::common::TableReference;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::planner::object_name_to_table_reference;
use datafusion::sql::sqlparser::ast::{ObjectName, Spanned as _, TableFactor, Visit as _, Visitor};
use jcw_lake::{CATALOG, DEFAULT_SCHEMA};
use std::ops::ControlFlow;

/// # Errors
/// [`Kind::NoTable`] when a table is not there for the session.
pub(crate) async fn check_names(session: &Session, query: &Parsed) -> Result<()> {
    let state = session.scope.planning();
    let names =
        (state.resolve_table_references(query)).map_err(|error| of_planning(&error, None))?;
    let mut places = Places::default();
    if let Parsed::Statement(sql) = query {
        let _: ControlFlow<()> = sql.visit(&mut places);
    }
    for name in names {
        if is_there(session, &name).await? || places.called.contains(&name) {
            continue;
        }
        let place = places.read.iter().find(|(read, _)| *read == name);
        return Err(GovernError {
            spot: place.map(|(_, spot)| *spot),
            ..no_table(&name.to_string(), Some(session.visible()))
        });
    }
    Ok(())
}

/// What `DESCRIBE` asks.
///
/// # Errors
/// [`Kind::NoTable`] when the table is not there for the session.
pub(crate) async fn columns_of(session: &Session, name: ObjectName) -> Result<String> {
    let spot = spot_of(&name);
    let name = object_name_to_table_reference(name, true)
        .map_err(|_| GovernError::new(Kind::Syntax, "a table is named in at most three parts"))?;
    if !is_there(session, &name).await? {
        return Err(GovernError {
            spot: Some(spot),
            ..no_table(&name.to_string(), Some(session.visible()))
        });
    }
    let (schema, table) = parts(&name);
    Ok(format!(
        "select column_name, data_type, is_nullable, remarks from information_schema.columns
         where table_schema = '{}' and table_name = '{}' order by ordinal_position",
        schema.replace('\'', "''"),
        table.replace('\'', "''")
    ))
}

async fn is_there(session: &Session, name: &TableReference) -> Result<bool> {
    if name.catalog().is_some_and(|catalog| catalog != CATALOG) {
        return Ok(false);
    }
    let (schema, table) = parts(name);
    if schema == INFORMATION {
        return Ok(TABLES.contains(&table));
    }
    let found = session.scope.table(schema, table).await;
    Ok(found.map_err(unavailable)?.is_some())
}

fn parts(name: &TableReference) -> (&str, &str) {
    (name.schema().unwrap_or(DEFAULT_SCHEMA), name.table())
}

/// Where tables are named, and which names are those of functions.
#[derive(Default)]
struct Places {
    read: Vec<(TableReference, Spot)>,
    called: Vec<TableReference>,
}

impl Visitor for Places {
    type Break = ();

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args, .. } = table {
            let spot = spot_of(name);
            if let Ok(name) = object_name_to_table_reference(name.clone(), true) {
                match args {
                    Some(_) => self.called.push(name),
                    None => self.read.push((name, spot)),
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn spot_of(name: &ObjectName) -> Spot {
    let start = name.span().start;
    Spot {
        line: start.line,
        column: start.column,
    }
}
