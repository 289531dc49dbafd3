//! Delta Sharing, asked by `curl` and by Python's `delta-sharing`, as Power BI
//! and pandas ask.

use crate::clients::{self, Peers};
use crate::harness::Project;
use crate::server::Served;
use crate::wait::{PATIENCE, until};
use crate::web::{Got, curl, get, project, python};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// A line of a table's answer that has this key.
fn lines_of(got: &Got, key: &str) -> Vec<Value> {
    let text = got.text();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| line.get(key).cloned()).collect()
}

#[test]
fn a_table_is_shared_whole_or_not_at_all() {
    let project = project();
    let served = project.serve(&[]);
    let tables = |user: &str| {
        let got = get(&served, user, "/sharing/shares/warehouse/all-tables", &[]);
        if got.status == 404 {
            return Vec::new();
        }
        let items = got.is(200).json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        tables("commissioner"),
        ["metric_definition", "metric_value"]
    );
    assert_eq!(tables("masked"), ["metric_definition"]);
    assert_eq!(tables("hidden"), ["metric_value"]);
    assert_eq!(tables("nothing"), Vec::<String>::new());
    let shares = get(&served, "nothing", "/sharing/shares", &[])
        .is(200)
        .json();
    assert_eq!(shares["items"], json!([]));
    // What is cut for a role, what is not published and what there is not are the
    // same.
    let schemas = "/sharing/shares/warehouse/schemas";
    let told = |user: &str, address: &str| {
        let got = get(&served, user, &format!("{schemas}/{address}/metadata"), &[]).is(404);
        got.text()
    };
    let missing = told("masked", "published/tables/nonsense");
    assert_eq!(told("masked", "published/tables/metric_value"), missing);
    assert_eq!(told("commissioner", "council/tables/requests"), missing);
    assert_eq!(
        told(
            "commissioner",
            "published/tables/..%2F..%2Fcouncil%2Frequests"
        ),
        missing
    );
    let query = ["-X", "POST", "-d", "{}"];
    let address = format!("{schemas}/published/tables/metric_value/query");
    get(&served, "masked", &address, &query).is(404);
    let nobody = curl(&served, "/sharing/shares", &[]).is(401);
    assert_eq!(nobody.json()["errorCode"], "UNAUTHENTICATED");
    assert!(nobody.all("www-authenticate").join(" ").contains("Bearer"));
    let ended = [
        "-X",
        "POST",
        "-d",
        "{}",
        "-H",
        "delta-sharing-capabilities: includeEndStreamAction=true",
    ];
    let got = get(&served, "commissioner", &address, &ended).is(200);
    assert_eq!(got.header("includeendstreamaction"), Some("true"));
    assert_eq!(lines_of(&got, "endStreamAction").len(), 1);
    let plain = get(&served, "commissioner", &address, &query).is(200);
    assert_eq!(lines_of(&plain, "endStreamAction").len(), 0);
    assert_eq!(plain.header("delta-table-version"), Some("1"));
    let beyond = ["-X", "POST", "-d", "{\"version\": 7}"];
    get(&served, "commissioner", &address, &beyond).is(404);
}

#[test]
fn an_address_of_a_file_is_good_for_its_owner_its_file_and_its_time() {
    let project = project();
    let served = project.serve(&[]);
    let address = "/sharing/shares/warehouse/schemas/published/tables/metric_value/query";
    let files = |user: &str| {
        let got = get(&served, user, address, &["-X", "POST", "-d", "{}"]).is(200);
        lines_of(&got, "file")
    };
    let file = files("commissioner").remove(0);
    let (url, size) = (
        file["url"].as_str().unwrap(),
        file["size"].as_u64().unwrap(),
    );
    let path = &url[url.find("/sharing/").unwrap()..];
    let whole = curl(&served, path, &[]).is(200);
    assert_eq!(whole.body.len() as u64, size);
    assert!(whole.body.starts_with(b"PAR1") && whole.body.ends_with(b"PAR1"));
    let head = curl(&served, path, &["-I"]).is(200);
    assert_eq!(
        head.header("content-length"),
        Some(size.to_string().as_str())
    );
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    let part = curl(&served, path, &["-H", "range: bytes=-8"]).is(206);
    assert_eq!(part.body, whole.body[whole.body.len() - 8..]);
    let said = format!("bytes {}-{}/{size}", size - 8, size - 1);
    assert_eq!(part.header("content-range"), Some(said.as_str()));
    let range = format!("range: bytes={size}-");
    curl(&served, path, &["-H", &range]).is(416);
    // Forged, borrowed, led astray.
    let ticket = path.rsplit('/').next().unwrap();
    for at in [3, ticket.len() / 2, ticket.len() - 3] {
        let mut forged = ticket.to_owned();
        let other = if &ticket[at..=at] == "A" { "B" } else { "A" };
        forged.replace_range(at..=at, other);
        curl(&served, &format!("/sharing/files/{forged}"), &[]).is(403);
    }
    for path in [
        "/sharing/files/../../lake/tables/published/metric_value",
        "/sharing/files/..%2f..%2fstore-checked",
        "/sharing/files/",
    ] {
        let got = curl(&served, path, &["--path-as-is"]);
        assert!(matches!(got.status, 403 | 404), "{path}: {}", got.status);
    }
    get(&served, "few", path, &[]).is(403);
    get(&served, "commissioner", path, &[]).is(200);
    // Another server of the same project does not know the key.
    let other = project.serve(&[]);
    curl(&other, path, &[]).is(403);
    drop(other);
    // Whoever may not come in any more has no files either.
    let mine = files("few").remove(0);
    let url = mine["url"].as_str().unwrap();
    let path = &url[url.find("/sharing/").unwrap()..];
    curl(&served, path, &[]).is(200);
    project.jcw(&["user", "remove", "few"]).succeeds();
    until("the address is good without its owner", || {
        curl(&served, path, &[]).status == 403
    });
}

/// Where the client finds the largest file of a table, and its size.
fn largest(served: &Served, table: &str, login: &[&str]) -> (String, u64) {
    let address = format!("/sharing/shares/warehouse/schemas/published/tables/{table}/query");
    let got = curl(
        served,
        &address,
        &[&["-X", "POST", "-d", "{}"], login].concat(),
    )
    .is(200);
    let files = lines_of(&got, "file").into_iter();
    let files = files.map(|file| {
        let url = file["url"].as_str().unwrap();
        let path = url[url.find("/sharing/").unwrap()..].to_owned();
        (path, file["size"].as_u64().unwrap())
    });
    files.max_by_key(|(_, size)| *size).unwrap()
}

#[test]
fn a_file_on_its_way_breaks_off_when_its_owner_may_not_have_it_any_more() {
    let project = project();
    // Longer than what the system holds of it on the way.
    project.write(
        "pipelines/models/published/long.sql",
        "/*\ndescription: Made up\nowner: SEND data team\ngrain: [n]\n*/\n\
         select n, concat(md5(cast(n as varchar)), md5(cast(n + 1 as varchar))) as t
         from (select unnest(generate_series(1, 600000)) as n) numbers\n",
    );
    project.jcw(&["run"]).succeeds();
    let args = [
        "token",
        "add",
        "bi",
        "--user",
        "commissioner",
        "--expires",
        "1h",
    ];
    let token = project.jcw(&args).succeeds().out.trim().to_owned();
    let served = project.serve(&[]);
    let bearer = format!("authorization: Bearer {token}");
    let mut gave = Vec::new();
    for (login, change) in [
        (["-H", bearer.as_str()], ["token", "revoke", "bi"]),
        (
            ["-u", "few:a long enough password"],
            ["user", "remove", "few"],
        ),
    ] {
        let (path, size) = largest(&served, "long", &login);
        assert!(size > 8 << 20, "{size}");
        assert_eq!(curl(&served, &path, &[]).is(200).body.len() as u64, size);
        let mut stream = TcpStream::connect(served.http).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", served.http);
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_exact(&mut [0; 4096]).unwrap();
        project.jcw(&change).succeeds();
        until("not followed", || {
            curl(&served, &path, &["-I"]).status == 403
        });
        let (rest, broken) = rest_of(stream);
        assert!(
            broken && rest < size / 2,
            "{rest} of {size} bytes came after {change:?}"
        );
        gave.push((size, "answered"));
        gave.push((size, "unauthenticated"));
    }
    assert!(!served.said().contains("panicked"), "{}", served.said());
    assert_eq!(served.stops(), 0);
    let files = shared_rows(&project).into_iter();
    let files: Vec<_> = files.filter(|row| row["bytes"] != 0).collect();
    assert_eq!(files.len(), gave.len(), "{files:#?}");
    for (row, (size, outcome)) in files.iter().zip(gave) {
        let bytes = row["bytes"].as_u64().unwrap();
        assert_eq!(row["outcome"], outcome, "{row:#?}");
        match outcome {
            "answered" => assert_eq!((bytes, &row["rows"]), (size, &json!(600_000))),
            _ => assert!(bytes < size && row["rows"] == 0, "{row:#?}"),
        }
    }
}

/// How many bytes still come, and whether the server ends it.
fn rest_of(mut stream: TcpStream) -> (u64, bool) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut rest, mut part) = (0, [0; 1 << 16]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return (rest, true),
            Ok(bytes) => rest += bytes as u64,
            Err(error) => return (rest, error.kind() == std::io::ErrorKind::ConnectionReset),
        }
    }
}

/// The rows of the log about what leaves as files, in order.
fn shared_rows(project: &Project) -> Vec<Value> {
    let ran = project.jcw(&["audit", "tail", "-n", "100", "--format", "json"]);
    let mut rows: Vec<Value> = serde_json::from_str(&ran.succeeds().out).unwrap();
    rows.retain(|row| row["door"] == "sharing");
    rows
}

#[test]
fn what_leaves_as_files_is_in_the_log_with_the_address_that_it_went_to() {
    let project = project();
    let served = project.serve(&[]);
    let (path, size) = largest(
        &served,
        "metric_value",
        &["-u", "commissioner:a long enough password"],
    );
    curl(&served, &path, &[]).is(200);
    assert_eq!(served.stops(), 0);
    let shared = shared_rows(&project);
    assert_eq!(shared.len(), 2, "the table, and its file: {shared:#?}");
    for row in &shared {
        assert_eq!(row["address"], "127.0.0.1", "{row:#?}");
        assert_eq!(row["principal"], "commissioner", "{row:#?}");
    }
    assert_eq!(shared[1]["bytes"], size, "{:#?}", shared[1]);
}

#[test]
fn the_delta_sharing_client_reads_what_is_shared() {
    let project = project();
    project.write(
        "extracts/requests.csv",
        project.read("extracts/requests.csv").replace("48", "49"),
    );
    project.jcw(&["run"]).succeeds();
    let added = project
        .jcw(&[
            "token",
            "add",
            "powerbi",
            "--user",
            "commissioner",
            "--expires",
            "1d",
        ])
        .succeeds();
    let token = added
        .out
        .split_whitespace()
        .find(|word| word.starts_with("jcw_"))
        .unwrap();
    let served = project.serve(&[]);
    let profile = json!({
        "shareCredentialsVersion": 1,
        "endpoint": format!("http://{}/sharing", served.http),
        "bearerToken": token,
    });
    project.write("warehouse.share", profile.to_string());
    let script =
        std::fs::read_to_string(crate::harness::repository().join("tests/clients/sharing.py"));
    let profile = project.path("warehouse.share");
    let profile = profile.to_str().unwrap();
    if let Some(told) = python(
        "JCW_TEST_SHARING_PYTHON",
        &script.unwrap(),
        &[profile],
        "all calls",
    ) {
        clients::are_told("Delta Sharing", &told, &Peers::NONE);
    }
}
