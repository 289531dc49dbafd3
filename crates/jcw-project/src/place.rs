//! A place is a span of text in one of the project's files: what an error points at.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where something stands in the project: file, 1-based line and column, and
/// how many characters it spans.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Path relative to the project's root, with forward slashes.
    pub file: Arc<Path>,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// Length in characters; at least 1.
    pub length: usize,
}

impl Place {
    /// The first character of a file: for what concerns the file as a whole.
    pub fn start_of(file: impl Into<PathBuf>) -> Self {
        Place {
            file: file.into().into(),
            line: 1,
            column: 1,
            length: 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A value read from a project file, with the place it was read from.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
