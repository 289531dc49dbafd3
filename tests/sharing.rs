//! Delta Sharing, asked by `curl` and by Python's `delta-sharing`, as Power BI
//! and pandas ask.

use crate::clients::{self, Peers};
use crate::web::{Got, curl, get, project, python};
use serde_json::{Value, json};

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
    let began = std::time::Instant::now();
    while curl(&served, path, &[]).status != 403 {
        assert!(
            began.elapsed().as_secs() < 20,
            "the address is good without its owner"
        );
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
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
        let peers = Peers {
            names: &[],
            calls: &[],
        };
        clients::are_told("Delta Sharing", &told, &peers);
    }
}
