//! Real clients, and the page that says which of them gets which call answered,
//! `docs/clients.md`. The tests fill it: each hands over the lines that its
//! clients printed, and they have to be what the page says. `JCW_BLESS=1` writes
//! the page anew.

use crate::harness::repository;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Longest that a client may take for all its calls.
const PATIENCE: Duration = Duration::from_secs(1800);

const PAGE: &str = "docs/clients.md";

/// What other servers do with a call, as their sources say.
pub(crate) struct Peers {
    /// Their names.
    pub(crate) names: &'static [&'static str],
    /// By call, a word for each of them.
    pub(crate) calls: &'static [(&'static str, &'static [&'static str])],
}

impl Peers {
    /// Of no other server is it known.
    pub(crate) const NONE: Peers = Peers {
        names: &[],
        calls: &[],
    };
}

/// Runs a client of `tests/clients/` to its end, and gives what it printed; `None`,
/// said aloud, where there is no Python with the clients' packages.
pub(crate) fn run(script: &str, args: &[String]) -> Option<String> {
    let Ok(python) = std::env::var("JCW_TEST_PYTHON") else {
        eprintln!("skipped: JCW_TEST_PYTHON does not name a Python with the clients' packages");
        return None;
    };
    let script = repository().join("tests/clients").join(script);
    let running = Command::new(python)
        .arg(script)
        .args(args)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = running.id().to_string();
    let (ended, wait) = channel::<()>();
    let watch = std::thread::spawn(move || {
        if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").arg(id).status();
        }
    });
    let ran = running.wait_with_output().unwrap();
    let _ = ended.send(());
    watch.join().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{out}\n{err}");
    Some(out)
}

/// The section of the page with this name is what the lines say: `client | call |
/// outcome`.
#[track_caller]
pub(crate) fn are_told(section: &str, lines: &str, peers: &Peers) {
    let table = table(lines, peers);
    let page = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    let (start, end) = (format!("<!-- {section} -->\n"), "<!-- end -->".to_owned());
    let (before, rest) = page.split_once(&start).unwrap();
    let (old, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("JCW_BLESS").is_some() {
        let page = format!("{before}{start}{table}{end}{after}");
        std::fs::write(repository().join(PAGE), page).unwrap();
        return;
    }
    assert_eq!(
        old, table,
        "{PAGE} says otherwise; JCW_BLESS=1 writes it anew"
    );
}

/// A row a call, a column a client, and one for each other server.
fn table(lines: &str, peers: &Peers) -> String {
    let (mut clients, mut calls, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines.lines() {
        let parts: Vec<&str> = line.split(" | ").collect();
        let &[client, call, outcome] = parts.as_slice() else {
            continue;
        };
        if !clients.contains(&client) {
            clients.push(client);
        }
        if !calls.contains(&call) {
            calls.push(call);
        }
        outcomes.push((client, call, outcome));
    }
    let mut table = String::from("| call |");
    for name in clients.iter().chain(peers.names) {
        let _ = write!(table, " {name} |");
    }
    let columns = clients.len() + peers.names.len() + 1;
    let _ = writeln!(table, "\n|{}", "---|".repeat(columns));
    for call in calls {
        let _ = write!(table, "| {call} |");
        for client in &clients {
            let found = outcomes
                .iter()
                .find(|one| (one.0, one.1) == (*client, call));
            let _ = write!(table, " {} |", found.map_or("", |one| one.2));
        }
        let known = peers.calls.iter().find(|(known, _)| *known == call);
        for place in 0..peers.names.len() {
            let _ = write!(table, " {} |", known.map_or("", |(_, words)| words[place]));
        }
        table.push('\n');
    }
    table
}
