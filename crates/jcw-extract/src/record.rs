//! A record is one row of delimited text as it stands in the file.
//!
//! A quotation mark opens a field only where the field begins, closes it only
//! where the field ends, and is doubled to stand for itself. A record that
//! breaks this ends at its first line end: the next line starts afresh, so that
//! one stray mark costs one line and never shifts a column of another.

use memchr::{memchr, memchr2};

/// How delimited text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// `None` where marks mean nothing, as between JSON lines.
    pub(crate) quote: Option<u8>,
    /// `\n`, or `\r` in files that know only that. A `\r` before `\n` is no text.
    pub(crate) terminator: u8,
}

/// Where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The next record starts at `next`.
    At { next: usize, faulty: bool },
    /// The bytes do not hold the record's end.
    Beyond { in_quotes: bool },
}

/// A field, as a range of the record's piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Field {
    const UNESCAPED: u32 = 1 << 31;

    pub(crate) fn plain(start: usize, end: usize) -> Self {
        Field {
            start: start as u32,
            end: end as u32,
        }
    }

    /// A field whose text stands in a side buffer, its doubled marks undone.
    fn unescaped(start: usize, end: usize) -> Self {
        Field {
            start: start as u32 | Self::UNESCAPED,
            end: end as u32,
        }
    }

    /// The field's range in the side buffer, if it stands there.
    pub(crate) fn side(self) -> Option<std::ops::Range<usize>> {
        (self.start & Self::UNESCAPED != 0)
            .then_some((self.start & !Self::UNESCAPED) as usize..self.end as usize)
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start & !Self::UNESCAPED == self.end
    }
}

impl Dialect {
    /// Finds the end of the record that starts at `start`. `is_last` says that
    /// nothing follows these bytes.
    pub(crate) fn end(&self, bytes: &[u8], start: usize, is_last: bool) -> End {
        let Some(quote) = self.quote else {
            return match memchr(self.terminator, &bytes[start..]) {
                Some(found) => End::At {
                    next: start + found + 1,
                    faulty: false,
                },
                None => End::Beyond { in_quotes: false },
            };
        };
        let mut at = start;
        loop {
            let Some(found) = memchr2(quote, self.terminator, &bytes[at..]) else {
                return End::Beyond { in_quotes: false };
            };
            let found = at + found;
            if bytes[found] == self.terminator {
                return End::At {
                    next: found + 1,
                    faulty: false,
                };
            }
            if found > start && bytes[found - 1] != self.delimiter {
                at = found + 1; // A mark within a field that no mark opened.
                continue;
            }
            let Some(closing) = closing(bytes, found + 1, quote) else {
                return End::Beyond { in_quotes: true };
            };
            match self.after_closing(bytes, closing + 1, is_last) {
                After::Fine => at = closing + 1,
                After::Unknown => return End::Beyond { in_quotes: true },
                After::Fault => {
                    let line = memchr(self.terminator, &bytes[start..]);
                    return line.map_or(End::Beyond { in_quotes: false }, |line| End::At {
                        next: start + line + 1,
                        faulty: true,
                    });
                }
            }
        }
    }

    /// The record without its line end.
    pub(crate) fn content(
        &self,
        bytes: &[u8],
        start: usize,
        next: usize,
    ) -> std::ops::Range<usize> {
        let mut end = next;
        if end > start && bytes[end - 1] == self.terminator {
            end -= 1;
            if self.terminator == b'\n' && end > start && bytes[end - 1] == b'\r' {
                end -= 1;
            }
        }
        start..end
    }

    /// Takes a record apart that [`Dialect::end`] found no fault in.
    pub(crate) fn split(
        &self,
        bytes: &[u8],
        content: std::ops::Range<usize>,
        fields: &mut Vec<Field>,
        side: &mut Vec<u8>,
    ) {
        let mut start = content.start;
        loop {
            let rest = &bytes[start..content.end];
            let quoted = self.quote.filter(|quote| rest.first() == Some(quote));
            let end = match quoted.and_then(|quote| {
                closing(&bytes[..content.end], start + 1, quote).map(|end| (quote, end))
            }) {
                Some((quote, end)) => {
                    fields.push(unescape(&bytes[..end], start + 1, quote, side));
                    end + 1
                }
                None => {
                    let end =
                        memchr(self.delimiter, rest).map_or(content.end, |found| start + found);
                    fields.push(Field::plain(start, end));
                    end
                }
            };
            if end >= content.end {
                return;
            }
            start = end + 1;
        }
    }

    fn after_closing(&self, bytes: &[u8], at: usize, is_last: bool) -> After {
        match bytes.get(at) {
            Some(byte) if *byte == self.delimiter || *byte == self.terminator => After::Fine,
            Some(b'\r') if self.terminator == b'\n' => match bytes.get(at + 1) {
                Some(b'\n') => After::Fine,
                Some(_) => After::Fault,
                None if is_last => After::Fine,
                None => After::Unknown,
            },
            Some(_) => After::Fault,
            None if is_last => After::Fine,
            None => After::Unknown,
        }
    }
}

enum After {
    Fine,
    Fault,
    Unknown,
}

/// The mark that closes a field whose text starts at `start`.
fn closing(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start;
    loop {
        let found = at + memchr(quote, bytes.get(at..)?)?;
        if bytes.get(found + 1) != Some(&quote) {
            return Some(found);
        }
        at = found + 2;
    }
}

/// The text from `start` to the end of `bytes`, doubled marks made single.
fn unescape(bytes: &[u8], start: usize, quote: u8, side: &mut Vec<u8>) -> Field {
    if memchr(quote, &bytes[start..]).is_none() {
        return Field::plain(start, bytes.len());
    }
    let from = side.len();
    let mut at = start;
    while let Some(found) = memchr(quote, &bytes[at..]) {
        side.extend_from_slice(&bytes[at..=at + found]);
        at += found + 2;
    }
    side.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Field::unescaped(from, side.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Dialect = Dialect {
        delimiter: b',',
        quote: Some(b'"'),
        terminator: b'\n',
    };

    fn fields(record: &str) -> Vec<String> {
        let (bytes, mut fields, mut side) = (record.as_bytes(), Vec::new(), Vec::new());
        let content = CSV.content(bytes, 0, bytes.len());
        CSV.split(bytes, content, &mut fields, &mut side);
        let text = |field: &Field| match field.side() {
            Some(range) => String::from_utf8(side[range].to_vec()).unwrap(),
            None => record[field.range()].to_owned(),
        };
        fields.iter().map(text).collect()
    }

    #[test]
    fn fields_are_told_apart_by_marks_and_delimiters() {
        assert_eq!(fields("a,b\r\n"), ["a", "b"]);
        assert_eq!(fields(r#""a,""x""",,"""""#), ["a,\"x\"", "", "\""]);
        assert_eq!(fields("\"\",\"two\nlines\",z\n"), ["", "two\nlines", "z"]);
        assert_eq!(fields("5\" pipe,x"), ["5\" pipe", "x"]);
        assert_eq!(fields(","), ["", ""]);
    }

    #[test]
    fn a_stray_mark_costs_its_own_line_only() {
        let bytes = b"\"a\"b,\"c\nd\",e\nf,g\n";
        assert_eq!(
            CSV.end(bytes, 0, true),
            End::At {
                next: 8,
                faulty: true
            }
        );
        assert_eq!(
            CSV.end(bytes, 8, true),
            End::At {
                next: 13,
                faulty: false
            }
        );
    }

    #[test]
    fn a_record_may_go_on_beyond_the_bytes() {
        assert_eq!(
            CSV.end(b"a,\"b\nc", 0, false),
            End::Beyond { in_quotes: true }
        );
        assert_eq!(
            CSV.end(b"a,\"b\"", 0, false),
            End::Beyond { in_quotes: true }
        );
        assert_eq!(
            CSV.end(b"a,\"b\"\r", 0, false),
            End::Beyond { in_quotes: true }
        );
        assert_eq!(CSV.end(b"a,b", 0, false), End::Beyond { in_quotes: false });
    }
}
