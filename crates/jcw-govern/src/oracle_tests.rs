//! The second oracle: what a role is answered over everything is what anybody
//! would be answered over a database that holds only the role's rows, masked.
//! And the answer has exactly the columns that were promised.

use crate::outlet::{outlet_batch, outlet_schema};
use crate::world::{World, lines, permitted};
use crate::{Kind, Session};
use arrow::record_batch::RecordBatch;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// A query that anybody might write; many of them wrong in one way or another.
fn query() -> impl Strategy<Value = String> {
    let person = prop_oneof![
        Just("person p".to_owned()),
        Just("person p join ehcp e on e.pid = p.pid".to_owned()),
        Just("person p left join ehcp e on e.pid = p.pid and e.annual_cost > 100".to_owned()),
        Just("(select * from person where y > 3) p".to_owned()),
        Just("person p join ref_school s on s.la_code = p.la_code".to_owned()),
    ];
    let columns = select(vec![
        "p.pid",
        "p.nhs_p",
        "p.dob",
        "p.sex",
        "p.la_code",
        "p.y",
        "p.postcode",
        "p.number_text",
    ]);
    let expression = prop_oneof![
        4 => columns.clone().prop_map(str::to_owned),
        1 => Just("100 / p.y".to_owned()),
        1 => Just("cast(p.number_text as bigint)".to_owned()),
        1 => Just("upper(p.nhs_p)".to_owned()),
        1 => Just("date_part('year', p.dob)".to_owned()),
        1 => Just("case when p.sex = 'F' then p.pid else p.y end".to_owned()),
        1 => Just("coalesce(p.postcode, p.lsoa)".to_owned()),
    ];
    let condition = prop_oneof![
        3 => select(vec!["301", "302", "303", "304"]).prop_map(|code| format!("p.la_code = '{code}'")),
        2 => (0..20_i64).prop_map(|n| format!("p.y > {n}")),
        1 => (0..20_i64).prop_map(|n| format!("100 / p.y > {n}")),
        1 => Just("cast(p.number_text as bigint) % 2 = 0".to_owned()),
        1 => Just("p.nhs_p like '9%'".to_owned()),
        1 => Just("p.postcode is null".to_owned()),
        1 => Just("p.dob < date '2012-06-01'".to_owned()),
        1 => (1..300_i64).prop_map(|n| format!("p.pid in ({n}, {}, {})", n + 1, n + 2)),
        1 => Just("p.pid in (select pid from ehcp where primary_need = 'HI')".to_owned()),
        1 => Just("not exists (select 1 from ehcp x where x.pid = p.pid and x.ward = 'W1')".to_owned()),
        1 => Just("p.y between 2 and 12 or p.sex = 'M'".to_owned()),
    ];
    let conditions = proptest::collection::vec(condition, 0..3);
    let plain = (
        proptest::collection::vec(expression, 1..4),
        person.clone(),
        conditions.clone(),
    )
        .prop_map(|(shown, from, conditions)| {
            format!(
                "select {} from {from}{}",
                shown.join(", "),
                keep(&conditions)
            )
        });
    let grouped = (columns, person, conditions).prop_map(|(by, from, conditions)| {
        format!(
            "select {by}, count(*), sum(p.y), min(p.dob), max(p.nhs_p) from {from}{} group by {by}",
            keep(&conditions)
        )
    });
    prop_oneof![plain, grouped]
}

fn keep(conditions: &[String]) -> String {
    match conditions {
        [] => String::new(),
        conditions => format!(" where {}", conditions.join(" and ")),
    }
}

async fn governed(session: &Session, sql: &str) -> Result<Vec<String>, Kind> {
    let statement = session.prepare(sql).await.map_err(|error| error.kind)?;
    let answer = statement
        .run(Vec::new())
        .await
        .map_err(|error| error.kind)?;
    let batches: Vec<RecordBatch> = answer.try_collect().await.map_err(|error| error.kind)?;
    for batch in &batches {
        assert_eq!(&batch.schema(), statement.schema(), "{sql}");
    }
    Ok(sorted(&batches))
}

async fn plain(context: &SessionContext, sql: &str) -> Option<Vec<String>> {
    let frame = context.sql(sql).await.ok()?;
    let schema = outlet_schema(frame.schema().as_arrow());
    let batches = frame.collect().await.ok()?;
    let batches: Option<Vec<_>> = batches
        .iter()
        .map(|batch| outlet_batch(&schema, batch).ok())
        .collect();
    Some(sorted(&batches?))
}

fn sorted(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = lines(batches);
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_answered_as_over_a_database_with_its_rows_alone() {
    let world = World::new().await;
    let session = world.analyst().await;
    let seen = permitted().await;
    let mut runner = TestRunner::deterministic();
    let mut answered = 0;
    for _ in 0..200 {
        let sql = query().new_tree(&mut runner).unwrap().current();
        let one = governed(&session, &sql).await;
        let other = plain(&seen, &sql).await;
        match (&one, &other) {
            (Ok(one), Some(other)) => {
                assert_eq!(one, other, "{sql}");
                answered += usize::from(!one.is_empty());
            }
            (Err(_), None) => {}
            _ => panic!("{sql}: governed {one:?}, permitted {other:?}"),
        }
    }
    assert!(answered > 80, "only {answered} of the queries had rows");
}

/// Expressions whose types are not those that they seem to be.
fn expression() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "pid",
        "y",
        "dob",
        "sex",
        "nhs_p",
        "null",
        "1",
        "1.5",
        "'x'",
        "cast(1.25 as decimal(9, 2))",
        "timestamp '2024-01-01T00:00:00'",
        "arrow_cast(1, 'UInt8')",
        "arrow_cast('a', 'LargeUtf8')",
        "arrow_cast('a', 'Utf8View')",
        "arrow_cast('a', 'Dictionary(Int32, Utf8)')",
        "x'00ff'",
        "arrow_cast(timestamp '2024-01-01T00:00:00', 'Timestamp(ns, \"Europe/London\")')",
        "interval '1 day'",
        "true",
        "[1, 2]",
        "['a', null]",
        "named_struct('a', 1, 'b', 'x')",
        "now()",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("case when y > 3 then {a} else {b} end")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} = {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("make_array({a}, {b})")),
                inner.clone().prop_map(|a| format!("sum({a}) over ()")),
                inner
                    .clone()
                    .prop_map(|a| format!("max({a}) over (order by pid)")),
                inner
                    .clone()
                    .prop_map(|a| format!("array_agg({a}) over ()")),
                inner.clone().prop_map(|a| format!("cast({a} as varchar)")),
                inner.clone().prop_map(|a| format!("nullif({a}, {a})")),
                inner.prop_map(|a| format!("date_trunc('month', {a})")),
            ]
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_promised_schema_is_the_streamed_one() {
    let world = World::new().await;
    let session = world.analyst().await;
    let mut runner = TestRunner::deterministic();
    let mut answered = 0;
    for at in 0..250 {
        let expression = expression().new_tree(&mut runner).unwrap().current();
        let sql = match at % 3 {
            0 => format!("select {expression} as a, {expression} as a2 from person where pid < 20"),
            1 => format!(
                "select {expression} as a from person where pid < 20 union all select {expression} from person where pid > 290"
            ),
            _ => {
                format!("select a, count(*) from (select {expression} as a from person) group by a")
            }
        };
        let Ok(statement) = session.prepare(&sql).await else {
            continue;
        };
        let Ok(answer) = statement.run(Vec::new()).await else {
            continue;
        };
        assert_eq!(answer.schema(), statement.schema());
        match answer.try_collect::<Vec<_>>().await {
            Ok(batches) => {
                answered += 1;
                for batch in batches {
                    assert_eq!(&batch.schema(), statement.schema(), "{sql}");
                }
            }
            Err(error) => assert_ne!(error.kind, Kind::Internal, "{sql}: {error:?}"),
        }
    }
    assert!(answered > 60, "only {answered} were answered");
}
