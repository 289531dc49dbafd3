//! A project in a temporary folder and the binary to run on it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The key of every test's project that has no other.
pub(crate) const KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// A project of its own for one test.
pub(crate) struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    /// The starter that `jcw init` writes.
    pub(crate) fn starter() -> Project {
        let project = Project::empty();
        project.jcw(&["init", "."]).succeeds();
        let extract = "extracts/requests.csv";
        let requests = project.read(extract);
        project.write(extract, requests);
        project
    }

    /// The repository's own project, linked, with a lake of its own.
    pub(crate) fn southend() -> Project {
        let project = Project::empty();
        for folder in ["pipelines", "schemas"] {
            copy(&repository().join(folder), &project.path(folder));
        }
        project
    }

    /// Nothing.
    pub(crate) fn empty() -> Project {
        Project {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        }
    }

    /// The same, with a variable set for every command.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<Path>) -> Project {
        self.environment
            .push((name.to_owned(), value.as_ref().display().to_string()));
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file of the project, its folders too, as if it had lain there for a
    /// minute: a run waits for what may still be being written.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Project {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(content.as_ref()).unwrap();
        let minute_ago = SystemTime::now() - Duration::from_secs(60);
        file.set_modified(minute_ago).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces text in a file of the project; it must be there once.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> &Project {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {path}");
        self.write(path, text.replace(from, to))
    }

    /// A command, ready to be started by the test itself.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("JCW_SOURCES")
            .env_remove("JCW_LAKE")
            .env_remove("JCW_VAULT")
            .env_remove("JCW_IDENTITY_KEY_FILE")
            .env("JCW_IDENTITY_KEY", KEY)
            // No test is of speed.
            .env("JCW_PLANNING_PATIENCE", "120");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn jcw(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// The rows of a query, as one JSON array.
    pub(crate) fn query(&self, sql: &str) -> Vec<serde_json::Value> {
        let ran = self.jcw(&["query", sql, "--format", "json"]).succeeds();
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    /// The only value of a query with one row and one column.
    pub(crate) fn value(&self, sql: &str) -> serde_json::Value {
        let rows = self.query(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows[0]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .clone()
    }

    /// What became of each file, oldest first: rows of `jcw status`.
    pub(crate) fn status(&self) -> Vec<serde_json::Value> {
        let ran = self.jcw(&["status", "--format", "json"]).succeeds();
        let mut rows: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
        rows.reverse();
        rows
    }
}

impl Ran {
    pub(crate) fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Exit code 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Ran {
        self.exits(0)
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ran {
        assert_eq!(
            self.code, code,
            "\n--- out\n{}\n--- err\n{}",
            self.out, self.err
        );
        self
    }

    /// Every one of the texts stands in what was printed.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Ran {
        let all = format!("{}\n{}", self.out, self.err);
        let mut missing = String::new();
        for text in texts.iter().filter(|text| !all.contains(**text)) {
            let _ = writeln!(missing, "not said: {text}");
        }
        assert!(missing.is_empty(), "{missing}{all}");
        self
    }

    /// None of the texts stands in what was printed.
    #[track_caller]
    pub(crate) fn does_not_say(self, texts: &[&str]) -> Ran {
        let all = format!("{}\n{}", self.out, self.err);
        for text in texts {
            assert!(!all.contains(text), "said {text}:\n{all}");
        }
        self
    }
}

/// The public files beside the repository; `None`, said aloud, where they are not.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let folder = repository().join("../shared/data");
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    eprintln!("skipped: there is no ../shared/data beside the repository");
    None
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The binary that `cargo test --workspace` has built beside the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().and_then(Path::parent).unwrap();
    let binary = folder.join(format!("jcw{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is not built; run `cargo build`, or `cargo test --workspace`, which builds it",
        binary.display()
    );
    binary
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
