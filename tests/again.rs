//! A failed or killed run changes nothing visible; running it again finishes
//! it; running a finished one again does nothing.

use crate::harness::Project;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Extract of one month: two hundred areas, figures that follow from the month.
fn month(n: u32) -> (String, String) {
    let first = format!("{}-{:02}-01", 2020 + n / 12, n % 12 + 1);
    let mut text = String::from("month,area_code,received,refused\n");
    for area in 0..200 {
        text.push_str(&format!(
            "{first},E{area:08},{},{}\n",
            40 + (n * 7 + area) % 30,
            (n + area) % 20
        ));
    }
    (format!("extracts/{n:03}/requests.csv"), text)
}

/// What a reader sees, in full.
fn tables(project: &Project) -> Vec<String> {
    [
        "select * from council.requests order by month, area_code",
        "select * from metrics.requests order by period, area_code",
        "select * from published.metric_value order by metric_id, basis, part, period, area_code",
    ]
    .map(|sql| {
        project
            .jcw(&["query", sql, "--format", "csv"])
            .succeeds()
            .out
    })
    .into()
}

#[test]
fn a_second_run_does_no_work_and_says_so() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds().says(&["Published r"]);
    let (releases, status) = (project.jcw(&["releases"]).out, project.jcw(&["status"]).out);
    project
        .jcw(&["run"])
        .succeeds()
        .says(&["Nothing to do: 1 file is as it was", "is current"]);
    assert_eq!(project.jcw(&["releases"]).out, releases);
    assert_eq!(project.jcw(&["status"]).out, status);
}

#[test]
fn a_killed_run_leaves_the_last_release_readable_and_the_next_run_finishes_it() {
    let project = Project::starter();
    std::fs::remove_file(project.path("extracts/requests.csv")).unwrap();
    let (path, text) = month(0);
    project.write(&path, text);
    let begun = Instant::now();
    project.jcw(&["run"]).succeeds();
    let mut whole = begun.elapsed();

    let random = RandomState::new();
    let mut killed = 0;
    for n in 1..=30 {
        let (path, text) = month(n);
        project.write(&path, text);
        let current = release(&project);
        let mut child = project
            .command(&["run"])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut hasher = random.build_hasher();
        hasher.write_u32(n);
        std::thread::sleep(
            whole.mul_f64((hasher.finish() % 1000) as f64 / 1000.0) + Duration::from_millis(1),
        );
        child.kill().unwrap();
        match child.wait().unwrap().success() {
            // The machine was busier when the whole was measured.
            true => whole /= 2,
            false => killed += 1,
        }

        // Either nothing changed, or everything did: never something between.
        let seen = release(&project);
        let months = project
            .value("select count(distinct period) from metrics.requests")
            .as_u64()
            .unwrap();
        let rows = project
            .value("select count(*) from published.metric_value")
            .as_u64()
            .unwrap();
        assert_eq!(rows, months * 200, "after kill {n}, release {seen}");
        assert!(
            seen >= current,
            "the release went back from {current} to {seen}"
        );
    }
    assert!(killed > 0, "no run was killed in time");
    project.jcw(&["run"]).succeeds();
    for file in project.status() {
        assert_eq!(file["closes"], serde_json::json!(true), "{file}");
    }

    let undisturbed = Project::starter();
    std::fs::remove_file(undisturbed.path("extracts/requests.csv")).unwrap();
    for n in 0..=30 {
        let (path, text) = month(n);
        undisturbed.write(&path, text);
    }
    undisturbed.jcw(&["run"]).succeeds();
    assert_eq!(tables(&project), tables(&undisturbed));
    println!("{killed} of 30 runs were killed before they ended");
}

fn release(project: &Project) -> String {
    let ran = project.jcw(&["releases", "--format", "json"]).succeeds();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    rows[0]["release"].as_str().unwrap().to_owned()
}

#[test]
fn the_order_of_arrival_does_not_change_the_tables() {
    let (forward, backward) = (Project::starter(), Project::starter());
    for n in 0..6 {
        let (path, text) = month(n);
        forward.write(&path, text);
        forward.jcw(&["run"]).succeeds();
    }
    for n in (0..6).rev() {
        let (path, text) = month(n);
        backward.write(&path, text);
    }
    backward.jcw(&["run"]).succeeds();
    assert_eq!(tables(&forward), tables(&backward));
}

#[test]
fn two_runs_at_once_do_the_work_once() {
    let project = Project::starter();
    let (path, text) = month(1);
    project.write(&path, text);
    let first = project
        .command(&["run"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let second = project.jcw(&["run"]);
    let first = first.wait_with_output().unwrap();
    assert!(
        [Some(0), Some(5)].contains(&first.status.code()),
        "{first:?}"
    );
    assert!([0, 5].contains(&second.code), "{second:?}");
    project.jcw(&["run"]).succeeds();
    let loaded = project
        .status()
        .iter()
        .filter(|file| file["status"] == "loaded")
        .count();
    assert_eq!(loaded, 2);
}

const CASES: &str = "\
description: One row for each case of a month
owner: SEND data team
layout: {format: csv}
columns:
  - {name: month, type: date, required: true, formats: ['%Y-%m-%d']}
  - {name: child_id, type: text, required: true, classification: local_id}
  - {name: date_of_birth, type: date, required: true, formats: ['%Y-%m-%d'], classification: identifier}
period: [month]
key: [month, child_id]
person: {local_id: child_id, birth_date: date_of_birth}
";

/// A month's cases, one of each of some children.
fn cases(project: &Project, month: u32, children: std::ops::Range<u32>) {
    let mut text = String::from("month,child_id,date_of_birth\n");
    for child in children {
        text.push_str(&format!(
            "2024-{month:02}-01,C{child},2015-03-{:02}\n",
            child % 28 + 1
        ));
    }
    project.write(&format!("extracts/cases_{month}.csv"), text);
}

/// A starter with one month of cases, loaded.
pub(crate) fn with_children() -> Project {
    let project = Project::starter();
    project.write("schemas/council/cases.yaml", CASES);
    project.write(
        "pipelines/council/cases.yaml",
        "description: Cases\nowner: SEND data team\ncontract: council/cases\nfiles:\n  - ./extracts/cases_*.csv\n",
    );
    project.write(
        "pipelines/models/staging/person.sql",
        "/*\ndescription: Who a record is about\nowner: SEND data team\ngrain: [person_ref]\n*/\nselect person_ref, person_key from identity.person\n",
    );
    project.write(
        "pipelines/models/staging/child_case.sql",
        "/*\ndescription: Cases as they came\nowner: SEND data team\ngrain: [month, child_id]\n*/\nselect month, child_id, person_ref from council.cases\n",
    );
    project.write(
        "pipelines/models/core/case_of_child.sql",
        "/*\ndescription: Cases and whose they are\nowner: SEND data team\ngrain: [month, child_id]\ntests:\n  - not_null: [person_key]\n*/\nselect sent.month, sent.child_id, person.person_key\nfrom staging.child_case as sent\nleft join staging.person as person on person.person_ref = sent.person_ref\n",
    );
    cases(&project, 1, 0..20);
    project.jcw(&["run"]).succeeds();
    project
}

/// Two months have been loaded, and the lake, without its vault, is put back to
/// where it was after the first.
fn put_back() -> Project {
    let project = with_children();
    let (lake, copy) = (project.path("lake"), project.path("copy"));
    crate::harness::copy(&lake, &copy);
    // The first month is corrected: other marks, other children.
    cases(&project, 1, 5..25);
    cases(&project, 2, 0..20);
    project.jcw(&["run"]).succeeds();
    std::fs::remove_dir_all(&lake).unwrap();
    std::fs::rename(&copy, &lake).unwrap();
    project
}

#[test]
fn a_lake_that_was_restored_without_its_vault_loses_nobody() {
    let project = put_back();
    for n in [1, 2] {
        std::fs::remove_file(project.path(&format!("extracts/cases_{n}.csv"))).unwrap();
    }
    project.jcw(&["run"]).succeeds();
    let cases = project.query("select * from core.case_of_child where person_key is not null");
    assert_eq!(cases.len(), 20);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);

    let project = put_back();
    project.jcw(&["run"]).succeeds();
    let cases = project.query("select * from core.case_of_child where person_key is not null");
    assert_eq!(cases.len(), 40);
}
