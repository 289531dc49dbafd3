//! The HTTP door, asked by `curl` as people's tools ask.

use crate::harness::Project;
use crate::server::Served;
use serde_json::{Value, json};
use std::process::Command;

const PASSWORD: &str = "a long enough password";

/// Who may see what here. `few` may have fewer rows than one answer has.
const ROLES: &str = "roles:
  - id: commissioner
    description: Reads what is published
    reads: [published]
  - id: of_area
    description: Reads the figures of one area
    reads: [published]
    rows:
      published.metric_value: area_code = $area
  - id: masked
    description: Reads what is published, without names of areas
    reads: [published]
    masks:
      published.metric_value: {area_name: \"'-'\"}
  - id: hidden
    description: Reads what is published, but for the owner
    reads: [published]
    hides:
      published.metric_definition: [owner]
  - id: few
    description: Reads a little
    reads: [published]
    limits: {rows: 20000}
  - id: nothing
    description: Reads what nobody publishes
    reads: [council.requests]
";

/// The starter, published, with a user of each role.
pub(crate) fn project() -> Project {
    let project = Project::starter();
    project.write("pipelines/roles.yaml", ROLES);
    project.jcw(&["run"]).succeeds();
    for role in ["commissioner", "masked", "hidden", "few", "nothing"] {
        project.user(role, role, PASSWORD);
    }
    project
}

/// What curl got.
pub(crate) struct Got {
    pub(crate) status: u16,
    /// Names in small letters.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Of curl: 18 for a body that was broken off.
    exit: i32,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let found = self.headers.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Got {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// A problem of this status and kind.
    #[track_caller]
    pub(crate) fn fails(self, status: u16, kind: &str) -> Value {
        let got = self.is(status);
        assert_eq!(got.header("content-type"), Some("application/problem+json"));
        let problem = got.json();
        assert_eq!(problem["kind"], kind, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:jcw:problem:{kind}"));
        problem
    }
}

/// Curl, at an address of the HTTP door, with more arguments.
pub(crate) fn curl(served: &Served, address: &str, more: &[&str]) -> Got {
    let folder = tempfile::tempdir().unwrap();
    let (head, body) = (folder.path().join("head"), folder.path().join("body"));
    let ran = Command::new("curl")
        .args(["-s", "--max-time", "600", "-D"])
        .arg(&head)
        .arg("-o")
        .arg(&body)
        .args(more)
        .arg(format!("http://{}{address}", served.http))
        .output()
        .unwrap();
    let head = std::fs::read_to_string(&head).unwrap_or_default();
    // A "100 Continue" may come first.
    let head = head
        .trim_end()
        .rsplit("\r\n\r\n")
        .next()
        .unwrap_or_default();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    Got {
        status: status.unwrap_or_default(),
        headers: lines
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        body: std::fs::read(&body).unwrap_or_default(),
        exit: ran.status.code().unwrap_or(-1),
    }
}

fn as_user(user: &str) -> String {
    format!("{user}:{PASSWORD}")
}

/// Asks in a body.
pub(crate) fn ask(served: &Served, user: &str, ask: &Value, more: &[&str]) -> Got {
    let (login, body) = (as_user(user), ask.to_string());
    let kind = "content-type: application/json";
    let usual = ["-u", &login, "-H", kind, "--data-binary", &body];
    curl(served, "/v1/query", &[&usual, more].concat())
}

/// Gets as a user.
pub(crate) fn get(served: &Served, user: &str, address: &str, more: &[&str]) -> Got {
    let login = as_user(user);
    curl(served, address, &[&["-u", &login], more].concat())
}

/// Twelve times three rows.
fn long() -> String {
    let tables: Vec<String> = (0..12)
        .map(|at| format!("published.metric_value t{at}"))
        .collect();
    format!(
        "select t0.period, t1.metric_id from {}",
        tables.join(" cross join ")
    )
}

#[test]
fn an_answer_is_the_same_in_every_format_and_compressed() {
    let project = project();
    let served = project.serve(&[]);
    let sql = "select period, value, period_start from published.metric_value order by period";
    let json = ask(&served, "commissioner", &json!({"sql": sql}), &[]).is(200);
    assert_eq!(json.header("x-jcw-release"), Some("r00000001"));
    let json = json.json();
    assert_eq!(json["row_count"], 3);
    assert_eq!(
        json["columns"][1],
        json!({"name": "value", "type": "Float64"})
    );
    let rows = json["rows"].as_array().unwrap();
    let csv = ask(
        &served,
        "commissioner",
        &json!({"sql": sql}),
        &["-H", "accept: text/csv"],
    )
    .is(200);
    let csv = csv.text();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "period,value,period_start");
    for (line, row) in lines[1..].iter().zip(rows) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[0], row["period"].as_str().unwrap());
        assert_eq!(cells[1].parse::<f64>().ok(), row["value"].as_f64());
        assert_eq!(cells[2], row["period_start"].as_str().unwrap());
    }
    let files = tempfile::tempdir().unwrap();
    for format in ["arrow", "parquet"] {
        let got = ask(
            &served,
            "commissioner",
            &json!({"sql": sql, "format": format}),
            &[],
        )
        .is(200);
        std::fs::write(files.path().join(format), &got.body).unwrap();
    }
    std::fs::write(files.path().join("json"), json["rows"].to_string()).unwrap();
    python(
        "JCW_TEST_PYTHON",
        "import json, sys, os, pyarrow as pa, pyarrow.parquet as pq\n\
         folder = sys.argv[1]\n\
         want = json.load(open(folder + '/json'))\n\
         day = lambda rows: [{**row, 'period_start': str(row['period_start'])} for row in rows]\n\
         assert day(pa.ipc.open_stream(folder + '/arrow').read_all().to_pylist()) == want\n\
         assert day(pq.read_table(folder + '/parquet').to_pylist()) == want\n\
         print('the same', flush=True)\n\
         os._exit(0)\n",
        &[files.path().to_str().unwrap()],
        "the same",
    );
    let whole = ask(
        &served,
        "commissioner",
        &json!({"sql": long(), "format": "csv"}),
        &[],
    )
    .is(200);
    assert_eq!(whole.text().lines().count(), 1 + 3_usize.pow(12));
    for coding in ["gzip", "zstd"] {
        let accept = format!("accept-encoding: {coding}");
        let got = ask(
            &served,
            "commissioner",
            &json!({"sql": long(), "format": "csv"}),
            &["-H", &accept],
        );
        assert_eq!(got.header("content-encoding"), Some(coding));
        assert!(
            got.body.len() < whole.body.len() / 5,
            "{coding}: {}",
            got.body.len()
        );
    }
}

#[test]
fn nobody_gets_anything_and_what_may_not_be_seen_is_not_there() {
    let project = project();
    let served = project.serve(&[]);
    let document = get(&served, "commissioner", "/v1/openapi.json", &[])
        .is(200)
        .json();
    for (address, calls) in document["paths"].as_object().unwrap() {
        let address = address.replace("{id}", "R01");
        for method in ["get", "post", "put", "delete", "patch"] {
            let got = curl(&served, &address, &["-X", &method.to_uppercase()]);
            match calls.get(method) {
                None => drop(got.fails(405, "no_method")),
                Some(call) => {
                    let is_open = call["security"]
                        .as_array()
                        .is_none_or(|ways| ways.contains(&json!({})));
                    if is_open {
                        got.is(200);
                        continue;
                    }
                    let challenges = got.all("www-authenticate").join(" ");
                    assert!(challenges.contains("Basic realm="), "{challenges}");
                    assert!(challenges.contains("Bearer"), "{challenges}");
                    got.fails(401, "unauthenticated");
                }
            }
        }
    }
    for more in [
        ["-u", "commissioner:wrong password"],
        ["-H", "authorization: Bearer jcw_nonsense"],
    ] {
        curl(&served, "/v1/query?sql=select%201", &more).fails(401, "unauthenticated");
    }
    for address in ["/v1/nothing", "/", "/etc/passwd", "/v1/../../etc/passwd"] {
        get(&served, "commissioner", address, &["--path-as-is"]).fails(404, "no_address");
    }
    // What there is but not for this role, and what there is not, are the same.
    let told = |user: &str, table: &str| {
        let problem = ask(
            &served,
            user,
            &json!({"sql": format!("select * from {table}")}),
            &[],
        );
        let problem = problem.fails(404, "no_table");
        problem["detail"].as_str().unwrap().replace(table, "it")
    };
    assert_eq!(
        told("commissioner", "council.requests"),
        told("commissioner", "council.requestz")
    );
    assert_eq!(
        get(&served, "nothing", "/v1/metrics", &[]).fails(404, "no_table")["status"],
        404
    );
    let releases = get(&served, "nothing", "/v1/releases", &[]).is(200).json();
    assert_eq!(releases["releases"][0]["id"], "r00000001", "{releases}");
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_without_a_value() {
    let project = project();
    let served = project.serve(&[]);
    let wrong = |sql: &str, status, kind| {
        ask(&served, "commissioner", &json!({"sql": sql}), &[]).fails(status, kind)
    };
    let problem = wrong(
        "select *\nfrom published.metric_value wher x",
        400,
        "syntax",
    );
    assert_eq!(problem["line"], 2, "{problem}");
    wrong(
        "select nonsense from published.metric_value",
        400,
        "no_column",
    );
    wrong("select nonsense(1)", 400, "no_function");
    wrong("delete from published.metric_value", 403, "refused");
    let body = json!({"sql": "select 1 as n", "parameters": [1]});
    ask(&served, "commissioner", &body, &[]).fails(400, "value");
    let secret = "Jane-Q-Public";
    let sql = "select * from published.metric_value where period_start = $1";
    let body = json!({"sql": sql, "parameters": [secret]});
    let problem = ask(&served, "commissioner", &body, &[]).fails(400, "value");
    assert!(!problem.to_string().contains(secret), "{problem}");
    for body in [
        "{\"sql\": ",
        "{\"sql\": 7}",
        "{\"sql\": \"select 1\", \"nonsense\": 1}",
        "[]",
    ] {
        let login = as_user("commissioner");
        let more = [
            "-u",
            &login,
            "-H",
            "content-type: application/json",
            "-d",
            body,
        ];
        curl(&served, "/v1/query", &more).fails(400, "request");
    }
    let login = as_user("commissioner");
    curl(&served, "/v1/query", &["-u", &login, "-d", "sql=select 1"]).fails(415, "media_type");
    let body = json!({"sql": "select 1 as n", "format": "xlsx"});
    ask(&served, "commissioner", &body, &[]).fails(400, "request");
    ask(
        &served,
        "commissioner",
        &json!({"sql": "select 1 as n"}),
        &["-H", "accept: image/png"],
    )
    .fails(406, "format");
    let body = json!({"sql": "select 1 as n", "release": "99"});
    ask(&served, "commissioner", &body, &[]).fails(404, "no_release");
    get(&served, "commissioner", "/v1/query", &[]).fails(400, "request");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long");
    let body = json!({"sql": format!("select '{}'", "x".repeat(2 << 20))});
    std::fs::write(&file, body.to_string()).unwrap();
    let data = format!("@{}", file.display());
    let more = [
        "-u",
        &login,
        "-H",
        "content-type: application/json",
        "--data-binary",
        &data,
    ];
    curl(&served, "/v1/query", &more).fails(413, "too_long");
}

#[test]
fn a_refusal_is_heard_over_http2_whatever_was_being_sent() {
    let project = project();
    let served = project.serve(&[]);
    let body = json!({"sql": "select 1 as n", "purpose": "x".repeat(50_000)}).to_string();
    for (more, status) in [
        (&["-u", "commissioner:wrong"][..], 401),
        (&["-H", "sec-fetch-site: cross-site"], 403),
        (&["-X", "PUT"], 405),
    ] {
        let usual = [
            "--http2-prior-knowledge",
            "-H",
            "content-type: application/json",
        ];
        let body = ["--data-binary", &body];
        for _ in 0..5 {
            let got = curl(&served, "/v1/query", &[&usual[..], &body, more].concat());
            assert_eq!((got.exit, got.status), (0, status), "{more:?}");
        }
    }
}

#[test]
fn an_answer_that_breaks_after_its_first_bytes_cannot_be_taken_for_whole() {
    let project = project();
    let served = project.serve(&[]);
    for format in ["json", "csv", "arrow"] {
        let got = ask(
            &served,
            "few",
            &json!({"sql": long(), "format": format}),
            &[],
        );
        // The limit may be seen before anything is sent; then it is said.
        if got.status == 429 {
            assert!(got.header("retry-after").is_some());
            continue;
        }
        // Broken off, or nothing at all.
        assert!(
            matches!(got.exit, 18 | 52),
            "{format}: curl saw no break, {}",
            got.exit
        );
        assert!(!got.text().contains("row_count"));
    }
}

#[test]
fn metrics_are_found_by_their_id_and_filters_are_values_only() {
    let project = project();
    let served = project.serve(&[]);
    let metrics = get(&served, "commissioner", "/v1/metrics", &[])
        .is(200)
        .json();
    assert_eq!(metrics["rows"][0]["metric_id"], "R01");
    assert_eq!(metrics["rows"][0]["name"], "Requests refused");
    let values = |more: &str| {
        let address = format!("/v1/metrics/R01/values{more}");
        get(&served, "commissioner", &address, &[]).is(200).json()
    };
    let all = values("");
    assert_eq!(all["row_count"], 3);
    let first = all["rows"][0].clone();
    let one = values(&format!("?period={}", first["period"].as_str().unwrap()));
    assert_eq!(one["rows"], json!([first]));
    let area = first["area_code"].as_str().unwrap();
    assert_eq!(
        values(&format!("?area={area}&grain=month&basis=published"))["row_count"],
        3
    );
    assert_eq!(values("?area=E99999999")["row_count"], 0);
    assert_eq!(values("?area=x%27%20or%20%271%27%3D%271")["row_count"], 0);
    let address = "/v1/metrics/R01/values?format=csv";
    assert_eq!(
        get(&served, "commissioner", address, &[])
            .is(200)
            .text()
            .lines()
            .count(),
        4
    );
    get(&served, "commissioner", "/v1/metrics/R99/values", &[]).fails(404, "no_metric");
    get(&served, "commissioner", "/v1/metrics/x'--/values", &[]).fails(404, "no_metric");
}

#[test]
fn a_spreadsheet_gets_csv_by_an_address_with_a_mark_and_without_formulas() {
    let project = project();
    let served = project.serve(&[]);
    let sql = "sql=select%20%27%3D1%2B1%27%20as%20a%2C%20-1%20as%20b";
    let plain = get(&served, "commissioner", &format!("/v1/query?{sql}"), &[]).is(200);
    assert_eq!(
        plain.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    // Whoever opens it by hand does not know that there is a choice.
    assert_eq!(plain.text(), "a,b\n'=1+1,-1\n");
    let address = format!("/v1/query?{sql}&bom=true&escape=false");
    let exact = get(&served, "commissioner", &address, &[]).is(200);
    assert_eq!(exact.text(), "\u{feff}a,b\n=1+1,-1\n");
    for (more, cell) in [(json!({}), "'=1+1"), (json!({"escape": false}), "=1+1")] {
        let mut body = json!({"sql": "select '=1+1' as a", "format": "csv"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let got = ask(&served, "commissioner", &body, &[]).is(200);
        assert_eq!(got.text(), format!("a\n{cell}\n"));
    }
    let address = "/v1/query?sql=select%20%241%20%2B%201%20as%20n&parameters=%5B41%5D&format=json";
    let bound = get(&served, "commissioner", address, &[]).is(200).json();
    assert_eq!(bound["rows"][0]["n"], 42);
}

#[test]
fn a_parameter_is_of_its_values_type_where_the_query_says_none_and_loses_nothing() {
    let project = project();
    let served = project.serve(&[]);
    let first = |sql: &str, parameters: Value| {
        let body = json!({"sql": sql, "parameters": parameters});
        ask(&served, "commissioner", &body, &[]).is(200).json()["rows"][0].clone()
    };
    let kinds = first(
        "select $1 as a, coalesce($2, $3) as b, $4 as c, case when true then $5 end as d",
        json!([5, null, "x", 1.5, true]),
    );
    assert_eq!(kinds, json!({"a": 5, "b": "x", "c": 1.5, "d": true}));
    let costs =
        "select count(*) as n from (select cast(4.25 as decimal(12, 2)) as cost) c where cost = $1";
    for same in [json!([4.25]), json!(["4.250"])] {
        assert_eq!(first(costs, same), json!({"n": 1}));
    }
    for finer in ["4.2500000001", "4.254"] {
        let body = json!({"sql": costs, "parameters": [finer]});
        ask(&served, "commissioner", &body, &[]).fails(400, "value");
    }
}

#[test]
fn a_release_is_asked_for_by_number_name_day_or_header() {
    let project = project();
    project.write(
        "extracts/requests.csv",
        project.read("extracts/requests.csv").replace("48", "49"),
    );
    project.jcw(&["run"]).succeeds();
    let served = project.serve(&[]);
    let releases = get(&served, "commissioner", "/v1/releases", &[])
        .is(200)
        .json();
    let ids: Vec<&str> = releases["releases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["id"].as_str())
        .collect();
    assert_eq!(ids, ["r00000002", "r00000001"]);
    assert_eq!(releases["releases"][0]["is_newest"], true);
    let sum = |more: Value, headers: &[&str]| {
        let mut body = json!({"sql": "select sum(denominator) as n from published.metric_value"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let got = ask(&served, "commissioner", &body, headers).is(200).json();
        (
            got["release"].as_str().unwrap().to_owned(),
            got["rows"][0]["n"].as_f64().unwrap(),
        )
    };
    let (newest, n) = sum(json!({}), &[]);
    assert_eq!(newest, "r00000002");
    for (release, headers) in [
        (json!({"release": "1"}), vec![]),
        (json!({"release": "r00000001"}), vec![]),
        (json!({}), vec!["-H", "x-jcw-release: 1"]),
    ] {
        assert_eq!(sum(release, &headers), ("r00000001".to_owned(), n - 1.0));
    }
    assert_eq!(
        sum(json!({"release": "as of 2999-01-01"}), &[]).0,
        "r00000002"
    );
    let body = json!({"sql": "select 1 as n", "release": "1999-01-01"});
    ask(&served, "commissioner", &body, &[]).fails(404, "no_release");
}

/// Runs a script, by the Python that a variable names, until it has said that it
/// is done: what it said. `None`, said aloud, where there is no such Python.
pub(crate) fn python(variable: &str, script: &str, args: &[&str], done: &str) -> Option<String> {
    let Ok(python) = std::env::var(variable) else {
        eprintln!("skipped: {variable} does not name a Python with the client");
        return None;
    };
    let ran = Command::new("timeout")
        .args(["600", &python, "-c", script])
        .args(args)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(
        out.contains(done),
        "{out}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    Some(out.into_owned())
}
