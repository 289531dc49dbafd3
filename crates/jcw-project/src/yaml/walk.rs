//! The pass that gives every value its place.

use super::raw::Raw;
use super::{Entry, Node, Scalar, ScalarKind, Value};
use crate::diagnostic::Diagnostic;
use crate::expand::{Environment, expand};
use crate::place::Place;
use saphyr_parser::{Event, Span};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Takes the events of one reader and the values of the other, in step.
pub(super) struct Walk<'w> {
    pub(super) file: &'w Arc<Path>,
    pub(super) lines: Vec<&'w str>,
    pub(super) events: std::vec::IntoIter<(Event<'w>, Span)>,
    pub(super) anchors: BTreeMap<usize, Node>,
    pub(super) environment: &'w dyn Environment,
    pub(super) problems: &'w mut Vec<Diagnostic>,
}

impl Walk<'_> {
    /// The next node, or `None` when the two readers disagree.
    pub(super) fn node(&mut self, raw: Raw) -> Option<Node> {
        let (event, span) = self.events.next()?;
        let (node, anchor) = match (event, raw) {
            (Event::Alias(anchor), _) => return self.anchors.get(&anchor).cloned(),
            (Event::Scalar(text, _, anchor, _), Raw::Scalar(kind, value)) => {
                let written = if kind == ScalarKind::Text {
                    value
                } else {
                    text.into_owned()
                };
                (self.scalar(kind, written, span), anchor)
            }
            (Event::SequenceStart(anchor, _), Raw::List(raws)) => {
                let place = self.place(span);
                let items = raws
                    .into_iter()
                    .map(|raw| self.node(raw))
                    .collect::<Option<_>>()?;
                self.end(&Event::SequenceEnd)?;
                (
                    Node {
                        value: Value::List(items),
                        place,
                    },
                    anchor,
                )
            }
            (Event::MappingStart(anchor, _), Raw::Map(raws)) => {
                let place = self.place(span);
                let entries = self.entries(raws)?;
                self.end(&Event::MappingEnd)?;
                // A block mapping has no bracket to point at: its first key stands for it.
                let first = entries.first().map(|entry| &entry.key_place);
                let place = first
                    .filter(|key| key.line == place.line)
                    .cloned()
                    .unwrap_or(place);
                (
                    Node {
                        value: Value::Map(entries),
                        place,
                    },
                    anchor,
                )
            }
            _ => return None,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn end(&mut self, expected: &Event<'_>) -> Option<()> {
        self.events
            .next()
            .filter(|(event, _)| event == expected)
            .map(|_| ())
    }

    fn scalar(&mut self, kind: ScalarKind, written: String, span: Span) -> Node {
        let place = self.place(span);
        let text = match kind {
            ScalarKind::Text => expand(&written, &place, self.environment, self.problems),
            _ => written.clone(),
        };
        Node {
            value: Value::Scalar(Scalar {
                kind,
                text,
                written,
            }),
            place,
        }
    }

    /// The entries of a mapping, without repeated keys, with merged ones last.
    fn entries(&mut self, raws: Vec<(Raw, Raw)>) -> Option<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raws.len());
        let mut merged = Vec::new();
        for (raw_key, raw_value) in raws {
            let key = self.key(raw_key)?;
            let value = self.node(raw_value)?;
            let Some((key, key_place)) = key else {
                continue;
            };
            if key == "<<" {
                merged.extend(self.merged(value));
            } else if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("the key \"{key}\" is given twice");
                let hint = format!(
                    "the first one is on line {}; keep one of them",
                    first.key_place.line
                );
                self.problems
                    .push(Diagnostic::error(key_place, message).hint(hint));
            } else {
                entries.push(Entry {
                    key,
                    key_place,
                    value,
                });
            }
        }
        for entry in merged {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry);
            }
        }
        Some(entries)
    }

    /// A key. The inner option is empty, and a problem noted, when it is not a word.
    fn key(&mut self, raw: Raw) -> Option<Option<(String, Place)>> {
        let is_scalar = matches!(raw, Raw::Scalar(..));
        let is_null = matches!(raw, Raw::Scalar(ScalarKind::Null, _));
        if is_scalar && let Some((Event::Scalar(text, ..), span)) = self.events.as_slice().first() {
            let (key, place) = (text.to_string(), self.place(*span));
            self.events.next();
            if !is_null {
                return Some(Some((key, place)));
            }
            let message = format!("YAML takes the key {key} for nothing at all");
            let hint = if key.is_empty() {
                "write a key before the colon".into()
            } else {
                format!("put it in quotes: \"{key}\"")
            };
            self.problems
                .push(Diagnostic::error(place, message).hint(hint));
            return Some(None);
        }
        let node = self.node(raw)?;
        let message = format!("a key must be a word, and this is {}", node.kind());
        self.problems.push(
            Diagnostic::error(node.place, message)
                .hint("write `key: value`; put a text with brackets in quotes"),
        );
        Some(None)
    }

    /// What `<<: *anchor` or `<<: [*one, *other]` brings in; the first wins.
    fn merged(&mut self, value: Node) -> Vec<Entry> {
        let place = value.place;
        match value.value {
            Value::Map(entries) => entries,
            Value::List(items) => items
                .into_iter()
                .flat_map(|item| self.merged(item))
                .collect(),
            Value::Scalar(_) => {
                let message = "`<<` takes the keys of another mapping, and this is not one";
                self.problems.push(
                    Diagnostic::error(place, message)
                        .hint("write `<<: *name`, where `&name` stands before a mapping"),
                );
                Vec::new()
            }
        }
    }

    /// Of a quoted text, the place is inside the quotes, so that positions in
    /// the text can be found again.
    fn place(&self, span: Span) -> Place {
        let line = span.start.line().max(1);
        let text = self
            .lines
            .get(line - 1)
            .copied()
            .unwrap_or_default()
            .trim_end();
        let width = text.chars().count();
        let mut start = span.start.col();
        let mut end = if span.end.line() == span.start.line() {
            span.end.col()
        } else {
            width
        };
        let quoted = |at: usize| matches!(text.chars().nth(at), Some('"' | '\''));
        if end > start + 2 && quoted(start) {
            start += 1;
            end -= usize::from(quoted(end - 1));
        }
        let length = end.min(width.max(start)).saturating_sub(start).max(1);
        Place {
            file: self.file.clone(),
            line,
            column: start + 1,
            length,
        }
    }
}
