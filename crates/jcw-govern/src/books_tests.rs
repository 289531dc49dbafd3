//! A door's own books are asked like everything else: within limits, by the list
//! of what is allowed, and with a row in the log.

use crate::world::{World, lines, rows_of_log};
use crate::{Books, GovernError, Kind, Session};
use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use datafusion::catalog::{MemTable, MemorySchemaProvider, SchemaProvider as _};
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use futures::TryStreamExt as _;
use std::collections::BTreeMap;
use std::sync::Arc;

const ROWS: i64 = 20_000;

/// One table, `pg_catalog.pg_class`, and one function, `relkind`.
fn books() -> Books {
    let numbers = Int64Array::from_iter_values(0..ROWS);
    let names = StringArray::from_iter_values((0..ROWS).map(|n| format!("table {n}")));
    let batch = RecordBatch::try_from_iter([
        ("oid", Arc::new(numbers) as _),
        ("relname", Arc::new(names) as _),
    ])
    .unwrap();
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
    let schema = MemorySchemaProvider::new();
    schema
        .register_table("pg_class".into(), Arc::new(table))
        .unwrap();
    let kind = create_udf(
        "relkind",
        vec![DataType::Int64],
        DataType::Int64,
        Volatility::Stable,
        Arc::new(|args: &[ColumnarValue]| Ok(args[0].clone())),
    );
    Books {
        schemas: BTreeMap::from([("pg_catalog".into(), Arc::new(schema) as _)]),
        default_schema: "pg_catalog".into(),
        functions: vec![Arc::new(kind)],
        table_functions: Vec::new(),
        types: None,
        reads: Arc::new(|sql| {
            let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql);
            let mut parsed = parsed.map_err(|_| GovernError::new(Kind::Syntax, "not read"))?;
            Ok(parsed.remove(0))
        }),
    }
}

async fn ask(session: &Session, sql: &str) -> Result<Vec<String>, GovernError> {
    let statement = session.prepare_over(books(), sql).await?;
    let answer = statement.run(Vec::new()).await?;
    let batches: Vec<RecordBatch> = answer.try_collect().await?;
    Ok(lines(&batches))
}

#[tokio::test]
async fn books_are_asked_with_their_own_functions_and_nothing_of_the_lake_is_in_them() {
    let world = World::new().await;
    let analyst = world.analyst().await;
    let rows = ask(
        &analyst,
        "select relkind(oid), c.relname from pg_class c where oid = 7",
    );
    assert_eq!(rows.await.unwrap(), ["7|table 7"]);
    let rows = ask(
        &analyst,
        "select count(*) from pg_catalog.pg_class, generate_series(1, 2::int4)",
    );
    assert_eq!(rows.await.unwrap(), [(2 * ROWS).to_string()]);
    for (sql, kind) in [
        ("select * from published.person", Kind::NoTable),
        ("select * from person", Kind::NoTable),
        ("select repeat('x', 100000000)", Kind::NoFunction),
        ("select random()", Kind::NoFunction),
        (
            "select * from generate_series(1, 100000000000)",
            Kind::Value,
        ),
        ("create table t as select 1", Kind::Refused),
        ("explain analyze select 1", Kind::Refused),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r) select * from r",
            Kind::Unsupported,
        ),
    ] {
        let refused = ask(&analyst, sql).await;
        assert_eq!(refused.map_err(|error| error.kind), Err(kind), "{sql}");
    }
    // What is in the books is in no other question.
    let other = world.ask("select * from pg_catalog.pg_class").await;
    assert_eq!(other.unwrap_err().kind, Kind::NoTable);
    let other = world.ask("select relkind(1)").await;
    assert_eq!(other.unwrap_err().kind, Kind::NoFunction);
}

#[tokio::test]
async fn books_are_within_the_roles_limits_and_in_the_log() {
    let world = World::new().await;
    let here = std::net::Ipv4Addr::LOCALHOST;
    let mut hasty = world
        .analyst()
        .await
        .asked_from(std::net::IpAddr::from(here));
    hasty.limits.time = std::time::Duration::from_millis(300);
    hasty.limits.rows = 10;
    let long =
        "select count(*) from pg_class a, pg_class b, pg_class c where a.oid * b.oid % 7 = c.oid";
    assert_eq!(ask(&hasty, long).await.unwrap_err().kind, Kind::Time);
    hasty.limits.time = std::time::Duration::from_secs(120);
    // A list of tables is no extract.
    let all = ask(&hasty, "select oid from pg_class").await;
    assert_eq!(all.unwrap().len(), ROWS as usize);
    assert_eq!(
        ask(&hasty, "select repeat('x', 9)").await.unwrap_err().kind,
        Kind::NoFunction
    );
    world.governor.close().await.unwrap();
    let rows = rows_of_log(&world.lake, "tables, columns, address, outcome").await;
    assert_eq!(
        rows,
        [
            "pg_catalog.pg_class|pg_catalog.pg_class.oid|127.0.0.1|time",
            "pg_catalog.pg_class|pg_catalog.pg_class.oid|127.0.0.1|answered",
            "null|null|127.0.0.1|no_function",
        ]
    );
}
