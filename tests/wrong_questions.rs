//! One table of wrong questions: every door refuses each with its own code for the
//! same kind, as `jcw_govern::Kind` documents, and the same sentence.

use crate::harness::{Project, repository};
use crate::server::Served;
use crate::web::python;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PASSWORD: &str = "correct horse battery staple";

/// A million million pairs: nobody waits for that.
const ENDLESS: &str = "select count(*) as n from generate_series(1, 1000000) a, \
    generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7";

/// Says the sentence, and the place in characters from the start.
const AT_POSTGRES: &str = "
import psycopg, sys
host, port, password, sql = sys.argv[1:]
try:
    with psycopg.connect(host=host, port=port, user='ann', password=password, dbname='warehouse') as connection:
        connection.execute(sql)
except psycopg.errors.SyntaxError as error:
    print(f'{error.diag.message_primary}, {error.diag.statement_position}')
";

struct Wrong {
    /// None for one that is asked while another runs.
    sql: Option<String>,
    kind: &'static str,
    http: u16,
    grpc: &'static str,
    /// What the sentence has to say.
    says: &'static [&'static str],
    /// Line and column.
    at: Option<(u64, u64)>,
}

fn wrong(sql: &str, kind: &'static str, http: u16, grpc: &'static str) -> Wrong {
    Wrong {
        sql: Some(sql.to_owned()),
        kind,
        http,
        grpc,
        says: &[],
        at: None,
    }
}

impl Wrong {
    fn says(self, says: &'static [&'static str]) -> Wrong {
        Wrong { says, ..self }
    }

    fn at(self, line: u64, column: u64) -> Wrong {
        let at = Some((line, column));
        Wrong { at, ..self }
    }
}

fn questions() -> Vec<Wrong> {
    let text = "a text that is not so short ".repeat(40);
    let large = format!(
        "select length(string_agg(concat('{text}', a.value), ',')) as n from generate_series(1, 1000000) a"
    );
    let long = format!("select '{}' as text", "x".repeat(1 << 17));
    let column = "select metric_id,\n  valeu from published.metric_value";
    let many = "select value from generate_series(1, 100000)";
    let mut all = vec![
        wrong(
            "select *\nfrom published.metric_value wher x",
            "syntax",
            400,
            "InvalidArgument",
        )
        .at(2, 34),
        wrong("select 1 from", "syntax", 400, "InvalidArgument").at(1, 14),
        wrong("select (\n  1,\n", "syntax", 400, "InvalidArgument")
            .says(&["found: the end"])
            .at(2, 5),
        wrong(
            "select max(l) as m from (values ([[1], [2]]), ([[3]])) t(l)",
            "unsupported",
            501,
            "Unimplemented",
        )
        .says(&["compared"]),
        wrong(column, "no_column", 400, "InvalidArgument")
            .says(&["valeu", "did you mean \"value\"?"])
            .at(2, 3),
        wrong(
            "select * from published.metric_valeu",
            "no_table",
            404,
            "NotFound",
        )
        .says(&["did you mean published.metric_value?"]),
        wrong(
            "select * from council.requests",
            "no_table",
            404,
            "NotFound",
        ),
        wrong("select nonsense(1)", "no_function", 400, "InvalidArgument"),
        wrong("select 1 / 0 as n", "value", 400, "InvalidArgument"),
        wrong(
            "delete from published.metric_value",
            "refused",
            403,
            "PermissionDenied",
        ),
        wrong("select 1; select 2", "refused", 403, "PermissionDenied"),
        wrong(&long, "limit", 429, "ResourceExhausted").says(&["long"]),
        wrong(many, "limit", 429, "ResourceExhausted").says(&["1000 rows"]),
        wrong(&large, "limit", 429, "ResourceExhausted").says(&["memory"]),
        wrong(ENDLESS, "time", 408, "DeadlineExceeded").says(&["took longer"]),
    ];
    all.push(Wrong {
        sql: None,
        ..wrong("", "limit", 429, "ResourceExhausted").says(&["too many questions"])
    });
    all
}

/// What the HTTP door says: the status and the problem.
fn http(served: &Served, wrong: &Wrong) -> (u16, Value) {
    let _runs = wrong.sql.is_none().then(|| {
        // The one before has been told its end a moment before it leaves its place.
        served.becomes(&["jcw_running 0"]);
        let runs = served.begins("ann", PASSWORD, ENDLESS);
        served.becomes(&["jcw_running 1"]);
        runs
    });
    let sql = wrong.sql.as_deref().unwrap_or("select 1");
    let (status, body) = served.asks("ann", PASSWORD, sql);
    let problem = serde_json::from_str(&body);
    (status, problem.unwrap_or(Value::String(body)))
}

/// What ADBC is told, question by question: the code and the sentence.
fn flight(served: &Served, all: &[Wrong]) -> Option<Vec<Value>> {
    let Ok(python) = std::env::var("JCW_TEST_PYTHON") else {
        eprintln!("skipped: JCW_TEST_PYTHON does not name a Python with the clients' packages");
        return None;
    };
    let mut running = Command::new(python)
        .arg(repository().join("tests/clients/flight_wrong.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([&served.flight.to_string(), &served.http.to_string()])
        .args(["ann", PASSWORD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let asked: Vec<_> = all.iter().map(|wrong| &wrong.sql).collect();
    let mut input = running.stdin.take().unwrap();
    write!(input, "{}", serde_json::json!(asked)).unwrap();
    drop(input);
    let ran = running.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    let told: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), all.len(), "{out}");
    Some(told)
}

#[test]
fn what_is_wrong_has_the_same_kind_place_and_sentence_at_every_door() {
    let project = Project::starter();
    project.write(
        "pipelines/roles.yaml",
        "roles:\n  - {id: reader, description: Reads what is published, reads: [published], \
         limits: {time: 30 s, rows: 1000, memory: 16 MiB, running: 1, waiting: 0}}\n",
    );
    project.jcw(&["run"]).succeeds();
    project.user("ann", "reader", PASSWORD);
    let served = project.serve(&[]);
    let all = questions();
    let told: Vec<_> = all.iter().map(|wrong| http(&served, wrong)).collect();
    let ends = "select 1 as one,\n  2 +";
    let ran = project.jcw(&["query", "--as", "ann", ends]);
    ran.says(&["line 2, column 6", "found: the end"]);
    let (host, port) = (
        served.postgres.ip().to_string(),
        served.postgres.port().to_string(),
    );
    let args = [host.as_str(), &port, PASSWORD, ends];
    python("JCW_TEST_PYTHON", AT_POSTGRES, &args, "found: the end, 23");
    // Who has gone away leaves the place a moment later.
    served.becomes(&["jcw_running 0"]);
    let flight = flight(&served, &all);
    for (at, wrong) in all.iter().enumerate() {
        let sql = wrong.sql.as_deref().unwrap_or("busy");
        let sql = &sql[..sql.len().min(80)];
        let (status, problem) = &told[at];
        assert_eq!(*status, wrong.http, "{sql}: {problem}");
        assert_eq!(problem["kind"], wrong.kind, "{sql}: {problem}");
        let sentence = problem["detail"].as_str().unwrap();
        for said in wrong.says {
            assert!(sentence.contains(said), "{sql}: {said} in {problem}");
        }
        if let Some((line, column)) = wrong.at {
            assert_eq!(problem["line"], line, "{sql}: {problem}");
            assert_eq!(problem["column"], column, "{sql}: {problem}");
        }
        let Some(flight) = &flight else { continue };
        let (code, said) = (&flight[at]["code"], flight[at]["said"].as_str().unwrap());
        assert_eq!(code, wrong.grpc, "{sql}: {said}");
        assert!(said.contains(sentence), "{sql}: {said} for {sentence}");
        if let Some((line, column)) = wrong.at {
            let place = format!("(line {line}, column {column})");
            assert!(said.contains(&place), "{sql}: {said}");
        }
    }
}
