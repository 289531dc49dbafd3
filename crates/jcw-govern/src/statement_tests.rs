//! Attacks by statements: what is no query, has no end, or tells too much when it
//! fails.

use crate::world::World;
use crate::{GovernError, Kind, Statement};
use datafusion::common::ScalarValue;
use futures::TryStreamExt as _;

#[tokio::test]
async fn only_one_query_that_reads_is_answered() {
    let world = World::new().await;
    for sql in [
        "select 1; drop table ehcp",
        "select 1; select 2",
        "create external table t stored as parquet location '/data/'",
        "create view v as select * from person",
        "create table t as select * from person",
        "select * into t from person",
        "insert into ehcp values (1)",
        "update person set pid = 1",
        "delete from person",
        "truncate table person",
        "drop table person",
        "copy person to '/tmp/x.parquet'",
        "copy (select * from person) to '/tmp/x.csv'",
        "set datafusion.optimizer.skip_failed_rules = true",
        "reset datafusion.optimizer.skip_failed_rules",
        "show all",
        "show datafusion.execution.batch_size",
        "show create table person",
        "show functions",
        "prepare p as select * from person where nhs_p = 'raw'",
        "execute p",
        "deallocate p",
        "explain analyze select * from person order by nhs_p limit 1",
        "explain verbose select * from person",
        "explain format tree select * from person",
        "explain explain select 1",
        "create function leak(x bigint) returns bigint return x",
        "begin",
        "commit",
        "set role engineer",
        "use core",
        "select * from person tablesample bernoulli (50)",
        "select * from person tablesample (10 percent)",
        "select * from (select * from person) tablesample (5 rows)",
    ] {
        let error = world.refused(sql).await;
        assert!(
            matches!(error.kind, Kind::Refused | Kind::Syntax),
            "{sql}: {error:?}"
        );
    }
    let recursive =
        "with recursive r as (select 1 as n union all select n + 1 from r) select * from r";
    assert_eq!(world.refused(recursive).await.kind, Kind::Unsupported);
    let past = world.refused("select * from ehcp version as of 1").await;
    assert!(
        matches!(past.kind, Kind::Syntax | Kind::Refused),
        "{past:?}"
    );
}

#[tokio::test]
async fn functions_that_tell_of_files_or_the_machine_are_not_there() {
    let world = World::new().await;
    for call in [
        "input_file_name()",
        "file_row_index()",
        "arrow_metadata(sex)",
        "version()",
        "random()",
        "uuid()",
        "repeat(sex, 1000000000)",
        "lpad(sex, 1000000000)",
        "array_repeat(sex, 1000000000)",
        "generate_series(1, 9876543210)",
        "with_metadata(sex, 'a', 'b')",
    ] {
        let error = world.refused(&format!("select {call} from person")).await;
        assert_eq!(error.kind, Kind::NoFunction, "{call}: {error:?}");
    }
    for table in [
        "read_parquet('/x')",
        "read_csv('/x')",
        "parquet_metadata('/x')",
        "metadata_cache()",
    ] {
        let error = world.refused(&format!("select * from {table}")).await;
        assert!(
            matches!(error.kind, Kind::NoFunction | Kind::NoTable),
            "{table}: {error:?}"
        );
    }
    assert!(
        world
            .ask("select * from generate_series(1, 9999999999)")
            .await
            .is_err()
    );
    assert!(
        world
            .ask("select * from generate_series(1, 9223372036854775807, 1)")
            .await
            .is_err()
    );
    assert!(
        world
            .ask("select * from range(-9223372036854775808, 9223372036854775807)")
            .await
            .is_err()
    );
    assert_eq!(
        world
            .one("select sum(value) from generate_series(1, 10)")
            .await,
        "55"
    );
}

#[tokio::test]
async fn what_the_engine_reads_otherwise_than_it_is_written_is_refused() {
    let world = World::new().await;
    for sql in [
        "select count(*) from person where sex is not distinct from 'M' and y = 4",
        "select sex from person except all select 'M'",
        "(select sex from person intersect all select 'M') union select 'F'",
        "select 2 ^ 8",
        "select 1 from person where (sex, y) < ('M', 5)",
        "select 1 from person where sex similar to 'M%'",
        "select max(interval '1 day') from person",
        "select 1 from person where sex not in (select sex from person) or y = 4",
    ] {
        assert_eq!(world.refused(sql).await.kind, Kind::Unsupported, "{sql}");
    }
    let closed = "select count(*) from person where (sex is not distinct from 'M') and y = 4";
    let plain = "select count(*) from person where sex = 'M' and y = 4";
    assert_eq!(world.one(closed).await, world.one(plain).await);
    // A list with a null, and the first row of each, are answered of filtered tables too.
    for (sql, rows) in [
        (
            "select y from person where y in (4, null)",
            "select y from person where y = 4",
        ),
        (
            "select y from person where y not in (4, null)",
            "select y from person where false",
        ),
        (
            "select distinct on (sex) sex, y from person order by sex, y",
            "select distinct sex from person",
        ),
    ] {
        let (found, wanted) = (world.ask(sql).await, world.ask(rows).await);
        assert_eq!(found.unwrap().len(), wanted.unwrap().len(), "{sql}");
    }
}

#[tokio::test]
async fn errors_hold_no_value_of_the_data() {
    let world = World::new().await;
    for sql in [
        "select cast(upn_p as bigint) from person",
        "select cast(ward as date) from ehcp",
        "select to_timestamp(ward) from ehcp",
        "select cast(concat('2020-', ward) as timestamp) from ehcp",
        "select arrow_cast(ward, 'Int8') from ehcp",
        "select 1 / (pid - 3) from person",
        "select cast(pid * 1000 as tinyint) from person",
        "select regexp_like(ward, concat('(', ward)) from ehcp",
        "select * from person where regexp_like(postcode, '(')",
        "select (select ward from ehcp)",
        "select to_hex(cast(ward as int)) from ehcp",
        "select decode(ward, 'hex') from ehcp",
    ] {
        let error = match world.ask(sql).await {
            Err(error) => error,
            Ok(_) => continue,
        };
        for value in [
            "W1", "W2", "W10", "u-", "p-", "/", "parquet", "Exec", "3000",
        ] {
            assert!(!error.message.contains(value), "{sql}: {error:?}");
        }
    }
}

#[tokio::test]
async fn explain_tells_of_steps_alone() {
    let world = World::new().await;
    let steps = world
        .ask("explain select pid from person where ward_or_not = 'x' or sex = 'secret word'")
        .await;
    assert_eq!(steps.unwrap_err().kind, Kind::NoColumn);
    let steps = world
        .ask("explain select pid from person where sex = 'secret word'")
        .await
        .unwrap();
    let steps = steps.join("\n");
    assert!(steps.contains("read person"), "{steps}");
    for word in ["secret word", "301", "record_key", "lake", "parquet", "md5"] {
        assert!(!steps.contains(word), "{steps}");
    }
}

async fn run(statement: &Statement, values: Vec<ScalarValue>) -> Result<Vec<String>, GovernError> {
    let batches: Vec<_> = statement.run(values).await?.try_collect().await?;
    Ok(crate::world::lines(&batches))
}

#[tokio::test]
async fn parameters_are_typed_literals_and_nothing_more() {
    let world = World::new().await;
    let session = world.analyst().await;
    let by_area = session
        .prepare("select count(*) from person where la_code = $1")
        .await
        .unwrap();
    assert_eq!(by_area.parameters().len(), 1);
    let text = |text: &str| vec![ScalarValue::from(text)];
    assert_eq!(run(&by_area, text("301")).await.unwrap(), ["100"]);
    assert_eq!(run(&by_area, text("302")).await.unwrap(), ["0"]);
    assert_eq!(run(&by_area, text("x' or '1'='1")).await.unwrap(), ["0"]);
    assert_eq!(
        run(&by_area, vec![ScalarValue::Utf8(None)]).await.unwrap(),
        ["0"]
    );
    assert_eq!(
        run(&by_area, Vec::new()).await.unwrap_err().kind,
        Kind::Value
    );
    let list = ScalarValue::List(ScalarValue::new_list(
        &[ScalarValue::from("301")],
        &arrow::datatypes::DataType::Utf8,
        true,
    ));
    assert_eq!(
        run(&by_area, vec![list]).await.unwrap_err().kind,
        Kind::Value
    );
    assert_eq!(
        run(&by_area, text(&"x".repeat(70_000)))
            .await
            .unwrap_err()
            .kind,
        Kind::Limit
    );
    let by_key = session
        .prepare("select count(*) from person where pid = $1")
        .await
        .unwrap();
    assert_eq!(
        run(&by_key, text("not a number")).await.unwrap_err().kind,
        Kind::Value
    );
    assert_eq!(run(&by_key, text("3")).await.unwrap(), ["1"]);
    let masked = session
        .prepare("select count(*) from person where nhs_p = $1")
        .await
        .unwrap();
    assert_eq!(run(&masked, text("943403")).await.unwrap(), ["0"]);
    let many =
        "select count(*) from person where la_code in ($10, $2, $1, $3, $4, $5, $6, $7, $8, $9)";
    assert_eq!(session.prepare(many).await.unwrap().parameters().len(), 10);
    assert_eq!(
        session.prepare("select $2").await.unwrap_err().kind,
        Kind::Syntax
    );
}

#[tokio::test]
async fn long_and_deep_queries_are_refused_and_the_process_lives() {
    let world = World::new().await;
    let long = [
        format!("select 1 where {}", vec!["1 = 0"; 20_000].join(" or ")),
        format!("select {}", vec!["1"; 2_000].join("+")),
        format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("select {} true", "not ".repeat(2_000)),
        format!("select 1 where 1 in ({})", vec!["1"; 4_000].join(",")),
        format!("select {}", vec!["select 1"; 5_000].join(" union ")),
        format!("select 1 from {}", vec!["person"; 500].join(" join ")),
        format!("select 1 as {}", "x".repeat(50_000)),
        format!("select '{}'", "x".repeat(100_000)),
        format!(
            "select {}",
            vec!["case when true then 1 else "; 3_000].join("")
        ),
        format!("select {}1", "- ".repeat(3_000)),
    ];
    for sql in long {
        let error = world.refused(&sql).await;
        assert!(
            matches!(error.kind, Kind::Limit | Kind::Syntax),
            "{error:?}"
        );
        assert!(error.message.len() < 400);
    }
    assert!(
        world
            .ask(&format!(
                "select 1 where 1 in ({})",
                vec!["1"; 900].join(",")
            ))
            .await
            .is_ok()
    );
    assert!(
        world
            .ask(&format!("select {}", vec!["1"; 400].join("+")))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_short_text_whose_plan_has_no_end_is_refused() {
    let world = World::new().await;
    let mut sql = "with t0 as (select 1 as n)".to_owned();
    for level in 1..40 {
        let below = level - 1;
        sql += &format!(
            ", t{level} as (select a.n from t{below} a, (select n from t{below} where n > 0) b)"
        );
    }
    // A table expression of the same name elsewhere does not make it shorter.
    let hidden = "(with t20 as (select 1 as n) select n from t20)";
    for from in ["t39", &format!("t39, {hidden}")] {
        let endless = world
            .refused(&format!("{sql} select count(*) from {from}"))
            .await;
        assert_eq!(endless.kind, Kind::Limit, "{endless:?}");
        assert!(endless.message.contains("steps"), "{endless:?}");
    }
    // And nested views of the same kind are counted when they are planned.
    assert_eq!(
        world.one("with a as (select 1 as n), b as (select a.n from a, a c), d as (select b.n from b, b e) select count(*) from d").await,
        "1"
    );
}

#[tokio::test]
async fn values_as_large_as_their_type_says_are_not_made() {
    let world = World::new().await;
    for sql in [
        "select arrow_cast(null, 'FixedSizeBinary(1000000000)')",
        "select arrow_try_cast(pid, 'FixedSizeList(1000000000, Int64)') from person",
        "select arrow_cast(pid, 'List(FixedSizeBinary(1000000000))') from person",
    ] {
        let refused = world.refused(sql).await;
        assert_eq!(refused.kind, Kind::Unsupported, "{sql}: {refused:?}");
    }
    for sql in [
        "select cast_to_type(1, 'text')",
        "select try_cast_to_type('1', 1)",
        // It takes time and memory by the product of its texts.
        "select levenshtein('a', 'b')",
    ] {
        assert_eq!(world.refused(sql).await.kind, Kind::NoFunction, "{sql}");
    }
}

#[tokio::test]
async fn rows_are_not_grouped_in_more_ways_than_the_engine_can_hold() {
    let world = World::new().await;
    let cube = |columns: usize| {
        let columns: Vec<String> = (0..columns).map(|n| format!("y + {n}")).collect();
        format!(
            "select count(*) from person group by cube({})",
            columns.join(", ")
        )
    };
    assert!(!world.ask(&cube(7)).await.unwrap().is_empty());
    for columns in [8, 20, 70] {
        assert_eq!(world.refused(&cube(columns)).await.kind, Kind::Limit);
    }
}
