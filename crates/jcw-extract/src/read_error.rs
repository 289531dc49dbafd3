//! A read error says why a file as a whole was not read.

use crate::xml::At;
use jcw_project::{SaidLabels, ordinal};

/// What becomes of a file that was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be half a delivery, or nothing: nothing is loaded, nothing is
    /// replaced, and it is looked at again when it comes again.
    Held,
    /// It is not what the contract says. The partner must send another.
    Rejected,
}

/// Why a file was not read. The text is one sentence for the partner; it may
/// name lines, sheets, and labels as [`SaidLabels`] says them, never the text
/// of a cell.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // The sentence beside each says it.
pub enum ReadError {
    #[error("the file is empty; send it again once it has been written")]
    Empty,
    #[error(
        "the file has a header and no rows below it; nothing is loaded, so that what was loaded before stays"
    )]
    NoRows,
    #[error("the file stops in the middle: {what}{}; send it again whole", at(*.line))]
    Truncated {
        line: Option<i64>,
        what: &'static str,
    },
    #[error("the footer says {said} rows and {read} were read; send the file again whole")]
    FooterCount { said: i64, read: i64 },
    #[error(
        "the table has no footer, which the contract says must end it with the number of rows; send the file again whole"
    )]
    FooterMissing,
    #[error("the kept copy of the file could not be read while {doing}: {source}")]
    Io {
        doing: &'static str,
        source: std::io::Error,
    },
    #[error("the contract's {what} cannot be used: {reason}; correct the contract")]
    Contract { what: &'static str, reason: String },
    #[error(
        "the file is {found}, and the contract expects {wanted}; save it in that format and send it again"
    )]
    WrongKind {
        found: &'static str,
        wanted: &'static str,
    },
    #[error(
        "the file seems to be separated by {found}, and the contract says {declared}; change the export, or the contract's `delimiter`"
    )]
    Delimiter {
        found: &'static str,
        declared: String,
    },
    #[error(
        "a quotation mark opened on line {line} is never closed, so nothing after it can be told apart"
    )]
    UnclosedQuote { line: i64 },
    #[error(
        "line {line} is longer than the {limit} bytes that one line may have (`limits: max_line_bytes`)"
    )]
    LongLine { line: i64, limit: usize },
    #[error(
        "the file is {size} bytes and the source takes no more than {limit} (`limits: max_bytes`)"
    )]
    TooLarge { size: u64, limit: u64 },
    #[error("the table has {found} columns and no more than {limit} are read (`limits: max_columns`){}", at(*.line))]
    TooManyColumns {
        line: Option<i64>,
        found: usize,
        limit: usize,
    },
    #[error(
        "the header on line {line} is not {encoding} text; declare the layout's `encoding`, or save the file as UTF-8"
    )]
    HeaderEncoding { line: i64, encoding: String },
    #[error("the quotation marks of the header on line {line} do not match")]
    HeaderQuote { line: i64 },
    #[error("no header was found{within}: no row shows {wanted}{nearest}")]
    NoHeader {
        within: String,
        wanted: String,
        nearest: String,
    },
    #[error(
        "the same label{label} stands over two columns, the {} and the {}; each column needs its own",
        ordinal(*.first),
        ordinal(*.second)
    )]
    DuplicateHeader {
        /// ` ("x")` where it may be quoted.
        label: String,
        first: usize,
        second: usize,
    },
    #[error(
        "the contract declares {declared} columns without a header, and the first row has {found}"
    )]
    Width { declared: usize, found: usize },
    #[error(
        "the file's name does not match `{pattern}`, which gives the column \"{column}\"; rename the file as agreed"
    )]
    FileName { column: String, pattern: String },
    #[error("no sheet matches {wanted}; the workbook has {found}")]
    NoSheet { wanted: String, found: String },
    #[error(
        "the workbook has {found} sheets ({names}) and the contract does not say which to read; add `sheets` to the layout"
    )]
    WhichSheet { found: usize, names: String },
    #[error(
        "the workbook holds macros, which are never opened; save it as .xlsx and send it again"
    )]
    Macros,
    #[error("the {kind} cannot be opened: {reason}")]
    Broken { kind: &'static str, reason: String },
    #[error(
        "the zip has {found} members and no more than {limit} are opened (`limits: max_zip_members`)"
    )]
    ZipMembers { found: usize, limit: usize },
    #[error(
        "a member of the zip opens to more than {limit} times its zipped size (`limits: max_zip_ratio`)"
    )]
    ZipRatio { limit: u64 },
    #[error("the zip opens to more than {limit} bytes (`limits: max_unzipped_bytes`)")]
    ZipSize { limit: u64 },
    #[error("a member of the zip is encrypted; send it without a password over the agreed channel")]
    ZipEncrypted,
    #[error(
        "the zip has {found} members and the contract does not say which to read; add `member` to the layout"
    )]
    ZipWhichMember { found: usize },
    #[error("no member of the zip matches `{pattern}`")]
    ZipNoMember { pattern: String },
    #[error(
        "a cell holds more than the {limit} bytes that one may have (`limits: max_line_bytes`)"
    )]
    LongCell { limit: usize },
    #[error("the file is one JSON array; send one object a line (JSON lines)")]
    JsonArray,
    #[error(
        "the file is not well-formed XML: line {line}, column {column}: {what}; nothing of it is loaded"
    )]
    XmlBroken {
        line: i64,
        column: i64,
        what: &'static str,
    },
    #[error(
        "the file stops on line {line}, column {column}, {what}; send it again once it has been written whole"
    )]
    XmlCut {
        line: i64,
        column: i64,
        what: &'static str,
    },
    #[error(
        "the file has a document type (line {line}), which may make it swell or read other files and is never opened; send it without"
    )]
    XmlDoctype { line: i64 },
    #[error(
        "a reference on line {line} is neither a character's number nor one of the five that XML itself has (&amp; &lt; &gt; &apos; &quot;)"
    )]
    XmlEntity { line: i64 },
    #[error("the file's encoding is in doubt: {what}; save it as UTF-8 and send it again")]
    XmlEncoding { what: String },
    #[error(
        "the root element on line {line} is not {wanted}, so the file is none of those expected"
    )]
    XmlRoot { wanted: String, line: i64 },
    #[error("{what}, on line {line}, column {column}, are more than the {limit} that are read{}", .key)]
    XmlLimit {
        line: i64,
        column: i64,
        what: &'static str,
        limit: usize,
        key: &'static str,
    },
    #[error(
        "column \"{column}\" has the type {kind}, which cannot be read as text; send it as text, number or date"
    )]
    ColumnType { column: String, kind: String },
    #[error(
        "a batch of rows could not be put together: {0}; this is a fault of the program, please report it"
    )]
    Batch(#[from] arrow::error::ArrowError),
}

impl ReadError {
    /// The rule the file broke: a short name that stays the same.
    pub fn rule(&self) -> &'static str {
        match self {
            ReadError::Empty => "file.empty",
            ReadError::NoRows => "file.no_rows",
            ReadError::Truncated { .. } => "file.truncated",
            ReadError::FooterCount { .. } => "footer.count",
            ReadError::FooterMissing => "footer.missing",
            ReadError::Io { .. } => "file.io",
            ReadError::Contract { .. } => "contract.layout",
            ReadError::WrongKind { .. } => "file.format",
            ReadError::Delimiter { .. } => "csv.delimiter",
            ReadError::UnclosedQuote { .. } => "csv.unclosed_quote",
            ReadError::LongLine { .. } | ReadError::LongCell { .. } => "limit.line",
            ReadError::TooLarge { .. } => "limit.bytes",
            ReadError::TooManyColumns { .. } => "limit.columns",
            ReadError::HeaderEncoding { .. } => "header.encoding",
            ReadError::HeaderQuote { .. } => "header.quote",
            ReadError::NoHeader { .. } => "header.not_found",
            ReadError::DuplicateHeader { .. } => "header.duplicate",
            ReadError::Width { .. } => "header.width",
            ReadError::FileName { .. } => "file.name",
            ReadError::NoSheet { .. } => "sheet.not_found",
            ReadError::WhichSheet { .. } => "sheet.ambiguous",
            ReadError::Macros => "sheet.macros",
            ReadError::Broken { .. } => "file.broken",
            ReadError::ZipMembers { .. } => "zip.members",
            ReadError::ZipRatio { .. } => "zip.ratio",
            ReadError::ZipSize { .. } => "zip.size",
            ReadError::ZipEncrypted => "zip.encrypted",
            ReadError::ZipWhichMember { .. } => "zip.ambiguous",
            ReadError::ZipNoMember { .. } => "zip.not_found",
            ReadError::JsonArray => "json.array",
            ReadError::XmlBroken { .. } | ReadError::XmlCut { .. } => "xml.broken",
            ReadError::XmlDoctype { .. } => "xml.doctype",
            ReadError::XmlEntity { .. } => "xml.entity",
            ReadError::XmlEncoding { .. } => "xml.encoding",
            ReadError::XmlRoot { .. } => "xml.root",
            ReadError::XmlLimit { .. } => "xml.limit",
            ReadError::ColumnType { .. } => "parquet.type",
            ReadError::Batch(_) => "batch",
        }
    }

    pub(crate) fn xml_broken(At { line, column }: At, what: &'static str) -> Self {
        ReadError::XmlBroken { line, column, what }
    }

    pub(crate) fn xml_cut(At { line, column }: At, what: &'static str) -> Self {
        ReadError::XmlCut { line, column, what }
    }

    /// More bytes than the limits allow.
    pub(crate) fn xml_bytes(at: At, what: &'static str, limit: usize) -> Self {
        ReadError::XmlLimit {
            line: at.line,
            column: at.column,
            what,
            limit,
            key: " (`limits: max_line_bytes`)",
        }
    }

    /// More than is ever read.
    pub(crate) fn xml_limit(at: At, what: &'static str, limit: usize) -> Self {
        ReadError::XmlLimit {
            line: at.line,
            column: at.column,
            what,
            limit,
            key: "",
        }
    }

    /// The labels at two 0-based places are the same.
    pub(crate) fn duplicate(said: &SaidLabels, first: usize, second: usize) -> Self {
        let label = if said.is_quoted(second) {
            format!(" ({})", said.say(second))
        } else {
            String::new()
        };
        ReadError::DuplicateHeader {
            label,
            first: first + 1,
            second: second + 1,
        }
    }

    /// Whether the file is kept for another look or sent back.
    pub fn standing(&self) -> Standing {
        match self {
            ReadError::Empty
            | ReadError::NoRows
            | ReadError::Truncated { .. }
            | ReadError::XmlCut { .. }
            | ReadError::FooterCount { .. }
            | ReadError::FooterMissing
            | ReadError::Io { .. }
            | ReadError::Contract { .. }
            | ReadError::Batch(_) => Standing::Held,
            _ => Standing::Rejected,
        }
    }

    /// The line (or sheet row) it concerns, where it is known.
    pub fn line(&self) -> Option<i64> {
        match self {
            ReadError::Truncated { line, .. } | ReadError::TooManyColumns { line, .. } => *line,
            ReadError::UnclosedQuote { line }
            | ReadError::LongLine { line, .. }
            | ReadError::HeaderEncoding { line, .. }
            | ReadError::HeaderQuote { line }
            | ReadError::XmlBroken { line, .. }
            | ReadError::XmlCut { line, .. }
            | ReadError::XmlDoctype { line }
            | ReadError::XmlEntity { line }
            | ReadError::XmlRoot { line, .. }
            | ReadError::XmlLimit { line, .. } => Some(*line),
            _ => None,
        }
    }
}

/// ` (line 7)` where the line is known.
fn at(line: Option<i64>) -> String {
    line.map(|line| format!(" (line {line})"))
        .unwrap_or_default()
}
