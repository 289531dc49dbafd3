//! A SEN2 message: records nested in each other as XML elements, written as
//! they come, so that only the path of open elements is held.

use super::record::Record;
use super::table::Kind;

/// An element that is a record, and how deep it stands below `Persons`.
pub(crate) struct Element {
    pub(crate) tag: &'static str,
    pub(crate) depth: usize,
}

/// The elements that are open.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    open: Vec<&'static str>,
}

/// How far the outermost record is indented: inside `Message` and `Persons`.
const INDENT: usize = 2;

impl Nesting {
    /// Opens a record's element after closing those it does not stand in, and
    /// writes its cells. Blank cells are left out, as software does.
    pub(crate) fn record(
        &mut self,
        out: &mut Vec<u8>,
        element: &Element,
        record: &Record,
        year: i32,
    ) {
        self.close_to(out, element.depth);
        indent(out, self.open.len());
        start(out, element.tag);
        out.push(b'\n');
        self.open.push(element.tag);
        for (column, cell) in record.table.columns.iter().zip(record.cells()) {
            if column.label.is_empty() || cell.is_empty() || !column.is_in(year) {
                continue;
            }
            indent(out, self.open.len());
            leaf(out, column.label, cell, column.kind);
        }
    }

    /// Closes all that is deeper than `depth`.
    pub(crate) fn close_to(&mut self, out: &mut Vec<u8>, depth: usize) {
        while self.open.len() > depth {
            if let Some(tag) = self.open.pop() {
                indent(out, self.open.len());
                end(out, tag);
            }
        }
    }
}

/// `<Tag>text</Tag>` and a line end.
pub(crate) fn leaf(out: &mut Vec<u8>, tag: &str, text: &str, kind: Kind) {
    start(out, tag);
    let text = match (kind, text) {
        (Kind::Flag, "1") => "true",
        (Kind::Flag, "0") => "false",
        _ => text,
    };
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    end(out, tag);
}

fn start(out: &mut Vec<u8>, tag: &str) {
    out.push(b'<');
    out.extend_from_slice(tag.as_bytes());
    out.push(b'>');
}

fn end(out: &mut Vec<u8>, tag: &str) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(tag.as_bytes());
    out.extend_from_slice(b">\n");
}

fn indent(out: &mut Vec<u8>, depth: usize) {
    out.resize(out.len() + 2 * (depth + INDENT), b' ');
}
