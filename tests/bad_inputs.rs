//! What partners really send. Each test is a row of the list of bad inputs, by
//! its number, and its stated outcome: FIX (loads, put right), ROW (the row is
//! rejected, the rest loads), REJECT (the file is rejected), HOLD (the file is
//! held and nothing is replaced), WARN, IGNORE.

use crate::harness::Project;
use crate::wait::until;
use serde_json::{Value, json};
use std::path::Path;

/// A contract with text, a number, a date and a code, and a source for it.
fn desk() -> Project {
    desk_with("")
}

/// The same with more layout.
fn desk_with(layout: &str) -> Project {
    let project = Project::starter();
    for path in [
        "schemas/council/requests.yaml",
        "pipelines/council/requests.yaml",
        "pipelines/models/staging/request.sql",
        "pipelines/models/metrics/requests.sql",
        "pipelines/metrics/R01.yaml",
        "extracts/requests.csv",
    ] {
        std::fs::remove_file(project.path(path)).unwrap();
    }
    project.write(
        "schemas/council/desk.yaml",
        format!(
            "description: A test desk\nowner: Tests\nlayout:\n  format: csv\n{layout}columns:
  - {{name: id, type: text, required: true}}
  - {{name: name, type: text, optional: true}}
  - {{name: amount, type: decimal, scale: 2, aliases: [sum of money]}}
  - {{name: seen_on, type: date, formats: ['%d/%m/%Y'], optional: true}}
key: [id]
row_count: {{min_ratio: 0.2, max_ratio: 5}}
"
        ),
    );
    project.write(
        "pipelines/council/desk.yaml",
        "description: A test desk\nowner: Tests\ncontract: council/desk\nfiles:\n  - ./extracts/**/*.csv\nsettle: 0 s\nlimits: {max_columns: 500, max_line_bytes: 64 KiB}\n",
    );
    project
}

/// Delivers one file and runs.
fn deliver(project: &Project, bytes: impl AsRef<[u8]>) -> Value {
    project.write("extracts/desk.csv", bytes);
    let ran = project.jcw(&["run"]);
    assert!([0, 4].contains(&ran.code), "{ran:?}");
    project.status().pop().unwrap()
}

fn loads(project: &Project, bytes: impl AsRef<[u8]>) -> Vec<Value> {
    let status = deliver(project, bytes);
    assert_eq!(status["status"], json!("loaded"), "{status}");
    project.query("select id, name, amount, seen_on from council.desk order by id")
}

/// The file is not loaded: `rejected` or `held`, and the reason says the text.
#[track_caller]
fn refuses(project: &Project, bytes: impl AsRef<[u8]>, how: &str, says: &str) {
    let status = deliver(project, bytes);
    assert_eq!(status["status"], json!(how), "{status}");
    let reason = status["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(says), "{reason:?} does not say {says:?}");
}

/// One row of several is rejected by the rule, at the line.
#[track_caller]
fn rejects_a_row(project: &Project, bytes: impl AsRef<[u8]>, line: u64, rule: &str) {
    let status = deliver(project, bytes);
    assert_eq!(status["status"], json!("loaded"), "{status}");
    assert_eq!(status["rejected"], json!(1), "{status}");
    assert_eq!(status["closes"], json!(true), "{status}");
    let rejects = project.query("select distinct \"row\" as line, rule from jcw.reject");
    assert_eq!(rejects, [json!({"line": line, "rule": rule})]);
}

const GOOD: &str = "id,name,amount,seen_on\n1,Ann,1.50,02/01/2026\n2,Bob,2.50,03/01/2026\n";

fn utf16(text: &str, bom: bool, little: bool) -> Vec<u8> {
    let bom = if bom { "\u{feff}" } else { "" };
    format!("{bom}{text}")
        .encode_utf16()
        .flat_map(|unit| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}

// Bytes and encoding

#[test]
fn n1_a_byte_order_mark_is_no_part_of_the_first_label() {
    assert_eq!(loads(&desk(), format!("\u{feff}{GOOD}")).len(), 2);
    assert_eq!(
        loads(
            &desk(),
            format!("\u{feff}{}", GOOD.replace("id,name", "\"id\",\"name\""))
        )
        .len(),
        2
    );
}

#[test]
fn n2_utf_16_reads_with_and_without_its_mark() {
    for (bom, little) in [(true, true), (true, false), (false, true), (false, false)] {
        assert_eq!(
            loads(&desk(), utf16(GOOD, bom, little))[0]["name"],
            json!("Ann"),
            "{bom} {little}"
        );
    }
}

#[test]
fn n3_windows_1252_reads_when_it_is_declared_and_is_never_guessed_into_question_marks() {
    let bytes: Vec<u8> = [
        b"id,name,amount\n1,Zo".as_slice(),
        b"\xeb \x93x\x94,\xa31.50\n2,Bob,1\n",
    ]
    .concat();
    let rows = loads(&desk_with("  encoding: windows-1252\n"), &bytes);
    assert_eq!(
        (&rows[0]["name"], &rows[0]["amount"]),
        (&json!("Zoë “x”"), &json!(1.5))
    );
    rejects_a_row(&desk(), &bytes, 2, "csv.encoding");
}

#[test]
fn n5_a_line_that_is_not_text_is_rejected_alone_and_a_header_rejects_the_file() {
    rejects_a_row(
        &desk(),
        b"id,name,amount\n1,A\xc3\x28,1\n2,Bob,2\n",
        2,
        "csv.encoding",
    );
    refuses(
        &desk(),
        b"id,na\xffme,amount\n1,Ann,1\n",
        "rejected",
        "header",
    );
}

#[test]
fn n6_text_encoded_twice_is_loaded_as_it_is_and_warned_of() {
    let project = desk();
    let status = deliver(&project, "id,name,amount\n1,ZoÃ«,1\n");
    assert_eq!(
        (&status["status"], &status["accepted"]),
        (&json!("loaded"), &json!(1))
    );
    project
        .jcw(&["status", "--warnings"])
        .succeeds()
        .says(&["csv.encoded_twice"]);
    assert_eq!(
        project.value("select name from council.desk"),
        json!("ZoÃ«")
    );
}

#[test]
fn n7_a_control_z_at_the_end_is_dropped_and_a_nul_rejects_its_row() {
    assert_eq!(loads(&desk(), format!("{GOOD}\u{1a}")).len(), 2);
    rejects_a_row(
        &desk(),
        "id,name,amount\n1,A\0nn,1\n2,Bob,2\n",
        2,
        "csv.nul",
    );
}

#[test]
fn n9_invisible_spaces_round_a_value_or_a_label_do_not_count() {
    let rows = loads(
        &desk(),
        "id,name,amount\u{a0}\n\u{a0}1\u{a0},Ann,\u{200b}1.50\n",
    );
    assert_eq!(
        (&rows[0]["id"], &rows[0]["amount"]),
        (&json!("1"), &json!(1.5))
    );
}

#[test]
fn n11_a_workbook_or_a_page_called_csv_is_rejected_by_what_it_is() {
    refuses(
        &desk(),
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml",
        "rejected",
        "",
    );
    refuses(
        &desk(),
        "<!DOCTYPE html><html><body>Log in</body></html>\n",
        "rejected",
        "web page",
    );
    refuses(&desk(), "%PDF-1.7\nabc\n", "rejected", "PDF");
}

// Delimiters and shape

#[test]
fn n13_another_delimiter_reads_when_it_is_declared_and_is_named_when_it_is_not() {
    let semicolons = GOOD.replace(',', ";");
    assert_eq!(
        loads(&desk_with("  delimiter: semicolon\n"), &semicolons).len(),
        2
    );
    refuses(&desk(), &semicolons, "rejected", "semicolon");
    refuses(&desk(), GOOD.replace(',', "\t"), "rejected", "tab");
}

#[test]
fn n14_a_stray_quote_rejects_its_row_and_an_open_one_the_file() {
    rejects_a_row(
        &desk(),
        "id,name,amount\n1,\"A\"nn\",1\n2,Bob,2\n",
        2,
        "csv.quote",
    );
    refuses(
        &desk(),
        "id,name,amount\n1,\"Ann,1\n2,Bob,2\n",
        "rejected",
        "line 2",
    );
}

#[test]
fn n15_a_comma_in_money_without_quotes_never_shifts_a_column() {
    rejects_a_row(
        &desk(),
        "id,name,amount\n1,Ann,1,234.56\n2,Bob,2\n",
        2,
        "csv.ragged",
    );
    let rows = loads(&desk(), "id,name,amount\n1,Ann,\"£1,234.56\"\n");
    assert_eq!(rows[0]["amount"], json!(1234.56));
}

#[test]
fn n17_blank_lines_are_passed_over_and_a_footer_is_checked_when_declared() {
    assert_eq!(loads(&desk(), GOOD.replace("\n2,", "\n\n2,")).len(), 2);
    let footer = "  footer: '^Number of records: (?<count>\\d+)'\n";
    assert_eq!(
        loads(&desk_with(footer), format!("{GOOD}Number of records: 2\n")).len(),
        2
    );
    refuses(
        &desk_with(footer),
        format!("{GOOD}Number of records: 3\n"),
        "held",
        "3",
    );
    rejects_a_row(
        &desk(),
        format!("{GOOD}Number of records: 2\n"),
        4,
        "csv.ragged",
    );
}

#[test]
fn n18_title_rows_are_rejected_unless_the_contract_says_that_there_are_some() {
    let titled = format!("Requests to the desk\n\n{GOOD}");
    refuses(&desk(), &titled, "rejected", "");
    assert_eq!(loads(&desk_with("  title_rows: true\n"), &titled).len(), 2);
    let two = "person,,money\nid,name,amount\n1,Ann,1\n";
    refuses(&desk(), two, "rejected", "");
}

#[test]
fn n19_nothing_never_replaces_something() {
    let project = desk();
    loads(&project, GOOD);
    refuses(&project, "", "held", "empty");
    refuses(&project, "id,name,amount,seen_on\n", "held", "no rows");
    assert_eq!(project.value("select count(*) from council.desk"), json!(2));
}

#[test]
fn n21_the_same_label_twice_rejects_the_file() {
    refuses(
        &desk(),
        "id,name,amount, NAME \n1,Ann,1,x\n",
        "rejected",
        "two columns",
    );
}

#[test]
fn n22_columns_in_another_order_are_found_by_name() {
    let rows = loads(&desk(), "amount,seen_on,id,name\n1.50,02/01/2026,1,Ann\n");
    assert_eq!(
        rows,
        [json!({"id": "1", "name": "Ann", "amount": 1.5, "seen_on": "2026-01-02"})]
    );
}

#[test]
fn n23_case_space_and_declared_other_names_do_not_matter_and_unknown_ones_reject() {
    assert_eq!(
        loads(&desk(), "ID,Name\u{a0},Sum_of  Money\n1,Ann,1\n").len(),
        1
    );
    refuses(&desk(), "id,name,ammount\n1,Ann,1\n", "rejected", "amount");
}

#[test]
fn n25_a_column_that_must_be_there_rejects_and_one_that_may_be_missing_is_null() {
    refuses(&desk(), "name,amount\nAnn,1\n", "rejected", "id");
    assert_eq!(
        loads(&desk(), "id,amount\n1,1\n")[0]
            .get("name")
            .unwrap_or(&Value::Null),
        &Value::Null
    );
}

#[test]
fn n27_what_is_too_wide_or_too_long_is_rejected_by_its_limit() {
    let wide: Vec<String> = (0..600).map(|n| format!("c{n}")).collect();
    refuses(&desk(), format!("{}\n", wide.join(",")), "rejected", "500");
    refuses(
        &desk(),
        format!("id,name,amount\n1,{},1\n", "x".repeat(70_000)),
        "rejected",
        "65536",
    );
}

#[test]
fn n29_script_in_free_text_is_text() {
    let rows = loads(&desk(), "id,name,amount\n1,<script>alert(1)</script>,1\n");
    assert_eq!(rows[0]["name"], json!("<script>alert(1)</script>"));
}

// Delivery

#[test]
fn n30_half_an_upload_is_held_and_loads_when_it_is_whole() {
    let project = desk();
    refuses(&project, &GOOD[..GOOD.len() - 7], "held", "middle");
    refuses(&project, GOOD.trim_end(), "held", "middle");
    assert_eq!(loads(&project, GOOD).len(), 2);
}

#[test]
fn n31_a_file_that_grows_while_it_is_read_is_held() {
    let project = desk();
    project.edit("pipelines/council/desk.yaml", "settle: 0 s", "settle: 2 s");
    let path = project.path("extracts/desk.csv");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, GOOD).unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (writer_path, writer_stop) = (path.clone(), stop.clone());
    let writer = std::thread::spawn(move || {
        let mut n = 0;
        while !writer_stop.load(std::sync::atomic::Ordering::Relaxed) {
            append(&writer_path, &format!("x{n},Cy,1,02/01/2026\n"));
            n += 1;
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    });
    // Where the writer stands still for so long, what is there is whole.
    until("a file that grows is never held", || {
        let ran = project.jcw(&["run"]);
        let is_held = ran.code == 4 && ran.out.contains("still being written");
        assert!(is_held || ran.code == 0, "{ran:?}");
        is_held
    });
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    project.jcw(&["run"]).succeeds();
    assert_eq!(project.status().pop().unwrap()["status"], json!("loaded"));
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    std::fs::OpenOptions::new()
        .append(true)
        .open(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

#[test]
fn n33_the_same_period_again_with_other_content_replaces_it_and_the_old_release_keeps_the_old() {
    let project = desk();
    loads(&project, GOOD);
    let rows = loads(&project, GOOD.replace("1.50", "9.50"));
    assert_eq!((rows.len(), &rows[0]["amount"]), (2, &json!(9.5)));
    project
        .jcw(&[
            "query",
            "select amount from council.desk where id = '1'",
            "--release",
            "r00000001",
            "--format",
            "csv",
        ])
        .succeeds()
        .says(&["1.50"]);
    assert_eq!(project.status().pop().unwrap()["superseded"], json!(2));
}

#[test]
fn n38_ten_times_the_rows_or_a_tenth_is_held_until_somebody_accepts_it() {
    let project = desk();
    loads(&project, GOOD);
    let many: String = (0..40).map(|n| format!("{n},Ann,1,02/01/2026\n")).collect();
    refuses(
        &project,
        format!("id,name,amount,seen_on\n{many}"),
        "held",
        "--accept",
    );
    assert_eq!(project.value("select count(*) from council.desk"), json!(2));
    let sha256 = project.status().pop().unwrap()["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    project.jcw(&["run", "--accept", &sha256]).succeeds();
    assert_eq!(
        project.value("select count(*) from council.desk"),
        json!(40)
    );
}

#[test]
fn n42_a_file_name_is_never_a_path() {
    let project = desk();
    let name = format!("extracts/{} ÿ..%2F..%2Fetc.csv", "n".repeat(150));
    project.write(&name, GOOD);
    project.jcw(&["run"]).succeeds();
    assert_eq!(project.value("select count(*) from council.desk"), json!(2));
}

#[cfg(unix)]
#[test]
fn n43_a_link_a_pipe_or_a_folder_in_the_drop_folder_is_rejected() {
    let project = desk();
    project.write("elsewhere/secret.csv", GOOD);
    std::fs::create_dir_all(project.path("extracts/folder.csv")).unwrap();
    std::os::unix::fs::symlink(
        project.path("elsewhere/secret.csv"),
        project.path("extracts/link.csv"),
    )
    .unwrap();
    let pipe = project.path("extracts/pipe.csv");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    project.jcw(&["run"]).exits(4);
    let status = project.status();
    assert!(!status.is_empty());
    for file in &status {
        assert_eq!(file["status"], json!("rejected"), "{file}");
    }
    let names: Vec<_> = status
        .iter()
        .map(|file| file["file"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"link.csv") && names.contains(&"pipe.csv"),
        "{names:?}"
    );
}

#[test]
fn n45_a_file_landed_before_a_crash_is_loaded_once() {
    let project = desk();
    project.write("extracts/desk.csv", GOOD);
    project.jcw(&["run"]).succeeds();
    // As if the run had been killed before the ledger was written.
    std::fs::remove_dir_all(project.path("lake/tables/jcw/extract")).unwrap();
    std::fs::remove_dir_all(project.path("lake/releases")).unwrap();
    project.jcw(&["run"]).succeeds();
    let status = project.status();
    assert_eq!(
        (
            status.len(),
            &status[0]["accepted"],
            &status[0]["superseded"]
        ),
        (1, &json!(2), &json!(0))
    );
}

#[test]
fn n46_a_file_dated_in_the_future_loads() {
    let project = desk();
    project.write("extracts/desk.csv", GOOD);
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400 * 400);
    std::fs::File::options()
        .write(true)
        .open(project.path("extracts/desk.csv"))
        .unwrap()
        .set_modified(future)
        .unwrap();
    project.jcw(&["run"]).succeeds();
    assert_eq!(project.value("select count(*) from council.desk"), json!(2));
}

// A file without its header has a person's record in its place.

#[test]
fn a_person_where_the_header_should_be_is_told_to_nobody() {
    for (kind, first, says) in [
        ("text", "Jane Doe,9434765919,3", "is the header missing?"),
        (
            "text",
            "Jane Doe,Jane Doe,9434765919",
            "is the header missing?",
        ),
        (
            "nhs_number",
            "Jane Doe,9434765919,3",
            "is the header missing?",
        ),
        ("nhs_number", "id,Jane Doe,9434765919", "the 2nd label"),
        ("nhs_number", "id,Jane Doe,Jane Doe", "the 2nd and the 3rd"),
    ] {
        let project = desk();
        project.edit(
            "schemas/council/desk.yaml",
            "{name: name, type: text, optional: true}",
            &format!("{{name: nhs, type: {kind}}}"),
        );
        project.write("extracts/desk.csv", format!("{first}\n1,9434765919,3\n"));
        let private = ["Jane", "94347"];
        project
            .jcw(&["run"])
            .exits(4)
            .says(&[says])
            .does_not_say(&private);
        project.jcw(&["status"]).succeeds().does_not_say(&private);
        let kept = project.query("select * from jcw.extract");
        let kept = serde_json::to_string(&kept).unwrap();
        assert!(kept.contains(says), "{kept}");
        assert!(!private.iter().any(|text| kept.contains(text)), "{kept}");
    }
}

#[test]
fn a_label_that_the_contract_does_not_know_is_no_place_for_a_person_either() {
    let project = desk();
    project.edit(
        "schemas/council/desk.yaml",
        "{name: name, type: text, optional: true}",
        "{name: nhs, type: nhs_number, classification: identifier, optional: true}",
    );
    project.write(
        "extracts/desk.csv",
        "id,Jane Doe,943 476 5919,amount\n1,x,y,3\n",
    );
    // Three figures alone would also be found in a time or a hash.
    let private = ["Jane", "943 476", "943476"];
    project
        .jcw(&["run"])
        .succeeds()
        .says(&["Published"])
        .does_not_say(&private);
    let kept = project.query("select * from jcw.extract");
    let kept = serde_json::to_string(&kept).unwrap();
    assert!(!private.iter().any(|text| kept.contains(text)), "{kept}");
    project
        .jcw(&["status", "--warnings"])
        .succeeds()
        .says(&["the 2nd label", "the 3rd label"])
        .does_not_say(&private);
}
