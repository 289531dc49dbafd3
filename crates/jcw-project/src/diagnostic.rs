//! A diagnostic is one problem in the project's own files, said so that the
//! person who wrote the file can mend it: where, what, and what to do.

use crate::place::Place;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
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
            Some((line, span)) => title.element(
                Snippet::source(line)
                    .line_start(self.place.line)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(span)),
            ),
            None => title.element(
                Origin::path(file)
                    .line(self.place.line)
                    .char_column(self.place.column),
            ),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Shown::HELP.message(hint.as_str()));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }

    /// The line, and the bytes of the place within it.
    fn excerpt<'s>(&self, source: &'s str) -> Option<(&'s str, Range<usize>)> {
        let line = source.lines().nth(self.place.line.checked_sub(1)?)?;
        let byte = |column: usize| {
            line.char_indices()
                .nth(column)
                .map_or(line.len(), |(at, _)| at)
        };
        let start = self.place.column.saturating_sub(1);
        Some((line, byte(start)..byte(start + self.place.length)))
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
        let text = texts
            .entry(diagnostic.place.file.clone())
            .or_insert_with_key(|file| {
                let text = std::fs::read_to_string(root.join(file)).ok()?;
                Some(
                    text.strip_prefix('\u{feff}')
                        .map(str::to_owned)
                        .unwrap_or(text),
                )
            });
        out.push_str(&diagnostic.render(text.as_deref(), colour));
        out.push_str("\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misspelt() -> Diagnostic {
        let place = Place {
            file: Path::new("pipelines/council/a.yaml").into(),
            line: 2,
            column: 1,
            length: 7,
        };
        Diagnostic::error(place, "a source has no key \"shedule\"")
            .hint("did you mean \"schedule\"?")
    }

    #[test]
    fn a_problem_is_drawn_with_its_line_and_a_caret() {
        let shown = misspelt().render(Some("owner: us\nshedule: {}\nfiles: []\n"), false);
        let expected = "\
error: a source has no key \"shedule\"
  --> pipelines/council/a.yaml:2:1
   |
 2 | shedule: {}
   | ^^^^^^^
   |
   = help: did you mean \"schedule\"?";
        // The margin's width and trailing blanks are the library's affair.
        let lines = |text: &str| {
            text.lines()
                .map(|l| l.trim().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&shown), lines(expected));
        assert!(
            misspelt()
                .render(Some("owner: us\nshedule: {}\n"), true)
                .contains("\u{1b}[")
        );
    }

    #[test]
    fn a_problem_in_a_file_that_cannot_be_read_still_has_its_place() {
        let shown = misspelt().render(None, false);
        assert!(shown.contains("pipelines/council/a.yaml:2:1"), "{shown}");
        let past_the_end = misspelt().render(Some("one line"), false);
        assert!(
            past_the_end.contains("pipelines/council/a.yaml:2:1"),
            "{past_the_end}"
        );
    }

    #[test]
    fn problems_are_drawn_from_the_files_under_the_root() {
        let root = tempfile::tempdir().unwrap();
        crate::testing::write(
            root.path(),
            "pipelines/council/a.yaml",
            "owner: us\r\nshedule: {}\r\n".as_bytes(),
        );
        let shown = render(&[misspelt(), misspelt()], root.path(), false);
        assert_eq!(shown.matches("^^^^^^^").count(), 2);
    }
}
