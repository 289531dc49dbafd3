//! The demo that a newcomer runs first.

use crate::harness::Project;

#[test]
fn the_demo_goes_the_whole_way_and_says_what_to_try_next() {
    let project = Project::southend();
    project.jcw(&["demo"]).succeeds().says(&[
        "made-up",
        "Published r00000001",
        "Southend",
        "England",
        "What was kept back, and why",
        "What to try next",
    ]);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    for file in project.status() {
        assert_eq!(file["closes"], serde_json::json!(true), "{file}");
    }
    project
        .jcw(&["explain", "E03"])
        .succeeds()
        .says(&["requests.csv"]);
    project.jcw(&["demo"]).succeeds().says(&["Nothing to do"]);
}

#[test]
fn the_demo_is_the_same_to_the_byte_every_time() {
    let (one, two) = (Project::southend(), Project::southend());
    let sql = "select source, file, sha256, accepted, rejected from jcw.extract order by 1, 2, 3";
    let seen = [&one, &two].map(|project| {
        project.jcw(&["demo"]).succeeds();
        project.query(sql)
    });
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn the_demo_never_mixes_with_real_files() {
    let project = Project::southend();
    project.write("extracts/requests.csv", "real");
    project.jcw(&["demo"]).exits(1).says(&["--out"]);
    let project = Project::southend();
    project.jcw(&["demo", "--out", "one"]).succeeds();
    project
        .jcw(&["demo", "--out", "two"])
        .exits(1)
        .says(&["--lake"]);
    Project::starter()
        .jcw(&["demo", "--out", "one"])
        .exits(1)
        .says(&["a checkout"]);
}
