//! Whether a query asks the catalogue or the warehouse.

use super::nothing::is_nothing;
use super::tables::USERS;
use datafusion::sql::sqlparser::ast::{
    Expr, ObjectName, Query, SetExpr, TableFactor, Visit as _, Visitor,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion_pg_catalog::pg_catalog::PG_CATALOG_TABLES;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Functions that only the catalogue has.
const FUNCTIONS: &[&str] = &[
    "col_description",
    "current_catalog",
    "current_database",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "format_type",
    "inet_server_addr",
    "inet_server_port",
    "obj_description",
    "quote_ident",
    "session_user",
    "set_config",
    "shobj_description",
    "to_regclass",
    "txid_current",
    "user",
    "version",
];

/// Whether the SQL reads `pg_catalog` or `information_schema`, or reads no table
/// at all and calls what only they have. What cannot be parsed is not theirs.
pub(in crate::postgres) fn is_of_catalogue(sql: &str) -> bool {
    let Ok(statements) = Parser::parse_sql(&PostgreSqlDialect {}, sql) else {
        return may_be(sql);
    };
    let mut found = Found::default();
    let _ = statements.visit(&mut found);
    let (reads, other) = (found.reads_catalogue, found.other);
    let other = other.iter().any(|name| !found.named.contains(name));
    reads || (!other && found.calls)
}

/// What a parser that does not know all of Postgres' SQL stumbles over is the
/// catalogue's if it says so.
fn may_be(sql: &str) -> bool {
    sql.contains("pg_catalog.") || sql.contains("information_schema.")
}

#[derive(Default)]
struct Found {
    reads_catalogue: bool,
    calls: bool,
    /// Names of common table expressions.
    named: BTreeSet<String>,
    /// Tables that are not the catalogue's.
    other: BTreeSet<String>,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for named in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named.insert(named.alias.name.value.to_lowercase());
        }
        if let SetExpr::Select(select) = query.body.as_ref() {
            // ODBC asks for lists that are empty: `select NULL, NULL, NULL`.
            let nothing = select
                .projection
                .iter()
                .filter(|item| item.to_string() == "NULL");
            self.calls |= nothing.count() > 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args, .. } = factor {
            let words = words(name);
            let of: Vec<&str> = words.iter().map(String::as_str).collect();
            match of.as_slice() {
                [.., "pg_catalog" | "information_schema", _] => self.reads_catalogue = true,
                [function] if args.is_some() => self.calls |= is_of_ours(function),
                [name]
                    if PG_CATALOG_TABLES.contains(name) || is_nothing(name) || *name == USERS =>
                {
                    self.reads_catalogue = true;
                }
                _ if args.is_some() => (),
                _ => drop(self.other.insert(of.join("."))),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(function) => {
                let words = words(&function.name);
                let is_theirs = words.first().is_some_and(|schema| schema == "pg_catalog");
                self.calls |= is_theirs || words.last().is_some_and(|name| is_of_ours(name));
            }
            Expr::Identifier(name) if name.quote_style.is_none() => {
                let name = name.value.to_lowercase();
                self.calls |= [
                    "current_user",
                    "current_catalog",
                    "current_role",
                    "session_user",
                    "user",
                ]
                .contains(&name.as_str());
            }
            Expr::Cast { data_type, .. } => {
                let kind = data_type.to_string().to_lowercase();
                let kind = kind.rsplit('.').next().unwrap_or_default();
                self.calls |= kind.starts_with("reg");
            }
            _ => (),
        }
        ControlFlow::Continue(())
    }
}

fn is_of_ours(function: &str) -> bool {
    FUNCTIONS.contains(&function) || function.starts_with("pg_") || function.starts_with("has_")
}

fn words(name: &ObjectName) -> Vec<String> {
    let parts = name.0.iter().filter_map(|part| part.as_ident());
    parts.map(|ident| ident.value.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_queries_are_told_apart() {
        for question in [
            "select * from pg_catalog.pg_class",
            "select nspname from \"pg_namespace\" n",
            "select table_name from information_schema.tables",
            "select version()",
            "SELECT current_schema(), session_user",
            "select current_user",
            "select NULL, NULL, relkind from (select 'r' as relkind) as a",
            "select usename from pg_user",
            "select 'x'::regclass",
            "with t as (select 1 from pg_class) select * from t",
            "select c.relname from pg_class c where c.relname operator(pg_catalog.~) '^a'",
        ] {
            assert!(is_of_catalogue(question), "{question}");
        }
        for query in [
            "select 1",
            "select * from published.metric_value",
            "select * from metric_value where version() = 'x'",
            "select user from published.metric_value",
            "with pg as (select 1 as a) select a from pg",
            "selec",
            "select count(*) from generate_series(1, 10)",
        ] {
            assert!(!is_of_catalogue(query), "{query}");
        }
    }
}
