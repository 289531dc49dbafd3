//! Decoding turns a file's bytes into UTF-8 as they stream past.
//!
//! What cannot be decoded becomes one byte that is never UTF-8, so that the
//! record it stands in is set aside like any record with broken UTF-8: nothing
//! is ever replaced by `U+FFFD` in silence.

use crate::read_error::ReadError;
use crate::tally::Tally;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::Read;

/// Stands for bytes that are no text in the file's encoding.
const UNDECODABLE: u8 = 0xFF;
const BLOCK: usize = 1 << 20;

/// A file's bytes as UTF-8, or nearly.
pub(crate) struct Text {
    source: Box<dyn Read + Send>,
    /// Bytes read while the encoding was being found out.
    head: Vec<u8>,
    /// `None` for UTF-8, which passes through as it is.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    ended: bool,
}

impl Text {
    /// `label` is the declared encoding; a byte-order mark wins over it.
    pub(crate) fn new(
        mut source: Box<dyn Read + Send>,
        label: &str,
        tally: &Tally,
    ) -> Result<Self, ReadError> {
        let declared =
            Encoding::for_label(label.as_bytes()).ok_or_else(|| ReadError::Contract {
                what: "encoding",
                reason: format!("\"{label}\" is not an encoding label"),
            })?;
        let mut head = Vec::with_capacity(1024);
        source
            .by_ref()
            .take(1024)
            .read_to_end(&mut head)
            .map_err(opening)?;
        let encoding = match Encoding::for_bom(&head) {
            Some((encoding, length)) => {
                head.drain(..length);
                encoding
            }
            None => match utf16_without_mark(&head) {
                Some(encoding) => {
                    tally.warn(
                        "file.encoding",
                        None,
                        format!(
                            "the file is {} without a byte-order mark; it was read as such",
                            encoding.name()
                        ),
                    );
                    encoding
                }
                None => declared,
            },
        };
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Ok(Text {
            source,
            head,
            decoder,
            raw: Vec::new(),
            ended: false,
        })
    }

    /// Appends about `want` bytes to `out`; `false` when there are no more.
    pub(crate) fn fill(&mut self, out: &mut Vec<u8>, want: usize) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        let Some(decoder) = &mut self.decoder else {
            let before = out.len();
            out.append(&mut self.head);
            let want = want.saturating_sub(out.len() - before).max(1);
            let read = self
                .source
                .by_ref()
                .take(want as u64)
                .read_to_end(out)
                .map_err(reading)?;
            self.ended = read < want;
            self.close_ended();
            return Ok(!self.ended);
        };
        let until = out.len() + want;
        while out.len() < until && !self.ended {
            self.raw.clear();
            self.raw.append(&mut self.head);
            self.ended = self
                .source
                .by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut self.raw)
                .map_err(reading)?
                == 0;
            decode(decoder, &self.raw, out, self.ended);
        }
        self.close_ended();
        Ok(!self.ended)
    }

    /// Closes the file once it is read: a zip may hold a thousand of them.
    fn close_ended(&mut self) {
        if self.ended {
            self.source = Box::new(std::io::empty());
        }
    }
}

fn decode(decoder: &mut Decoder, mut raw: &[u8], out: &mut Vec<u8>, last: bool) {
    loop {
        let start = out.len();
        let room = decoder
            .max_utf8_buffer_length_without_replacement(raw.len())
            .unwrap_or(raw.len() * 4 + 16)
            .max(16);
        out.resize(start + room, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(raw, &mut out[start..], last);
        out.truncate(start + written);
        raw = &raw[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(UNDECODABLE),
        }
    }
}

/// UTF-16 of mostly Latin text has a NUL in every other byte.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 >= pairs * 8 && even == 0 {
        Some(UTF_16LE)
    } else if even * 10 >= pairs * 8 && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn opening(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "finding its encoding",
        source,
    }
}

fn reading(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "reading its text",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn all(bytes: Vec<u8>, label: &str) -> (Vec<u8>, usize) {
        let tally = Tally::default();
        let mut text = Text::new(Box::new(Cursor::new(bytes)), label, &tally).unwrap();
        let mut out = Vec::new();
        while text.fill(&mut out, 7).unwrap() {}
        (out, tally.summary().warnings.len())
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn a_byte_order_mark_wins_over_what_is_declared() {
        assert_eq!(
            all(b"\xEF\xBB\xBFa,\xC2\xA3\n".to_vec(), "windows-1252").0,
            "a,£\n".as_bytes()
        );
        assert_eq!(
            all(utf16("\u{feff}a,£\n", u16::to_le_bytes), "utf-8"),
            ("a,£\n".into(), 0)
        );
        assert_eq!(
            all(utf16("\u{feff}a,£\n", u16::to_be_bytes), "utf-8"),
            ("a,£\n".into(), 0)
        );
    }

    #[test]
    fn utf16_without_a_mark_is_read_with_a_warning() {
        assert_eq!(
            all(utf16("name,cost\nx,£1\n", u16::to_le_bytes), "utf-8"),
            ("name,cost\nx,£1\n".into(), 1)
        );
        assert_eq!(
            all(utf16("name,cost\nx,£1\n", u16::to_be_bytes), "utf-8"),
            ("name,cost\nx,£1\n".into(), 1)
        );
    }

    #[test]
    fn windows_1252_is_decoded_and_broken_text_stays_broken() {
        assert_eq!(
            all(b"\xA312,\x93caf\xE9\x94\n".to_vec(), "windows-1252").0,
            "£12,“café”\n".as_bytes()
        );
        // A lone surrogate is no text: it must not turn into U+FFFD.
        let mut lone = utf16("\u{feff}ab", u16::to_le_bytes);
        lone.extend([0x00, 0xD8, b'c', 0]);
        assert_eq!(all(lone, "utf-8").0, b"ab\xFFc");
    }
}
