//! Connections: how many there may be, how long one may say nothing, and what
//! becomes of answers that nobody reads.

use crate::clients;
use crate::harness::Project;
use crate::server::Served;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";

/// Sixty megabytes: more than a protocol and a system hold of an answer on its way.
fn long() -> String {
    let text = "a text that is not so short ".repeat(21);
    format!("select '{text}' as text, value from generate_series(1, 100000)")
}

fn project(limits: &str) -> Project {
    let project = Project::starter();
    project.write(
        "pipelines/roles.yaml",
        format!("roles:\n  - {{id: reader, description: Reads what is published, reads: [published], limits: {{{limits}}}}}\n"),
    );
    project.jcw(&["run"]).succeeds();
    project.user("ann", "reader", PASSWORD);
    project
}

/// What `/metrics` says, asked from another address than the test's own.
fn numbers(served: &Served) -> String {
    let ran = Command::new("curl")
        .args(["-s", "--interface", "127.0.0.2", "--max-time", "20"])
        .arg(format!("http://{}/metrics", served.http))
        .output()
        .unwrap();
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Waits until `/metrics` has these lines.
#[track_caller]
fn becomes(served: &Served, lines: &[&str], within: Duration) {
    let began = Instant::now();
    loop {
        let numbers = numbers(served);
        let is_there = |line: &&&str| numbers.lines().any(|found| found == **line);
        let Some(missing) = lines.iter().find(|line| !is_there(line)) else {
            return;
        };
        assert!(began.elapsed() < within, "{missing} in\n{numbers}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What a client of Flight SQL sees; `None` where there is none.
fn flight_life(what: &str, served: &Served, sql: &str, more: &[&str]) -> Option<String> {
    let address = served.flight.to_string();
    let args = [&[what, &address, PASSWORD, sql], more].concat();
    let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    clients::run("flight_life.py", &args)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    let wait = Some(Duration::from_secs(60));
    stream.set_read_timeout(wait).unwrap();
    stream
}

/// Everything that comes until the other side closes.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
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
    let project = project("rows: 10");
    let served = project.serve(&["--connections", "7", "--connections-per-address", "5"]);
    let mut open = vec![
        connect(served.http),
        connect(served.http),
        connect(served.flight),
        connect(served.flight),
        startup(served.postgres),
    ];
    // What is taken in is waited for here.
    let mut first = [0; 1];
    open[4].read_exact(&mut first).unwrap();
    for address in [served.http, served.flight] {
        let began = Instant::now();
        assert!(rest(connect(address)).is_empty());
        assert!(began.elapsed() < Duration::from_secs(3), "closed at once");
    }
    let said = String::from_utf8_lossy(&rest(startup(served.postgres))).into_owned();
    assert!(said.contains("53300"), "{said}");
    becomes(
        &served,
        &[
            r#"jcw_closed_total{door="http",outcome="full"} 1"#,
            r#"jcw_closed_total{door="flight",outcome="full"} 1"#,
            r#"jcw_closed_total{door="postgres",outcome="full"} 1"#,
            "jcw_connections 6",
        ],
        Duration::from_secs(5),
    );
    open.pop();
    becomes(&served, &["jcw_connections 5"], Duration::from_secs(5));
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
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
    let project = project("rows: 10");
    let token = ["token", "add", "bi", "--user", "ann", "--expires", "1h"];
    let token = project.jcw(&token).succeeds().out;
    let bearer = format!("Bearer {}", token.trim());
    let served = project.serve(&[]);
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
    let began = Instant::now();
    for stream in silent {
        rest(stream);
        let after = began.elapsed();
        assert!(after < Duration::from_secs(20), "it stayed for {after:?}");
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
    becomes(&served, &counted, Duration::from_secs(5));
}

#[test]
fn an_answer_that_nobody_reads_ends_and_frees_its_place_and_memory() {
    let project = project("rows: 10000000, running: 1, waiting: 0");
    let served = project.serve(&["--reader-patience", "2"]);
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
    becomes(&served, &ended, Duration::from_secs(15));
    assert_eq!(served.asks("ann", PASSWORD, "select 1").0, 200);
    let rest = rest(answer);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "cannot be taken for whole");
}

#[test]
fn a_flight_that_nobody_reads_ends_and_others_of_its_connection_do_not() {
    let project = project("rows: 10000000, running: 2, waiting: 0");
    let served = project.serve(&["--reader-patience", "2"]);
    if flight_life("unread", &served, &long(), &[]).is_none() {
        return;
    }
    let counted = [
        r#"jcw_closed_total{door="flight",outcome="slow_answer"} 1"#,
        "jcw_running 0",
        "jcw_memory_bytes 0",
    ];
    becomes(&served, &counted, Duration::from_secs(10));
}

/// A million million pairs: nobody waits for that.
const ENDLESS: &str = "select count(*) as n from generate_series(1, 1000000) a, \
    generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7";

#[test]
fn a_ticket_that_is_fetched_twice_at_once_is_cancelled_twice() {
    let project = project("time: 300 s");
    let served = project.serve(&[]);
    if flight_life("twice", &served, ENDLESS, &[]).is_some() {
        becomes(&served, &["jcw_running 0"], Duration::from_secs(10));
    }
}

#[test]
fn what_runs_for_somebody_who_is_removed_ends() {
    let project = project("time: 300 s");
    project.user("bob", "reader", PASSWORD);
    let served = project.serve(&[]);
    let runs = served.begins("ann", PASSWORD, ENDLESS);
    let mut goes_on = served.begins("bob", PASSWORD, ENDLESS);
    std::thread::sleep(Duration::from_secs(3));
    becomes(&served, &["jcw_running 2"], Duration::from_secs(5));
    std::thread::scope(|scope| {
        let flight = scope.spawn(|| flight_life("revoked", &served, ENDLESS, &[]));
        if std::env::var_os("JCW_TEST_PYTHON").is_some() {
            becomes(&served, &["jcw_running 3"], Duration::from_secs(60));
        }
        project.jcw(&["user", "remove", "ann"]).succeeds();
        let answer = String::from_utf8_lossy(&rest(runs)).into_owned();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("log in again"), "{answer}");
        flight.join().unwrap();
    });
    becomes(&served, &["jcw_running 1"], Duration::from_secs(10));
    let wait = Some(Duration::from_secs(3));
    goes_on.set_read_timeout(wait).unwrap();
    assert!(goes_on.read(&mut [0; 1]).is_err(), "nobody has removed Bob");
}

#[test]
fn a_server_that_is_told_to_stop_lets_a_flight_arrive() {
    let project = project("rows: 10000000");
    let served = project.serve(&[]);
    let pid = served.pid().to_string();
    let more = ["100000", &pid];
    if flight_life("drained", &served, &long(), &more).is_some() {
        assert_eq!(served.stops(Duration::from_secs(30)), 0);
    }
}

#[test]
fn log_ins_are_counted_at_every_door() {
    let project = project("rows: 10");
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
    let numbers = numbers(&served);
    for start in counted {
        let line = numbers.lines().find(|line| line.starts_with(&start));
        assert!(line.is_some(), "{start} in\n{numbers}");
    }
}
