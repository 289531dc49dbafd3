//! An XML file's bytes as UTF-8, as they stream past a parser, which is never
//! given more of one piece of markup or text than the limits allow.

use crate::read_error::ReadError;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr_iter, memrchr};
use std::io::{self, BufRead, Read};

/// Bytes decoded at once.
const BLOCK: usize = 64 << 10;
/// Bytes in which an XML declaration is looked for.
const HEAD: usize = 1_024;

/// Where in the file the parser stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) line: i64,
    /// In bytes of UTF-8, from 1.
    pub(crate) column: i64,
}

/// The decoded text.
pub(super) struct XmlText {
    source: Box<dyn Read + Send>,
    decoder: Decoder,
    /// Looks whether bytes declared to be windows-1252 are in fact UTF-8.
    other: Option<Decoder>,
    is_ascii: bool,
    /// Bytes read while the encoding was found out, then each block.
    raw: Vec<u8>,
    decoded: Vec<u8>,
    end: usize,
    at: usize,
    ended: bool,
    /// Lines before `decoded`, and bytes of the last of them.
    lines: i64,
    column: i64,
    /// Bytes of the current event, and how many it may have.
    event: usize,
    max_event: usize,
    fault: Option<ReadError>,
}

impl XmlText {
    /// `default` is the encoding of a file that neither declares one nor has a
    /// byte-order mark.
    pub(super) fn new(
        mut source: Box<dyn Read + Send>,
        default: &str,
        max_event: usize,
    ) -> Result<Self, ReadError> {
        let mut head = Vec::with_capacity(BLOCK);
        source
            .by_ref()
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(reading)?;
        let (encoding, mark) = encoding(&head, default)?;
        head.drain(..mark);
        Ok(XmlText {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            other: (encoding == WINDOWS_1252).then(|| UTF_8.new_decoder_without_bom_handling()),
            is_ascii: true,
            raw: head,
            decoded: vec![0; 3 * BLOCK + 16],
            end: 0,
            at: 0,
            ended: false,
            lines: 0,
            column: 0,
            event: 0,
            max_event,
            fault: None,
        })
    }

    /// The parser is about to read its next piece of markup or text.
    pub(super) fn begin_event(&mut self) {
        self.event = 0;
    }

    /// Why reading failed, if it was this that failed.
    pub(super) fn take_fault(&mut self) -> Option<ReadError> {
        self.fault.take()
    }

    /// Whether there is nothing left to read.
    pub(super) fn is_at_end(&self) -> bool {
        self.ended && self.at == self.end
    }

    /// Where the parser stands.
    pub(super) fn at(&self) -> At {
        let read = &self.decoded[..self.at];
        let (lines, column) = after(read, self.lines, self.column);
        At {
            line: lines + 1,
            column: column + 1,
        }
    }

    fn refill(&mut self) -> Result<(), ReadError> {
        (self.lines, self.column) = after(&self.decoded[..self.end], self.lines, self.column);
        (self.at, self.end) = (0, 0);
        while self.end == 0 && !self.ended {
            if self.raw.is_empty() {
                self.source
                    .by_ref()
                    .take(BLOCK as u64)
                    .read_to_end(&mut self.raw)
                    .map_err(reading)?;
                self.ended = self.raw.is_empty();
            }
            let (result, _, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw,
                &mut self.decoded,
                self.ended,
            );
            self.end = written;
            if !matches!(result, DecoderResult::InputEmpty) {
                let (lines, column) = after(&self.decoded[..written], self.lines, self.column);
                let at = At {
                    line: lines + 1,
                    column: column + 1,
                };
                let encoding = self.decoder.encoding().name();
                return Err(if self.ended {
                    ReadError::xml_cut(at, "in the middle of a character")
                } else {
                    ReadError::XmlEncoding {
                        what: format!("the bytes on line {} are not {encoding} text", at.line),
                    }
                });
            }
            self.look_for_utf8()?;
            self.raw.clear();
        }
        Ok(())
    }

    /// Text in windows-1252 with anything but ASCII in it is not UTF-8, but for
    /// the rarest of accidents.
    fn look_for_utf8(&mut self) -> Result<(), ReadError> {
        let Some(other) = &mut self.other else {
            return Ok(());
        };
        self.is_ascii &= self.raw.is_ascii();
        let mut scratch = vec![0; 3 * self.raw.len() + 16];
        let (result, ..) =
            other.decode_to_utf8_without_replacement(&self.raw, &mut scratch, self.ended);
        if !matches!(result, DecoderResult::InputEmpty) {
            self.other = None;
        } else if self.ended && !self.is_ascii {
            return Err(disagrees("windows-1252 (ISO-8859-1)", "UTF-8"));
        }
        Ok(())
    }

    fn failed(&mut self, fault: ReadError) -> io::Error {
        self.fault = Some(fault);
        io::Error::other("the fault has been kept")
    }
}

impl Read for XmlText {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(to)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for XmlText {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event > self.max_event {
            let limit = self.max_event;
            let fault =
                ReadError::xml_bytes(self.at(), "the bytes of one tag, comment or text", limit);
            return Err(self.failed(fault));
        }
        if self.at == self.end
            && let Err(fault) = self.refill()
        {
            return Err(self.failed(fault));
        }
        Ok(&self.decoded[self.at..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
        self.event += count;
    }
}

/// Lines and bytes of the last of them, after some more text.
fn after(text: &[u8], lines: i64, column: i64) -> (i64, i64) {
    match memrchr(b'\n', text) {
        None => (lines, column + text.len() as i64),
        Some(last) => (
            lines + memchr_iter(b'\n', text).count() as i64,
            (text.len() - last - 1) as i64,
        ),
    }
}

/// The encoding by byte-order mark and declaration, which must agree, and the
/// length of the mark.
fn encoding(head: &[u8], default: &str) -> Result<(&'static Encoding, usize), ReadError> {
    let known = |label: &str| Encoding::for_label(label.as_bytes());
    if let Some((marked, length)) = Encoding::for_bom(head) {
        let text = marked.decode_without_bom_handling(&head[length..]).0;
        return match declared(&text) {
            None => Ok((marked, length)),
            Some(label) if known(label) == Some(marked) => Ok((marked, length)),
            Some(label) if label.eq_ignore_ascii_case("utf-16") && marked != UTF_8 => {
                Ok((marked, length))
            }
            Some(label) => Err(disagrees(
                known(label).map_or("another encoding", Encoding::name),
                marked.name(),
            )),
        };
    }
    if head.starts_with(b"<\0") || head.starts_with(b"\0<") {
        return Err(ReadError::XmlEncoding {
            what: "it is UTF-16 without a byte-order mark".to_owned(),
        });
    }
    let text = String::from_utf8_lossy(head);
    let label = declared(&text);
    match known(label.unwrap_or(default)) {
        Some(encoding) if encoding == UTF_8 || encoding == WINDOWS_1252 => Ok((encoding, 0)),
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            Err(disagrees("UTF-16", "none of the kind"))
        }
        Some(encoding) => Err(ReadError::XmlEncoding {
            what: format!("it declares {}, which is not read", encoding.name()),
        }),
        None => Err(ReadError::XmlEncoding {
            what: "it declares an encoding that is not known".to_owned(),
        }),
    }
}

/// What the XML declaration says, if there is one that does.
fn declared(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let after = declaration.split_once("encoding")?.1.trim_start();
    let value = after.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|mark| "\"'".contains(*mark))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label)
}

fn disagrees(declared: &str, found: &str) -> ReadError {
    ReadError::XmlEncoding {
        what: format!("it declares {declared} and its bytes are {found}"),
    }
}

fn reading(source: io::Error) -> ReadError {
    ReadError::Io {
        doing: "reading its text",
        source,
    }
}
