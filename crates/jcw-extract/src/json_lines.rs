//! JSON lines: one flat object a line.
//!
//! Every batch has the contract's columns, whatever keys the lines show, so
//! that all batches of a file have one schema.

use crate::columns::{Columns, added_columns};
use crate::decode::Text;
use crate::header::Header;
use crate::label::{fold, is_blank};
use crate::plan::{FromHeader, Plan};
use crate::read_error::ReadError;
use crate::reader::{Malformed, Piece, Reader, Rows};
use crate::record::{Dialect, End};
use crate::tally::{Summary, Tally};
use crate::text_blocks::{Block, TextBlocks};
use arrow::array::{ArrayRef, StringViewBuilder};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

/// Lines have no fields to delimit and no marks to mind.
const LINES: Dialect = Dialect {
    delimiter: b'\n',
    quote: None,
    terminator: b'\n',
};

/// Reads JSON lines.
pub(crate) struct JsonLinesReader {
    tally: Arc<Tally>,
    blocks: TextBlocks,
    shape: Arc<Shape>,
    final_newline: bool,
    ended: bool,
}

struct Shape {
    plan: Arc<Plan>,
    columns: Columns,
    max_line: usize,
}

/// Whole lines, not yet parsed.
pub(crate) struct JsonPiece {
    block: Block,
    dialect: Dialect,
    shape: Arc<Shape>,
}

impl JsonLinesReader {
    pub(crate) fn new(plan: Arc<Plan>, source: Box<dyn Read + Send>) -> Result<Self, ReadError> {
        let tally = Arc::new(Tally::default());
        let text = Text::new(source, &plan.layout.encoding, &tally)?;
        let mut blocks = TextBlocks::new(text, LINES, plan.limits.max_line_bytes)?;
        if let Some(first) = blocks.peek_record()?
            && blocks.bytes()[first.content]
                .trim_ascii_start()
                .starts_with(b"[")
        {
            return Err(ReadError::JsonArray);
        }
        let columns = Columns::new(&plan, &Header::of_keys(&plan), None)?;
        let (final_newline, max_line) = (plan.layout.final_newline, plan.limits.max_line_bytes);
        Ok(JsonLinesReader {
            tally,
            blocks,
            shape: Arc::new(Shape {
                plan,
                columns,
                max_line,
            }),
            final_newline,
            ended: false,
        })
    }

    fn next(&mut self) -> Result<Option<Piece>, ReadError> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(None);
        }
        let Some(block) = self.blocks.next_block()? else {
            return Ok(None);
        };
        if block.unterminated && self.final_newline {
            return Err(ReadError::Truncated {
                line: None,
                what: "the last line has no line end",
            });
        }
        self.ended = false;
        let piece = JsonPiece {
            block,
            dialect: self.blocks.dialect(),
            shape: Arc::clone(&self.shape),
        };
        Ok(Some(Piece::json(&self.tally, piece)))
    }
}

impl Reader for JsonLinesReader {
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>> {
        self.next().transpose()
    }

    fn finish(self: Box<Self>) -> Result<Summary, ReadError> {
        let summary = self.tally.summary();
        if summary.records == 0 {
            Err(ReadError::NoRows)
        } else {
            Ok(summary)
        }
    }
}

impl JsonPiece {
    pub(crate) fn into_rows(self, tally: &Tally) -> Result<Rows, ReadError> {
        let shape = &self.shape;
        let width = shape.columns.positions.len();
        let mut builders: Vec<StringViewBuilder> = std::iter::repeat_with(StringViewBuilder::new)
            .take(width)
            .collect();
        let (mut rows, mut malformed) = (Vec::new(), Vec::new());
        let (bytes, mut line, mut start) = (&self.block.bytes[..], self.block.line, 0);
        let mut cells: Vec<Option<Cow<'_, str>>> = vec![None; width];
        let mut keys = Keys::default();
        while let End::At { next, .. } = self.dialect.end(bytes, start, true) {
            let raw = &bytes[self.dialect.content(bytes, start, next)];
            if raw.len() > shape.max_line {
                return Err(ReadError::LongLine {
                    line,
                    limit: shape.max_line,
                });
            }
            if !std::str::from_utf8(raw).is_ok_and(is_blank) {
                cells.fill(None);
                match shape.parse(raw, line, tally, &mut keys, &mut cells) {
                    Ok(()) => {
                        for (builder, cell) in builders.iter_mut().zip(&cells) {
                            builder.append_option(cell.as_deref());
                        }
                        rows.push(line);
                    }
                    Err(_) if self.block.unterminated && next >= bytes.len() => {
                        return Err(ReadError::Truncated {
                            line: Some(line),
                            what: "the last line is cut",
                        });
                    }
                    Err((rule, reason)) => malformed.push(Malformed::new(line, rule, reason, raw)),
                }
            }
            line += 1;
            start = next;
        }
        let records = (rows.len() + malformed.len()) as i64;
        let mut columns: Vec<ArrayRef> = builders
            .iter_mut()
            .map(|builder| Arc::new(builder.finish()) as ArrayRef)
            .collect();
        columns.extend(added_columns(&shape.plan, &rows));
        Ok(Rows {
            batch: shape.columns.batch(columns, rows)?,
            malformed,
            records,
            sheet: None,
        })
    }
}

impl Shape {
    /// Puts a line's values into their columns' cells.
    fn parse<'l>(
        &'l self,
        raw: &'l [u8],
        line: i64,
        tally: &Tally,
        keys: &mut Keys,
        cells: &mut [Option<Cow<'l, str>>],
    ) -> Result<(), (&'static str, &'static str)> {
        if memchr::memchr(0, raw).is_some() {
            return Err(("csv.nul", "the line has a NUL byte in it"));
        }
        let text = simdutf8::basic::from_utf8(raw).map_err(|_| {
            (
                "csv.encoding",
                "the line has bytes that are not text in the file's encoding",
            )
        })?;
        let object: Object<'l> = serde_json::from_str(text)
            .map_err(|_| ("json.syntax", "the line is not one JSON object"))?;
        for (key, value) in object.0 {
            let Some(position) = keys.column(&self.plan, &key) else {
                tally.warn(
                    "json.unknown_key",
                    Some(line),
                    "lines have keys that the contract does not declare; they were not read",
                );
                continue;
            };
            let Some(cell) = cells.get_mut(position) else {
                continue;
            };
            if cell.is_some() {
                return Err(("json.duplicate_key", "the line has two keys for one column"));
            }
            *cell = value_text(value)?;
        }
        for (cell, column) in cells.iter_mut().zip(&self.plan.columns) {
            if let (None, Some(FromHeader { value: Some(text) })) = (&cell, &column.from_header) {
                *cell = Some(text.as_str().into());
            }
        }
        Ok(())
    }
}

/// The columns of the keys met so far: every line shows the same few.
#[derive(Default)]
struct Keys(HashMap<String, Option<usize>>);

impl Keys {
    fn column(&mut self, plan: &Plan, key: &str) -> Option<usize> {
        if let Some(known) = self.0.get(key) {
            return *known;
        }
        let folded = fold(key);
        let columns = &mut plan.columns.iter();
        let position = columns.position(|column| column.labels.contains(&folded));
        self.0.insert(key.to_owned(), position);
        position
    }
}

/// The text of a value: a string's own, a number's digits as written.
fn value_text(value: &RawValue) -> Result<Option<Cow<'_, str>>, (&'static str, &'static str)> {
    match value.get() {
        "null" => Ok(None),
        "true" => Ok(Some("TRUE".into())),
        "false" => Ok(Some("FALSE".into())),
        text if text.starts_with('"') => match serde_json::from_str::<&str>(text) {
            Ok(text) => Ok(Some(text.into())),
            Err(_) => serde_json::from_str::<String>(text)
                .map(|text| Some(text.into()))
                .map_err(|_| ("json.syntax", "a string is not valid JSON")),
        },
        text if text.starts_with(['{', '[']) => Err((
            "json.nested",
            "a value is an object or a list; send one flat object a line",
        )),
        number => Ok(Some(number.into())),
    }
}

/// The keys and values of one object, in order, repeated keys kept.
struct Object<'l>(Vec<(Cow<'l, str>, &'l RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push((entry.0.0, entry.1));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[derive(Deserialize)]
struct Key<'l>(#[serde(borrow)] Cow<'l, str>);

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use jcw_project::{Contract, Format};
    use proptest::prelude::*;

    fn lines() -> Contract {
        contract(
            layout(Format::JsonLines),
            vec![
                column("id"),
                column("cost").alias("Cost GBP"),
                column("note"),
            ],
        )
    }

    #[test]
    fn keys_bind_by_name_and_a_key_that_is_not_there_is_null() {
        let whole = read(&lines(), "{\"ID\": \"007\", \"cost gbp\": 1.50, \"new\": 1}\n\n{\"note\": \"a\\nb\", \"id\": 12345678901234567890, \"cost\": null}\n").unwrap();
        assert_eq!(whole.labels, ["id", "cost", "note"]);
        let cell = |row: usize, label: &str| whole.cell(row, label).map(str::to_owned);
        assert_eq!(
            (cell(0, "id"), cell(0, "cost"), cell(0, "note")),
            (Some("007".into()), Some("1.50".into()), None)
        );
        assert_eq!(
            (cell(1, "id"), cell(1, "cost"), cell(1, "note")),
            (
                Some("12345678901234567890".into()),
                None,
                Some("a\nb".into())
            )
        );
        assert_eq!(whole.rows, [1, 3]);
        assert!(whole.warned("json.unknown_key"));
    }

    #[test]
    fn a_line_that_is_no_flat_object_is_set_aside() {
        let whole = read(
            &lines(),
            "{\"id\": 1}\n{\"id\": {}}\n{\"id\": 1, \"Id\": 2}\n{\"id\": 1\n[1]\n",
        )
        .unwrap();
        let rules: Vec<&str> = whole
            .malformed
            .iter()
            .map(|malformed| malformed.rule)
            .collect();
        assert_eq!(
            rules,
            [
                "json.nested",
                "json.duplicate_key",
                "json.syntax",
                "json.syntax"
            ]
        );
        assert_eq!(
            read(&lines(), "[{\"id\": 1}]\n").unwrap_err().rule(),
            "json.array"
        );
        assert_eq!(
            read(&lines(), "{\"id\": 1}\n{\"id\": 2")
                .unwrap_err()
                .rule(),
            "file.truncated"
        );
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(text in "[{}\\[\\]\":,a1\\\\ \n]{0,80}") {
            let _ = read(&lines(), &text);
        }
    }
}
