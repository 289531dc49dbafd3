//! A diagnostic is one problem in the project's own files, said so that the
//! person who wrote the file can mend it: where, what, and what to do.

use crate::place::Place;

/// One problem found in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// Whether the project can be run in spite of it.
    pub level: Level,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it, when that can be said.
    pub hint: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth mending; the project still runs.
    Warning,
    /// The project is not run.
    Error,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            place,
            level: Level::Error,
            message: message.into(),
            hint: None,
        }
    }

    /// A warning at `place`.
    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            level: Level::Warning,
            ..Self::error(place, message)
        }
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
