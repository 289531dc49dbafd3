//! A text file is rows of cells and the way a partner writes them down: byte
//! order mark or not, CRLF or LF, everything quoted or only what must be.

use crate::Error;
use csv::{ByteRecord, QuoteStyle, Terminator, WriterBuilder};

/// One delimited extract before it is bytes.
#[derive(Debug, Clone)]
pub(crate) struct TextFile {
    /// Path under the extracts' folder.
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    /// The header (if any) is the first row.
    pub(crate) rows: Vec<Vec<String>>,
}

/// How a partner's software writes a table down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The Department's and Office for National Statistics' exports.
    MarkedCrlf,
    /// The same without the byte order mark.
    Crlf,
    /// A byte order mark, then Unix line ends.
    MarkedLf,
    /// Unix line ends.
    Lf,
    /// Everything quoted, Unix line ends.
    QuotedLf,
    /// Texts quoted and numbers not, Unix line ends.
    QuotedTextLf,
    /// Texts quoted and numbers not, windows-1252, Unix line ends but none
    /// after the last line.
    QuotedTextUnended,
}

impl TextFile {
    /// An empty file with a header of these labels.
    pub(crate) fn new(path: &str, dialect: Dialect, header: &[&str]) -> Self {
        let header = header.iter().map(|label| (*label).to_owned()).collect();
        Self {
            path: path.to_owned(),
            dialect,
            rows: vec![header],
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, cells: &[&str]) {
        self.rows
            .push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let crlf = matches!(self.dialect, Dialect::MarkedCrlf | Dialect::Crlf);
        let marked = matches!(self.dialect, Dialect::MarkedCrlf | Dialect::MarkedLf);
        let quotes = match self.dialect {
            Dialect::QuotedLf => QuoteStyle::Always,
            Dialect::QuotedTextLf | Dialect::QuotedTextUnended => QuoteStyle::NonNumeric,
            _ => QuoteStyle::Necessary,
        };
        let start = if marked {
            "\u{feff}".as_bytes().to_vec()
        } else {
            Vec::new()
        };
        let mut writer = WriterBuilder::new()
            // A planted fault may make a row longer than the header.
            .flexible(true)
            .terminator(if crlf {
                Terminator::CRLF
            } else {
                Terminator::Any(b'\n')
            })
            .quote_style(quotes)
            .from_writer(start);
        let told = |source| Error::Text {
            file: self.path.clone(),
            source,
        };
        for row in &self.rows {
            let cells = row.iter().map(|cell| self.encoded(cell));
            writer
                .write_byte_record(&cells.collect::<ByteRecord>())
                .map_err(told)?;
        }
        let mut bytes = writer
            .into_inner()
            .map_err(|error| told(error.into_error().into()))?;
        if self.dialect == Dialect::QuotedTextUnended {
            bytes.pop();
        }
        Ok(bytes)
    }

    /// windows-1252 and Unicode agree on what is used here (up to U+00FF).
    fn encoded(&self, cell: &str) -> Vec<u8> {
        match self.dialect {
            Dialect::QuotedTextUnended => cell
                .chars()
                .map(|letter| u8::try_from(letter).unwrap_or(b'?'))
                .collect(),
            _ => cell.as_bytes().to_vec(),
        }
    }
}
