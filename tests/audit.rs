//! Every question is a row of the query log, in a chain that shows what was
//! changed; a killed server's last rows are not lost.

use crate::clients;
use crate::harness::Project;
use crate::server::Served;
use crate::wait::until;
use crate::web::curl;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;

const PASSWORD: &str = "correct horse battery staple";

fn asked() -> (Project, Served) {
    let project = Project::starter();
    project.write(
        "pipelines/roles.yaml",
        "roles:\n  - {id: reader, description: Reads what is published, reads: [published]}\n  \
         - {id: ig_lead, description: Watches who asks what, reads: [published, jcw.query_log]}\n",
    );
    project.jcw(&["run"]).succeeds();
    project.user("ann", "reader", PASSWORD);
    project.user("ian", "ig_lead", PASSWORD);
    let served = project.serve(&[]);
    (project, served)
}

/// The rows of the log as `jcw audit tail` shows them.
fn tail(project: &Project) -> Vec<serde_json::Value> {
    let ran = project.jcw(&["audit", "tail", "-n", "1000", "--format", "json"]);
    serde_json::from_str(&ran.succeeds().out).unwrap_or_default()
}

/// The same, once there are so many.
fn tail_of(project: &Project, rows: usize) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    until(&format!("there are not {rows} rows"), || {
        found = tail(project);
        found.len() >= rows
    });
    found
}

#[test]
fn answers_refusals_and_failed_log_ins_are_rows_without_a_literal() {
    let (project, served) = asked();
    let sql = "select metric_id, value from published.metric_value where area_code <> 'E10000009'";
    assert_eq!(served.asks("ann", PASSWORD, sql).0, 200);
    assert_eq!(
        served
            .asks("ann", PASSWORD, "drop table published.metric_value")
            .0,
        403
    );
    assert_eq!(
        served.asks("ann", PASSWORD, "select * from core.secret").0,
        404
    );
    assert_eq!(served.asks("ann", "wrong", "select 1").0, 401);
    assert_eq!(
        served.asks("nobody-has-this-name", "wrong", "select 1").0,
        401
    );
    let rows = tail_of(&project, 5);
    let said: Vec<_> = (rows.iter())
        .map(|row| [&row["event"], &row["outcome"]].map(|word| word.as_str().unwrap()))
        .collect();
    let expected = [
        ["query", "answered"],
        ["query", "refused"],
        ["query", "no_table"],
        ["log_in", "refused"],
        ["log_in", "refused"],
    ];
    assert_eq!(said, expected, "{rows:#?}");
    let first = &rows[0];
    for (name, value) in [
        ("principal", "ann"),
        ("role", "reader"),
        ("method", "password"),
        ("door", "http"),
        ("address", "127.0.0.1"),
        ("tables", "published.metric_value"),
    ] {
        assert_eq!(first[name], value, "{first:#?}");
    }
    let columns = first["columns"].as_str().unwrap();
    for column in ["area_code", "metric_id", "value"] {
        let column = format!("published.metric_value.{column}");
        assert!(columns.contains(&column), "{columns}");
    }
    assert!(!columns.contains("period"), "{columns}");
    let times = ["received_at", "planned_at", "admitted_at", "ended_at"];
    let times = times.map(|name| first[name].as_str().unwrap().to_owned());
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(rows[3]["principal"], "ann");
    assert_eq!(rows[3]["door"], "http");
    assert_eq!(rows[4]["principal"], serde_json::Value::Null);
    let all = serde_json::to_string(&rows).unwrap();
    for secret in ["E10000009", "nobody-has-this-name", PASSWORD] {
        assert!(!all.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_failed_log_in_says_at_which_door_and_whose() {
    let (project, served) = asked();
    let address = "/sharing/shares";
    let doors = [served.flight, served.postgres].map(|address| address.to_string());
    let Some(told) = clients::run("log_ins.py", &doors) else {
        return;
    };
    assert!(told.contains("all"), "{told}");
    curl(&served, address, &["-u", "ann:wrong"]).is(401);
    curl(
        &served,
        address,
        &["-H", "authorization: Bearer jcw_token_x"],
    )
    .is(401);
    assert_eq!(served.asks("ann", "wrong", "select 1").0, 401);
    let rows = tail_of(&project, 8);
    let said: Vec<_> = (rows.iter())
        .map(|row| ["event", "outcome", "door", "principal", "address"].map(|name| &row[name]))
        .map(|row| row.map(|word| word.as_str().unwrap_or("-")).join(" "))
        .collect();
    let expected = [
        "log_in refused flight ann 127.0.0.1",
        "log_in refused flight - 127.0.0.1",
        "log_in refused flight - 127.0.0.1",
        "log_in refused postgres ann 127.0.0.1",
        "log_in refused postgres - 127.0.0.1",
        "log_in refused sharing ann 127.0.0.1",
        "log_in refused sharing - 127.0.0.1",
        "log_in refused http ann 127.0.0.1",
    ];
    assert_eq!(said, expected, "{rows:#?}");
}

#[test]
fn an_ig_lead_can_ask_the_log_and_nobody_else_can() {
    let (project, served) = asked();
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    tail_of(&project, 1);
    let log = "select principal, outcome from jcw.query_log";
    let (status, body) = served.asks("ian", PASSWORD, log);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("ann,answered"), "{body}");
    assert_eq!(served.asks("ann", PASSWORD, log).0, 404);
}

#[test]
fn what_a_killed_server_had_answered_is_in_the_log_after_the_next_start() {
    let (project, served) = asked();
    for _ in 0..3 {
        assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    }
    served.kill();
    let served = project.serve(&[]);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    let rows = tail_of(&project, 4);
    let sequences: Vec<_> = rows
        .iter()
        .map(|row| row["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(sequences, [1, 2, 3, 4], "one chain: {rows:#?}");
    assert_eq!(served.stops(), 0);
    project
        .jcw(&["audit", "verify"])
        .succeeds()
        .says(&["is whole: 4 rows."]);
}

#[test]
fn a_log_that_grows_while_it_is_verified_is_whole() {
    let (project, served) = asked();
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                    served.asks("ann", PASSWORD, "select 1");
                }
            });
        }
        tail_of(&project, 1);
        let verified: Vec<_> = (0..8).map(|_| project.jcw(&["audit", "verify"])).collect();
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        for ran in verified {
            ran.succeeds();
        }
    });
}

#[test]
fn a_row_that_was_noted_elsewhere_must_still_be_there() {
    let (project, served) = asked();
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    assert_eq!(served.stops(), 0);
    let verified = project.jcw(&["audit", "verify"]).succeeds();
    let head = verified.out.split("--head ").nth(1).unwrap().trim();
    project.jcw(&["audit", "verify", "--head", head]).succeeds();
    let other = format!("{}0", &head[..head.len() - 1]);
    let other = if other == head {
        format!("{}1", &head[..head.len() - 1])
    } else {
        other
    };
    (project.jcw(&["audit", "verify", "--head", &other]).exits(1)).says(&["written anew"]);
    project.jcw(&["audit", "verify", "--head", "x"]).exits(2);
    // A server without the servers' key has sealed nothing.
    let key = "ab".repeat(32);
    let mut keyed = project.command(&["audit", "verify"]);
    let ran = keyed.env("JCW_SERVE_KEY", key).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("no server has sealed"), "{said}");
}

#[test]
fn a_question_that_a_killed_server_was_answering_is_in_the_log_after_the_next_start() {
    let (project, served) = asked();
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    // Longer than what the system holds of it on the way.
    let slow = "select m.metric_id, n.value, 'a text that is not so short' as t \
        from published.metric_value m, generate_series(1, 1000000) n";
    let mut answer = served.begins("ann", PASSWORD, slow);
    answer.read_exact(&mut [0; 4096]).unwrap();
    served.kill();
    let served = project.serve(&[]);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    let rows = tail_of(&project, 3);
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["answered", "lost", "answered"].map(Some));
    let lost = &rows[1];
    for (name, value) in [
        ("principal", "ann"),
        ("door", "http"),
        (
            "tables",
            "published.generate_series(), published.metric_value",
        ),
    ] {
        assert_eq!(lost[name], value, "{lost:#?}");
    }
    assert_eq!(served.stops(), 0);
    project
        .jcw(&["audit", "verify"])
        .succeeds()
        .says(&["is whole: 3 rows."]);
}

#[test]
fn whoever_changes_the_log_through_delta_is_found_out() {
    let Some(python) = std::env::var_os("JCW_TEST_PYTHON").map(PathBuf::from) else {
        eprintln!("skipped: JCW_TEST_PYTHON names no Python with deltalake");
        return;
    };
    let (project, served) = asked();
    for _ in 0..4 {
        assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    }
    assert_eq!(served.stops(), 0);
    project.jcw(&["audit", "verify"]).succeeds();
    let log = project.path("lake/tables/jcw/query_log");
    for (change, says) in [
        (
            "table.update(updates={'principal': \"'bob'\"}, predicate='sequence = 2')",
            "the row was changed",
        ),
        (
            "table.delete(predicate='sequence = 3')",
            "the row before it is missing",
        ),
        (
            "table.delete(predicate='sequence = 4')",
            "rows are missing at the end",
        ),
    ] {
        let script = format!(
            "import sys; from deltalake import DeltaTable; table = DeltaTable(sys.argv[1]); \
             before = table.version(); {change}; assert table.version() > before"
        );
        let ran = Command::new(&python)
            .arg("-c")
            .arg(script)
            .arg(&log)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        project.jcw(&["audit", "verify"]).exits(1).says(&[says]);
        let script = "import sys; from deltalake import DeltaTable; \
             table = DeltaTable(sys.argv[1]); table.restore(table.version() - 1)";
        let ran = Command::new(&python)
            .arg("-c")
            .arg(script)
            .arg(&log)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        project.jcw(&["audit", "verify"]).succeeds();
    }
}
