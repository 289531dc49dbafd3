//! No row is lost: received = accepted + rejected + duplicate, whatever is
//! delivered, and what is replaced is counted.

use crate::harness::Project;
use serde_json::json;

const HEADER: &str = "month,area_code,received,refused\n";

#[test]
fn rejected_rows_are_kept_with_line_rule_and_column_and_the_rest_loads() {
    let project = Project::starter();
    project.write(
        "extracts/requests.csv",
        format!(
            "{HEADER}2026-01-01,E06000033,48,11\n2026-13-01,E06000033,1,1\n2026-02-01,E06000033,many,1\n2026-03-01,E06000033,5,9\n2026-04-01,E06000033,c,\n"
        ),
    );
    project.jcw(&["run"]).succeeds();
    let status = project.status();
    assert_eq!(status.len(), 1);
    for (column, rows) in [
        ("received", 5),
        ("accepted", 2),
        ("rejected", 3),
        ("duplicate", 0),
    ] {
        assert_eq!(status[0][column], json!(rows), "{column}");
    }
    let rejects =
        project.query("select \"row\" as line, rule, \"column\" from jcw.reject order by 1");
    assert_eq!(
        rejects,
        [
            json!({"line": 3, "rule": "month.type", "column": "month"}),
            json!({"line": 4, "rule": "received.type", "column": "received"}),
            json!({"line": 5, "rule": "refused-within-received", "column": null}),
        ]
    );
}

#[test]
fn a_symbol_stays_distinguishable_from_nought_and_from_nothing() {
    let project = Project::starter();
    project.write(
        "extracts/requests.csv",
        format!("{HEADER}2026-01-01,E06000033,0,0\n2026-02-01,E06000033,c,\n"),
    );
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        project.query("select received, received_status, refused, refused_status from council.requests order by month"),
        [
            json!({"received": 0, "received_status": "ok", "refused": 0, "refused_status": "ok"}),
            json!({"received": null, "received_status": "suppressed", "refused": null, "refused_status": "not_submitted"}),
        ]
    );
    assert_eq!(
        project.query("select value, status from published.metric_value order by period"),
        [
            json!({"value": null, "status": "no_denominator"}),
            json!({"value": null, "status": "not_submitted"})
        ]
    );
}

#[test]
fn the_same_bytes_again_do_nothing_and_are_recorded_as_a_duplicate() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let text = project.read("extracts/requests.csv");
    project.write("extracts/again/requests.csv", text);
    project.jcw(&["run"]).succeeds();
    let status = project.status();
    assert_eq!(status[1]["status"], json!("duplicate"));
    assert_eq!(
        (&status[1]["received"], &status[1]["duplicate"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(3)
    );
}

#[test]
fn a_period_delivered_again_replaces_the_old_one_and_no_other() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.write(
        "extracts/late/requests.csv",
        format!("{HEADER}2026-02-01,E06000033,60,20\n"),
    );
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        project.query("select month, received from council.requests order by month"),
        [
            json!({"month": "2026-01-01", "received": 48}),
            json!({"month": "2026-02-01", "received": 60}),
            json!({"month": "2026-03-01", "received": null}),
        ]
    );
    assert_eq!(project.status()[1]["superseded"], json!(1));
}

#[test]
fn a_month_never_seen_before_loads_without_a_change_to_anything() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.write(
        "extracts/2031/requests.csv",
        format!("{HEADER}2031-05-01,E06000033,7,1\n"),
    );
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        project.value("select value from published.metric_value where period = '2031-05'"),
        json!(100.0 * 1.0 / 7.0)
    );
}

#[test]
fn the_same_row_twice_is_counted_and_two_rows_under_one_key_are_both_rejected() {
    let project = Project::starter();
    project.write(
        "extracts/requests.csv",
        format!(
            "{HEADER}2026-01-01,E06000033,48,11\n2026-01-01,E06000033,48,11\n2026-02-01,E06000033,1,1\n2026-02-01,E06000033,2,1\n"
        ),
    );
    project.jcw(&["run"]).succeeds();
    let status = &project.status()[0];
    assert_eq!(
        [
            &status["received"],
            &status["accepted"],
            &status["rejected"],
            &status["duplicate"]
        ],
        [&json!(4), &json!(1), &json!(2), &json!(1)]
    );
}

#[test]
fn every_byte_received_is_kept_under_its_hash() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let sha256 = project.value("select sha256 from jcw.extract");
    let sha256 = sha256.as_str().unwrap();
    let landed = project.path(&format!("lake-vault/landing/{}/{sha256}", &sha256[..2]));
    assert_eq!(
        std::fs::read(landed).unwrap(),
        std::fs::read(project.path("extracts/requests.csv")).unwrap()
    );
}

#[test]
fn a_changed_contract_checks_the_same_bytes_again() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.edit(
        "schemas/council/requests.yaml",
        "min: 0\n    # A text",
        "min: 50\n    # A text",
    );
    project.jcw(&["run"]).succeeds();
    let status = project.status();
    assert_eq!(
        (&status[1]["status"], &status[1]["rejected"]),
        (&json!("loaded"), &json!(1))
    );
}

#[test]
fn a_correction_taken_back_loads_the_earlier_bytes_again() {
    let project = Project::starter();
    let right = project.read("extracts/requests.csv");
    project.jcw(&["run"]).succeeds();
    project.write("extracts/requests.csv", right.replace("48,11", "48,40"));
    project.jcw(&["run"]).succeeds();
    project.write("extracts/requests.csv", &right);
    project.jcw(&["run"]).succeeds().says(&["1 loaded"]);
    assert_eq!(
        project.value("select refused from council.requests where month = '2026-01-01'"),
        json!(11)
    );
}

#[test]
fn a_contract_changed_and_changed_back_checks_again_both_times() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let contract = project.read("schemas/council/requests.yaml");
    project.write(
        "schemas/council/requests.yaml",
        contract.replace("c: suppressed", "c: low"),
    );
    project.jcw(&["run"]).succeeds();
    project.write("schemas/council/requests.yaml", &contract);
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        project.value("select refused_status from council.requests where month = '2026-03-01'"),
        json!("suppressed")
    );
}

#[test]
fn a_file_of_which_no_row_is_kept_never_empties_a_table() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.write(
        "extracts/requests.csv",
        format!("{HEADER}01/01/2026,E06000033,48,11\n"),
    );
    project
        .jcw(&["run"])
        .exits(4)
        .says(&["not one of the 1 rows"]);
    assert_eq!(
        project.value("select count(*) from council.requests"),
        json!(3)
    );
    assert_eq!(project.status()[1]["status"], json!("rejected"));
}

#[test]
fn a_changed_contract_reaches_files_that_the_partner_no_longer_shows() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    project.write(
        "extracts/requests.csv",
        format!("{HEADER}2026-04-01,E06000033,1,1\n"),
    );
    project.jcw(&["run"]).succeeds();
    project.edit(
        "schemas/council/requests.yaml",
        "c: suppressed, \"\": not_submitted}\n    description",
        "c: low, \"\": not_submitted}\n    description",
    );
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        project.query("select received_status from council.requests order by month"),
        ["ok", "ok", "low", "ok"].map(|status| json!({"received_status": status}))
    );
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
}

#[test]
fn a_changed_contract_that_refuses_what_stands_stops_its_own_source_and_no_other() {
    let project = Project::starter();
    project.edit(
        "pipelines/warehouse.yaml",
        "organisation: E06000033}",
        "organisation: E06000033}\n  - {id: eput, name: Essex Partnership University NHS Trust, organisation: R1L}",
    );
    project.write(
        "schemas/eput/visits.yaml",
        "description: Visits in a month\nowner: EPUT\nlayout: {format: csv}\ncolumns:
  - {name: month, type: date, required: true, formats: ['%Y-%m-%d']}
  - {name: visits, type: integer}\nperiod: [month]\nkey: [month]\n",
    );
    project.write(
        "pipelines/eput/visits.yaml",
        "description: Visits\nowner: EPUT\ncontract: eput/visits\nfiles: [extracts/visits*.csv]\n",
    );
    project.write("extracts/visits.csv", "month,visits\n2026-01-01,4\n");
    project.jcw(&["run"]).succeeds().says(&["r00000001"]);
    let requests = || project.query("select * from council.requests order by month");
    let before = requests();

    let (contract, right, wrong) = (
        "schemas/council/requests.yaml",
        "formats: ['%Y-%m-%d']",
        "formats: ['%d/%m/%Y']",
    );
    project.edit(contract, right, wrong);
    // Of the source that is set aside, not even what its new contract would take.
    project.write(
        "extracts/new/requests.csv",
        format!("{HEADER}01/04/2026,E06000033,1,1\n"),
    );
    project.write("extracts/visits_2.csv", "month,visits\n2026-02-01,5\n");
    project.jcw(&["run"]).exits(1).says(&[
        "council/requests has changed",
        "it refuses requests.csv",
        "stays as it was",
        "Published r00000002",
    ]);
    assert_eq!(requests(), before);
    assert_eq!(
        project.value("select sum(visits) from eput.visits"),
        json!(9)
    );
    let status = project.status();
    let of_council = status
        .iter()
        .filter(|file| file["source"] == "council/requests");
    assert_eq!(of_council.count(), 1);
    // The release says by which contract its rows were judged.
    project
        .jcw(&["explain", "R01", "--area", "E06000033"])
        .succeeds()
        .says(&["council/requests  (changed since; "]);

    // As long as it stands, every run says so; nothing is published over and over.
    project
        .jcw(&["run"])
        .exits(1)
        .says(&["it refuses requests.csv", "r00000002 is current"]);
    project.edit(contract, wrong, right);
    project.write(
        "extracts/new/requests.csv",
        format!("{HEADER}2026-04-01,E06000033,1,1\n"),
    );
    project.jcw(&["run"]).succeeds().says(&["r00000003"]);
    assert_eq!(requests().len(), before.len() + 1);
}

#[test]
fn status_counts_the_rows_again_and_does_not_take_the_ledgers_word() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let status = project.status();
    assert_eq!(
        (&status[0]["in_table"], &status[0]["closes"]),
        (&json!(3), &json!(true))
    );
    // A commit that the ledger knows nothing of takes the rows away.
    let log = project.path("lake/tables/council/requests/_delta_log");
    let first = std::fs::read_to_string(log.join("00000000000000000000.json")).unwrap();
    let add = first
        .lines()
        .find(|line| line.starts_with("{\"add\""))
        .unwrap();
    let add: serde_json::Value = serde_json::from_str(add).unwrap();
    let remove =
        json!({"remove": {"path": add["add"]["path"], "dataChange": true, "deletionTimestamp": 0}});
    std::fs::write(log.join("00000000000000000001.json"), format!("{remove}\n")).unwrap();
    assert_eq!(project.status()[0]["closes"], json!(false));
}
