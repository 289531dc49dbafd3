//! Environment variables in YAML texts: `${VAR}`, `${VAR:-default}`, and `$${`
//! for a literal `${`. Secrets come into a project this way only.

use crate::diagnostic::Diagnostic;
use crate::place::{Place, Placed};

/// Where environment variables come from. Handed in, so that a test needs no
/// process and a project means what its caller says. A closure from a name to
/// a value is one.
pub trait Environment {
    /// The value of the variable, when it is set.
    fn get(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The environment of this process. A value that is not Unicode counts as not set.
#[derive(Debug, Clone, Copy)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// `written` with its variables replaced. What cannot be replaced is left out
/// and noted, by name and never by value.
pub(crate) fn expand(
    written: &str,
    place: &Place,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> String {
    if !written.contains("${") {
        return written.to_owned();
    }
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &from[2..];
            continue;
        }
        out.push_str(before);
        let offset = written.len() - from.len();
        let mut problem = |message: String, hint: String| {
            let place = place_of(written, offset, place);
            problems.push(Diagnostic::error(place, message).hint(hint));
        };
        let Some(end) = from.find('}') else {
            problem(
                "`${` is not closed".into(),
                "write `${NAME}` or `${NAME:-default}`; for a literal `${` write `$${`".into(),
            );
            return out;
        };
        let inner = &from[2..end];
        rest = &from[end + 1..];
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        if !is_name(name) {
            problem(
                format!("\"{name}\" cannot be the name of an environment variable"),
                "write `${NAME}` or `${NAME:-default}`; for a literal `${` write `$${`".into(),
            );
            continue;
        }
        // As in a shell, `:-` also covers a variable that is set to nothing.
        let value = environment
            .get(name)
            .filter(|value| default.is_none() || !value.is_empty());
        match value.as_deref().or(default) {
            Some(value) => out.push_str(value),
            None => problem(
                format!("the environment variable {name} is not set"),
                format!("set {name}, or write a default: ${{{name}:-...}}"),
            ),
        }
    }
    out.push_str(rest);
    out
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Where byte `offset` of `written` stands.
fn place_of(written: &str, offset: usize, place: &Place) -> Place {
    let before = &written[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    Placed::new(written.to_owned(), place.clone()).at(line, column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    fn expanded(text: &str) -> (String, Vec<String>) {
        let place = Place {
            length: text.chars().count(),
            ..Place::start_of("a.yaml")
        };
        let mut problems = Vec::new();
        let text = expand(text, &place, &environment, &mut problems);
        (text, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn variables_defaults_and_literals() {
        for (text, expected) in [
            ("a ${SET} b", "a a-secret b"),
            ("${UNSET:-x/y}", "x/y"),
            ("${UNSET:-}", ""),
            ("$${SET} and $5", "${SET} and $5"),
            ("${SET}${SET}", "a-secreta-secret"),
        ] {
            assert_eq!(expanded(text), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named_at_its_place() {
        assert_eq!(
            expanded("s3://${SET}/${BUCKET}").1,
            [
                "a.yaml:1:13: the environment variable BUCKET is not set; set BUCKET, or write a default: ${BUCKET:-...}"
            ]
        );
    }

    #[test]
    fn what_is_not_a_variable_is_told() {
        assert!(expanded("${A").1[0].contains("is not closed"));
        assert!(expanded("${a b}").1[0].contains("cannot be the name"));
    }
}
