//! Other software reads the tables: the `deltalake` package for Python, where
//! `JCW_TEST_PYTHON` names an interpreter that has it.

use crate::harness::Project;
use std::process::Command;

/// Runs a script on the folder of the tables; says so where there is no Python for it.
fn python(project: &Project, script: &str, says: &str) {
    let Ok(python) = std::env::var("JCW_TEST_PYTHON") else {
        eprintln!("skipped: JCW_TEST_PYTHON does not name a Python with `deltalake` and `pyarrow`");
        return;
    };
    let ran = Command::new(python)
        .args(["-c", script])
        .arg(project.path("lake/tables"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let wrong = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains(says), "{said}{wrong}");
}

#[test]
fn python_reads_the_tables_with_their_types() {
    let project = Project::starter();
    project.jcw(&["run"]).succeeds();
    let script = r#"
import os, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1] + "/council/requests")
assert table.protocol().min_reader_version == 1, table.protocol()
assert table.protocol().min_writer_version <= 4, table.protocol()
assert table.metadata().partition_columns == ["month"], table.metadata()
rows = table.to_pyarrow_table().sort_by("month").to_pylist()
assert [row["received"] for row in rows] == [48, 52, None], rows
assert [row["received_status"] for row in rows] == ["ok", "ok", "suppressed"], rows
ledger = DeltaTable(sys.argv[1] + "/jcw/extract").to_pyarrow_table()
assert str(ledger.schema.field("received_at").type) == "timestamp[us, tz=UTC]", ledger.schema
assert table.history()[0]["jcw"], table.history()
print("read", len(rows), "rows", flush=True)
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(0)
"#;
    python(&project, script, "read 3 rows");
}

#[test]
fn small_files_of_the_books_are_put_together_and_every_version_can_still_be_read() {
    let project = Project::starter();
    let requests = project.read("extracts/requests.csv");
    for run in 1..=32 {
        let received = requests.replace(",48,", &format!(",{run},"));
        project.write("extracts/requests.csv", received);
        project.jcw(&["run"]).succeeds();
    }
    let script = r#"
import os, sys
from deltalake import DeltaTable
for name, column in [("extract", "received_at"), ("run", "started_at")]:
    table = DeltaTable(f"{sys.argv[1]}/jcw/{name}")
    assert len(table.file_uris()) == 1, (name, table.file_uris())
    times = table.to_pyarrow_table()[column].to_pylist()
    assert len(times) == 32 and times == sorted(times), (name, times)
pinned = DeltaTable(sys.argv[1] + "/jcw/extract", version=2)
assert len(pinned.to_pyarrow_table()) == 3, pinned
print("32 files are one", flush=True)
os._exit(0)
"#;
    python(&project, script, "32 files are one");
    let first = ["explain", "R01", "--release", "r00000001"];
    project.jcw(&first).succeeds().says(&["requests.csv"]);
}
