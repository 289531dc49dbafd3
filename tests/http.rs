//! Files over http: fetched once, not again while the server says that they
//! are the same, tried again when it stumbles, refused when they are too large.

use crate::harness::Project;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A web server on loopback with one file.
struct Server {
    port: u16,
    body: Arc<Mutex<(String, String)>>,
    sent: Arc<AtomicUsize>,
    stumbles: Arc<AtomicUsize>,
    manner: Arc<Mutex<Manner>>,
}

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// As it should.
    Whole,
    /// Without a length, a date or a tag.
    WithoutLength,
    /// With the first half of the body.
    Half,
    /// That there is no such file.
    Gone,
}

impl Server {
    fn start(body: &str) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            body: Arc::new(Mutex::new((body.to_owned(), "\"one\"".to_owned()))),
            sent: Arc::default(),
            stumbles: Arc::default(),
            manner: Arc::new(Mutex::new(Manner::Whole)),
        };
        let (body, sent, stumbles) = (
            server.body.clone(),
            server.sent.clone(),
            server.stumbles.clone(),
        );
        let manner = server.manner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (body, sent, stumbles) = (body.clone(), sent.clone(), stumbles.clone());
                let manner = manner.clone();
                std::thread::spawn(move || serve(stream, &body, &sent, &stumbles, &manner));
            }
        });
        server
    }

    fn answers(&self, manner: Manner) -> &Server {
        *self.manner.lock().unwrap() = manner;
        self
    }

    fn source(&self) -> String {
        format!(
            "description: x\nowner: y\ncontract: council/requests\nfiles:\n  - http://127.0.0.1:{}/requests.csv\nlimits: {{max_bytes: 4 KiB}}\n",
            self.port
        )
    }
}

fn serve(
    mut stream: TcpStream,
    body: &Mutex<(String, String)>,
    sent: &AtomicUsize,
    stumbles: &AtomicUsize,
    manner: &Mutex<Manner>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.to_lowercase());
        }
        let (text, etag) = body.lock().unwrap().clone();
        let manner = *manner.lock().unwrap();
        let is_head = head[0].starts_with("head");
        let same = head
            .iter()
            .any(|line| line.starts_with("if-none-match") && line.contains(etag.trim_matches('"')));
        let stumbled = !is_head
            && stumbles
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                .is_ok();
        let date = "Thu, 01 Jan 2026 00:00:00 GMT";
        let answer = if stumbled {
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else if same {
            format!("HTTP/1.1 304 Not Modified\r\netag: {etag}\r\nlast-modified: {date}\r\n\r\n")
        } else if manner == Manner::Gone {
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else if manner == Manner::WithoutLength {
            let body = if is_head { "" } else { text.as_str() };
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{body}").as_bytes());
            return;
        } else if manner == Manner::Half && !is_head {
            let (length, half) = (text.len(), &text[..text.len() / 2]);
            let head = format!("content-length: {length}\r\netag: {etag}\r\nlast-modified: {date}");
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{half}").as_bytes());
            return;
        } else {
            let body = if is_head { "" } else { text.as_str() };
            if !is_head {
                sent.fetch_add(1, Ordering::SeqCst);
            }
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\netag: {etag}\r\nlast-modified: {date}\r\n\r\n{body}",
                text.len()
            )
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

const BODY: &str = "month,area_code,received,refused\n2026-01-01,E06000033,48,11\n";

fn project(server: &Server) -> Project {
    let project = Project::starter();
    project.write("pipelines/council/requests.yaml", server.source());
    project
}

#[test]
fn a_file_is_fetched_once_and_again_only_when_it_has_changed() {
    let server = Server::start(BODY);
    let project = project(&server);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    assert_eq!(server.sent.load(Ordering::SeqCst), 1);
    *server.body.lock().unwrap() = (BODY.replace("48", "50"), "\"two\"".to_owned());
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    assert_eq!(server.sent.load(Ordering::SeqCst), 2);
    assert_eq!(
        project.value("select received from council.requests"),
        json!(50)
    );
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let server = Server::start(BODY);
    server.stumbles.store(2, Ordering::SeqCst);
    project(&server)
        .jcw(&["run"])
        .succeeds()
        .says(&["Published"]);
}

#[test]
fn a_file_over_the_cap_is_refused_and_nothing_of_it_is_kept() {
    let server = Server::start(BODY);
    let project = project(&server);
    project.jcw(&["run"]).succeeds();
    let large = format!("{BODY}{}", "2026-02-01,E06000033,1,1\n".repeat(400));
    *server.body.lock().unwrap() = (large, "\"two\"".to_owned());
    project.jcw(&["run"]).exits(4).says(&["4096"]);
    assert_eq!(project.status()[1]["status"], json!("rejected"));
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(1)
    );
}

#[test]
fn a_server_that_does_not_say_the_length_is_pulled_and_its_bytes_tell_what_is_new() {
    let server = Server::start(BODY);
    server.answers(Manner::WithoutLength);
    let project = project(&server);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    // As long as before, so that only the bytes show it.
    server.body.lock().unwrap().0 = BODY.replace("48", "50");
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    assert_eq!(
        project.value("select received from council.requests"),
        json!(50)
    );
    server.body.lock().unwrap().0 = BODY.repeat(100);
    project.jcw(&["run"]).exits(4).says(&["4096"]);
    assert_eq!(project.status()[2]["status"], json!("rejected"));
}

#[test]
fn a_body_cut_half_way_is_held_and_fetched_again() {
    let server = Server::start(BODY);
    let project = project(&server);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    *server.body.lock().unwrap() = (BODY.replace("48", "50"), "\"two\"".to_owned());
    server.answers(Manner::Half);
    project
        .jcw(&["run"])
        .exits(4)
        .says(&["the body ended early, after", "it will be tried again"]);
    assert_eq!(project.status()[1]["status"], json!("held"));
    server.answers(Manner::Whole);
    project.jcw(&["run"]).succeeds().says(&["Published"]);
    assert_eq!(
        project.value("select received from council.requests"),
        json!(50)
    );
}

#[test]
fn a_web_address_without_a_file_is_a_failure_and_a_path_is_only_told() {
    let server = Server::start(BODY);
    server.answers(Manner::Gone);
    let address = format!("http://127.0.0.1:{}/requests.csv", server.port);
    project(&server).jcw(&["run"]).exits(1).says(&[
        "failed council/requests: ",
        &format!("no file at {address}"),
    ]);
    let project = Project::starter();
    project.write(
        "pipelines/council/requests.yaml",
        server.source().replace(&address, "./extracts/requests.csv"),
    );
    project
        .jcw(&["run"])
        .succeeds()
        .does_not_say(&["no file at"]);
    std::fs::remove_file(project.path("extracts/requests.csv")).unwrap();
    project.jcw(&["run"]).succeeds().says(&[
        "no file at file://",
        "/extracts/requests.csv (council/requests)",
        "Nothing to do",
    ]);
}
