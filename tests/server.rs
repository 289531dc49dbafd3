//! A server of a project, with doors on ports that are free; it runs until the
//! test is over, is told to stop, or is killed.

use crate::harness::Project;
use crate::wait::{PATIENCE, until};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A server of a project that runs until the test is over.
pub(crate) struct Served {
    child: Child,
    pub(crate) flight: SocketAddr,
    pub(crate) postgres: SocketAddr,
    pub(crate) http: SocketAddr,
    /// What it says on standard error.
    log: PathBuf,
}

/// Of users whose test has no other.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A million million pairs: nobody waits for that.
pub(crate) const ENDLESS: &str = "select count(*) as n from generate_series(1, 1000000) a, \
    generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7";

impl Project {
    /// A starter with a release, read by Ann and Bob within these limits.
    pub(crate) fn limited(limits: &str) -> Project {
        let project = Project::starter();
        project.write(
            "pipelines/roles.yaml",
            format!("roles:\n  - {{id: reader, description: Reads what is published, reads: [published], limits: {{{limits}}}}}\n"),
        );
        project.jcw(&["run"]).succeeds();
        for name in ["ann", "bob"] {
            project.user(name, "reader", PASSWORD);
        }
        project
    }

    /// Makes a user who logs in with a password.
    pub(crate) fn user(&self, name: &str, role: &str, password: &str) -> &Project {
        self.add_user(&["user", "add", name, "--role", role], password)
    }

    /// The same, with an attribute that row filters compare with: `area=301`.
    pub(crate) fn user_with(&self, name: &str, role: &str, attribute: &str, password: &str) {
        let args = [
            "user",
            "add",
            name,
            "--role",
            role,
            "--attribute",
            attribute,
        ];
        self.add_user(&args, password);
    }

    fn add_user(&self, args: &[&str], password: &str) -> &Project {
        let mut child = self.command(&[args, &["--password-stdin"]].concat());
        child.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = child.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{password}").unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        self
    }

    /// Opens the doors on ports that are free.
    pub(crate) fn serve(&self, more: &[&str]) -> Served {
        let any = "127.0.0.1:0";
        let args = [
            "serve",
            "--flight-addr",
            any,
            "--postgres-addr",
            any,
            "--http-addr",
            any,
        ];
        let log = self.path(&format!("serve-{}.log", std::process::id()));
        let mut child = (self.command(&[&args[..], more].concat()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(&log)
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        let (say, said) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .try_for_each(|line| say.send(line))
        });
        let mut at = std::collections::HashMap::new();
        while at.len() < 3 {
            let Ok(line) = said.recv_timeout(PATIENCE) else {
                let _ = child.kill();
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("no doors were opened: {log}");
            };
            if let Some((door, address)) = line.split_once(' ')
                && let Ok(address) = address.parse::<SocketAddr>()
            {
                at.insert(door.to_owned(), address);
            }
        }
        Served {
            child,
            flight: at["flight"],
            postgres: at["postgres"],
            http: at["http"],
            log,
        }
    }
}

impl Served {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said on standard error so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks over HTTP: the status, and the body of the answer.
    pub(crate) fn asks(&self, user: &str, password: &str, sql: &str) -> (u16, String) {
        let mut stream = self.begins(user, password, sql);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.get(9..12).and_then(|status| status.parse().ok());
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        (status.unwrap_or_default(), body.unwrap_or_default())
    }

    /// Asks, and leaves the answer to be read.
    pub(crate) fn begins(&self, user: &str, password: &str, sql: &str) -> TcpStream {
        let body = serde_json::json!({"sql": sql}).to_string();
        let login = base64(format!("{user}:{password}").as_bytes());
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "POST /v1/query HTTP/1.1\r\nhost: {}\r\nauthorization: Basic {login}\r\n\
             content-type: application/json\r\naccept: text/csv\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            self.http,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Tells it to stop, as systemd does.
    pub(crate) fn terminate(&self) {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop and waits until it has: how it ended.
    pub(crate) fn stops(mut self) -> i32 {
        self.terminate();
        let mut ended = None;
        until("it still runs", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.and_then(|status| status.code()).unwrap_or(-1)
    }

    /// What `/metrics` says, asked from another address than the test's own.
    pub(crate) fn numbers(&self) -> String {
        let ran = Command::new("curl")
            .args(["-s", "--interface", "127.0.0.2", "--max-time", "20"])
            .arg(format!("http://{}/metrics", self.http))
            .output()
            .unwrap();
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// Waits until `/metrics` has these lines, all at once.
    #[track_caller]
    pub(crate) fn becomes(&self, lines: &[&str]) {
        until(&format!("{lines:?}"), || {
            let numbers = self.numbers();
            let is_there = |line: &&str| numbers.lines().any(|found| found == *line);
            lines.iter().all(is_there)
        });
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|group| {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(*group.get(at).unwrap_or(&0))
        });
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
        let digits = (0..4).map(|at| if at <= group.len() { digit(at) } else { '=' });
        digits.collect::<String>()
    });
    groups.collect()
}
