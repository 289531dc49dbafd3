//! Connections: how many there may be, how long one may say nothing, and what
//! becomes of answers that nobody reads.

use crate::clients;
use crate::harness::Project;
use crate::server::{ENDLESS, PASSWORD, Served};
use crate::wait::{PATIENCE, until};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// Sixty megabytes: more than a protocol and a system hold of an answer on its way.
fn long() -> String {
    let text = "a text that is not so short ".repeat(21);
    format!("select '{text}' as text, value from generate_series(1, 100000)")
}

/// What a client of Flight SQL sees; `None` where there is none.
fn flight_life(what: &str, served: &Served, sql: &str, more: &[&str]) -> Option<String> {
    let (flight, http) = (served.flight.to_string(), served.http.to_string());
    let args = [&[what, &flight, &http, PASSWORD, sql], more].concat();
    let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    clients::run("flight_life.py", &args)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that comes until the other side closes.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    if let Err(error) = stream.read_to_end(&mut all) {
        let stays = [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind());
        assert!(!stays, "it stays open");
    }
    all
}

/// A client of Postgres that says its name.
fn startup(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    let named = b"\0\x03\0\0user\0ann\0database\0warehouse\0\0";
    let length = u32::try_from(named.len() + 4).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(named).unwrap();
    stream
}

#[test]
fn who_opens_connections_without_end_is_turned_away_and_others_are_not() {
    let project = Project::limited("rows: 10");
    let bearer = bearer(&project);
    let served = project.serve(&["--connections", "9", "--connections-per-address", "5"]);
    // Those who have logged in stay, however long the rest of this takes.
    let call = Some(("/v1/releases", bearer.as_str()));
    let mut open: Vec<_> = (0..5).map(|_| http2(served.http, call)).collect();
    // And the one that asks for the numbers.
    served.becomes(&["jcw_connections 6"]);
    for address in [served.http, served.flight] {
        assert!(rest(connect(address)).is_empty());
    }
    let said = String::from_utf8_lossy(&rest(startup(served.postgres))).into_owned();
    assert!(said.contains("53300"), "{said}");
    served.becomes(&[
        r#"jcw_closed_total{door="http",outcome="full"} 1"#,
        r#"jcw_closed_total{door="flight",outcome="full"} 1"#,
        r#"jcw_closed_total{door="postgres",outcome="full"} 1"#,
        "jcw_connections 6",
    ]);
    open.pop();
    served.becomes(&["jcw_connections 5"]);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
}

/// What Ann shows of herself instead of a password.
fn bearer(project: &Project) -> String {
    let token = ["token", "add", "bi", "--user", "ann", "--expires", "1h"];
    format!("Bearer {}", project.jcw(&token).succeeds().out.trim())
}

/// The start of HTTP/2, and a call where one is made.
fn http2(address: SocketAddr, call: Option<(&str, &str)>) -> TcpStream {
    let mut stream = connect(address);
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    if let Some((path, login)) = call {
        // GET, http, a path and a login.
        let mut headers = vec![0x82, 0x86, 0x04];
        headers.push(u8::try_from(path.len()).unwrap());
        headers.extend(path.as_bytes());
        headers.extend([0x0f, 0x08, u8::try_from(login.len()).unwrap()]);
        headers.extend(login.as_bytes());
        sent.extend([0, 0, u8::try_from(headers.len()).unwrap()]);
        sent.extend([1, 5, 0, 0, 0, 1]);
        sent.extend(headers);
    }
    stream.write_all(&sent).unwrap();
    stream
}

#[test]
fn who_says_nothing_or_never_logs_in_does_not_stay() {
    let project = Project::limited("rows: 10");
    let bearer = bearer(&project);
    let served = project.serve(&[]);
    let began = Instant::now();
    let silent = [
        connect(served.http),
        connect(served.flight),
        connect(served.postgres),
        http2(served.http, None),
        http2(served.flight, None),
        http2(served.http, Some(("/healthz", "Bearer nobody"))),
        http2(served.flight, Some(("/x", "Bearer nobody"))),
    ];
    let known = http2(served.http, Some(("/v1/releases", &bearer)));
    for stream in silent {
        rest(stream);
    }
    assert!(began.elapsed() > Duration::from_secs(8), "not at once");
    let wait = Some(Duration::from_secs(3));
    known.set_read_timeout(wait).unwrap();
    let mut known = known;
    let end = loop {
        match known.read(&mut [0; 4096]) {
            Ok(0) => break "closed",
            Ok(_) => (),
            Err(_) => break "open",
        }
    };
    assert_eq!(end, "open");
    let counted = [
        r#"jcw_closed_total{door="http",outcome="silent"} 3"#,
        r#"jcw_closed_total{door="flight",outcome="silent"} 3"#,
    ];
    served.becomes(&counted);
}

#[test]
fn an_answer_that_nobody_reads_ends_and_frees_its_place_and_memory() {
    let project = Project::limited("rows: 10000000, running: 1, waiting: 0");
    let served = project.serve(&["--reader-patience", "30"]);
    let mut answer = served.begins("ann", PASSWORD, &long());
    answer.read_exact(&mut [0; 4096]).unwrap();
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 429);
    let ended = [
        r#"jcw_queries_total{door="http",outcome="cancelled"} 1"#,
        r#"jcw_closed_total{door="http",outcome="slow"} 1"#,
        "jcw_running 0",
        "jcw_memory_bytes 0",
        // The one that asks.
        "jcw_connections 1",
    ];
    served.becomes(&ended);
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    let rest = rest(answer);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "cannot be taken for whole");
}

#[test]
fn a_flight_that_nobody_reads_ends_and_others_of_its_connection_do_not() {
    let project = Project::limited("rows: 10000000, running: 2, waiting: 0");
    let served = project.serve(&["--reader-patience", "20"]);
    if flight_life("unread", &served, &long(), &[]).is_none() {
        return;
    }
    served.becomes(&["jcw_running 0", "jcw_memory_bytes 0"]);
}

#[test]
fn a_ticket_that_is_fetched_twice_at_once_is_cancelled_twice() {
    let project = Project::limited("time: 300 s");
    let served = project.serve(&[]);
    if flight_life("twice", &served, ENDLESS, &[]).is_some() {
        served.becomes(&["jcw_running 0"]);
    }
}

#[test]
fn what_runs_for_somebody_who_is_removed_ends() {
    let project = Project::limited("time: 300 s");
    let served = project.serve(&[]);
    let runs = served.begins("ann", PASSWORD, ENDLESS);
    let mut goes_on = served.begins("bob", PASSWORD, ENDLESS);
    served.becomes(&["jcw_running 2"]);
    std::thread::scope(|scope| {
        let flight = scope.spawn(|| flight_life("revoked", &served, ENDLESS, &[]));
        if std::env::var_os("JCW_TEST_PYTHON").is_some() {
            served.becomes(&["jcw_running 3"]);
        }
        project.jcw(&["user", "remove", "ann"]).succeeds();
        let answer = String::from_utf8_lossy(&rest(runs)).into_owned();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("log in again"), "{answer}");
        flight.join().unwrap();
    });
    served.becomes(&["jcw_running 1"]);
    let wait = Some(Duration::from_secs(3));
    goes_on.set_read_timeout(wait).unwrap();
    assert!(goes_on.read(&mut [0; 1]).is_err(), "nobody has removed Bob");
}

#[test]
fn a_server_that_is_told_to_stop_lets_a_flight_arrive() {
    let project = Project::limited("rows: 10000000");
    let served = project.serve(&["--patience", "600"]);
    let pid = served.pid().to_string();
    let more = ["100000", &pid];
    if flight_life("drained", &served, &long(), &more).is_some() {
        assert_eq!(served.stops(), 0);
    }
}

#[test]
fn log_ins_are_counted_at_every_door() {
    let project = Project::limited("rows: 10");
    let served = project.serve(&[]);
    let mut counted = Vec::new();
    let count = |door: &str, outcome: &str| {
        format!("jcw_log_ins_total{{door=\"{door}\",outcome=\"{outcome}\"}} ")
    };
    for (password, outcome) in [(PASSWORD, "accepted"), ("wrong", "refused")] {
        served.asks("ann", password, "select 1");
        counted.push(count("http", outcome));
        let psql = Command::new("psql")
            .args(["-h", "127.0.0.1", "-p", &served.postgres.port().to_string()])
            .args(["-U", "ann", "-d", "warehouse", "-c", "select 1"])
            .env("PGPASSWORD", password)
            .output();
        if psql.is_ok() {
            counted.push(count("postgres", outcome));
        }
        if let Ok(python) = std::env::var("JCW_TEST_PYTHON") {
            let script = "import os, sys, pyarrow.flight as flight\n\
                client = flight.FlightClient('grpc://' + sys.argv[1])\n\
                try: client.authenticate_basic_token('ann', sys.argv[2])\n\
                except flight.FlightUnauthenticatedError: pass\n\
                os._exit(0)";
            let address = served.flight.to_string();
            let ran = Command::new(python)
                .args(["-c", script, &address, password])
                .status();
            assert!(ran.unwrap().success());
            counted.push(count("flight", outcome));
        }
    }
    for start in counted {
        until(&start, || {
            let numbers = served.numbers();
            numbers.lines().any(|line| line.starts_with(&start))
        });
    }
}
