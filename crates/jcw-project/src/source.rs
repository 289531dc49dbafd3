//! A source is a place that a partner delivers one kind of extract to, and when
//! to look there (`pipelines/<partner>/<source>.yaml`).

use crate::place::Placed;
use chrono_tz::Tz;
use std::time::Duration;

/// One YAML file under `pipelines/<partner>/`.
#[derive(Debug, Clone)]
pub struct Source {
    /// `<partner>/<file stem>`: `council/dfe_requests`.
    pub id: Placed<String>,
    /// The partner whose folder the file stands in.
    pub partner: String,
    /// What arrives here, for a reader.
    pub description: String,
    /// Who to ring when it does not arrive.
    pub owner: String,
    /// Id of the contract that every extract must keep, `council/dfe_requests`,
    /// or of the delivery, `council/sen2`.
    pub contract: Placed<String>,
    /// URLs or paths with globs, environment variables already expanded.
    /// Relative paths are relative to the project's root.
    pub files: Vec<Placed<String>>,
    /// Options for the store the URLs name, such as credentials; values come
    /// from the environment by `${VAR}` and are never printed.
    pub store: Vec<(String, String)>,
    /// When to look; `None` means only when asked.
    pub schedule: Option<Schedule>,
    /// What is too large to be what it claims to be.
    pub limits: Limits,
    /// How long a file must have lain still before it is taken.
    pub settle: Duration,
    /// SHA-256 (hex) of the file's text.
    pub hash: String,
}

impl Source {
    /// The patterns of the files' names, without the folders they are in.
    pub fn file_names(&self) -> impl Iterator<Item = String> {
        self.files.iter().map(|files| {
            let path = files.value.trim_end_matches('/');
            path.rsplit('/').next().unwrap_or(path).to_owned()
        })
    }
}

/// When a source is due.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Five-field cron expression, checked.
    pub cron: Placed<String>,
    /// The zone the expression is read in.
    pub time_zone: Tz,
}

/// Sizes past which a delivery is refused rather than read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file taken, in bytes. Default 16 GiB.
    pub max_bytes: u64,
    /// Largest total size of a zip's members once opened, in bytes. Default 32 GiB.
    pub max_unzipped_bytes: u64,
    /// Largest ratio of opened to zipped size of one member. Default 200.
    pub max_zip_ratio: u64,
    /// Most members in a zip. Default 1,000.
    pub max_zip_members: usize,
    /// Most columns in a table. Default 2,000.
    pub max_columns: usize,
    /// Longest line or cell text, in bytes. Default 1 MiB.
    pub max_line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_bytes: 16 << 30,
            max_unzipped_bytes: 32 << 30,
            max_zip_ratio: 200,
            max_zip_members: 1_000,
            max_columns: 2_000,
            max_line_bytes: 1 << 20,
        }
    }
}
