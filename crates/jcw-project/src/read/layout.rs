//! Reads the `layout` of a contract.

use crate::contract::{DuplicateHeaders, Format, Layout, Unpivot};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::value::{boolean, choice, count, list, name, placed_text, regex, word};
use crate::yaml::Node;

const FORMATS: [(&str, Format); 6] = [
    ("csv", Format::Csv),
    ("xlsx", Format::Xlsx),
    ("ods", Format::Ods),
    ("json_lines", Format::JsonLines),
    ("parquet", Format::Parquet),
    ("xml", Format::Xml),
];

const DUPLICATE_HEADERS: [(&str, DuplicateHeaders); 2] = [
    ("reject", DuplicateHeaders::Reject),
    ("identical", DuplicateHeaders::Identical),
];

pub(crate) fn read(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Layout> {
    let mut fields = Fields::of("a layout", node, problems)?;
    let format = fields.required("format", choice(&FORMATS));
    let usual = Layout {
        encoding: Placed::new("utf-8".into(), fields.place()),
        ..Layout::plain(format.unwrap_or(Format::Csv))
    };
    let layout = said_over(usual, &mut fields);
    if let Some(format) = format {
        forbid_what_has_no_meaning(format, &mut fields);
    }
    fields.finish();
    format.map(|_| layout)
}

/// The layout of one part of a shape: that of the shape, with what the part
/// says otherwise.
pub(crate) fn of_part(shape: &Layout, fields: &mut Fields<'_, '_>) -> Layout {
    fields.forbid("format", "all parts of a shape have the shape's");
    let layout = said_over(shape.clone(), fields);
    forbid_what_has_no_meaning(shape.format, fields);
    layout
}

/// `usual`, with what `fields` say otherwise.
fn said_over(usual: Layout, fields: &mut Fields<'_, '_>) -> Layout {
    let layout = Layout {
        format: usual.format,
        delimiter: fields
            .optional("delimiter", delimiter)
            .unwrap_or(usual.delimiter),
        quote: fields.optional("quote", ascii).unwrap_or(usual.quote),
        encoding: fields
            .optional("encoding", encoding)
            .unwrap_or(usual.encoding),
        headerless: fields
            .optional("headerless", boolean)
            .unwrap_or(usual.headerless),
        header_rows: fields
            .optional("header_rows", count)
            .unwrap_or(usual.header_rows),
        title_rows: fields
            .optional("title_rows", boolean)
            .unwrap_or(usual.title_rows),
        footer: fields.optional("footer", regex).or(usual.footer),
        sub_heading: fields.optional("sub_heading", name).or(usual.sub_heading),
        skip_blank_rows: fields
            .optional("skip_blank_rows", boolean)
            .unwrap_or(usual.skip_blank_rows),
        final_newline: fields
            .optional("final_newline", boolean)
            .unwrap_or(usual.final_newline),
        duplicate_headers: fields
            .optional("duplicate_headers", choice(&DUPLICATE_HEADERS))
            .unwrap_or(usual.duplicate_headers),
        sheets: fields
            .optional("sheets", list(regex))
            .unwrap_or(usual.sheets),
        unlabelled: fields
            .optional("unlabelled", list(name))
            .unwrap_or(usual.unlabelled),
        unpivot: fields.optional("unpivot", unpivot).or(usual.unpivot),
        member: fields.optional("member", regex).or(usual.member),
        record: fields.optional("record", placed_text).or(usual.record),
    };
    if let Some(entry) = fields.entry("header_rows")
        && !(1..=2).contains(&layout.header_rows)
    {
        let message = "a header has one row or two";
        let hint = "write `headerless: true` for a file without a header";
        fields
            .problems()
            .push(Diagnostic::error(entry.value.place.clone(), message).hint(hint));
    }
    layout
}

fn forbid_what_has_no_meaning(format: Format, fields: &mut Fields<'_, '_>) {
    let is_csv = format == Format::Csv;
    let is_sheet = matches!(format, Format::Xlsx | Format::Ods);
    for key in ["delimiter", "quote"] {
        if !is_csv {
            fields.forbid(key, "only CSV has it");
        }
    }
    for key in ["encoding", "final_newline"] {
        if !is_csv && format != Format::JsonLines {
            fields.forbid(key, "only CSV and JSON lines have it");
        }
    }
    for key in [
        "headerless",
        "header_rows",
        "title_rows",
        "footer",
        "sub_heading",
        "unlabelled",
    ] {
        if !is_csv && !is_sheet {
            fields.forbid(key, "only CSV and sheets have it");
        }
    }
    if !is_sheet {
        fields.forbid("sheets", "only XLSX and ODS have it");
    }
    if format != Format::Xml {
        fields.forbid("record", "only XML has it");
    }
}

impl Layout {
    /// The layout of a file about which nothing but the format is said.
    pub(crate) fn plain(format: Format) -> Self {
        let nowhere = crate::place::Place::start_of("");
        Layout {
            format,
            delimiter: b',',
            quote: b'"',
            encoding: Placed::new("utf-8".into(), nowhere),
            headerless: false,
            header_rows: 1,
            title_rows: false,
            footer: None,
            sub_heading: None,
            skip_blank_rows: matches!(format, Format::Xlsx | Format::Ods),
            final_newline: true,
            duplicate_headers: DuplicateHeaders::default(),
            sheets: Vec::new(),
            unlabelled: Vec::new(),
            unpivot: None,
            member: None,
            record: None,
        }
    }
}

fn delimiter(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<u8> {
    let text = word(node, problems)?;
    match text.as_str() {
        "comma" => Some(b','),
        "tab" => Some(b'\t'),
        "pipe" => Some(b'|'),
        "semicolon" => Some(b';'),
        _ => ascii(node, problems),
    }
}

fn ascii(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<u8> {
    let text = word(node, problems)?;
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => {
            let message = "this must be one character of ASCII";
            let hint = "a delimiter may also be one of the words tab, pipe, semicolon, comma";
            problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
            None
        }
    }
}

fn encoding(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let label = placed_text(node, problems)?;
    if encoding_rs::Encoding::for_label(label.as_bytes()).is_none() {
        let message = "no encoding has this label";
        let hint = "use a WHATWG label, for instance utf-8, windows-1252, utf-16le";
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        return None;
    }
    Some(label)
}

fn unpivot(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Unpivot> {
    let mut fields = Fields::of("an unpivot", node, problems)?;
    let columns = fields.required("columns", regex);
    let value = fields.optional("value", name);
    fields.finish();
    Some(Unpivot {
        columns: columns?,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems_when, project, sound};

    const FILE: &str = "schemas/council/requests.yaml";

    fn told_of(layout: &str) -> Vec<String> {
        problems_when(FILE, "  format: csv\n", layout)
    }

    #[test]
    fn every_key_is_read() {
        let written = "  format: csv
  delimiter: tab
  quote: \"'\"
  encoding: windows-1252
  header_rows: 2
  title_rows: true
  sub_heading: area
  final_newline: false
  duplicate_headers: identical
  unlabelled: [area, band]
  unpivot: {columns: '^(?<time_period>\\d{4}) / (?<column>.+)$'}
  member: '.*\\.csv$'
";
        let text = sound(FILE).replacen("  format: csv\n", written, 1);
        let layout = project(&[(FILE, Some(&text))]).contracts.remove(0).layout;
        assert_eq!(
            (layout.delimiter, layout.quote, layout.header_rows),
            (b'\t', b'\'', 2)
        );
        assert_eq!(layout.encoding.value, "windows-1252");
        assert!(
            layout.title_rows
                && !layout.final_newline
                && !layout.skip_blank_rows
                && !layout.headerless
        );
        assert_eq!(layout.duplicate_headers, DuplicateHeaders::Identical);
        assert_eq!(layout.unlabelled.len(), 2);
        assert!(layout.unpivot.unwrap().value.is_none());
    }

    #[test]
    fn what_has_no_meaning_for_the_format_is_told() {
        assert_eq!(
            told_of("  format: csv\n  sheets: [Table 4]\n"),
            [
                "schemas/council/requests.yaml:5:3: the key \"sheets\" has no meaning here: only XLSX and ODS have it; take it out"
            ]
        );
        assert_eq!(
            told_of("  format: cvs\n"),
            [
                "schemas/council/requests.yaml:4:11: \"cvs\" is not one of the choices here; did you mean \"csv\"?"
            ]
        );
        assert_eq!(
            told_of("  format: csv\n  encoding: latin-nine\n"),
            [
                "schemas/council/requests.yaml:5:13: no encoding has this label; use a WHATWG label, for instance utf-8, windows-1252, utf-16le"
            ]
        );
    }

    #[test]
    fn an_unpivot_names_columns_that_exist() {
        assert_eq!(
            told_of("  format: csv\n  unpivot: {columns: '^(?<yaer>\\d{4})$', value: rates}\n"),
            [
                "schemas/council/requests.yaml:5:23: the capture of `unpivot` names the column \"yaer\", which this contract does not have; the columns are: time_period, area, received, refused, month, is_open, band, rate",
                "schemas/council/requests.yaml:5:49: `unpivot` names the column \"rates\", which this contract does not have; did you mean \"rate\"?",
            ]
        );
        assert_eq!(
            told_of("  format: csv\n  unpivot: {columns: '^\\d{4}$'}\n"),
            [
                "schemas/council/requests.yaml:5:23: nothing says which column takes the values; add `value: <column>`, or a capture `(?<column>...)`"
            ]
        );
    }
}
