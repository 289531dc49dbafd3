//! A diagnostic is one problem in the project's own files, said so that the
//! person who wrote the file can mend it: where, what, and what to do.

use crate::place::Place;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

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

    /// The problem as a person reads it: what is wrong, the file, line and
    /// column, the line itself with a caret under the place, and what to do.
    /// `source` is the text of the file; `None` when it cannot be read.
    pub fn render(&self, source: Option<&str>, colour: bool) -> String {
        let level = match self.level {
            Level::Error => Shown::ERROR,
            Level::Warning => Shown::WARNING,
        };
        let file = self.place.file.to_string_lossy();
        let title = level.primary_title(self.message.as_str());
        let mut group: Group<'_> = match source.and_then(|source| self.excerpt(source)) {
            Some((lines, start, span)) => title.element(
                Snippet::source(lines)
                    .line_start(start)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(span)),
            ),
            None => title.element(Origin::path(file).line(self.place.line).char_column(self.place.column)),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Shown::HELP.message(hint.as_str()));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }

    /// The line and the one before it, the number of the first, and the bytes
    /// of the place within them.
    fn excerpt<'s>(&self, source: &'s str) -> Option<(&'s str, usize, std::ops::Range<usize>)> {
        let first = self.place.line.saturating_sub(1).max(1);
        let mut starts = vec![0];
        starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
        let from = *starts.get(first - 1)?;
        let line_start = *starts.get(self.place.line.checked_sub(1)?)?;
        let line = source[line_start..].split('\n').next()?.trim_end_matches('\r');
        if line.is_empty() && first == self.place.line {
            return None;
        }
        let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let start = byte(self.place.column - 1);
        let end = byte(self.place.column - 1 + self.place.length);
        let offset = line_start - from;
        Some((&source[from..line_start + line.len()], first, offset + start..offset + end))
    }
}

/// `file:line:column: message; hint`, on one line: for logs and `--format`s
/// that are not for a person.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Every problem as a person reads it, with a blank line between; the excerpts
/// are taken from the files under `root`.
pub fn render(diagnostics: &[Diagnostic], root: &Path, colour: bool) -> String {
    let mut texts: BTreeMap<Arc<Path>, Option<String>> = BTreeMap::new();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let text = texts.entry(diagnostic.place.file.clone()).or_insert_with_key(|file| {
            let text = std::fs::read_to_string(root.join(file)).ok()?;
            Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        });
        out.push_str(&diagnostic.render(text.as_deref(), colour));
        out.push_str("\n\n");
    }
    out
}
