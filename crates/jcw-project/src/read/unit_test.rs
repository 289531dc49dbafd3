//! Reads `pipelines/tests/<layer>/<model>.yaml`.

use super::{File, Setting};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::unit_test::{Cell, Defaults, GivenTable, Row, UnitTest, UnitTests};
use crate::value::{boolean, filled, list, placed_text, text};
use crate::yaml::{self, Entry, Node, ScalarKind, Value};

type Problems = Vec<Diagnostic>;

/// `folder` is the layer, or `metrics` for a metric too: there the stem says
/// which of the two it is.
pub(crate) fn read(
    file: &File,
    folder: &str,
    setting: &Setting<'_>,
    problems: &mut Problems,
) -> Option<UnitTests> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut fields = Fields::of("a file of unit tests", &node, problems)?;
    let description = fields.required("description", text);
    let defaults = fields.optional("defaults", defaults).unwrap_or_default();
    let given = fields.optional("given", given).unwrap_or_default();
    let tests = fields.required("tests", filled(test)).unwrap_or_default();
    fields.finish();
    for (at, test) in tests.iter().enumerate() {
        let same = |other: &&UnitTest| other.name.value == test.name.value;
        if tests[..at].iter().find(same).is_some() {
            let message = format!("there are two tests \"{}\"", test.name.value);
            let hint = "give each its own name: what must be true, as a sentence";
            problems.push(Diagnostic::error(test.name.place.clone(), message).hint(hint));
        }
    }
    let of = match is_metric(&file.stem) {
        true => file.stem.clone(),
        false => format!("{folder}.{}", file.stem),
    };
    Some(UnitTests {
        of: file.placed(of),
        description: description?,
        defaults,
        given,
        tests,
    })
}

/// Ids of metrics begin with a capital, names of models do not.
fn is_metric(stem: &str) -> bool {
    stem.starts_with(|c: char| c.is_ascii_uppercase())
}

fn test(node: &Node, problems: &mut Problems) -> Option<UnitTest> {
    let mut fields = Fields::of("a unit test", node, problems)?;
    let name = fields.required("name", placed_text);
    let given = fields.optional("given", given).unwrap_or_default();
    let expect = fields.required("expect", list(row));
    let may_have_more = fields.optional("may_have_more", boolean);
    fields.finish();
    Some(UnitTest {
        name: name?,
        given,
        expect: expect?,
        may_have_more: may_have_more.unwrap_or(false),
    })
}

fn given(node: &Node, problems: &mut Problems) -> Option<Vec<GivenTable>> {
    let tables = entries(node, "tables, each with its rows", problems)?;
    let table = |entry: &Entry| {
        let rows = list(row)(&entry.value, problems)?;
        let table = Placed::new(entry.key.clone(), entry.key_place.clone());
        Some(GivenTable { table, rows })
    };
    Some(tables.iter().filter_map(table).collect())
}

fn defaults(node: &Node, problems: &mut Problems) -> Option<Vec<Defaults>> {
    let tables = entries(node, "tables, each with one row", problems)?;
    let table = |entry: &Entry| {
        let row = row(&entry.value, problems)?;
        let table = Placed::new(entry.key.clone(), entry.key_place.clone());
        Some(Defaults { table, row })
    };
    Some(tables.iter().filter_map(table).collect())
}

fn row(node: &Node, problems: &mut Problems) -> Option<Row> {
    let columns = entries(node, "a row: {column: value, ...}", problems)?;
    let cell = |entry: &Entry| {
        let Value::Scalar(scalar) = &entry.value.value else {
            let message = format!("a cell holds one value, and this is {}", entry.value.kind());
            let hint = "write one value; a date as 2024-01-31, nothing as null";
            let problem = Diagnostic::error(entry.value.place.clone(), message);
            problems.push(problem.hint(hint));
            return None;
        };
        let value = (scalar.kind != ScalarKind::Null).then(|| scalar.text.clone());
        Some(Cell {
            column: Placed::new(entry.key.clone(), entry.key_place.clone()),
            value: Placed::new(value, entry.value.place.clone()),
        })
    };
    Some(Row {
        place: node.place.clone(),
        cells: columns.iter().filter_map(cell).collect(),
    })
}

fn entries<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> Option<&'n [Entry]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        _ => {
            let message = format!("this must be {what}, and it is {}", node.kind());
            problems.push(Diagnostic::error(node.place.clone(), message));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, project};

    const FILE: &str = "pipelines/tests/staging/requests.yaml";
    const SOUND: &str = "description: Requests
defaults:
  council.requests: {area: E06000033}
given:
  council.requests:
    - {time_period: '2024', received: 5}
tests:
  - name: A request is received
    expect: [{period: '2024', received: 5}]
  - name: A request without a number stays without
    given:
      council.requests: [{time_period: '2023', received: null}]
    expect:
      - {period: 2023, received: ~}
    may_have_more: true
";

    #[test]
    fn the_example_is_read() {
        let tests = project(&[(FILE, Some(SOUND))]).unit_tests.remove(0);
        assert_eq!(tests.of.value, "staging.requests");
        let (first, second) = (&tests.tests[0], &tests.tests[1]);
        assert!(!first.may_have_more && second.may_have_more);
        let cell = |test, column| {
            let rows = &tests.given(test, "council.requests").unwrap().rows;
            rows[0].cell(column).unwrap().value.value.clone()
        };
        assert_eq!(cell(first, "time_period").as_deref(), Some("2024"));
        assert_eq!(cell(second, "time_period").as_deref(), Some("2023"));
        assert_eq!(cell(second, "received"), None);
        assert_eq!(
            tests.defaults("council.requests")[0].column.as_str(),
            "area"
        );
        let expected = &second.expect[0].cells[0];
        assert_eq!(expected.value.place.to_string(), format!("{FILE}:14:18"));
    }

    #[test]
    fn what_cannot_be_a_test_is_told_where_it_stands() {
        let told = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            problems(&[(FILE, Some(&SOUND.replacen(from, to, 1)))])
        };
        assert_eq!(
            told("expect: [{", "expects: [{"),
            [
                format!(
                    "{FILE}:8:5: a unit test needs the key \"expect\"; is \"expects\" meant to be \"expect\"?"
                ),
                format!("{FILE}:9:5: a unit test has no key \"expects\"; did you mean \"expect\"?"),
            ]
        );
        assert_eq!(
            told("received: 5}\n", "received: [5]}\n"),
            [format!(
                "{FILE}:6:39: a cell holds one value, and this is a list; write one value; a date as 2024-01-31, nothing as null"
            )]
        );
        assert_eq!(
            told(
                "A request without a number stays without",
                "A request is received"
            ),
            [format!(
                "{FILE}:10:11: there are two tests \"A request is received\"; give each its own name: what must be true, as a sentence"
            )]
        );
    }

    #[test]
    fn tests_are_of_a_model_or_a_metric_that_exists() {
        assert_eq!(
            problems(&[("pipelines/tests/staging/request.yaml", Some(SOUND))]),
            [
                "pipelines/tests/staging/request.yaml:1:1: there is no model \"staging.request\" to test; did you mean \"staging.requests\"?"
            ]
        );
        assert_eq!(
            problems(&[("pipelines/tests/metrics/E04.yaml", Some(SOUND))]),
            [
                "pipelines/tests/metrics/E04.yaml:1:1: there is no metric \"E04\" to test; did you mean \"E03\"?"
            ]
        );
    }
}
