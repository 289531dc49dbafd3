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

    /// The place `line` and `column` (both 1-based) inside a text that begins
    /// here. Exact for text on one line and for literal blocks (`|`), where
    /// every line begins in the same column; a position past the end of the
    /// first line of a folded text gives the whole first line.
    fn inside(&self, text: &str, line: usize, column: usize) -> Place {
        let (line, column) = (line.max(1), column.max(1));
        if line == 1 && column > self.length {
            return self.clone();
        }
        Place {
            file: self.file.clone(),
            line: self.line + line - 1,
            column: self.column + column - 1,
            length: word_length(text, line, column),
        }
    }
}

/// How many characters the word at `line` and `column` (both 1-based) has; 1
/// where no word stands.
pub(crate) fn word_length(text: &str, line: usize, column: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let word = line.chars().skip(column.saturating_sub(1));
    word.take_while(|c| c.is_alphanumeric() || *c == '_')
        .count()
        .max(1)
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

/// What was read is the same, wherever it stands.
impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Placed<T> {
    /// `value`, read from `place`.
    pub fn new(value: T, place: Place) -> Self {
        Placed { value, place }
    }
}

impl Placed<String> {
    /// Where `line` and `column` (both 1-based) of this text stand in the
    /// file: what an SQL parser's error points at. Spans the word there.
    pub fn at(&self, line: usize, column: usize) -> Place {
        self.place.inside(&self.value, line, column)
    }
}
