//! The vault keeps what it received as long as the project says, and what the
//! tables of today rest on until the project says that expressly.

use crate::harness::Project;
use std::collections::BTreeMap;
use std::path::Path;

const HEADER: &str = "month,child_id,date_of_birth\n";

/// A month's cases: one for each child, and one whose date of birth is none.
fn cases(month: u32, children: std::ops::Range<u32>) -> String {
    let good = children.map(|child| format!("2024-{month:02}-01,C{child},2015-03-09\n"));
    let bad = format!("2024-{month:02}-01,X{month},nobody knows\n");
    [HEADER.to_owned(), good.collect(), bad].concat()
}

const FIRST: &str = "extracts/cases_1.csv";

/// A month that was corrected, a file that was refused and one that is held.
fn corrected() -> Project {
    let project = crate::again::with_children();
    project.write(FIRST, cases(1, 5..25));
    project.jcw(&["run"]).succeeds();
    project.write(FIRST, cases(1, 6..30));
    project.write("extracts/cases_8.csv", HEADER);
    project.write("extracts/cases_9.csv", "colour\ngreen\n");
    project.jcw(&["run"]).exits(4);
    project
}

fn keep(project: &Project, setting: &str) {
    let path = "pipelines/warehouse.yaml";
    let text = project.read(path);
    let rest = text
        .lines()
        .filter(|line| !line.starts_with("vault_retention"));
    let text: String = rest.map(|line| format!("{line}\n")).collect();
    project.write(path, format!("{text}vault_retention: {setting}\n"));
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            // Who wrote last leaves its name.
            _ if path.ends_with("leases") => {}
            true => all.extend(files(&path)),
            false => {
                let bytes = std::fs::read(&path).unwrap();
                all.insert(path.display().to_string(), bytes);
            }
        }
    }
    all
}

fn has_landed(project: &Project, text: &str) -> bool {
    let landed = files(&project.path("lake-vault/landing"));
    landed.values().any(|bytes| bytes == text.as_bytes())
}

/// Parquet files of a table of the vault.
fn data_files(project: &Project, table: &str) -> usize {
    let all = files(&project.path(&format!("lake-vault/tables/{table}")));
    all.keys().filter(|name| name.ends_with(".parquet")).count()
}

/// What `jcw status` says of each file, which must add up.
fn closing_status(project: &Project) -> Vec<serde_json::Value> {
    let status = project.status();
    for file in &status {
        assert_eq!(file["closes"], true, "{file}");
    }
    status
}

#[test]
fn what_no_table_rests_on_goes_when_its_time_is_over_and_nothing_else() {
    let project = corrected();
    let before = closing_status(&project);
    let all = || {
        (
            files(&project.path("lake")),
            files(&project.path("lake-vault")),
        )
    };
    let whole = all();

    // Nothing is kept for a time, and then for a time that is not over.
    let retain = || project.jcw(&["identity", "retain"]).succeeds();
    retain().says(&["for ever", "vault_retention"]);
    keep(&project, "{landed: 1 day, rejects: 1 day}");
    retain().says(&["Nothing is older"]);
    assert!(all() == whole, "something changed within the time");

    keep(&project, "{landed: 0 days, rejects: 0 days}");
    let trial = project.jcw(&["identity", "retain", "--dry-run"]).succeeds();
    trial.says(&["cases_1.csv", "cases_9.csv", "nothing was changed"]);
    assert!(all() == whole, "a dry run changed something");

    retain().says(&["cases_1.csv", "jcw.removal"]);
    assert!(
        !has_landed(&project, &cases(1, 5..25)),
        "a superseded file is there"
    );
    assert!(
        !has_landed(&project, "colour\ngreen\n"),
        "a rejected file is there"
    );
    assert!(
        has_landed(&project, &cases(1, 6..30)),
        "a standing file is gone"
    );
    assert!(has_landed(&project, HEADER), "a held file is gone");
    assert_eq!(files(&project.path("lake-vault/landing")).len(), 3);
    // The rejects of what stands, and what is said of its people, stay alone.
    assert_eq!(data_files(&project, "jcw/reject"), 1);
    assert_eq!(data_files(&project, "council/cases"), 1);
    assert!(files(&project.path("lake-vault/reports")).is_empty());

    // The lake is as it was, and knows what went.
    assert_eq!(closing_status(&project), before);
    let sql = "select what, count(*) as n, bool_or(was_standing) as stood from jcw.removal group by what order by what";
    let noted: Vec<String> = (project.query(sql).iter())
        .map(|row| format!("{} {} {}", row["what"], row["n"], row["stood"]))
        .collect();
    let expected = [
        "\"landed\" 3 false",
        "\"left_behind\" 2 false",
        "\"rejects\" 1 false",
        "\"reports\" 3 false",
    ];
    assert_eq!(noted, expected);
    let explain = ["explain", "R01", "--area", "E06000033"];
    project.jcw(&explain).succeeds().says(&["requests.csv"]);
    project.jcw(&["run"]).exits(0).says(&["Nothing to do"]);
    retain().says(&["Nothing is older"]);
    let count = "select count(*) from jcw.removal";
    assert_eq!(project.value(count), 9);
    project.jcw(&["identity", "report"]).succeeds();

    // A partner who takes the correction back sends what went; it loads again.
    project.write(FIRST, cases(1, 5..25));
    project.jcw(&["run"]).succeeds();
    assert_eq!(project.value("select count(*) from council.cases"), 20);
    closing_status(&project);
}

#[test]
fn a_run_removes_at_its_end_what_it_has_put_past_its_time() {
    let project = corrected();
    keep(&project, "{landed: 0 days}");
    let said = ["Removed from the vault, as `vault_retention` says: 3 files as received"];
    project.jcw(&["run"]).succeeds().says(&said);
    assert_eq!(
        data_files(&project, "jcw/reject"),
        2,
        "rejects are kept for ever"
    );
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    // The contract is another one now: what stands is judged again, and the
    // rejects of a file that went are told of still.
    project.edit(
        "schemas/council/cases.yaml",
        "One row for each",
        "A row for each",
    );
    project.jcw(&["run"]).exits(4);
    closing_status(&project);
}

#[test]
fn what_a_killed_run_had_noted_and_not_removed_goes_and_is_noted_once() {
    let project = corrected();
    let copy = project.path("copy");
    crate::harness::copy(&project.path("lake-vault"), &copy);
    keep(&project, "{landed: 0 days, rejects: 0 days}");
    project.jcw(&["identity", "retain"]).succeeds();
    let noted = project.query(
        "select what, mark from jcw.removal where what <> 'left_behind' order by what, mark",
    );
    std::fs::remove_dir_all(project.path("lake-vault")).unwrap();
    std::fs::rename(&copy, project.path("lake-vault")).unwrap();
    project.jcw(&["run"]).succeeds();
    assert!(!has_landed(&project, &cases(1, 5..25)));
    assert_eq!(data_files(&project, "jcw/reject"), 1);
    let again = project.query(
        "select what, mark from jcw.removal where what <> 'left_behind' order by what, mark",
    );
    assert_eq!(again, noted);
}

#[test]
fn what_tables_rest_on_goes_only_when_that_is_said_and_is_then_missed_in_words() {
    let project = corrected();
    let copy = project.path("copy");
    crate::harness::copy(&project.path("lake-vault/landing"), &copy);
    keep(
        &project,
        "{landed: 0 days, rejects: 0 days, standing: 1 day}",
    );
    project.jcw(&["run"]).succeeds();
    assert!(has_landed(&project, &cases(1, 6..30)), "within its time");
    keep(
        &project,
        "{landed: 0 days, rejects: 0 days, standing: 0 days}",
    );
    project.jcw(&["run"]).succeeds();
    assert!(files(&project.path("lake-vault/landing")).is_empty());
    closing_status(&project);
    let people = project.query("select * from identity.person");
    assert_eq!(people.len(), 24);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);

    let (cases, from, to) = (
        "schemas/council/cases.yaml",
        "key: [month, child_id]",
        "key: [child_id]",
    );
    project.edit(cases, from, to);
    let gone = [
        "cases_1.csv",
        "was removed from the vault's landing area on",
        "`vault_retention`",
    ];
    let changed = project.jcw(&["run"]).exits(1);
    changed
        .says(&gone)
        .does_not_say(&["restore the lake"])
        .says(&["take the change back"]);
    project.edit(cases, to, from);
    project.jcw(&["run"]).succeeds();
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);

    let rotate = || {
        let mut command = project.command(&["identity", "rotate"]);
        command.env("JCW_IDENTITY_KEY", "7".repeat(64));
        crate::harness::Ran::from(command.output().unwrap())
    };
    rotate().exits(6).says(&gone).says(&["nothing was changed"]);
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    assert_eq!(project.query("select * from identity.person"), people);

    // Put back as the message says, the key can be changed.
    crate::harness::copy(&copy, &project.path("lake-vault/landing"));
    rotate().succeeds();
    assert_eq!(project.value("select count(*) from identity.person"), 24);
}
