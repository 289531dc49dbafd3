//! Clients of all manners at all doors at once do a server no harm: nothing panics,
//! nothing is answered wrongly, and memory is back afterwards.

use crate::harness::{Project, repository};
use std::path::PathBuf;
use std::process::Command;

const ROLES: &str = "roles:
  - id: reader
    description: Reads what is published
    reads: [published]
    limits: {time: 5 s, rows: 1000000, memory: 64 MiB, running: 4, waiting: 16}
";

/// `tests/bench/soak/soak.py` for ten seconds at a time; by hand it runs longer, with
/// more clients, against a release build.
#[test]
fn clients_of_all_manners_do_no_harm() {
    let Some(python) = std::env::var_os("JCW_TEST_PYTHON").map(PathBuf::from) else {
        eprintln!("skipped: JCW_TEST_PYTHON names no Python");
        return;
    };
    let project = Project::starter();
    project.write("pipelines/roles.yaml", ROLES);
    project.jcw(&["run"]).succeeds();
    let token = |user| {
        project.user(user, "reader", "correct horse battery staple");
        let args = ["token", "add", user, "--user", user, "--expires", "1h"];
        let made = project.jcw(&args).succeeds();
        format!("token:{}", made.out.trim())
    };
    let (ann, bob) = (token("ann"), token("bob"));
    let served = project.serve(&[]);
    let ran = Command::new("timeout")
        .args(["1500".as_ref(), python.as_os_str()])
        .arg(repository().join("tests/bench/soak/soak.py"))
        .args(["--http", &served.http.to_string()])
        .args(["--postgres", &served.postgres.to_string()])
        .args(["--flight", &served.flight.to_string()])
        .args(["--user", &ann, "--user", &bob])
        .args(["--pid", &served.pid().to_string()])
        .args(["--clients", "40", "--seconds", "10"])
        .args(["--patience", "15", "--time", "5"])
        .output()
        .unwrap();
    let said = served.said();
    assert!(
        ran.status.success(),
        "{}{}\n{said}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(served.stops(), 0);
    project.jcw(&["audit", "verify"]).succeeds();
}
