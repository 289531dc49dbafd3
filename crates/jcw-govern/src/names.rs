//! The names of tables in a query, looked up before it is planned: what is not
//! there, or not for the principal, is told in the same words.

use crate::error::{GovernError, Kind, Result, Spot};
use crate::information::{INFORMATION, TABLES};
use crate::refusal::{no_schema, no_table, of_planning};
use crate::releases::unavailable;
use crate::session::Session;
use datafusion::common::TableReference;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::planner::object_name_to_table_reference;
use datafusion::sql::sqlparser::ast::{ObjectName, Spanned as _, TableFactor, Visit as _, Visitor};
use jcw_lake::CATALOG;
use std::ops::ControlFlow;

impl Session {
    /// The schema of tables that are named without one.
    pub fn schema(&self) -> &str {
        self.scope.default_schema()
    }

    /// The same, in which tables that are named without a schema are of this one.
    ///
    /// # Errors
    /// [`Kind::NoTable`] when there is none of that name, or no right to any table of
    /// it: nobody can tell which.
    pub fn in_schema(mut self, schema: &str) -> Result<Session> {
        if schema != self.schema() && !self.scope.reads_of(schema) {
            return Err(no_schema(schema, &self.visible));
        }
        self.scope = self.scope.within(schema);
        Ok(self)
    }
}

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
    let (schema, table) = parts(session, &name);
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
    let (schema, table) = parts(session, name);
    if schema == INFORMATION {
        return Ok(TABLES.contains(&table));
    }
    let found = session.scope.table(schema, table).await;
    Ok(found.map_err(unavailable)?.is_some())
}

fn parts<'n>(session: &'n Session, name: &'n TableReference) -> (&'n str, &'n str) {
    (name.schema().unwrap_or(session.schema()), name.table())
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

#[cfg(test)]
mod tests {
    use crate::Kind;
    use crate::world::{World, ask};

    #[tokio::test]
    async fn one_text_is_of_the_tables_of_the_sessions_schema() {
        let world = World::new().await;
        let engineer = world.session("engineer", &[]).await;
        let sql = "select count(*) from secret";
        assert_eq!(ask(&engineer, sql).await.unwrap_err().kind, Kind::NoTable);
        let core = engineer.clone().in_schema("core").unwrap();
        assert_eq!((engineer.schema(), core.schema()), ("published", "core"));
        for _ in 0..2 {
            assert_eq!(ask(&core, sql).await.unwrap(), ["9"]);
            assert_eq!(ask(&engineer, sql).await.unwrap_err().kind, Kind::NoTable);
            let other = "select count(*) from person";
            assert_eq!(ask(&engineer, other).await.unwrap(), ["300"]);
            assert_eq!(ask(&core, other).await.unwrap_err().kind, Kind::NoTable);
        }
        for sql in [
            "describe secret",
            "show columns from secret",
            "explain select n from secret",
            "select (select max(n) from secret) from published.person",
            "with s as (select n from secret) select n from s",
        ] {
            assert!(!ask(&core, sql).await.unwrap().is_empty(), "{sql}");
            assert!(ask(&engineer, sql).await.is_err(), "{sql}");
        }
        let back = core.in_schema("published").unwrap();
        assert_eq!(
            ask(&back, "select count(*) from person").await.unwrap(),
            ["300"]
        );
    }

    #[tokio::test]
    async fn the_query_log_is_as_it_stands_now_also_where_its_schema_is_not_said() {
        let world = World::new().await;
        let engineer = world.session("engineer", &[]).await;
        ask(&engineer, "select 1").await.unwrap();
        world.governor.log().flush().await.unwrap();
        let ledger = world
            .session("engineer", &[])
            .await
            .in_schema("jcw")
            .unwrap();
        let sql = "select count(*) from query_log";
        let before = ask(&ledger, sql).await.unwrap();
        world.governor.log().flush().await.unwrap();
        assert_ne!(ask(&ledger, sql).await.unwrap(), before);
    }

    #[tokio::test]
    async fn a_schema_without_a_right_is_one_that_is_not_there() {
        let world = World::new().await;
        for schema in [
            "core",
            "jcw",
            "nowhere",
            "information_schema",
            "public",
            "a.b",
            "\"",
        ] {
            let refused = world.analyst().await.in_schema(schema).unwrap_err();
            let said = format!("there is no schema \"{schema}\"");
            assert_eq!((refused.kind, refused.message), (Kind::NoTable, said));
        }
        let near = world.analyst().await.in_schema("publishd").unwrap_err();
        assert!(
            near.message.ends_with("did you mean \"published\"?"),
            "{near}"
        );
        let engineer = world.session("engineer", &[]).await;
        assert!(engineer.in_schema("core").is_ok());
    }
}
