//! No question takes more of a server than its role may, and a server that is told to
//! stop lets answers end.

use crate::harness::Project;
use crate::server::Served;
use std::io::Read as _;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";

/// A million million pairs: nobody waits for that.
const LONG: &str = "select count(*) as n from generate_series(1, 1000000) a, \
    generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7";

fn served(limits: &str, more: &[&str]) -> (Project, Served) {
    let project = Project::starter();
    project.write(
        "pipelines/roles.yaml",
        format!("roles:\n  - {{id: reader, description: Reads what is published, reads: [published], limits: {{{limits}}}}}\n"),
    );
    project.jcw(&["run"]).succeeds();
    project.user("ann", "reader", PASSWORD);
    project.user("bob", "reader", PASSWORD);
    let served = project.serve(more);
    (project, served)
}

#[test]
fn a_question_is_ended_at_its_roles_time_and_rows_and_place_in_the_queue() {
    let (_project, served) = served(
        "time: 2 s, rows: 100, memory: 64 MiB, running: 1, waiting: 1",
        &[],
    );
    let began = Instant::now();
    assert_eq!(served.asks("ann", PASSWORD, LONG).0, 408);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let many = "select * from generate_series(1, 5000)";
    let (status, body) = served.asks("ann", PASSWORD, many);
    assert!(status == 429 || !body.contains("\n5000"), "{status} {body}");
    // One runs, one waits, the third is told so; somebody else is not held up.
    let _runs = served.begins("ann", PASSWORD, LONG);
    let _waits = served.begins("ann", PASSWORD, LONG);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 429);
    assert_eq!(served.asks("bob", PASSWORD, "select 1").0, 200);
}

#[test]
fn who_goes_away_frees_the_place() {
    let (_project, served) = served(
        "time: 300 s, rows: 100, memory: 64 MiB, running: 1, waiting: 0",
        &[],
    );
    let runs = served.begins("ann", PASSWORD, LONG);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 429);
    drop(runs);
    let began = Instant::now();
    while served.asks("ann", PASSWORD, "select 1").0 != 200 {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the place is still taken"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_server_that_is_told_to_stop_lets_answers_end() {
    let (project, served) = served(
        "time: 300 s, rows: 1000000, memory: 64 MiB",
        &["--patience", "60"],
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
    assert_eq!(served.stops(Duration::from_secs(90)), 0);
    let verified = project.jcw(&["audit", "verify"]).succeeds();
    verified.says(&["is whole: 1 row."]);
}

#[test]
fn a_server_that_is_told_to_stop_ends_what_never_would_and_its_row_is_in_the_log() {
    let (project, served) = served(
        "time: 300 s, rows: 1000000, memory: 64 MiB",
        &["--patience", "1"],
    );
    let _never = served.begins("bob", PASSWORD, LONG);
    let began = Instant::now();
    while begun(&project) < 1 {
        assert!(began.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(served.stops(Duration::from_secs(60)), 0);
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
    files.count()
}
