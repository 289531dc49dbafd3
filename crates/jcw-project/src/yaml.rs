//! A YAML file as a tree of nodes, each with the place it stands in.
//!
//! This is the only module that knows the two YAML libraries. `serde_yaml`
//! says what a scalar *is* (text, number, yes or no, nothing) and what an
//! anchor repeats; `saphyr-parser` says where everything *stands*. Both walk
//! the file in the same order, so one pass joins them.

use crate::diagnostic::Diagnostic;
use crate::expand::{Environment, expand};
use crate::place::Place;
use saphyr_parser::{Event, Parser, Span};
use serde::de::{Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

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
        let place = Place { file: file.clone(), line: 1, column: 1, length: 1 };
        return Some(Node { value: Value::null(), place });
    }
    let raw = match serde_yaml::from_str::<Raw>(text) {
        Ok(raw) => raw,
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let (line, column) = error.location().map_or((1, 0), |l| (l.line(), l.column() - 1));
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
        let place = Place { file: file.clone(), line: 1, column: 1, length: 1 };
        problems.push(not_yaml(place, "two YAML readers understand this file differently"));
    }
    node
}

fn not_yaml(place: Place, why: &str) -> Diagnostic {
    let why = why.trim_end_matches('.');
    Diagnostic::error(place, format!("this is not YAML: {why}"))
        .hint("look for a missing quote, bracket or colon, or a line indented differently from its neighbours, here or just above")
}

/// A place from a 1-based line and a 0-based column that a parser gave, moved
/// back into the text when it lies past the end.
fn place(file: &Arc<Path>, text: &str, line: usize, column: usize) -> Place {
    let lines = text.lines().count().max(1);
    let (line, column) = if line > lines { (lines, usize::MAX) } else { (line.max(1), column) };
    let width = text.lines().nth(line - 1).map_or(0, |l| l.chars().count());
    Place { file: file.clone(), line, column: column.min(width) + 1, length: 1 }
}

impl Value {
    fn null() -> Self {
        Value::Scalar(Scalar { kind: ScalarKind::Null, text: String::new(), written: String::new() })
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

/// What `serde_yaml` makes of the file. Not its own `Value`, because that
/// stops at a repeated key without saying where it stands.
enum Raw {
    Scalar(ScalarKind, String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Null, String::new()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Boolean(value), String::new()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Integer(value), String::new()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        let kind = i64::try_from(value).map_or(ScalarKind::Float(value as f64), ScalarKind::Integer);
        Ok(Raw::Scalar(kind, String::new()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Float(value as f64), String::new()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Float(value as f64), String::new()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Float(value), String::new()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(ScalarKind::Text, value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Raw, A::Error> {
        Err(A::Error::custom("a tag (a word that begins with `!`) has no meaning in these files; put the text in quotes"))
    }
}

/// The pass that joins values and places.
struct Walk<'w> {
    file: &'w Arc<Path>,
    lines: Vec<&'w str>,
    events: std::vec::IntoIter<(Event<'w>, Span)>,
    anchors: BTreeMap<usize, Node>,
    environment: &'w dyn Environment,
    problems: &'w mut Vec<Diagnostic>,
}

impl Walk<'_> {
    /// The next node, or `None` when the two readers disagree.
    fn node(&mut self, raw: Raw) -> Option<Node> {
        let (event, span) = self.events.next()?;
        let (node, anchor) = match (event, raw) {
            (Event::Alias(anchor), _) => return self.anchors.get(&anchor).cloned(),
            (Event::Scalar(text, _, anchor, _), Raw::Scalar(kind, value)) => {
                let written = if kind == ScalarKind::Text { value } else { text.into_owned() };
                (self.scalar(kind, written, span), anchor)
            }
            (Event::SequenceStart(anchor, _), Raw::List(raws)) => {
                let place = self.place(span);
                let items = raws.into_iter().map(|raw| self.node(raw)).collect::<Option<_>>()?;
                self.end(&Event::SequenceEnd)?;
                (Node { value: Value::List(items), place }, anchor)
            }
            (Event::MappingStart(anchor, _), Raw::Map(raws)) => {
                let place = self.place(span);
                let entries = self.entries(raws)?;
                self.end(&Event::MappingEnd)?;
                // A block mapping has no bracket to point at: its first key stands for it.
                let place = entries.first().map_or(place, |entry| entry.key_place.clone());
                (Node { value: Value::Map(entries), place }, anchor)
            }
            _ => return None,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn end(&mut self, expected: &Event<'_>) -> Option<()> {
        self.events.next().filter(|(event, _)| event == expected).map(|_| ())
    }

    fn scalar(&mut self, kind: ScalarKind, written: String, span: Span) -> Node {
        let place = self.place(span);
        let text = match kind {
            ScalarKind::Text => expand(&written, &place, self.environment, self.problems),
            _ => written.clone(),
        };
        Node { value: Value::Scalar(Scalar { kind, text, written }), place }
    }

    /// The entries of a mapping, without repeated keys, with merged ones last.
    fn entries(&mut self, raws: Vec<(Raw, Raw)>) -> Option<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raws.len());
        let mut merged = Vec::new();
        for (raw_key, raw_value) in raws {
            let key = self.key(raw_key)?;
            let value = self.node(raw_value)?;
            let Some((key, key_place)) = key else { continue };
            if key == "<<" {
                merged.extend(self.merged(value));
            } else if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("the key \"{key}\" is given twice");
                let hint = format!("the first one is on line {}; keep one of them", first.key_place.line);
                self.problems.push(Diagnostic::error(key_place, message).hint(hint));
            } else {
                entries.push(Entry { key, key_place, value });
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
            let hint = if key.is_empty() { "write a key before the colon".into() } else { format!("put it in quotes: \"{key}\"") };
            self.problems.push(Diagnostic::error(place, message).hint(hint));
            return Some(None);
        }
        let node = self.node(raw)?;
        let message = format!("a key must be a word, and this is {}", node.kind());
        self.problems.push(Diagnostic::error(node.place, message).hint("write `key: value`; put a text with brackets in quotes"));
        Some(None)
    }

    /// What `<<: *anchor` or `<<: [*one, *other]` brings in; the first wins.
    fn merged(&mut self, value: Node) -> Vec<Entry> {
        let place = value.place;
        match value.value {
            Value::Map(entries) => entries,
            Value::List(items) => items.into_iter().flat_map(|item| self.merged(item)).collect(),
            Value::Scalar(_) => {
                let message = "`<<` takes the keys of another mapping, and this is not one";
                self.problems.push(Diagnostic::error(place, message).hint("write `<<: *name`, where `&name` stands before a mapping"));
                Vec::new()
            }
        }
    }

    /// Of a quoted text, the place is inside the quotes, so that positions in
    /// the text can be found again.
    fn place(&self, span: Span) -> Place {
        let line = span.start.line().max(1);
        let text = self.lines.get(line - 1).copied().unwrap_or_default().trim_end();
        let width = text.chars().count();
        let mut start = span.start.col();
        let mut end = if span.end.line() == span.start.line() { span.end.col() } else { width };
        let quoted = |at: usize| matches!(text.chars().nth(at), Some('"' | '\''));
        if end > start + 2 && quoted(start) {
            start += 1;
            end -= usize::from(quoted(end - 1));
        }
        let length = end.min(width.max(start)).saturating_sub(start).max(1);
        Place { file: self.file.clone(), line, column: start + 1, length }
    }
}
