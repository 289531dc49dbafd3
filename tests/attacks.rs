//! Attacks of people who may see some rows and columns, tried at every door by
//! real clients: each ends as the catalogue of attacks says. Of the catalogue's cases
//! for people who see counts alone, those of small numbers belong to disclosure
//! control and are not here; those of files, engines and metadata are refused to all.

use crate::clients;
use crate::doors::{USERS, given, world};
use crate::harness::repository;
use serde_json::json;

#[test]
fn attacks_end_as_stated_at_every_door() {
    let project = world();
    // A second release, so that there is one of before.
    project.edit(
        "pipelines/models/published/ref_school.sql",
        "n * 10 as places",
        "n * 20 as places",
    );
    project.jcw(&["run"]).succeeds().says(&["r00000002"]);
    let served = project.serve(&[]);
    let revoked = ["token", "add", "old", "--user", "ann", "--expires", "1h"];
    let revoked = project.jcw(&revoked).succeeds().out.trim().to_owned();
    project.jcw(&["token", "revoke", "old"]).succeeds();
    let mut given = given(&project, &served, &USERS.map(|(user, ..)| user));
    let good = given["tokens"]["ann"].as_str().unwrap();
    given["bad_tokens"] = json!([
        "",
        revoked,
        format!("{}x", &good[..good.len() - 1]),
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4ifQ.",
        "jcw_session_e30.AAAA",
    ]);
    let mut args = vec![given.to_string()];
    let catalogue = repository().join("../shared/governance/attacks.tsv");
    if catalogue.exists() {
        args.push(catalogue.display().to_string());
    } else {
        eprintln!("skipped: whether every case of ../shared/governance/attacks.tsv is here");
    }
    clients::run("doors_attacks.py", &args);
    assert!(!served.said().contains("panicked"), "{}", served.said());
    project.jcw(&["audit", "verify"]).succeeds();
}
