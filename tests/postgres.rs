//! The Postgres door, through the clients that people have: psql, psycopg,
//! SQLAlchemy, node's `pg`, and what DBeaver, Metabase, Grafana, Power BI, Excel
//! and Superset send.

use crate::harness::{Project, Ran, repository};
use crate::server::Served;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";

const ROLES: &str = "\
roles:
  - id: reader
    description: Reads what is published of one area
    reads: [published]
    rows:
      published.metric_value: area_code = $area
    limits: {time: 60 s, rows: 1000000, memory: 128 MiB, running: 8, waiting: 8}
  - id: hasty
    description: Has little time
    reads: [published]
    limits: {time: 1 s}
";

/// Requests of two areas, and a user for each.
fn served() -> (Project, Served) {
    let project = Project::starter();
    let requests = project.read("extracts/requests.csv");
    let other = requests
        .lines()
        .skip(1)
        .map(|line| line.replace("E06000033", "E06000034"));
    let other: String = other.map(|line| format!("{line}\n")).collect();
    project.write("extracts/requests.csv", format!("{requests}{other}"));
    project.write("pipelines/roles.yaml", ROLES);
    project.jcw(&["run"]).succeeds();
    for (name, area) in [("ann", "E06000033"), ("bob", "E06000034")] {
        user(&project, name, area);
    }
    let served = project.serve(&[]);
    (project, served)
}

fn user(project: &Project, name: &str, area: &str) {
    let attribute = format!("area={area}");
    let args = [
        "user",
        "add",
        name,
        "--role",
        "reader",
        "--attribute",
        &attribute,
    ];
    let mut command = project.command(&[&args[..], &["--password-stdin"]].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(PASSWORD.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}

/// psql with its start-up file left out.
fn psql(served: &Served, user: &str, password: &str, arguments: &[&str]) -> Ran {
    let port = served.postgres.port().to_string();
    let output = Command::new("psql")
        .args([
            "-X",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            user,
            "-d",
            "warehouse",
            "-w",
        ])
        .args(["-v", "VERBOSITY=verbose", "-P", "pager=off"])
        .args(arguments)
        .env("PGPASSWORD", password)
        .env("PGCONNECT_TIMEOUT", "20")
        .output()
        .unwrap();
    Ran::from(output)
}

fn has_psql() -> bool {
    let found = Command::new("psql").arg("--version").output().is_ok();
    if !found {
        eprintln!("psql is not here: skipped");
    }
    found
}

#[test]
fn psql_describes_what_is_visible_and_nothing_else() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let ann = |command: &str| psql(&served, "ann", PASSWORD, &["-c", command]);
    ann(r"\dn")
        .succeeds()
        .says(&["published"])
        .does_not_say(&["staging", "jcw"]);
    ann(r"\dt")
        .succeeds()
        .says(&["published | metric_definition | table", "metric_value"]);
    ann(r"\d")
        .succeeds()
        .says(&["metric_value"])
        .does_not_say(&["staging", "request "]);
    ann(r"\d published.metric_value").succeeds().says(&[
        "Table \"published.metric_value\"",
        "period",
        "date",
        "area_code",
        "text",
    ]);
    ann(r"\d staging.request").says(&["Did not find any relation"]);
    ann(r"\l").succeeds().says(&["warehouse"]);
    ann(r"\d+ published.metric_value")
        .succeeds()
        .says(&["metric_value_pkey", "Access method: heap"]);
    ann(r"\du").succeeds().says(&["ann"]).does_not_say(&["bob"]);
    for list in [
        r"\df", r"\dv", r"\di", r"\dn+", r"\dt+", r"\dT", r"\ds", r"\dx", r"\db", r"\drds",
    ] {
        ann(list).succeeds().does_not_say(&["staging", "bob"]);
    }
    ann("select rolname from pg_roles")
        .succeeds()
        .says(&["ann"])
        .does_not_say(&["bob"]);
    ann(r"\conninfo").succeeds().says(&["as user \"ann\""]);
    ann("select count(*) > 0 as yes from published.metric_value")
        .succeeds()
        .says(&["yes", " t"]);
    ann("select 1; select 2 as two").succeeds().says(&["two"]);
    ann("select 1; selec 2")
        .exits(1)
        .says(&["42601", "selec 2", "          ^"]);
    ann("insert into published.metric_value values (1)")
        .exits(1)
        .says(&["25006", "read-only"]);
    ann("drop table published.metric_value")
        .exits(1)
        .says(&["42501"]);
    ann("create external table a stored as csv location '/etc/passwd'")
        .exits(1)
        .says(&["42501"]);
    ann("set datafusion.execution.batch_size = 1")
        .exits(1)
        .says(&["42704"]);
    ann(r"\copy published.metric_value to stdout")
        .exits(1)
        .says(&["42501"]);
    psql(&served, "ann", "wrong", &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    psql(&served, "nobody", PASSWORD, &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    psql(&served, "token", "wrong", &["-c", "select 1"])
        .exits(2)
        .says(&["could not be established"]);
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

#[test]
fn a_question_to_the_catalogue_is_within_limits_and_in_the_log() {
    if !has_psql() {
        return;
    }
    let (project, served) = served();
    project.user("hasty", "hasty", PASSWORD);
    // Who has been made a moment ago is known a moment later.
    std::thread::sleep(Duration::from_secs(3));
    let asks = |user: &str, sql: &str| psql(&served, user, PASSWORD, &["-c", sql]);
    let long = "select count(*) from pg_type a, pg_type b, pg_type c, pg_type d \
                where a.oid + b.oid + c.oid + d.oid = 7";
    for (sql, state) in [
        ("select repeat(relname, 1000000) from pg_class", "42883"),
        (
            "select count(*) from pg_class, generate_series(1, 1000000000000)",
            "22000",
        ),
        ("select * from pg_class, pg_read_file('/etc/passwd')", "42"),
        (
            "with recursive r(n) as (select 1 from pg_class union all select n + 1 from r) select * from r",
            "0A000",
        ),
    ] {
        asks("ann", sql)
            .exits(1)
            .says(&[&format!("ERROR:  {state}")]);
    }
    let began = Instant::now();
    asks("ann", &format!("set statement_timeout = 500; {long}"))
        .exits(1)
        .says(&["57014", "statement_timeout"]);
    asks("hasty", long).exits(1).says(&["57014"]);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    asks(
        "ann",
        "select relname from pg_class where relname = 'metric_value'",
    )
    .succeeds()
    .says(&["metric_value"]);
    assert_eq!(served.stops(Duration::from_secs(20)), 0);
    let tail = ["audit", "tail", "-n", "1000", "--format", "json"];
    let rows = project.jcw(&tail).succeeds().out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    let logged = |principal: &str, outcome: &str| {
        let is_it = |row: &&serde_json::Value| {
            row["principal"] == principal
                && row["outcome"] == outcome
                && row["tables"].to_string().contains("pg_catalog.pg_")
        };
        rows.iter().filter(is_it).count()
    };
    assert_eq!(logged("hasty", "time"), 1, "{rows:?}");
    assert_eq!(logged("ann", "cancelled"), 1, "{rows:?}");
    assert_eq!(logged("ann", "answered"), 1, "{rows:?}");
    let refused = rows
        .iter()
        .filter(|row| row["outcome"] == "no_function")
        .count();
    assert!(refused >= 1, "{rows:?}");
}

#[test]
fn what_tools_ask_when_they_start_is_answered() {
    if !has_psql() {
        return;
    }
    let (project, served) = served();
    let recorded = std::fs::read_to_string(repository().join("tests/clients/postgres_startup.sql"));
    let recorded = recorded.unwrap();
    let mut wrong = Vec::new();
    for section in recorded.split("-- client: ").skip(1) {
        let (name, statements) = section.split_once('\n').unwrap();
        let file = "startup.sql";
        project.write(file, statements);
        let file = project.path(file).display().to_string();
        let ran = psql(&served, "ann", PASSWORD, &["-q", "-f", &file]);
        let outcome = match ran.err.is_empty() {
            true => "works",
            false => "fails",
        };
        println!("{name} | start-up and list of tables | {outcome}");
        if !ran.err.is_empty() {
            wrong.push(format!("{name}: {}", ran.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn python_clients_read_types_parameters_cursors_and_the_catalogue() {
    let Some(python) = std::env::var_os("JCW_TEST_PYTHON") else {
        eprintln!("JCW_TEST_PYTHON is not set: skipped");
        return;
    };
    let (_project, served) = served();
    let output = Command::new(python)
        .arg(repository().join("tests/clients/postgres.py"))
        .args(["127.0.0.1", &served.postgres.port().to_string()])
        .output()
        .unwrap();
    let ran = Ran::from(output);
    eprintln!("{}", ran.out);
    assert!(!served.said().contains("panicked"), "{}", served.said());
    ran.succeeds().does_not_say(&["| fails"]);
}

#[test]
fn node_reads_through_pg() {
    let (_project, served) = served();
    let modules = std::env::var_os("JCW_TEST_NODE_MODULES").map(PathBuf::from);
    let Some(modules) = modules.filter(|modules| modules.join("pg").exists()) else {
        eprintln!("JCW_TEST_NODE_MODULES has no `pg`: skipped");
        return;
    };
    let output = Command::new("node")
        .arg(repository().join("tests/clients/postgres.js"))
        .args(["127.0.0.1", &served.postgres.port().to_string()])
        .env("NODE_PATH", modules)
        .output()
        .unwrap();
    let ran = Ran::from(output);
    println!("{}", ran.out);
    ran.succeeds().does_not_say(&["| fails"]);
}

#[test]
fn what_is_no_message_ends_its_own_connection_and_no_other() {
    let (_project, served) = served();
    let startup: &[u8] = b"\0\0\0\x13\0\x03\0\0user\0ann\0\0\0";
    let bad: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff\0\0\0\0",
        b"\0\0\0\x08\x04\xd2\x16\x2f\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x16\x03\x01\0\x05hello",
        b"\0\0\0\x08\0\0\0\0",
        b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02",
    ];
    for bytes in bad {
        ends(&served, &[bytes]);
    }
    // A query, a broken proof, and a frame that lies, before anybody is known.
    for after in [
        &b"Q\0\0\0\x0dselect 1\0"[..],
        b"p\0\0\0\x05x",
        b"p\0\0\0\x08\xff\xff\xff\xff",
        b"B\0\0\0\x06\0\0",
        b"P\xff\xff\xff\xff",
    ] {
        ends(&served, &[startup, after]);
    }
    assert!(!served.said().contains("panicked"), "{}", served.said());
    let mut stream = TcpStream::connect(served.postgres).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(startup).unwrap();
    let mut kind = [0; 1];
    stream.read_exact(&mut kind).unwrap();
    assert_eq!(kind, *b"R");
}

/// Sends bytes and waits until the server closes the connection.
fn ends(served: &Served, sent: &[&[u8]]) {
    let mut stream = TcpStream::connect(served.postgres).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    for bytes in sent {
        stream.write_all(bytes).unwrap();
    }
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => (),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => (),
        Err(error) => panic!("{sent:?}: {error}, after {said:?}"),
    }
}

#[test]
fn a_server_that_closes_tells_those_who_wait() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let port = served.postgres.port().to_string();
    let mut child = Command::new("psql")
        .args([
            "-X",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "ann",
            "-d",
            "warehouse",
            "-w",
        ])
        .args([
            "-c",
            "select 1 as one",
            "-c",
            r"\! sleep 3",
            "-c",
            "select 2 as two",
        ])
        .env("PGPASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let began = Instant::now();
    assert_eq!(served.stops(Duration::from_secs(20)), 0);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let _ = child.wait();
}
