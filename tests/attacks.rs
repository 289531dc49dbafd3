//! Attacks of people who may see some rows and columns, tried at every door by
//! real clients: each ends as the catalogue of attacks says. Of the catalogue's cases
//! for people who see counts alone, those of small numbers belong to disclosure
//! control and are not here; those of files, engines and metadata are refused to all.

use crate::clients;
use crate::doors::{USERS, opened, world};
use crate::harness::{Project, repository};
use crate::logins::IdentityProvider;
use serde_json::json;

/// The same token, which says that nobody has to have signed it.
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT","kid":"k1"}
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.{claims}.")
}

/// As if somebody had made the token long ago: nobody waits an hour for it to expire.
fn expires(project: &Project, token: &str) {
    let mut versions: Vec<_> = std::fs::read_dir(project.path("lake/access"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    versions.sort();
    let newest = versions.pop().unwrap();
    let text = std::fs::read_to_string(&newest).unwrap();
    let mut access: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ends = &mut access["tokens"][token]["expires"];
    assert!(ends.is_string(), "{ends}");
    *ends = json!("2026-01-01T00:00:00Z");
    std::fs::write(newest, access.to_string()).unwrap();
}

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
    // An identity provider vouches for who sees schools, and others make such tokens.
    let (provider, other) = (IdentityProvider::start(), IdentityProvider::start());
    project.write("pipelines/access.yaml", &provider.access);
    project.edit(
        "pipelines/roles.yaml",
        "- {id: nothing,",
        "- {id: commissioner, description: Sees schools, reads: [published.ref_school], \
         groups: [Schools]}\n  - {id: nothing,",
    );
    let token = |name: &str| {
        let args = ["token", "add", name, "--user", "ann", "--expires", "1h"];
        project.jcw(&args).succeeds().out.trim().to_owned()
    };
    let revoked = token("old");
    project.jcw(&["token", "revoke", "old"]).succeeds();
    let expired = token("short");
    expires(&project, "short");
    let (served, mut given) = opened(&project, &USERS.map(|(user, ..)| user));
    // The wire of Postgres takes tokens over TLS, and from this machine.
    let private = project.certify().serve_encrypted();
    let vouched = |claims| provider.token("Schools", claims);
    let hour_ago = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 3600;
    given["private_postgres"] = json!(private.postgres.to_string());
    given["vouched"] = json!(vouched(json!({})));
    let good = given["tokens"]["ann"].as_str().unwrap();
    given["bad_tokens"] = json!([
        "",
        revoked,
        expired,
        format!("{}x", &good[..good.len() - 1]),
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4ifQ.",
        unsigned(&vouched(json!({}))),
        "jcw_session_e30.AAAA",
        vouched(json!({"exp": hour_ago})),
        vouched(json!({"aud": "api://other"})),
        other.token("Schools", json!({})),
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
