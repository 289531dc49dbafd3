//! Wrong project files: every problem at once, each with its file, line,
//! column, an excerpt with a caret, and a hint; exit code 2, and nothing run.

use crate::harness::{Project, Ran};

fn check(project: &Project) -> Ran {
    project.jcw(&["check"]).exits(2)
}

#[test]
fn the_repositorys_own_project_is_right() {
    Project::southend()
        .jcw(&["check"])
        .succeeds()
        .says(&["are right"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let project = Project::starter();
    project.edit("pipelines/council/requests.yaml", "schedule:", "shedule:");
    check(&project).says(&[
        "pipelines/council/requests.yaml:8:1",
        "shedule",
        "schedule",
        "^",
    ]);
}

#[test]
fn a_wrong_type_says_what_was_wanted() {
    let project = Project::starter();
    project.edit("pipelines/metrics/R01.yaml", "version: 1", "version: first");
    check(&project).says(&["pipelines/metrics/R01.yaml:13:10"]);
}

#[test]
fn a_missing_contract_is_answered_with_the_nearest() {
    let project = Project::starter();
    project.edit(
        "pipelines/council/requests.yaml",
        "contract: council/requests",
        "contract: council/request",
    );
    check(&project).says(&[
        "pipelines/council/requests.yaml:4:11",
        "council/request",
        "council/requests",
    ]);
}

#[test]
fn sql_that_does_not_plan_is_shown_where_it_stands() {
    let project = Project::starter();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "to_char(month",
        "to_chr(month",
    );
    check(&project).says(&["pipelines/models/metrics/requests.sql:12:", "to_chr"]);
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "from staging.request",
        "form staging.request",
    );
    check(&project).says(&["pipelines/models/metrics/requests.sql:"]);
}

#[test]
fn a_column_or_table_that_does_not_exist_is_answered_with_the_nearest() {
    let project = Project::starter();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "    received,\n",
        "    recieved,\n",
    );
    check(&project).says(&[
        "pipelines/models/metrics/requests.sql:18:5",
        "recieved",
        "received",
    ]);
    let project = Project::starter();
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "staging.request",
        "staging.reqest",
    );
    check(&project).says(&[
        "pipelines/models/metrics/requests.sql:22:6",
        "staging.request",
    ]);
    let project = Project::starter();
    project.edit(
        "pipelines/metrics/R01.yaml",
        "numerator: refused",
        "numerator: refusd",
    );
    check(&project).says(&["pipelines/metrics/R01.yaml:16:14", "refused"]);
    let project = Project::starter();
    project.edit(
        "schemas/council/requests.yaml",
        "check: refused <= received",
        "check: refusd <= received",
    );
    check(&project).says(&["schemas/council/requests.yaml:22:12", "refused"]);
}

#[test]
fn two_sources_of_one_table_need_a_period() {
    let project = Project::starter();
    let source = project.read("pipelines/council/requests.yaml");
    project.write("pipelines/council/requests_too.yaml", source);
    project.jcw(&["check"]).succeeds();
    project.edit("schemas/council/requests.yaml", "period: [month]\n", "");
    check(&project).says(&[
        "pipelines/council/requests_too.yaml:4:11",
        "council/requests",
        "declare a period, or give each source its own contract",
    ]);
}

#[test]
fn a_circle_of_models_is_named_whole() {
    let project = Project::starter();
    for (name, other) in [("a", "b"), ("b", "a")] {
        project.write(
            &format!("pipelines/models/core/{name}.sql"),
            format!("/*\ndescription: x\nowner: y\ngrain: [n]\n*/\nselect n from core.{other}\n"),
        );
    }
    check(&project).says(&["core.a <- core.b", "pipelines/models/core/"]);
}

#[test]
fn an_id_used_twice_names_both_places() {
    let project = Project::starter();
    let metric = project.read("pipelines/metrics/R01.yaml");
    project.write("pipelines/metrics/R02.yaml", metric);
    check(&project).says(&["pipelines/metrics/R02.yaml:1:5", "R01"]);
}

#[test]
fn a_metric_without_owner_or_definition_does_not_pass() {
    let project = Project::starter();
    project.edit("pipelines/metrics/R01.yaml", "owner: SEND data team\n", "");
    project.edit(
        "pipelines/metrics/R01.yaml",
        "definition: Requests refused, divided by all requests received in the month.\n",
        "",
    );
    check(&project).says(&[
        "pipelines/metrics/R01.yaml",
        "owner",
        "definition",
        "2 problems",
    ]);
}

#[test]
fn every_problem_is_told_at_once() {
    let project = Project::starter();
    project.edit("pipelines/council/requests.yaml", "schedule:", "shedule:");
    project.edit(
        "schemas/council/requests.yaml",
        "key: [month, area_code]",
        "key: [month, area]",
    );
    project.edit(
        "pipelines/models/metrics/requests.sql",
        "    received,\n",
        "    recieved,\n",
    );
    project.edit(
        "pipelines/metrics/R01.yaml",
        "unit: percent",
        "unit: percentage",
    );
    check(&project).says(&[
        "pipelines/council/requests.yaml:8:1",
        "schemas/council/requests.yaml:19:14",
        "pipelines/models/metrics/requests.sql:18:5",
        "pipelines/metrics/R01.yaml:7:7",
    ]);
}

#[test]
fn a_variable_that_is_not_set_is_named_and_a_set_one_is_never_shown() {
    let project = Project::starter().with("JCW_TEST_SECRET", "hunter2");
    project.edit(
        "pipelines/council/requests.yaml",
        "schedule:",
        "store: {key: \"${JCW_TEST_SECRET}\", other: \"${JCW_TEST_UNSET}\"}\nschedule:",
    );
    check(&project)
        .says(&["JCW_TEST_UNSET", "pipelines/council/requests.yaml:8:"])
        .does_not_say(&["hunter2"]);
}

#[test]
fn a_run_of_a_wrong_project_does_nothing() {
    let project = Project::starter();
    project.edit(
        "pipelines/metrics/R01.yaml",
        "unit: percent",
        "unit: percentage",
    );
    project
        .jcw(&["run"])
        .exits(2)
        .says(&["pipelines/metrics/R01.yaml:7:7"]);
    assert!(!project.path("lake").exists());
}
