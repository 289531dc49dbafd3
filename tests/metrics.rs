//! Metrics through the binary: counted from rows, explained, kept by release.

use crate::harness::Project;

const METRIC: &str = "pipelines/metrics/E13.yaml";

/// Cases of one council. The last row of the file breaks a rule.
fn cases() -> Project {
    let project = Project::starter();
    project
        .write(
            "schemas/council/cases.yaml",
            "description: one row for each plan issued
owner: SEND data team
layout: {format: csv}
columns:
  - {name: case_id, type: text, required: true}
  - {name: started_on, type: date, formats: ['%Y-%m-%d']}
  - {name: sex, type: text}
  - {name: days_to_plan, type: integer}
  - {name: is_excused, type: boolean, yes: [Y], no: [N]}
key: [case_id]
rules:
  - {id: days-are-not-negative, check: days_to_plan >= 0, message: The plan is older than its request}
",
        )
        .write(
            "pipelines/council/cases.yaml",
            "description: Plans\nowner: SEND data team\ncontract: council/cases\nfiles: [extracts/cases*.csv]\n",
        )
        .write(
            "pipelines/models/staging/case.sql",
            "/*\ndescription: Cases\nowner: SEND data team\ngrain: [case_id]\n*/
select case_id, started_on, sex, days_to_plan, is_excused from council.cases\n",
        )
        .write(
            "pipelines/models/core/plan_issued.sql",
            "/*\ndescription: Plans issued\nowner: SEND data team\ngrain: [case_id]\n*/
select case_id, 'E06000033' as area_code, 'Southend-on-Sea' as area_name, 'local_authority' as area_level,
    started_on, sex, days_to_plan, is_excused, days_to_plan is not null as has_timing
from staging.case\n",
        )
        .write(
            "pipelines/models/core/period_known.sql",
            "/*\ndescription: From when to when\nowner: SEND data team\ngrain: [area_code]\n*/
select 'E06000033' as area_code, 'Southend-on-Sea' as area_name, 'local_authority' as area_level,
    date '2024-01-01' as known_from, date '2024-12-31' as known_to\n",
        )
        .write(
            METRIC,
            "id: E13
name: Plans within 20 weeks
question: How many plans are in time?
owner: SEND data team
definition: Plans within 20 weeks for each 100 plans
cohort: Plans that have a timing
trap: Excused plans are in neither number
unit: percent
polarity: high
source: SEND Regulations 2014, reg. 13(2)
design: local
caveats: [One council only, Small numbers]
version: 1
person_level:
  from: core.plan_issued
  cohort: has_timing
  exclusions:
    - {id: excused, what: A permitted exception applies, sql: is_excused}
  when: started_on
  grains: [quarter, calendar_year]
  by: {Sex: sex}
  covers: {from: core.period_known}
  numerator: days_to_plan <= 140
  denominator: 'true'
",
        )
        .write(
            "extracts/cases.csv",
            "case_id,started_on,sex,days_to_plan,is_excused
a,2024-01-10,F,140,N
b,2024-02-29,M,141,N
c,2024-12-31,M,90,N
d,2024-06-01,M,200,Y
e,2024-06-02,F,,N
f,2025-01-01,F,10,N
g,,F,10,N
h-4711,2024-03-01,F,-1,N
",
        );
    project
}

#[test]
fn a_figure_is_counted_from_rows_in_every_period_and_topic() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    let rows = project.query(
        "select period, breakdown, numerator, denominator from published.metric_value
         where metric_id = 'E13' and basis = 'person_level' order by period, breakdown",
    );
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].to_string().replace('"', "");
            format!(
                "{} {} {}/{}",
                text("period"),
                text("breakdown"),
                text("numerator"),
                text("denominator")
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "2024 F 1.0/1.0",
            "2024 M 1.0/2.0",
            "2024 Total 2.0/3.0",
            "2024-Q1 F 1.0/1.0",
            "2024-Q1 M 0.0/1.0",
            "2024-Q1 Total 1.0/2.0",
            "2024-Q2 Total 0.0/0.0",
            "2024-Q3 Total 0.0/0.0",
            "2024-Q4 M 1.0/1.0",
            "2024-Q4 Total 1.0/1.0",
        ]
    );
}

#[test]
fn an_explanation_says_who_was_counted_and_what_could_have_moved_the_figure() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    let asked = ["explain", "E13", "--area", "E06000033", "--period", "2024"];
    project
        .jcw(&asked)
        .succeeds()
        .says(&[
            "E13 Plans within 20 weeks (version 1)",
            "Excused plans are in neither number",
            "Southend-on-Sea, 2024, Total, Plans within 20 weeks: 2 / 3 = 66.7 percent",
            "5  rows of core.plan_issued",
            "1  not of the cohort, which is: has_timing",
            "1  left out, excused: A permitted exception applies",
            "3  counted",
            "1  more would be, but have no date",
            "days_to_plan <= 140  /  true",
            "staging.case",
            "cases.csv  (council/cases",
            "1  council.cases  days-are-not-negative  (council/cases, cases.csv)",
        ])
        .does_not_say(&["4711"]);
    let of_boys = [&asked[..], &["--breakdown", "M", "--basis", "person_level"]].concat();
    project
        .jcw(&of_boys)
        .succeeds()
        .says(&["1 / 2 = 50.0 percent", "3  rows of", "2  counted"]);
    project
        .jcw(&["explain", "E13", "--period", "1999"])
        .exits(2)
        .says(&["no such figure of E13"]);
    project
        .jcw(&["explain", "E31"])
        .exits(2)
        .says(&["did you mean E13?"]);
}

#[test]
fn the_metrics_are_listed_and_each_can_be_read_whole() {
    let project = cases();
    project.jcw(&["metrics"]).succeeds().says(&[
        "E13",
        "R01",
        "person_level",
        "published",
        "low_contested",
        "2 rows",
    ]);
    let json = project.jcw(&["metrics", "--format", "json"]).succeeds().out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["id"], "E13");
    assert_eq!(rows[1]["basis"], "published");
    let csv = project.jcw(&["metrics", "--format", "csv"]).succeeds().out;
    assert!(csv.starts_with("id,name,question,unit,polarity,basis,design,version,owner\nE13,"));
    let listed = project.jcw(&["metrics", "--format", "markdown"]).succeeds();
    listed.says(&[
        "| id | name |",
        "| --- |",
        "| E13 | Plans within 20 weeks |",
    ]);
    for form in ["table", "markdown", "csv", "json"] {
        project
            .jcw(&["metrics", "e13", "--format", form])
            .succeeds()
            .says(&[
                "Excused plans",
                "days_to_plan <= 140",
                "A permitted exception applies",
                "has_timing",
            ]);
    }
    project
        .jcw(&["metrics", "E12"])
        .exits(2)
        .says(&["there is no metric E12; did you mean E13?"]);
}

#[test]
fn a_release_keeps_the_definitions_it_was_made_with() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    project.edit(METRIC, "<= 140", "<= 141");
    project.edit(
        METRIC,
        "A permitted exception applies, sql: is_excused",
        "Nobody, sql: 'false'",
    );
    project.edit(
        METRIC,
        "version: 1\n",
        "version: 2\nchanges:\n  - {version: 2, on: 2026-11-22, what: One day of grace}\n",
    );
    project
        .jcw(&["build"])
        .succeeds()
        .says(&["built     metrics.e13_person_level"])
        .does_not_say(&["built     core.plan_issued"]);
    project
        .jcw(&["metrics", "E13", "--release", "1"])
        .succeeds()
        .says(&["version 1", "<= 140", "is_excused"])
        .does_not_say(&["<= 141"]);
    project
        .jcw(&["metrics", "E13"])
        .succeeds()
        .says(&["version 2", "<= 141", "One day of grace"]);
    project
        .jcw(&["explain", "E13", "--period", "2024", "--release", "1"])
        .succeeds()
        .says(&[
            "2 / 3 = 66.7 percent",
            "1  left out, excused: A permitted exception",
        ]);
    project
        .jcw(&["explain", "E13", "--period", "2024"])
        .succeeds()
        .says(&["3 / 4 = 75.0 percent", "0  left out, excused: Nobody"]);
}

#[test]
fn a_release_is_explained_by_what_it_was_made_with() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    let plan_issued = "pipelines/models/core/plan_issued.sql";
    let staged = project.read("pipelines/models/staging/case.sql");
    std::fs::remove_file(project.path("pipelines/models/staging/case.sql")).unwrap();
    project
        .write("pipelines/models/staging/plan.sql", staged)
        .edit(plan_issued, "from staging.case", "from staging.plan")
        .edit(METRIC, "<= 140", "<= 141")
        .edit(
            METRIC,
            "version: 1\n",
            "version: 2\nchanges:\n  - {version: 2, on: 2026-11-22, what: One day of grace}\n",
        )
        .edit(
            "schemas/council/cases.yaml",
            "id: days-are-not-negative, check: days_to_plan >= 0",
            "id: a-plan-takes-time, check: days_to_plan > 80",
        );
    // The same file is judged again, and its rejects take the place of those of then.
    project.jcw(&["run"]).succeeds().says(&["r00000002"]);
    project.write(
        "extracts/cases_newer.csv",
        "case_id,started_on,sex,days_to_plan,is_excused\na,2024-01-10,F,141,N\nb,2024-02-10,F,1,N\n",
    );
    project.jcw(&["run"]).succeeds().says(&["r00000003"]);
    let then = [
        "<= 140",
        "2 / 3 = 66.7 percent",
        "staging.case",
        "cases.csv",
        "8 rows received, 7 accepted, 1 rejected",
        "days-are-not-negative",
    ];
    let now = [
        "<= 141",
        "1 / 1 = 100.0 percent",
        "staging.plan",
        "cases_newer.csv",
        "2 rows received, 1 accepted, 1 rejected",
        "a-plan-takes-time",
    ];
    let asked = ["explain", "E13", "--period", "2024"];
    let first = project.jcw(&[&asked[..], &["--release", "1"]].concat());
    let first = first.succeeds().says(&then).does_not_say(&now);
    first.says(&[
        "(version 1)",
        "now define version 2 of E13; what follows is version 1",
        "metrics.e13_person_level  (changed since; the lake does not hold its text of then, SHA-256 ",
        "core.plan_issued  (changed since; the lake does not hold its text of then, SHA-256 ",
        "staging.case  (no longer in the project)",
        "council/cases  (changed since; the lake does not hold its text of then, SHA-256 ",
    ]);
    let current = project.jcw(&asked).succeeds();
    let current = current.says(&now).says(&["(version 2)"]);
    current
        .does_not_say(&then)
        .does_not_say(&["changed since", "no longer"]);
    project
        .jcw(&["explain", "--release", "1"])
        .succeeds()
        .says(&["E13", "How many plans are in time?"]);
}

#[test]
fn an_explanation_says_what_an_earlier_release_does_not_hold() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    let path = "lake/releases/00000001.json";
    let mut release: serde_json::Value = serde_json::from_str(&project.read(path)).unwrap();
    let held = release.as_object_mut().unwrap();
    assert!(held.remove("reads").is_some() && held.remove("ledger").is_some());
    project.write(path, release.to_string());
    project
        .jcw(&["explain", "E13", "--period", "2024"])
        .succeeds()
        .says(&[
            "does not hold what its models read",
            "does not hold the ledger as it was",
            "2 / 3 = 66.7 percent",
            "staging.case",
            "days-are-not-negative",
        ]);
}

#[test]
fn a_definition_does_not_change_under_one_version() {
    let project = cases();
    project.jcw(&["run"]).succeeds();
    project.edit(METRIC, "<= 140", "<= 141");
    for command in ["check", "run", "build"] {
        project.jcw(&[command]).exits(2).says(&[
            "the definition of E13 has changed and its version has not",
            "write `version: 2` and an entry under `changes`",
            "pipelines/metrics/E13.yaml:13:10",
        ]);
    }
    project.edit(METRIC, "<= 141", "<= 140");
    project.edit(
        METRIC,
        "[One council only, Small numbers]",
        "[One council only]",
    );
    project.jcw(&["check"]).succeeds();
    project
        .jcw(&["build"])
        .succeeds()
        .does_not_say(&["built     metrics.e13_person_level"]);
}
