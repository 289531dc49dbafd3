//! A problem is what the planner says of one piece of SQL, told again as a
//! sentence at a place in the project's file.

use datafusion::common::{DataFusionError, Location, SchemaError, Span};
use datafusion::sql::sqlparser::parser::ParserError;
use jcw_project::{Diagnostic, Model, Place, Placed};

/// A piece of SQL and where it stands in the project's files.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    /// The SQL.
    pub(crate) sql: &'a str,
    /// Where it begins, or the whole scalar when `inside` is false.
    start: Place,
    /// Whether places within the SQL are places within the file.
    inside: bool,
}

impl<'a> Text<'a> {
    /// The query of a model.
    pub(crate) fn of_model(model: &'a Model) -> Text<'a> {
        Text {
            sql: &model.sql,
            start: Place {
                file: model.name.place.file.clone(),
                line: model.sql_line,
                column: 1,
                length: 1,
            },
            inside: true,
        }
    }

    /// SQL in a YAML scalar. Its own columns hold when it stands on one line,
    /// plain or in quotes; otherwise a problem points at the scalar.
    pub(crate) fn of_scalar(scalar: &'a Placed<String>) -> Text<'a> {
        let length = scalar.value.chars().count();
        let quotes = scalar.place.length.saturating_sub(length);
        let inside = !scalar.value.contains('\n') && (quotes == 0 || quotes == 2);
        let mut start = scalar.place.clone();
        if inside {
            start.column += quotes / 2;
        }
        Text {
            sql: &scalar.value,
            start,
            inside,
        }
    }

    /// A problem with all of it.
    pub(crate) fn whole(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.start.clone(), message)
    }

    /// Where a span of the SQL stands in the file.
    pub(crate) fn place(&self, span: Option<Span>) -> Place {
        match span {
            Some(span) if self.inside => {
                let (line, column) = (span.start.line as usize, span.start.column as usize);
                let ends_on_line = span.end.line == span.start.line;
                Place {
                    file: self.start.file.clone(),
                    line: self.start.line + line.saturating_sub(1),
                    column: match line {
                        0 | 1 => self.start.column + column.saturating_sub(1),
                        _ => column,
                    },
                    length: match ends_on_line {
                        true => (span.end.column.saturating_sub(span.start.column) as usize).max(1),
                        false => 1,
                    },
                }
            }
            _ => self.start.clone(),
        }
    }

    /// Where a word first stands as a word of its own; the start when it does not.
    pub(crate) fn find(&self, word: &str) -> Place {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        for (number, line) in self.sql.lines().enumerate() {
            let lower = line.to_ascii_lowercase();
            let whole = lower.match_indices(word).find(|(at, _)| {
                !lower[..*at].ends_with(is_part) && !lower[at + word.len()..].starts_with(is_part)
            });
            if let Some((at, _)) = whole {
                let column = line[..at].chars().count() as u64 + 1;
                let line = number as u64 + 1;
                let end = column + word.chars().count() as u64;
                return self.place(Some(Span {
                    start: Location { line, column },
                    end: Location { line, column: end },
                }));
            }
        }
        self.start.clone()
    }

    /// What a planner's error says, one diagnostic for each error it holds.
    pub(crate) fn problems(&self, error: &DataFusionError) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = error.iter().map(|one| self.problem(one)).collect();
        found.dedup();
        found
    }

    fn problem(&self, error: &DataFusionError) -> Diagnostic {
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        match root(error) {
            DataFusionError::SchemaError(schema, _) => self.schema_problem(schema, span),
            DataFusionError::SQL(parser, _) => self.syntax_problem(parser),
            other => {
                let (message, hint) = sentence(other);
                let problem = Diagnostic::error(self.place(span), message);
                match hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                }
            }
        }
    }

    fn schema_problem(&self, error: &SchemaError, span: Option<Span>) -> Diagnostic {
        match error {
            SchemaError::FieldNotFound {
                field,
                valid_fields,
            } => {
                let span = span.or_else(|| field.spans().first());
                let message = match &field.relation {
                    Some(relation) => {
                        format!("there is no column \"{}\" in {relation}", field.name)
                    }
                    None => format!("there is no column \"{}\"", field.name),
                };
                let names: Vec<&str> = valid_fields
                    .iter()
                    .filter(|valid| field.relation.is_none() || valid.relation == field.relation)
                    .map(|valid| valid.name.as_str())
                    .collect();
                let problem = Diagnostic::error(self.place(span), message);
                match nearest(&field.name, &names) {
                    Some(name) => problem.hint(format!("did you mean \"{name}\"?")),
                    None if names.is_empty() => problem,
                    None => problem.hint(format!("the columns here are {}", listed(&names))),
                }
            }
            SchemaError::AmbiguousReference { field } => Diagnostic::error(
                self.place(span.or_else(|| field.spans().first())),
                format!(
                    "column \"{}\" is in more than one of the tables joined here",
                    field.name
                ),
            )
            .hint("write the table's name or alias before it"),
            SchemaError::DuplicateUnqualifiedField { name }
            | SchemaError::DuplicateQualifiedField { name, .. } => Diagnostic::error(
                self.place(span),
                format!("two columns are called \"{name}\""),
            )
            .hint("give one of them another name with `as`"),
        }
    }

    fn syntax_problem(&self, error: &ParserError) -> Diagnostic {
        let (ParserError::ParserError(said) | ParserError::TokenizerError(said)) = error else {
            return self.whole("this SQL is nested too deeply to be read");
        };
        let (message, line, column) = located(said);
        let place = match (line, column) {
            (Some(line), Some(column)) => {
                let at = Location { line, column };
                self.place(Some(Span { start: at, end: at }))
            }
            _ => self.start.clone(),
        };
        Diagnostic::error(place, format!("this SQL cannot be read: {message}"))
    }
}

/// The name among `names` that a person who wrote `word` may have meant.
pub(crate) fn nearest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(word.len()) / 4)
        .min()
        .map(|(_, name)| name)
}

/// At most twelve names, for a person to choose from.
pub(crate) fn listed(names: &[&str]) -> String {
    let shown = names
        .iter()
        .take(12)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len() {
        0..=12 => shown,
        n => format!("{shown} and {} more", n - 12),
    }
}

/// The planner's own sentence, without its prefixes and advice to its authors.
pub(crate) fn sentence(error: &DataFusionError) -> (String, Option<String>) {
    let said = error.strip_backtrace();
    let said = [
        "Error during planning: ",
        "This feature is not implemented: ",
        "Execution error: ",
        "Schema error: ",
        "SQL error: ",
        "type_coercion\ncaused by\n",
    ]
    .iter()
    .fold(said, |said, prefix| said.replace(prefix, ""));
    let said = said
        .split("\nThis issue was likely")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let (message, hint) = match said.split_once("Did you mean") {
        Some((message, hint)) => (
            message.to_owned(),
            Some(format!("did you mean{}", hint.trim_end_matches('.'))),
        ),
        None => match said.split_once("Candidate functions:") {
            Some((message, _)) => (message.to_owned(), None),
            None => (said, None),
        },
    };
    let message = message.replace("Utf8View", "text").replace("Utf8", "text");
    let message = message.trim().trim_end_matches('.').replace('\n', " ");
    (message, hint.map(|hint| hint.trim().replace('\n', " ")))
}

fn root(error: &DataFusionError) -> &DataFusionError {
    match error {
        DataFusionError::Diagnostic(_, inner) | DataFusionError::Context(_, inner) => root(inner),
        DataFusionError::Shared(inner) => root(inner),
        DataFusionError::Collection(all) => all.first().map_or(error, root),
        _ => error,
    }
}

/// Takes `at Line: 3, Column: 7` off a parser's message.
fn located(said: &str) -> (String, Option<u64>, Option<u64>) {
    let Some((message, place)) = said.rsplit_once("at Line: ") else {
        return (said.trim().to_owned(), None, None);
    };
    let mut numbers = place
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok());
    let line = numbers.next().flatten();
    let column = numbers.next().flatten();
    (
        message.trim().trim_end_matches(',').to_owned(),
        line,
        column,
    )
}
