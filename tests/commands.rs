//! What the commands say and how they exit.

use crate::harness::Project;

#[test]
fn help_teaches_and_lists_the_exit_codes() {
    let ran = Project::empty().jcw(&["--help"]).succeeds();
    ran.says(&[
        "jcw demo",
        "check",
        "rollback",
        "Exit codes",
        "a data test failed",
    ]);
    for command in [
        "init", "check", "contract", "run", "build", "query", "status", "releases", "rollback",
        "explain", "lineage", "demo", "schedule",
    ] {
        Project::empty().jcw(&[command, "--help"]).succeeds();
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        Project::empty()
            .jcw(&["completions", shell])
            .succeeds()
            .says(&["jcw"]);
    }
}

#[test]
fn a_folder_without_a_project_is_told_from_a_broken_one() {
    Project::empty()
        .jcw(&["check"])
        .exits(2)
        .says(&["pipelines/warehouse.yaml", "jcw init"]);
}

#[test]
fn a_contract_is_shown_as_it_would_be_sent_to_the_partner() {
    let project = Project::starter();
    project
        .jcw(&["contract", "show"])
        .succeeds()
        .says(&["council/requests"]);
    for form in ["text", "md", "html"] {
        let asked = ["contract", "show", "council/requests", "--format", form];
        project
            .jcw(&asked)
            .succeeds()
            .says(&["council/requests", "Fields", "Example"]);
    }
    project
        .jcw(&["contract", "show", "council/request"])
        .exits(2)
        .says(&["did you mean council/requests?"]);
}

#[test]
fn init_does_not_write_over_anything() {
    let project = Project::starter();
    project
        .jcw(&["init", "."])
        .exits(1)
        .says(&["is there already"]);
    project.jcw(&["init", "other"]).succeeds();
    project.jcw(&["check", "--project", "other"]).succeeds();
}

#[test]
fn every_format_gives_the_same_rows() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let sql = "select month, received, received_status from council.requests order by month";
    project
        .jcw(&["query", sql])
        .succeeds()
        .says(&["2026-01-01", "48", "3 rows"]);
    let csv = project
        .jcw(&["query", sql, "--format", "csv"])
        .succeeds()
        .out;
    assert_eq!(
        csv,
        "month,received,received_status\n2026-01-01,48,ok\n2026-02-01,52,ok\n2026-03-01,,suppressed\n"
    );
    assert_eq!(project.query(sql).len(), 3);
    let parquet = project
        .command(&["query", sql, "--format", "parquet"])
        .output()
        .unwrap()
        .stdout;
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn an_unknown_source_is_answered_with_the_nearest() {
    Project::starter()
        .jcw(&["run", "council/request"])
        .exits(2)
        .says(&["did you mean council/requests"]);
}

#[test]
fn lineage_reaches_the_partners_columns() {
    let project = Project::starter();
    project
        .jcw(&["lineage", "published.metric_value.numerator"])
        .succeeds()
        .says(&["metrics.requests.refused", "council.requests.refused"]);
    project
        .jcw(&["lineage", "metrics.requests"])
        .succeeds()
        .says(&["council.requests"]);
    project
        .jcw(&["lineage", "metrics.request"])
        .says(&["did you mean \"metrics.requests\""]);
}

#[test]
fn logs_can_be_read_by_a_machine_and_carry_no_value_of_a_row() {
    let project = Project::starter();
    project.write("extracts/requests.csv", "month,area_code,received,refused\n2026-01-01,E06000033,SECRETNAME,1\n2026-02-01,E06000033,5,1\n");
    let ran = project.jcw(&["-vv", "--log", "json", "run"]).succeeds();
    let lines: Vec<_> = ran
        .err
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    ran.does_not_say(&["SECRETNAME"]);
}

#[test]
fn an_explanation_names_definition_counts_models_and_files() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project
        .jcw(&["explain", "R01", "--period", "2026-01"])
        .succeeds()
        .says(&[
            "Requests refused, divided by",
            "11",
            "48",
            "22.9",
            "metrics.requests",
            "council.requests",
            "requests.csv",
        ]);
    project
        .jcw(&["explain", "R02"])
        .exits(2)
        .says(&["did you mean R01"]);
}
