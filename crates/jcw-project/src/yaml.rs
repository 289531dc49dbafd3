//! A YAML file as a tree of nodes, each with the place it stands in.
//!
//! This is the only module that knows the two YAML libraries. `serde_yaml`
//! says what a scalar *is* (text, number, yes or no, nothing) and what an
//! anchor repeats; `saphyr-parser` says where everything *stands*. Both walk
//! the file in the same order, so one pass joins them.

mod raw;
mod walk;

use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::place::Place;
use raw::Raw;
use saphyr_parser::{Event, Parser};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use walk::Walk;

/// A value in a YAML file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) value: Value,
    /// Where it stands. Of a mapping or list: where it begins.
    pub(crate) place: Place,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// Everything that is neither a list nor a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) kind: ScalarKind,
    /// The text, with environment variables expanded.
    pub(crate) text: String,
    /// The text as the file has it: what a message may quote.
    pub(crate) written: String,
}

/// What YAML takes a scalar for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ScalarKind {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text,
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

/// Reads `text`, the whole of `file`. `None` when it is not YAML; then
/// `problems` says why. An empty file is a null.
pub(crate) fn read(
    file: &Arc<Path>,
    text: &str,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _)) => {}
            Ok((Event::StreamEnd | Event::DocumentEnd, _)) => {}
            Ok(event) => events.push(event),
            Err(error) => {
                let marker = error.marker();
                let place = place(file, text, marker.line(), marker.col());
                problems.push(not_yaml(place, error.info()));
                return None;
            }
        }
    }
    if events.is_empty() {
        let place = Place {
            file: file.clone(),
            line: 1,
            column: 1,
            length: 1,
        };
        return Some(Node {
            value: Value::null(),
            place,
        });
    }
    let raw = match serde_yaml::from_str::<Raw>(text) {
        Ok(raw) => raw,
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let (line, column) = error
                .location()
                .map_or((1, 0), |l| (l.line(), l.column().saturating_sub(1)));
            problems.push(not_yaml(place(file, text, line, column), message));
            return None;
        }
    };
    let mut walk = Walk {
        file,
        lines: text.split('\n').collect(),
        events: events.into_iter(),
        anchors: BTreeMap::new(),
        environment,
        problems,
    };
    let node = walk.node(raw);
    if node.is_none() {
        let place = Place {
            file: file.clone(),
            line: 1,
            column: 1,
            length: 1,
        };
        problems.push(not_yaml(
            place,
            "two YAML readers understand this file differently",
        ));
    }
    node
}

fn not_yaml(place: Place, why: &str) -> Diagnostic {
    let why = why.trim_end_matches('.');
    let hint = match why.contains(" tab") {
        true => "YAML takes no tabs: indent with spaces, here and on the next line",
        false => {
            "look for a missing quote, bracket or colon, or a line indented unlike its neighbours, here or just above"
        }
    };
    Diagnostic::error(place, format!("this is not YAML: {why}")).hint(hint)
}

/// A place from a 1-based line and a 0-based column that a parser gave, moved
/// back into the text when it lies past the end.
fn place(file: &Arc<Path>, text: &str, line: usize, column: usize) -> Place {
    let lines = text.lines().count().max(1);
    let (line, column) = if line > lines {
        (lines, usize::MAX)
    } else {
        (line.max(1), column)
    };
    let width = text.lines().nth(line - 1).map_or(0, |l| l.chars().count());
    Place {
        file: file.clone(),
        line,
        column: column.min(width) + 1,
        length: 1,
    }
}

impl Value {
    fn null() -> Self {
        Value::Scalar(Scalar {
            kind: ScalarKind::Null,
            text: String::new(),
            written: String::new(),
        })
    }
}

impl Node {
    /// True of a key without a value, and of `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.kind == ScalarKind::Null)
    }

    /// What it is, in words for a message. Quotes nothing.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "nothing",
                ScalarKind::Boolean(_) => "true or false",
                ScalarKind::Integer(_) | ScalarKind::Float(_) => "a number",
                ScalarKind::Text => "a text",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;
    use proptest::prelude::*;

    fn tree(text: &str) -> (Option<Node>, Vec<String>) {
        let file: Arc<Path> = Path::new("a.yaml").into();
        let mut problems = Vec::new();
        let node = read(&file, text, &environment, &mut problems);
        (node, problems.iter().map(ToString::to_string).collect())
    }

    /// Every scalar as `line:column+length text`.
    fn scalars(node: &Node, out: &mut Vec<String>) {
        match &node.value {
            Value::Scalar(scalar) => {
                out.push(format!(
                    "{}:{}+{} {}",
                    node.place.line, node.place.column, node.place.length, scalar.text
                ));
            }
            Value::List(items) => items.iter().for_each(|item| scalars(item, out)),
            Value::Map(entries) => entries.iter().for_each(|entry| {
                let place = &entry.key_place;
                out.push(format!(
                    "{}:{}+{} {}:",
                    place.line, place.column, place.length, entry.key
                ));
                scalars(&entry.value, out);
            }),
        }
    }

    fn shown(text: &str) -> Vec<String> {
        let (node, problems) = tree(text);
        assert_eq!(problems, [""; 0]);
        let mut out = Vec::new();
        scalars(&node.unwrap(), &mut out);
        out
    }

    #[test]
    fn every_key_and_value_has_its_place() {
        let text = "a: one  # first\nb:\n  - 'two'\n  - {c: \"three\", d: 4}\n";
        let expected = [
            "1:1+1 a:",
            "1:4+3 one",
            "2:1+1 b:",
            "3:6+3 two",
            "4:6+1 c:",
            "4:10+5 three",
            "4:18+1 d:",
            "4:21+1 4",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn columns_are_counted_in_characters() {
        assert_eq!(
            shown("- {é: ü, ok: 1}"),
            ["1:4+1 é:", "1:7+1 ü", "1:10+2 ok:", "1:14+1 1"]
        );
    }

    #[test]
    fn anchors_repeat_and_merge_keys_join_with_the_places_of_what_they_repeat() {
        let text = "base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\nsame: *base\n";
        let (node, problems) = tree(text);
        assert_eq!(problems, [""; 0]);
        let Value::Map(entries) = node.unwrap().value else {
            panic!()
        };
        let mut more = Vec::new();
        scalars(&entries[1].value, &mut more);
        assert_eq!(more, ["4:3+1 b:", "4:6+1 3", "1:14+1 a:", "1:17+1 1"]);
        let mut same = Vec::new();
        scalars(&entries[2].value, &mut same);
        assert_eq!(same, ["1:14+1 a:", "1:17+1 1", "1:20+1 b:", "1:23+1 2"]);
    }

    #[test]
    fn a_position_in_a_text_is_found_again_in_the_file() {
        let text = "plain: select a\nquoted: \"select b\"\nblock: |\n    select c\n    from d\nfolded: >\n  select e\n  from f\n";
        let (node, _) = tree(text);
        let Value::Map(entries) = node.unwrap().value else {
            panic!()
        };
        let at = |entry: usize, line, column| {
            let node = &entries[entry].value;
            let Value::Scalar(scalar) = &node.value else {
                panic!()
            };
            let place =
                crate::Placed::new(scalar.text.clone(), node.place.clone()).at(line, column);
            (place.line, place.column, place.length)
        };
        assert_eq!(at(0, 1, 8), (1, 15, 1));
        assert_eq!(at(1, 1, 1), (2, 10, 6));
        assert_eq!(at(2, 1, 8), (4, 12, 1));
        assert_eq!(at(2, 2, 1), (5, 5, 4));
        assert_eq!(at(3, 1, 8), (7, 10, 1));
        // Past the fold there is no telling: the first line stands for it.
        assert_eq!(at(3, 1, 15), (7, 3, 8));
    }

    #[test]
    fn what_is_not_yaml_is_one_problem_at_its_place() {
        for (text, at) in [
            ("a: [1, 2\nb: 3\n", "a.yaml:2:"),
            ("a: b: c\n", "a.yaml:1:5:"),
            ("a: \"open\n", "a.yaml:"),
            ("a: 1\n\tb: 2\n", "a.yaml:1:4:"),
            ("a: *nothing\n", "a.yaml:1:4:"),
            ("a: !tag b\n", "a.yaml:1:4:"),
            ("a: 1\n---\nb: 2\n", "a.yaml:"),
        ] {
            let (node, problems) = tree(text);
            assert!(
                node.is_none() && problems.len() == 1,
                "{text:?}: {problems:?}"
            );
            assert!(
                problems[0].starts_with(at) && problems[0].contains("this is not YAML"),
                "{text:?}: {problems:?}"
            );
        }
    }

    #[test]
    fn a_repeated_key_a_missing_one_and_one_that_means_nothing_are_told() {
        let (_, problems) = tree("a: 1\nb: 2\na: 3\n~: 4\n");
        assert_eq!(
            problems,
            [
                "a.yaml:3:1: the key \"a\" is given twice; the first one is on line 1; keep one of them",
                "a.yaml:4:1: YAML takes the key ~ for nothing at all; put it in quotes: \"~\"",
            ]
        );
    }

    #[test]
    fn a_laughing_file_is_refused() {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for level in b'b'..=b'i' {
            let (this, last) = (level as char, (level - 1) as char);
            text.push_str(&format!(
                "{this}: &{this} [{}]\n",
                vec![format!("*{last}"); 10].join(", ")
            ));
        }
        assert!(tree(&text).0.is_none());
        assert!(tree(&"[".repeat(100_000)).0.is_none());
        assert!(
            tree(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)))
                .0
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r"([-\[\]{}:,#&*!|>'%@`<?~a-z0-9$ \n\t\r]|\PC){0,60}") {
            let (node, problems) = tree(&text);
            prop_assert!(node.is_some() || !problems.is_empty());
        }

        #[test]
        fn a_word_stands_where_its_place_says(
            words in proptest::collection::vec("[a-zé]{1,8}", 1..6),
            indent in 0usize..4,
        ) {
            let text: String = words.iter().map(|word| format!("{}- x{word}\n", " ".repeat(indent))).collect();
            let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
            let Value::List(items) = tree(&text).0.unwrap().value else { panic!() };
            for (item, word) in items.iter().zip(&words) {
                let place = &item.place;
                let found: String = lines[place.line - 1][place.column - 1..][..place.length].iter().collect();
                prop_assert_eq!(found, format!("x{word}"));
            }
        }
    }
}
