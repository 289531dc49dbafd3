//! The Postgres door, through the clients that people have: psycopg, SQLAlchemy,
//! node's `pg`, and whatever else comes and goes.

use crate::clients::{self, Peers};
use crate::harness::{Project, Ran, repository};
use crate::server::{PASSWORD, Served};
use crate::wait::PATIENCE;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

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
pub(crate) fn served() -> (Project, Served) {
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
        project.user_with(name, "reader", &format!("area={area}"), PASSWORD);
    }
    let served = project.serve(&[]);
    (project, served)
}

/// psql with its start-up file left out.
pub(crate) fn psql(served: &Served, user: &str, password: &str, arguments: &[&str]) -> Ran {
    Ran::from(command(served, user, password, arguments).output().unwrap())
}

fn command(served: &Served, user: &str, password: &str, arguments: &[&str]) -> Command {
    let port = served.postgres.port().to_string();
    let mut command = Command::new("psql");
    command
        .args(["-X", "-h", "127.0.0.1", "-p", &port, "-U", user])
        .args(["-d", "warehouse", "-w", "-P", "pager=off"])
        .args(["-v", "VERBOSITY=verbose"])
        .args(arguments)
        .env("PGPASSWORD", password)
        .env("PGCONNECT_TIMEOUT", "120");
    command
}

pub(crate) fn has_psql() -> bool {
    let found = Command::new("psql").arg("--version").output().is_ok();
    if !found {
        eprintln!("psql is not here: skipped");
    }
    found
}

#[test]
fn python_clients_read_types_parameters_cursors_and_the_catalogue() {
    let (_project, served) = served();
    let place = ["127.0.0.1".to_owned(), served.postgres.port().to_string()];
    if let Some(told) = clients::run("postgres.py", &place) {
        assert!(!served.said().contains("panicked"), "{}", served.said());
        clients::are_told("Postgres from Python", &told, &Peers::NONE);
    }
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
    let told = Ran::from(output).succeeds().out;
    clients::are_told("Postgres from node", &told, &Peers::NONE);
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
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(startup).unwrap();
    let mut kind = [0; 1];
    stream.read_exact(&mut kind).unwrap();
    assert_eq!(kind, *b"R");
}

/// Sends bytes and waits until the server closes the connection.
fn ends(served: &Served, sent: &[&[u8]]) {
    let mut stream = TcpStream::connect(served.postgres).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
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
    let (project, _) = served();
    // Longer than this test waits: nobody here is being answered.
    let served = project.serve(&["--patience", "600"]);
    let waits = ["-c", "select 1 as one", "-c", r"\! sleep 30"];
    let mut child = command(&served, "ann", PASSWORD, &waits)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    served.becomes(&[r#"jcw_queries_total{door="postgres",outcome="answered"} 1"#]);
    assert_eq!(served.stops(), 0);
    let _ = child.kill();
    let _ = child.wait();
}
