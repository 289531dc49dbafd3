//! What a build does, lake by lake.

use crate::build::{BuildError, Inputs, build};
use crate::report::{Report, TableOutcome};
use crate::testing::{Files, METRICS_REQUEST, options, outcomes, released, rows, seed_rows, table};
use arrow::array::{ArrayRef, StringArray};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

const ROWS: &str =
    "('A', 2023, 10, 5, 'ok'), ('B', 2023, 0, 0, 'ok'), ('A', 2024, 8, null, 'suppressed')";

fn metric_project() -> Files {
    Files::new()
        .with_request_models()
        .metric("E03", "numerator: refused\ndenominator: received\n")
}

fn is_built(report: &Report, name: &str) -> bool {
    table(report, name).outcome == TableOutcome::Built
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_divided_and_say_why_when_they_are_not() {
    let files = metric_project();
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    assert!(report.is_publishable(), "{:?}", outcomes(&report));
    let sql = "select area_code, period, numerator, denominator, value, status from t";
    assert_eq!(
        rows(&lake, &report, "published.metric_value", sql).await,
        "+-----------+--------+-----------+-------------+-------+----------------+
| area_code | period | numerator | denominator | value | status         |
+-----------+--------+-----------+-------------+-------+----------------+
| A         | 2023   | 5.0       | 10.0        | 50.0  | ok             |
| A         | 2024   |           | 8.0         |       | suppressed     |
| B         | 2023   | 0.0       | 0.0         |       | no_denominator |
+-----------+--------+-----------+-------------+-------+----------------+"
    );
    let sql = "select metric_id, part, unit, numerator, denominator, version from t";
    assert_eq!(
        rows(&lake, &report, "published.metric_definition", sql).await,
        "+-----------+------+---------+-----------+-------------+---------+
| metric_id | part | unit    | numerator | denominator | version |
+-----------+------+---------+-----------+-------------+---------+
| E03       | all  | percent | refused   | received    | 1       |
+-----------+------+---------+-----------+-------------+---------+"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_of_metric_value_are_the_agreed_ones() {
    let files = metric_project();
    let lake = files.lake().await;
    let report = files.build(&lake, &Inputs::default()).await;
    assert!(report.is_publishable(), "{:?}", outcomes(&report));
    let value = lake.table("published.metric_value").await.unwrap().unwrap();
    assert_eq!(value.schema(), &crate::value_schema());
    assert_eq!(table(&report, "published.metric_value").rows, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_build_over_the_same_inputs_does_nothing() {
    let files = metric_project();
    let lake = files.lake().await;
    let mut inputs = files.deliver(&lake, ROWS).await;
    let first = files.build(&lake, &inputs).await;
    assert!(first.did_work());
    // With a release, and without: a run may have ended before it published.
    for release in [released(&first), Default::default()] {
        inputs.released = release;
        let again = files.build(&lake, &inputs).await;
        assert!(!again.did_work(), "{:?}", outcomes(&again));
        for (before, after) in first.tables.iter().zip(&again.tables) {
            assert_eq!(
                (before.version, &before.identity),
                (after.version, &after.identity)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_change_can_reach_is_made_again() {
    let files = metric_project().model(
        "staging.other",
        "",
        "select distinct area from council.requests",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    files.build(&lake, &inputs).await;

    // A comment and a description change no row.
    let files = files.model(
        "metrics.request",
        "tags: [new]\n",
        &METRICS_REQUEST.replace("select area", "-- the area\nSELECT area"),
    );
    assert!(!files.build(&lake, &inputs).await.did_work());

    let files = files.model(
        "staging.other",
        "",
        "select distinct area, year from council.requests",
    );
    let report = files.build(&lake, &inputs).await;
    let built: Vec<&str> = report
        .tables
        .iter()
        .filter(|t| t.outcome == TableOutcome::Built)
        .map(|t| t.table.as_str())
        .collect();
    assert_eq!(built, ["staging.other"]);

    let inputs = files.deliver(&lake, "('A', 2023, 10, 6, 'ok')").await;
    let report = files.build(&lake, &inputs).await;
    assert!(is_built(&report, "published.metric_value") && is_built(&report, "staging.other"));
    assert!(!is_built(&report, "published.metric_definition"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_is_added_is_put_to_the_rows_that_are_there() {
    let files = Files::new().model("staging.a", "", "select area, year from council.requests");
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    assert!(files.build(&lake, &inputs).await.is_publishable());
    let files = files.model(
        "staging.a",
        "tests:\n  - unique: [area]\n",
        "select area, year from council.requests",
    );
    let report = files.build(&lake, &inputs).await;
    assert_eq!(table(&report, "staging.a").outcome, TableOutcome::Held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_test_holds_the_table_and_all_below_it_and_shows_keys() {
    let files = Files::new()
        .model(
            "staging.a",
            "grain: [area, year]\ntests:\n  - expression: received > 5\n  - {unique: [area], blocking: false}\n",
            "select area, year, received from council.requests",
        )
        .model("core.b", "", "select area from staging.a")
        .model("core.c", "", "select area from core.b")
        .model("staging.d", "", "select area from council.requests");
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    assert!(!report.is_publishable());
    let held = table(&report, "staging.a");
    assert_eq!((&held.outcome, held.version), (&TableOutcome::Held, None));
    assert_eq!(held.failures[0].test, "received > 5");
    assert_eq!(
        (held.failures[0].failures, held.failures[0].blocking),
        (1, true)
    );
    assert_eq!(held.failures[0].keys, ["area = B, year = 2023"]);
    assert_eq!(
        (held.failures[1].failures, held.failures[1].blocking),
        (1, false)
    );
    assert_eq!(held.failures[1].keys, ["area = A"]);
    for below in ["core.b", "core.c"] {
        assert_eq!(
            table(&report, below).outcome,
            TableOutcome::Stopped {
                by: "staging.a".into()
            }
        );
    }
    assert!(is_built(&report, "staging.d"));
    assert!(lake.table("staging.a").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_table_keeps_its_last_version() {
    let files = Files::new().model(
        "staging.a",
        "grain: [area, year]\n",
        "select area, year from council.requests",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    files.build(&lake, &inputs).await;
    let inputs = files
        .deliver(&lake, "('A', 2023, 1, 1, 'ok'), ('A', 2023, 1, 1, 'ok')")
        .await;
    let report = files.build(&lake, &inputs).await;
    assert_eq!(
        table(&report, "staging.a").failures[0].test,
        "unique (area, year)"
    );
    let last = lake.table("staging.a").await.unwrap().unwrap();
    assert_eq!((last.version(), last.rows()), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_is_not_blocking_is_reported_and_the_table_goes_on() {
    let files = Files::new().model(
        "staging.a",
        "tests:\n  - {accepted_values: {column: area, values: [A]}, blocking: false}\n  - {row_count: {min: 4}, blocking: false}\n",
        "select area, year from council.requests",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    let made = table(&report, "staging.a");
    assert!(report.is_publishable() && made.version.is_some());
    assert_eq!(made.failures[0].keys, ["area = B"]);
    assert_eq!(made.failures[1].test, "row count at least 4");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_failing_row_hides_identifiers() {
    let files = Files::new().model(
        "staging.a",
        "tests:\n  - unique: [area, number]\n",
        "select area, nhs_number as number from council.requests",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    assert_eq!(
        table(&report, "staging.a").failures[0].keys,
        ["area = A, number = ***"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relationship_looks_into_the_other_table_as_it_is_being_built() {
    let files = Files::new()
        .model(
            "staging.a",
            "tests:\n  - relationship: {column: area, to: staging.z, field: area}\n",
            "select area, year from council.requests",
        )
        .model(
            "staging.z",
            "",
            "select area from council.requests where area <> 'B'",
        );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    assert_eq!(table(&report, "staging.a").failures[0].keys, ["area = B"]);
    assert_eq!(
        table(&report, "staging.a").failures[0].test,
        "area exists in staging.z.area"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_fails_on_its_data_says_so_without_the_data() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select cast(area as bigint) as n from council.requests",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, "('Smith', 2023, 1, 1, 'ok')").await;
    let report = files.build(&lake, &inputs).await;
    let TableOutcome::Failed(why) = &table(&report, "staging.a").outcome else {
        panic!("{:?}", outcomes(&report));
    };
    assert!(
        why.contains("Cannot cast") && !why.contains("Smith"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_planned_into_what_reads_it_and_tested() {
    let view = "materialised: view\ntests:\n  - not_null: [area]\n";
    let files = Files::new()
        .model(
            "staging.a",
            view,
            "select area, count(*) as n from council.requests group by area",
        )
        .model(
            "core.b",
            "grain: [area]\n",
            "select area, n + 1 as m from staging.a",
        );
    let lake = files.lake().await;
    let mut inputs = files.deliver(&lake, ROWS).await;
    let report = files.build(&lake, &inputs).await;
    assert_eq!(table(&report, "staging.a").version, None);
    assert!(lake.table("staging.a").await.unwrap().is_none());
    assert_eq!(
        rows(&lake, &report, "core.b", "select area, m from t").await,
        "+------+---+\n| area | m |\n+------+---+\n| A    | 3 |\n| B    | 2 |\n+------+---+"
    );
    inputs.released = released(&report);
    assert!(!files.build(&lake, &inputs).await.did_work());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_builds_no_more_than_itself() {
    let files = metric_project();
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, ROWS).await;
    files.build(&lake, &inputs).await;
    let inputs = files.deliver(&lake, "('C', 2023, 1, 1, 'ok')").await;
    let report = files.build_some(&lake, &inputs, &["staging.request"]).await;
    assert!(is_built(&report, "staging.request"));
    assert_eq!(
        table(&report, "metrics.request").outcome,
        TableOutcome::NotSelected
    );
    assert_eq!(table(&report, "metrics.request").version, Some(0));
    let report = files
        .build_some(&lake, &inputs, &["metrics.request+"])
        .await;
    assert!(is_built(&report, "published.metric_value"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_below_what_was_never_built_says_what_to_do() {
    let files = metric_project();
    let lake = files.lake().await;
    let plan = files.plan();
    let selected = Some(plan.select(&["metrics.request".to_owned()]).unwrap());
    let error = build(
        &plan,
        &lake,
        &Inputs::default(),
        &crate::Options {
            selected,
            ..options()
        },
        &|_| {},
    )
    .await
    .unwrap_err();
    assert!(matches!(&error, BuildError::NeverBuilt { table, .. } if table == "staging.request"));
    assert!(error.to_string().contains("jcw build +metrics.request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_a_table_and_is_made_again_only_when_it_changes() {
    let files = Files::new()
        .write("pipelines/seeds/area.csv", "code,name\nA,Alpha\n")
        .write(
            "pipelines/seeds/area.yaml",
            "description: d\nowner: o\nlayout: {format: csv}\ncolumns:\n  - {name: code, type: text, required: true}\n  - {name: name, type: text}\n",
        )
        .model("core.area", "", "select code, name from seed.area");
    let lake = files.lake().await;
    let column = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let batch =
        RecordBatch::try_from_iter([("code", column("A")), ("name", column("Alpha"))]).unwrap();
    let mut inputs = Inputs::default();
    assert!(matches!(
        build(&files.plan(), &lake, &inputs, &options(), &|_| {}).await,
        Err(BuildError::NoSeed { .. })
    ));
    inputs
        .seeds
        .insert("seed.area".into(), seed_rows("1", batch.clone()));
    let report = files.build(&lake, &inputs).await;
    assert!(is_built(&report, "seed.area") && is_built(&report, "core.area"));
    assert!(!files.build(&lake, &inputs).await.did_work());
    inputs
        .seeds
        .insert("seed.area".into(), seed_rows("2", batch));
    assert!(is_built(&files.build(&lake, &inputs).await, "core.area"));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_the_memory_holds_are_sorted_on_disk() {
    let files = Files::new()
        .model("staging.a", "grain: [n]\n", "select n, md5(cast(n as varchar)) as h from (select unnest(generate_series(1, 1500000)) as n)")
        .model("core.b", "grain: [h, n]\n", "select h, n from staging.a");
    let lake = files.lake().await;
    let plan = files.plan();
    let options = crate::Options {
        memory: 64 << 20,
        ..options()
    };
    let report = build(&plan, &lake, &Inputs::default(), &options, &|_| {})
        .await
        .unwrap();
    assert!(report.is_publishable(), "{:?}", outcomes(&report));
    assert_eq!(table(&report, "core.b").rows, Some(1_500_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thread_and_many_give_the_same_rows() {
    let files = Files::new()
        .model(
            "staging.a",
            "",
            "select area, received / 3.0 as x, year from council.requests",
        )
        .model(
            "core.b",
            "grain: [area]\n",
            "select area, sum(x) as total, avg(x) as mean from staging.a group by area",
        );
    let mut seen = Vec::new();
    let values: Vec<String> = (0..2000)
        .map(|n| format!("('A{}', {n}, {n}, 1, 'ok')", n % 7))
        .collect();
    for threads in [1, 2, 5] {
        let lake_files = Files::new();
        let lake = lake_files.lake().await;
        let inputs = lake_files.deliver(&lake, &values.join(", ")).await;
        let options = crate::Options {
            threads,
            ..options()
        };
        let report = build(&files.plan(), &lake, &inputs, &options, &|_| {})
            .await
            .unwrap();
        seen.push(rows(&lake, &report, "core.b", "select * from t").await);
    }
    assert!(seen.iter().all(|rows| *rows == seen[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_hold_nulls_are_compared_as_values() {
    let files = Files::new()
        .model("staging.a", "tests:\n  - unique: [x, y]\n", "select column1 as x, column2 as y from (values ('a', null), (null, 'a'), (null, null))")
        .model("staging.b", "tests:\n  - unique: [x, y]\n", "select column1 as x, column2 as y from (values ('a', null), ('b', 'c'), ('a', null))");
    let lake = files.lake().await;
    let report = files.build(&lake, &Inputs::default()).await;
    assert!(is_built(&report, "staging.a"), "{:?}", outcomes(&report));
    assert_eq!(
        table(&report, "staging.b").failures[0].keys,
        ["x = a, y = null"]
    );
}
