//! Other software reads the tables: the `deltalake` package for Python, where
//! `JCW_TEST_PYTHON` names an interpreter that has it.

use crate::harness::Project;
use std::process::Command;

#[test]
fn python_reads_the_tables_with_their_types() {
    let Ok(python) = std::env::var("JCW_TEST_PYTHON") else {
        eprintln!("skipped: JCW_TEST_PYTHON does not name a Python with `deltalake` and `pyarrow`");
        return;
    };
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
    let ran = Command::new(python)
        .args(["-c", script])
        .arg(project.path("lake/tables"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&ran.stdout).contains("read 3 rows"),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
