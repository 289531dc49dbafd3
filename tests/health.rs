//! What the HTTP door tells of itself, to probes and to Prometheus, and what it tells
//! browsers of other sites: nothing.

use crate::wait::until;
use crate::web::{ask, curl, get, project};
use serde_json::json;

#[test]
fn browsers_are_kept_from_lending_their_password() {
    let project = project();
    let served = project.serve(&["--http-allow-origin", "https://dashboards.example"]);
    let got = get(&served, "commissioner", "/v1/metrics", &[]).is(200);
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(
        got.header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    assert_eq!(got.header("access-control-allow-origin"), None);
    let from = |origin: &str| {
        let origin = format!("origin: {origin}");
        let more = ["-H", &origin, "-H", "sec-fetch-site: cross-site"];
        get(&served, "commissioner", "/v1/metrics", &more)
    };
    let got = from("https://dashboards.example").is(200);
    assert_eq!(
        got.header("access-control-allow-origin"),
        Some("https://dashboards.example")
    );
    from("https://elsewhere.example").fails(403, "origin");
    drop(served);
    let served = project.serve(&[]);
    let origin = ["-H", "origin: https://dashboards.example"];
    let got = get(&served, "commissioner", "/v1/metrics", &origin).is(200);
    assert_eq!(got.header("access-control-allow-origin"), None);
}

#[test]
fn health_and_numbers_are_told_and_guessing_is_slowed_down() {
    let project = project();
    let served = project.serve(&[]);
    curl(&served, "/healthz", &[]).is(200);
    curl(&served, "/readyz", &[]).is(200);
    ask(
        &served,
        "commissioner",
        &json!({"sql": "select 1 as n"}),
        &[],
    )
    .is(200);
    ask(&served, "commissioner", &json!({"sql": "select"}), &[]).is(400);
    // The server's own question is not one of a user's.
    let said = [
        r#"jcw_queries_total{door="http",outcome="answered"} 1"#,
        r#"jcw_queries_total{door="server",outcome="answered"} 1"#,
        r#"jcw_queries_total{door="http",outcome="syntax"} 1"#,
        r#"jcw_log_ins_total{door="http",outcome="accepted"} 2"#,
        "jcw_running 0",
    ];
    served.becomes(&said);
    let numbers = curl(&served, "/metrics", &[]).is(200).text();
    assert!(!numbers.contains("commissioner"));
    let through_proxy = ["-H", "x-forwarded-for: 10.0.0.7"];
    curl(&served, "/metrics", &through_proxy).fails(401, "unauthenticated");
    let mut last = curl(&served, "/v1/metrics", &["-u", "few:wrong"]);
    until("who guesses is never kept waiting", || {
        last = curl(&served, "/v1/metrics", &["-u", "few:wrong"]);
        last.status == 429
    });
    let wait: u64 = last.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0);
    last.fails(429, "too_many_log_ins");
}
