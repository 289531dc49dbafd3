//! The Postgres door with certificates, when the server closes, and when nobody
//! reads: how connections begin and end.

use crate::harness::{Project, Ran, repository};
use crate::server::{PASSWORD, Served};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

fn starter() -> Project {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.user("ann", "commissioner", PASSWORD);
    project
}

/// psql with what libpq takes in one text.
fn psql(at: &str, password: &str, query: &str) -> Ran {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-w", at, "-c", query])
        .env("PGPASSWORD", password)
        .env("PGCONNECT_TIMEOUT", "120")
        .output()
        .unwrap();
    Ran::from(output)
}

#[test]
fn a_certificate_says_who_it_is_and_a_token_is_only_shown_where_nobody_listens() {
    if Command::new("psql").arg("--version").output().is_err() {
        eprintln!("psql is not here: skipped");
        return;
    }
    let project = starter();
    project.certify();
    let token = |user: &str, name: &str| {
        let args = ["token", "add", name, "--user", user, "--expires", "1d"];
        project.jcw(&args).succeeds().out.trim().to_owned()
    };
    let (anns, grafanas) = (token("ann", "a"), token("grafana", "g"));
    let file = |name: &str| project.path(name).display().to_string();
    let served = project.serve_encrypted();
    let place = format!(
        "host=localhost hostaddr=127.0.0.1 port={} dbname=warehouse",
        served.postgres.port()
    );
    let trusting = |authority: &str| {
        let root = file(&format!("{authority}.pem"));
        format!("{place} sslmode=verify-full sslrootcert={root}")
    };
    let shown = |name: &str| {
        let (certificate, key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        format!("{} sslcert={certificate} sslkey={key}", trusting("ours"))
    };
    let asks = |at: &str, user: &str, password: &str| {
        psql(
            &format!("{at} user={user}"),
            password,
            "select current_user",
        )
    };
    let encrypted = trusting("ours");
    asks(&encrypted, "ann", PASSWORD).succeeds().says(&["ann"]);
    let plain = format!("{place} sslmode=require sslcert=none");
    asks(&plain, "ann", PASSWORD).succeeds().says(&["ann"]);
    asks(&trusting("other"), "ann", PASSWORD).exits(2);
    // A token, over TLS, as the password of the user `token`.
    asks(&encrypted, "token", &anns).succeeds().says(&["ann"]);
    asks(&encrypted, "token", PASSWORD).exits(2);
    asks(&encrypted, "ann", &anns).exits(2);
    // A certificate of their own: nothing else is asked.
    asks(&shown("grafana"), "grafana", "")
        .succeeds()
        .says(&["grafana"]);
    asks(&shown("grafana"), "token", &grafanas)
        .succeeds()
        .says(&["grafana"]);
    // And they are nobody under another's name, whatever else they know.
    for (user, secret) in [("ann", PASSWORD), ("token", anns.as_str()), ("nobody", "")] {
        asks(&shown("grafana"), user, secret)
            .exits(2)
            .says(&["could not be established"]);
    }
    // One that is nobody's says nothing; one of another authority ends it.
    asks(&shown("stranger"), "ann", PASSWORD)
        .succeeds()
        .says(&["ann"]);
    asks(&shown("stranger"), "grafana", "").exits(2);
    asks(&shown("forged/grafana"), "grafana", "").exits(2);
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

#[test]
fn an_answer_that_is_being_read_when_the_server_closes_is_read_to_its_end() {
    let project = starter();
    let served = project.serve(&["--patience", "600"]);
    if life(&served, "drain") {
        assert_eq!(served.stops(), 0);
    }
}

#[test]
fn who_is_removed_has_no_more_of_a_cursor() {
    let project = starter();
    let served = project.serve(&[]);
    let folder = project.path(".").into_os_string();
    let jcw = project.command(&[]).get_program().to_owned();
    let words = ["user", "remove", "ann"].map(OsString::from);
    let command = [&[jcw, "--project".into(), folder][..], &words].concat();
    life_with(&served, "removed", &command);
}

#[test]
fn readers_who_take_nothing_pin_no_memory_and_are_let_go() {
    let project = starter();
    let served = project.serve(&["--reader-patience", "20"]);
    life(&served, "slow");
}

/// Whether Python is there to try it.
fn life(served: &Served, what: &str) -> bool {
    life_with(served, what, &[])
}

fn life_with(served: &Served, what: &str, more: &[OsString]) -> bool {
    let Some(python) = std::env::var_os("JCW_TEST_PYTHON").map(PathBuf::from) else {
        eprintln!("JCW_TEST_PYTHON is not set: skipped");
        return false;
    };
    let output = Command::new(python)
        .arg(repository().join("tests/clients/postgres_life.py"))
        .args([
            &served.postgres.port().to_string(),
            &served.http.to_string(),
            &served.pid().to_string(),
        ])
        .arg(what)
        .args(more)
        .output()
        .unwrap();
    let ran = Ran::from(output).succeeds().does_not_say(&["| fails"]);
    eprintln!("{}", ran.out);
    assert!(!served.said().contains("panicked"), "{}", served.said());
    true
}
