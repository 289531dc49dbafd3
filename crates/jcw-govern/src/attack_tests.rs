//! Attacks on rows and columns, each with what has to come of it.

use crate::world::{World, ask};
use crate::{GovernError, Kind, ReleaseChoice, Statement};
use datafusion::common::ScalarValue;
use futures::TryStreamExt as _;

async fn one(world: &World, sql: &str) -> String {
    let rows = world
        .ask(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    assert_eq!(rows.len(), 1, "{sql}");
    rows[0].clone()
}

async fn refused(world: &World, sql: &str) -> GovernError {
    match world.ask(sql).await {
        Err(error) => error,
        Ok(rows) => panic!("{sql} was answered: {rows:?}"),
    }
}

#[tokio::test]
async fn a_predicate_never_meets_a_row_that_is_not_seen() {
    let world = World::new().await;
    for sql in [
        "select count(*) from person where 1/(case when la_code='302' then 0 else 1 end) = 1",
        "select count(*) from person where 100 / y > 0",
        "select count(*) from person where y is not null and 100 / y > 0",
        "select count(*) from person where cast(number_text as bigint) > 0",
        "select count(*) from (select * from person where sex in ('M', 'F')) p where 100 / y > 0",
        "select count(*) from person p join ref_school s on s.urn = 100 / p.y where s.urn is not null or true",
        "select count(*) from person where 100 / y > 0 and la_code = '301'",
        "select count(distinct 100 / y) from person having count(*) > 0",
    ] {
        let governed = world.ask(sql).await;
        assert!(governed.is_ok(), "{sql}: {governed:?}");
    }
    assert_eq!(
        one(&world, "select count(*) from person where 100 / y > 0").await,
        "100"
    );
}

#[tokio::test]
async fn what_is_masked_is_masked_everywhere() {
    let world = World::new().await;
    assert_eq!(one(&world, "select count(*) from person").await, "100");
    assert_eq!(
        one(
            &world,
            "select count(*) from person where postcode like 'SW1A%'"
        )
        .await,
        "0"
    );
    assert_eq!(one(&world, "select count(postcode) from person").await, "0");
    assert_eq!(
        one(
            &world,
            "select count(*) from person where nhs_p like '94340%'"
        )
        .await,
        "0"
    );
    assert_eq!(
        one(
            &world,
            "select count(*) from person p join (values ('943403')) v(n) on p.nhs_p = v.n"
        )
        .await,
        "0"
    );
    assert_eq!(
        one(&world, "select max(date_part('month', dob)) from person").await,
        "1"
    );
    assert_eq!(
        one(&world, "select count(distinct date_part('year', a.dob)) from person a join person b on a.dob = b.dob").await,
        "3"
    );
    let cast = refused(
        &world,
        "select count(*) from person where cast(nhs_p as bigint) > 0",
    )
    .await;
    assert_eq!(cast.kind, Kind::Value);
    assert!(
        !cast.message.contains("p-") && !cast.message.contains("943"),
        "{cast:?}"
    );
    let ordered = world
        .ask("select nhs_p from person order by nhs_p limit 1")
        .await
        .unwrap();
    assert!(ordered[0].starts_with("p-"), "{ordered:?}");
}

#[tokio::test]
async fn what_is_hidden_is_not_there() {
    let world = World::new().await;
    let hidden = refused(&world, "select record_key from person").await;
    assert_eq!(hidden.kind, Kind::NoColumn);
    let unknown = refused(&world, "select recard_key from person").await;
    assert_eq!(unknown.kind, Kind::NoColumn);
    assert!(!unknown.message.contains("record_key"), "{unknown:?}");
    let near = refused(&world, "select pid,\n  la_cod from person").await;
    assert!(
        near.message.contains("did you mean \"la_code\"?"),
        "{near:?}"
    );
    assert_eq!(near.spot.map(|spot| (spot.line, spot.column)), Some((2, 3)));
    let rows = world.ask("select * from person limit 1").await.unwrap();
    assert_eq!(rows[0].split('|').count(), 10);
}

#[tokio::test]
async fn no_right_and_no_such_table_are_the_same() {
    let world = World::new().await;
    for sql in [
        "select * from core.secret",
        "select * from secret",
        "select * from referral",
        "select * from published.referral",
        "select * from warehouse.core.secret",
        "select * from other.published.person",
        "select * from nothing",
        "select * from \"Person\"",
        "select * from girl",
        "select * from 'file:///etc/passwd'",
        "select * from '/etc/passwd'",
        "select * from information_schema.df_settings",
        "select * from information_schema.routines",
        "select * from person$history",
        "describe core.secret",
        "show columns from referral",
        "explain select * from core.secret",
        "select (select count(*) from core.secret)",
        "select * from person where pid in (select n from core.secret)",
        "with x as (select * from core.secret) select 1",
        "select * from jcw.query_log",
    ] {
        let error = refused(&world, sql).await;
        assert!(
            matches!(error.kind, Kind::NoTable | Kind::Syntax),
            "{sql}: {error:?}"
        );
    }
    let secret = refused(&world, "select * from core.secret").await.message;
    let nothing = refused(&world, "select * from core.nothin").await.message;
    assert_eq!(secret.replace("secret", "nothin"), nothing);
    let near = refused(&world, "select 1\nfrom persn").await;
    assert!(
        near.message.ends_with("did you mean published.person?"),
        "{near:?}"
    );
    assert_eq!(near.spot.map(|spot| (spot.line, spot.column)), Some((2, 6)));
}

#[tokio::test]
async fn every_spelling_of_a_table_is_the_governed_one() {
    let world = World::new().await;
    for table in [
        "person",
        "PERSON",
        "\"person\"",
        "published.person",
        "warehouse.published.person",
        "Published.Person",
    ] {
        assert_eq!(
            one(&world, &format!("select count(*) from {table}")).await,
            "100",
            "{table}"
        );
    }
    assert_eq!(
        one(
            &world,
            "select count(*) from ehcp e join person p using (pid)"
        )
        .await,
        "300"
    );
    assert_eq!(
        one(
            &world,
            "select count(*) from person where pid = any(select pid from person)"
        )
        .await,
        "100"
    );
    assert_eq!(
        one(
            &world,
            "select count(*) from ref_school where la_code in (select la_code from ehcp)"
        )
        .await,
        "10"
    );
}

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
        let error = refused(&world, sql).await;
        assert!(
            matches!(error.kind, Kind::Refused | Kind::Syntax),
            "{sql}: {error:?}"
        );
    }
    let recursive =
        "with recursive r as (select 1 as n union all select n + 1 from r) select * from r";
    assert_eq!(refused(&world, recursive).await.kind, Kind::Unsupported);
    let past = refused(&world, "select * from ehcp version as of 1").await;
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
        let error = refused(&world, &format!("select {call} from person")).await;
        assert_eq!(error.kind, Kind::NoFunction, "{call}: {error:?}");
    }
    for table in [
        "read_parquet('/x')",
        "read_csv('/x')",
        "parquet_metadata('/x')",
        "metadata_cache()",
    ] {
        let error = refused(&world, &format!("select * from {table}")).await;
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
        one(&world, "select sum(value) from generate_series(1, 10)").await,
        "55"
    );
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

#[tokio::test]
async fn metadata_is_what_may_be_queried() {
    let world = World::new().await;
    assert_eq!(
        world.ask("show tables").await.unwrap(),
        [
            "warehouse|published|ehcp|BASE TABLE",
            "warehouse|published|person|BASE TABLE",
            "warehouse|published|ref_school|BASE TABLE",
        ]
    );
    let described = world.ask("describe person").await.unwrap();
    assert_eq!(described.len(), 10);
    assert!(!described.join("\n").contains("record_key"));
    assert_eq!(
        world.ask("show columns from person").await.unwrap(),
        described
    );
    let session = world.analyst().await;
    let names: Vec<_> = session.visible().tables.keys().cloned().collect();
    assert_eq!(
        names,
        ["published.ehcp", "published.person", "published.ref_school"]
    );
    let commissioner = world.session("commissioner", &[]).await;
    assert_eq!(
        ask(&commissioner, "select count(*) from girl")
            .await
            .unwrap(),
        ["150"]
    );
    assert!(commissioner.visible().tables["published.girl"].is_view);
    let girls = "select la_code, max(pid + 1) from girl where pid % 2 = 1 group by la_code order by 1 limit 2";
    assert_eq!(
        ask(&commissioner, girls).await.unwrap(),
        ["301|298", "302|296"]
    );
    let each = ask(
        &commissioner,
        "select pid + 1 from girl where 100 / pid > 10 order by pid limit 2",
    );
    assert_eq!(each.await.unwrap(), ["2", "4"]);
    assert_eq!(
        ask(&commissioner, "select * from core.secret")
            .await
            .unwrap_err()
            .kind,
        Kind::NoTable
    );
    let engineer = world.session("engineer", &[]).await;
    assert_eq!(
        ask(&engineer, "select count(*) from core.secret")
            .await
            .unwrap(),
        ["9"]
    );
}

#[tokio::test]
async fn whoever_lacks_an_attribute_sees_no_row() {
    let world = World::new().await;
    let count = "select count(*) from person";
    for attributes in [
        &[][..],
        &[("area", "")],
        &[("area", "  ")],
        &[("Area", "301")],
        &[("area", "301' or '1'='1")],
    ] {
        let session = world.session("analyst", attributes).await;
        assert_eq!(ask(&session, count).await.unwrap(), ["0"], "{attributes:?}");
    }
    let waits = "select count(*) from referral";
    for (days, seen) in [("5", "6"), ("five", "0"), ("5 or true", "0")] {
        let session = world.session("numbered", &[("days", days)]).await;
        assert_eq!(ask(&session, waits).await.unwrap(), [seen], "{days}");
    }
    let gone = world
        .session_of("gone", &[], ReleaseChoice::Newest)
        .await
        .unwrap_err();
    assert_eq!(gone.kind, Kind::Unauthenticated);
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
        let error = refused(&world, &sql).await;
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
async fn a_table_gives_rows_to_governed_queries_only() {
    use datafusion::catalog::TableProvider;
    let world = World::new().await;
    let session = world.analyst().await;
    let table = session
        .scope
        .table("published", "person")
        .await
        .unwrap()
        .unwrap();
    let stranger = datafusion::prelude::SessionContext::new();
    let state = stranger.state();
    assert!(table.scan(&state, None, &[], None).await.is_err());
    let planning = session.scope.planning();
    assert!(table.scan(planning, None, &[], None).await.is_err());
    let other = world.session("analyst", &[("area", "302")]).await;
    assert!(
        table
            .scan(other.scope.running(), None, &[], None)
            .await
            .is_err()
    );
    assert!(
        table
            .scan(session.scope.running(), None, &[], None)
            .await
            .is_ok()
    );
    let leak = datafusion::logical_expr::ident("nhs_p").eq(datafusion::logical_expr::lit("943403"));
    assert!(
        table
            .scan(session.scope.running(), None, &[leak], None)
            .await
            .is_err()
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
        let endless = refused(&world, &format!("{sql} select count(*) from {from}")).await;
        assert_eq!(endless.kind, Kind::Limit, "{endless:?}");
        assert!(endless.message.contains("steps"), "{endless:?}");
    }
    // And nested views of the same kind are counted when they are planned.
    assert_eq!(
        one(&world, "with a as (select 1 as n), b as (select a.n from a, a c), d as (select b.n from b, b e) select count(*) from d").await,
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
        let refused = refused(&world, sql).await;
        assert_eq!(refused.kind, Kind::Unsupported, "{sql}: {refused:?}");
    }
    for sql in [
        "select cast_to_type(1, 'text')",
        "select try_cast_to_type('1', 1)",
        // It takes time and memory by the product of its texts.
        "select levenshtein('a', 'b')",
    ] {
        assert_eq!(refused(&world, sql).await.kind, Kind::NoFunction, "{sql}");
    }
}
