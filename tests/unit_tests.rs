//! Unit tests of models as data, through the binary.

use crate::harness::Project;

#[test]
fn the_rules_of_control_charts_and_of_actions_hold_without_a_lake() {
    let project = Project::southend();
    project
        .jcw(&["test", "published.metric_spc", "published.action_progress"])
        .succeeds()
        .says(&["published.metric_spc", "unit tests hold"]);
    assert!(!project.path("lake").exists());
}

#[test]
fn a_test_that_does_not_hold_is_told_with_its_place_and_both_values() {
    let project = Project::southend();
    project.write(
        "pipelines/tests/published/metric_spc.yaml",
        "description: Wrong on purpose
tests:
  - name: One point is a chart
    given:
      published.metric_value: [{metric_id: X, status: ok, value: 1}]
    expect: [{metric_id: X, signal: none}]
",
    );
    project.jcw(&["test", "metric_spc"]).exits(3).says(&[
        "\"One point is a chart\" expects this row, and there is none",
        "pipelines/tests/published/metric_spc.yaml:6:15",
        "1 of 1 unit tests do not hold",
    ]);
}

#[test]
fn what_cannot_be_a_test_is_told_by_check() {
    let project = Project::southend();
    project.write(
        "pipelines/tests/core/ehc_case.yaml",
        "description: Wrong on purpose
tests:
  - name: A case
    given:
      staging.council_ehcna_cases: [{received_on: 2024-01-01}]
    expect: []
",
    );
    project
        .jcw(&["check"])
        .exits(2)
        .says(&["did you mean staging.council_ehcna_case?"]);
}

#[test]
fn a_word_that_selects_nothing_is_told_what_is_near() {
    Project::southend()
        .jcw(&["test", "core.ehc_cases"])
        .exits(2)
        .says(&["did you mean core.ehc_case?"]);
}
