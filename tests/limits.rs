//! No question takes more of a server than its role may, and a server that is told to
//! stop lets answers end.

use crate::harness::Project;
use crate::server::{ENDLESS, PASSWORD, Served};
use crate::wait::until;
use std::io::Read as _;

fn served(limits: &str, more: &[&str]) -> (Project, Served) {
    let project = Project::limited(limits);
    let served = project.serve(more);
    (project, served)
}

#[test]
fn a_question_is_ended_at_its_roles_time_and_rows_and_place_in_the_queue() {
    let (_project, served) = served("time: 5 s, rows: 100, memory: 64 MiB", &[]);
    assert_eq!(served.asks("ann", PASSWORD, ENDLESS).0, 408);
    let many = "select * from generate_series(1, 5000)";
    let (status, body) = served.asks("ann", PASSWORD, many);
    assert!(status == 429 || !body.contains("\n5000"), "{status} {body}");
    // One runs, one waits, the third is told so; somebody else is not held up.
    let queue = "time: 300 s, rows: 100, memory: 64 MiB, running: 1, waiting: 1";
    let (_project, served) = self::served(queue, &[]);
    let _runs = served.begins("ann", PASSWORD, ENDLESS);
    let _waits = served.begins("ann", PASSWORD, ENDLESS);
    served.becomes(&["jcw_running 1", "jcw_waiting 1"]);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 429);
    assert_eq!(served.asks("bob", PASSWORD, "select 1").0, 200);
}

#[test]
fn who_goes_away_frees_the_place() {
    let (_project, served) = served(
        "time: 300 s, rows: 100, memory: 64 MiB, running: 1, waiting: 0",
        &[],
    );
    let runs = served.begins("ann", PASSWORD, ENDLESS);
    served.becomes(&["jcw_running 1"]);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 429);
    drop(runs);
    until("the place is still taken", || {
        served.asks("ann", PASSWORD, "select 1").0 == 200
    });
}

#[test]
fn a_server_that_is_told_to_stop_lets_answers_end() {
    let (project, served) = served(
        "time: 300 s, rows: 1000000, memory: 64 MiB",
        &["--patience", "600"],
    );
    // Longer than what the system holds of it on the way.
    let slow = "select repeat_of, n.value from (select 'a text that is not so short' as repeat_of), generate_series(1, 100000) n";
    let mut answer = served.begins("ann", PASSWORD, slow);
    let mut first = [0; 4096];
    answer.read_exact(&mut first).unwrap();
    served.terminate();
    let mut rest = Vec::new();
    answer.read_to_end(&mut rest).unwrap();
    let rest = String::from_utf8_lossy(&rest);
    assert!(
        rest.contains("100000") && rest.ends_with("0\r\n\r\n"),
        "the answer is not whole"
    );
    assert_eq!(served.stops(), 0);
    let verified = project.jcw(&["audit", "verify"]).succeeds();
    verified.says(&["is whole: 1 row."]);
}

#[test]
fn a_server_that_is_told_to_stop_ends_what_never_would_and_its_row_is_in_the_log() {
    let (project, served) = served(
        "time: 300 s, rows: 1000000, memory: 64 MiB",
        &["--patience", "1"],
    );
    let _never = served.begins("bob", PASSWORD, ENDLESS);
    until("it never began", || begun(&project) == 1);
    assert_eq!(served.stops(), 0);
    assert_eq!(begun(&project), 0, "a question has no row");
    let verified = project.jcw(&["audit", "verify"]).succeeds();
    verified.says(&["is whole: 1 row."]);
    let tail = project.jcw(&["audit", "tail", "--format", "json"]);
    let tail = tail.succeeds().out;
    assert!(tail.contains("\"unavailable\""), "{tail}");
}

/// Questions that have begun and have no row in the log yet.
fn begun(project: &Project) -> usize {
    let servers = std::fs::read_dir(project.path("lake/spool")).unwrap();
    let files = servers.flat_map(|server| {
        std::fs::read_dir(server.unwrap().path().join("begun"))
            .into_iter()
            .flatten()
    });
    // A file whose first line is empty waits for the next question.
    let notes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let noted = |note: &Vec<u8>| note.first().is_some_and(|first| *first != b'\n');
    notes.filter(noted).count()
}
