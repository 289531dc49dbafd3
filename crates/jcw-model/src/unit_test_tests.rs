//! Tests of unit tests: what holds, what is told when one does not, and what is
//! told of one that cannot be.

use crate::testing::{Files, METRICS_REQUEST};
use crate::unit_test::{UnitReport, run_unit_tests, select_unit_tests};
use std::collections::BTreeMap;

const STAGING: &str = "pipelines/tests/staging/request.yaml";

async fn run(files: &Files, word: &str) -> Vec<UnitReport> {
    let (project, plan) = (files.project(), files.plan());
    let mut reports = Vec::new();
    for tests in select_unit_tests(&plan, &project, &[word.to_owned()]).unwrap() {
        let report = run_unit_tests(&plan, tests, &BTreeMap::new()).await;
        reports.push(report.unwrap());
    }
    reports
}

/// What differs, without the path of the file.
async fn differences(files: &Files, word: &str) -> Vec<String> {
    let reports = run(files, word).await;
    let all = reports.iter().flat_map(|report| &report.differences);
    all.map(|difference| {
        let shown = difference.to_string();
        shown.rsplit('/').next().unwrap().to_owned()
    })
    .collect()
}

#[tokio::test]
async fn a_test_that_holds_says_nothing_and_looks_at_named_columns_alone() {
    let files = Files::new().with_request_models().write(
        STAGING,
        "description: d
given:
  council.requests:
    - {area: A, year: 2024, received: 5, refused: 2}
    - {area: B, year: 2024, received: 7}
tests:
  - name: Rows keep their numbers, in whatever order
    expect:
      - {area: B, received: 7, refused: null, refused_status: missing}
      - {area: A, received: 5, refused: 2, refused_status: ok}
  - name: A test has its own rows
    given: {council.requests: []}
    expect: []
",
    );
    let reports = run(&files, "staging.request").await;
    assert_eq!((reports[0].tests, reports[0].failed), (2, 0));
    assert_eq!(differences(&files, "staging.request").await, [""; 0]);
}

#[tokio::test]
async fn a_difference_is_told_at_the_cell_with_both_values() {
    let files = Files::new().with_request_models().write(
        STAGING,
        "description: d
given:
  council.requests:
    - {area: A, year: 2024, received: 5, refused: 2}
    - {area: B, year: 2024, received: 7}
tests:
  - name: Wrong
    expect:
      - {area: A, received: 6}
      - {area: C}
",
    );
    assert_eq!(
        differences(&files, "staging").await,
        [
            "request.yaml:7:11: \"Wrong\" does not expect the row {area: B, received: 7, year: 2024}",
            "request.yaml:9:29: \"Wrong\" expects received = 6, and it is 5",
            "request.yaml:10:10: \"Wrong\" expects this row, and there is none",
        ]
    );
}

#[tokio::test]
async fn a_query_that_fails_on_made_up_rows_is_a_test_that_fails() {
    let files = Files::new()
        .model(
            "staging.a",
            "",
            "select 1 / received as one from council.requests",
        )
        .write(
            "pipelines/tests/staging/a.yaml",
            "description: d
tests:
  - name: Nothing is divided by nought
    given: {council.requests: [{received: 0}]}
    expect: []
",
        );
    let told = differences(&files, "a").await;
    assert!(
        told[0].starts_with("a.yaml:3:11: \"Nothing is divided by nought\" cannot be run: "),
        "{told:?}"
    );
}

#[tokio::test]
async fn figures_of_a_metric_are_tested_on_rows_of_its_model() {
    let files = Files::new()
        .with_request_models()
        .metric("E03", "numerator: refused\ndenominator: received\n")
        .write(
            "pipelines/tests/metrics/E03.yaml",
            "description: d
defaults:
  metrics.request: {area_code: A, area_name: A, area_level: country, period_grain: calendar_year, breakdown_topic: Total, breakdown: Total}
tests:
  - name: A third is a third to six decimals
    given: {metrics.request: [{period: 2024, received: 3, refused: 1}]}
    expect: [{period: 2024, numerator: 1, denominator: 3, value: 33.333333333, status: ok}]
  - name: Nothing received is no rate
    given: {metrics.request: [{period: 2024, received: 0, refused: 0}]}
    expect: [{period: 2024, value: null, status: no_denominator}]
",
        );
    assert_eq!(differences(&files, "E03").await, [""; 0]);
    assert!(METRICS_REQUEST.contains("refused_status"));
}

#[test]
fn what_a_model_does_not_read_or_have_is_told_by_check() {
    let said = |from: &str, to: &str| {
        let sound = "description: d
given:
  council.requests: [{area: A, year: 2024}]
tests:
  - name: Sound
    expect: [{area: A, year: 2024}]
";
        assert!(sound.contains(from), "{from}");
        let files = Files::new().with_request_models();
        files.write(STAGING, &sound.replacen(from, to, 1)).said()
    };
    assert_eq!(said("area: A", "area: A"), "");
    assert_eq!(
        said("council.requests", "council.request"),
        "request.yaml:3:3: staging.request does not read council.request | did you mean council.requests?\n"
    );
    assert_eq!(
        said(
            "{area: A, year: 2024}]\ntests",
            "{areas: A, year: later}]\ntests"
        ),
        "request.yaml:3:23: council.requests has no column \"areas\" | did you mean \"area\"?
request.yaml:3:39: council.requests.year is a whole number, and this is not | write digits only\n"
    );
    assert_eq!(
        said("expect: [{area: A", "expect: [{where: A"),
        "request.yaml:6:15: staging.request has no column \"where\" | its columns are area, year, received, refused, refused_status\n"
    );
}
