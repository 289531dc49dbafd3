//! Whoever is not the warehouse itself is answered through the governed session:
//! the tables, rows and columns of a role, on the command line as at every door.

use crate::harness::Project;
use crate::server::{ENDLESS, PASSWORD};
use crate::wait::until;
use std::io::Read as _;

const ROLES: &str = "roles:
  - id: area_analyst
    description: Sees the figures of one area, and what was asked for
    reads: [published, metrics.requests]
    rows: {published.metric_value: area_code = $area}
    hides: {published.metric_definition: [cohort_sql]}
    masks: {published.metric_value: {area_name: \"'an area'\"}}
  - {id: commissioner, description: Sees figures, reads: [published]}
  - {id: data_engineer, description: Sees everything, reads: [\"*\"]}
";

fn published() -> Project {
    let project = Project::starter();
    project.write("pipelines/roles.yaml", ROLES);
    project.jcw(&["check"]).succeeds();
    project.jcw(&["run"]).succeeds();
    project
}

fn asked(project: &Project, role: &[&str], sql: &str) -> Result<String, String> {
    let ran = project.jcw(&[&["query", sql, "--format", "csv"], role].concat());
    match ran.code {
        0 => Ok(ran.out),
        _ => Err(ran.err),
    }
}

#[test]
fn a_role_sees_its_rows_and_columns_on_the_command_line() {
    let project = published();
    let count = "select count(*) as n, max(area_name) as area from published.metric_value";
    let of = |area: &str| {
        let attribute = format!("area={area}");
        let role = ["--role", "area_analyst", "--attribute", &attribute];
        asked(&project, &role, count).unwrap()
    };
    assert_eq!(of("E06000033"), "n,area\n3,an area\n");
    assert_eq!(of("E06000034"), "n,area\n0,\n");
    let none = asked(&project, &["--role", "area_analyst"], count).unwrap();
    assert_eq!(none, "n,area\n0,\n");
    let engineer = ["--role", "data_engineer"];
    let all = "select count(*) as n from council.requests";
    assert_eq!(asked(&project, &engineer, all).unwrap(), "n\n3\n");
    let views = "select count(*) as n from staging.request";
    assert_eq!(asked(&project, &engineer, views).unwrap(), "n\n3\n");
}

#[test]
fn a_step_said_twice_is_taken_twice_in_every_role_and_in_none() {
    let project = published();
    let sql = "select n * 2 as n from (select n * 2 as n from (select count(*) as n from published.metric_value))";
    for role in [&[][..], &["--role", "commissioner"]] {
        assert_eq!(asked(&project, role, sql).unwrap(), "n\n12\n");
    }
}

#[test]
fn what_a_role_does_not_read_is_not_there_and_nobody_learns_more() {
    let project = published();
    let role = ["--role", "commissioner"];
    let hidden = asked(&project, &role, "select * from council.requests").unwrap_err();
    let absent = asked(&project, &role, "select * from council.requestz").unwrap_err();
    assert!(
        hidden.contains("there is no table council.requests"),
        "{hidden}"
    );
    assert_eq!(hidden.replace("requests", "requestz"), absent);
    let near = asked(&project, &role, "select 1\nfrom metric_valu").unwrap_err();
    assert!(near.contains("line 2, column 6"), "{near}");
    assert!(
        near.contains("did you mean published.metric_value?"),
        "{near}"
    );
    let analyst = ["--role", "area_analyst", "--attribute", "area=E06000033"];
    let column = "select cohort_sql from published.metric_definition";
    let column = asked(&project, &analyst, column).unwrap_err();
    assert!(
        column.contains("there is no column \"cohort_sql\""),
        "{column}"
    );
    for sql in [
        "set a.b = 1",
        "drop table published.metric_value",
        "select 1; select 2",
        "explain analyze select 1",
    ] {
        assert!(asked(&project, &role, sql).is_err(), "{sql}");
    }
    let tables = asked(&project, &role, "show tables").unwrap();
    assert!(
        !tables.contains("council") && tables.contains("metric_value"),
        "{tables}"
    );
    let gone = asked(&project, &["--role", "nobody"], "select 1").unwrap_err();
    assert!(gone.contains("role is not there"), "{gone}");
}

#[test]
fn a_row_filter_that_reads_otherwise_than_it_is_written_shows_nothing() {
    let project = published();
    let filter = "status is not distinct from 'ok' and area_code = $area";
    project.write(
        "pipelines/roles.yaml",
        format!("roles:\n  - id: reader\n    description: Reads one area\n    reads: [published]\n    rows: {{published.metric_value: \"{filter}\"}}\n"),
    );
    let brackets = "put brackets around it";
    project.jcw(&["check"]).exits(2).says(&[brackets]);
    let role = ["--role", "reader", "--attribute", "area=E06000033"];
    let sql = "select count(*) as n from published.metric_value";
    assert!(asked(&project, &role, sql).is_err(), "{filter}");
}

#[test]
fn a_project_says_what_is_wrong_with_its_roles() {
    let project = published();
    project.edit(
        "pipelines/roles.yaml",
        "area_code = $area",
        "aera_code = $area",
    );
    let ran = project.jcw(&["check"]);
    assert_ne!(ran.code, 0);
    let told = format!("{}{}", ran.out, ran.err);
    assert!(told.contains("pipelines/roles.yaml:5:36"), "{told}");
    assert!(told.contains("did you mean \"area_code\"?"), "{told}");
}

#[test]
fn a_user_is_answered_as_at_the_doors() {
    use std::io::Write as _;
    let project = published();
    let mut add = project
        .command(&[
            "user",
            "add",
            "ann",
            "--role",
            "area_analyst",
            "--attribute",
            "area=E06000033",
            "--password-stdin",
        ])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut password = add.stdin.take().unwrap();
    writeln!(password, "a long enough password for ann").unwrap();
    drop(password);
    assert!(add.wait().unwrap().success());
    let count = "select count(*) as n from published.metric_value";
    assert_eq!(asked(&project, &["--as", "ann"], count).unwrap(), "n\n3\n");
    assert!(asked(&project, &["--as", "bob"], count).is_err());
    let logged = "select principal, role, outcome, door from jcw.query_log where tables like '%metric_value%'";
    let logged = asked(&project, &["--role", "data_engineer"], logged).unwrap();
    assert!(
        logged.contains("ann,area_analyst,answered,command_line"),
        "{logged}"
    );
}

#[test]
fn a_running_server_follows_its_roles_and_nothing_goes_on_by_those_of_before() {
    let project = published();
    project.user("ann", "commissioner", PASSWORD);
    project.user("bob", "data_engineer", PASSWORD);
    let served = project.serve(&[]);
    let count = "select count(*) as n, max(area_name) as area from published.metric_value";
    let answer = |user: &str| served.asks(user, PASSWORD, count).1;
    let all = answer("ann");
    assert!(all.contains("3,E06000033"), "{all}");
    let mut runs = served.begins("ann", PASSWORD, ENDLESS);
    let _goes_on = served.begins("bob", PASSWORD, ENDLESS);
    served.becomes(&["jcw_running 2"]);

    let commissioner = "id: commissioner, description: Sees figures, reads: [published]";
    let follow = |changed: &str| {
        let text = ROLES.replace(commissioner, &format!("{commissioner}, {changed}"));
        assert_ne!(text, ROLES);
        project.write("pipelines/roles.yaml", text);
    };
    follow("rows: {published.metric_value: no_such_column = 1}");
    until("a mistake is told", || {
        served.said().contains("the roles of before stay")
    });
    assert_eq!(answer("ann"), all);
    follow("rows: {published.metric_value: area_code <> 'E06000033'}");
    until("nobody follows", || answer("ann").contains("\n0,"));
    let cut = answer("ann");
    assert_eq!(answer("bob"), all);
    let mut ended = String::new();
    runs.read_to_string(&mut ended).unwrap();
    assert!(
        ended.starts_with("HTTP/1.1 401") && ended.contains("rights have changed"),
        "{ended}"
    );
    served.becomes(&["jcw_running 1"]);

    std::fs::remove_file(project.path("pipelines/roles.yaml")).unwrap();
    until("that the file is gone is told", || {
        served.said().contains("is gone; the roles of before stay")
    });
    assert_eq!(answer("ann"), cut);
}
