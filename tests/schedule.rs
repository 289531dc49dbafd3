//! Which sources are due.

use crate::harness::Project;
use crate::wait::until;

#[test]
fn a_preview_shows_local_time_and_utc() {
    let project = Project::starter();
    let ran = project
        .jcw(&["schedule", "preview", "--count", "3"])
        .succeeds();
    ran.says(&["council/requests", "Europe/London", "06:00"]);
}

#[test]
fn what_is_due_runs_once_and_then_nothing_is_due() {
    let project = Project::starter();
    project
        .jcw(&["run", "--due"])
        .succeeds()
        .says(&["Published"]);
    project
        .jcw(&["run", "--due"])
        .succeeds()
        .says(&["Nothing is due"]);
    let rows = project.query("select source, scheduled_for from jcw.run where source is not null");
    assert_eq!(rows.len(), 1, "{rows:?}");
    let at = rows[0]["scheduled_for"].as_str().unwrap();
    assert!(at.contains("T05:00:00") || at.contains("T06:00:00"), "{at}");
}

#[test]
fn a_source_without_a_schedule_is_run_only_when_asked() {
    let project = Project::starter();
    project.edit(
        "pipelines/council/requests.yaml",
        "schedule: {cron: \"0 6 * * 1-5\"}\n",
        "",
    );
    project
        .jcw(&["run", "--due"])
        .succeeds()
        .says(&["Nothing is due"]);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
}

#[cfg(unix)]
#[test]
fn the_daemon_runs_what_is_due_and_stops_when_told() {
    let project = Project::starter();
    let mut child = project
        .command(&["schedule"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("there is no release", || {
        project.path("lake/releases/00000001.json").exists()
    });
    std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(child.wait().unwrap().success());
    project
        .jcw(&["run", "--due"])
        .succeeds()
        .says(&["Nothing is due"]);
}
