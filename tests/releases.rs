//! Readers see one release and never a mixture; going back moves a pointer.

use crate::harness::Project;
use serde_json::{Value, json};

fn releases(project: &Project) -> Vec<Value> {
    serde_json::from_str(
        &project
            .jcw(&["releases", "--format", "json"])
            .succeeds()
            .out,
    )
    .unwrap()
}

fn two_releases() -> Project {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.write(
        "extracts/more/requests.csv",
        "month,area_code,received,refused\n2026-04-01,E06000033,10,5\n",
    );
    project.jcw(&["run"]).succeeds();
    project
}

#[test]
fn a_release_can_be_asked_after_later_ones_are_published() {
    let project = two_releases();
    let first = releases(&project)[1]["release"]
        .as_str()
        .unwrap()
        .to_owned();
    let months = "select count(*) as n from council.requests";
    assert_eq!(project.value(months), json!(4));
    project
        .jcw(&["query", months, "--release", &first, "--format", "csv"])
        .succeeds()
        .says(&["n\n3\n"]);
}

#[test]
fn rolling_back_shows_what_was_and_keeps_the_history() {
    let project = two_releases();
    let first = releases(&project)[1]["release"]
        .as_str()
        .unwrap()
        .to_owned();
    project
        .jcw(&["rollback", &first])
        .succeeds()
        .says(&[&first]);
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(3)
    );
    assert_eq!(releases(&project).len(), 3);
    project
        .jcw(&["rollback", "r99999999"])
        .exits(2)
        .says(&["r99999999", "jcw releases"]);
}

#[test]
fn a_failed_data_test_publishes_nothing_and_names_the_rows_by_key() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "  - row_count: {min: 1}",
        "  - expression: received < 50",
    );
    let ran = project.jcw(&["run"]).exits(3);
    ran.says(&[
        "received < 50",
        "2026-02",
        "nothing was published",
        "metrics.requests",
    ])
    .does_not_say(&["52"]);
    assert_eq!(releases(&project).len(), 1);
    assert_eq!(
        project.value("select count(*) from metrics.requests"),
        json!(3)
    );
}

#[test]
fn a_test_that_does_not_block_is_reported_and_the_release_goes_out() {
    let project = Project::starter();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "  - row_count: {min: 1}",
        "  - {expression: received < 50, blocking: false}",
    );
    project
        .jcw(&["run"])
        .succeeds()
        .says(&["received < 50", "Published"]);
}

#[test]
fn only_what_a_change_reaches_is_built_again() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.edit(
        "pipelines/metrics/R01.yaml",
        "name: Requests refused",
        "name: Requests refused in the month",
    );
    let ran = project.jcw(&["build"]).succeeds();
    ran.does_not_say(&["built     metrics.requests"])
        .says(&["built     published.metric_definition"]);
}

#[test]
fn before_anything_is_published_a_query_says_what_to_do() {
    let project = Project::starter();
    project
        .jcw(&["query", "select 1"])
        .exits(2)
        .says(&["nothing has been published yet", "jcw run"]);
}

#[test]
fn a_query_can_only_read() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    for sql in [
        "create table x as select 1",
        "drop table council.requests",
        "insert into council.requests select * from council.requests",
        "copy council.requests to 'x.parquet'",
        "create external table x stored as csv location '/etc/passwd'",
        "set datafusion.execution.batch_size = 1",
    ] {
        assert_ne!(project.jcw(&["query", sql]).code, 0, "{sql}");
    }
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(3)
    );
}

#[test]
fn a_selection_is_built_and_never_published_as_a_mixture() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "    refused,\n",
        "    refused + 1 as refused,\n",
    );
    project.edit(
        "pipelines/models/staging/request.sql",
        "    received,\n",
        "    received + 1 as received,\n",
    );
    project
        .jcw(&["build", "metrics.requests"])
        .succeeds()
        .says(&["nothing was published"]);
    assert_eq!(releases(&project).len(), 1);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    assert_eq!(
        project.query(
            "select numerator, denominator from published.metric_value where period = '2026-01'"
        ),
        [json!({"numerator": 12.0, "denominator": 49.0})]
    );
    project
        .jcw(&["build", "metrics.request"])
        .exits(2)
        .says(&["metrics.requests"]);
}

#[test]
fn a_rollback_stands_until_something_new_arrives() {
    let project = two_releases();
    project.jcw(&["rollback", "r00000001"]).succeeds();
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(3)
    );
    project.write(
        "extracts/new/requests.csv",
        "month,area_code,received,refused\n2026-05-01,E06000033,1,0\n",
    );
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(5)
    );
}
