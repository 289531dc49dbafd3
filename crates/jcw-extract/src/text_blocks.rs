//! Text blocks are a text file cut where records end: one record at a time
//! while the header is looked for, then some megabytes at a time.

use crate::decode::Text;
use crate::read_error::ReadError;
use crate::record::{Dialect, End};
use memchr::{memchr, memchr_iter, memrchr};
use std::ops::Range;

/// Bytes of a block. Large enough to be worth a thread, small enough that a few
/// of them are no memory.
pub(crate) const BLOCK_BYTES: usize = 4 << 20;

/// Bytes first read, of which most are carried into the first block.
const HEAD_BYTES: usize = 64 << 10;

/// Positions in a block are 31 bits wide, so no line may be longer than this,
/// whatever the limits say.
const LONGEST_LINE: usize = 1 << 30;

/// A DOS end-of-file mark, left behind by old exports.
const CTRL_Z: u8 = 0x1A;

/// A text file, cut where records end.
pub(crate) struct TextBlocks {
    text: Text,
    dialect: Dialect,
    max_line: usize,
    block_bytes: usize,
    buffer: Vec<u8>,
    /// Where the next record starts in the buffer, and on which line.
    at: usize,
    line: i64,
    ended: bool,
    unterminated: bool,
}

/// Consecutive whole records.
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    /// The line its first record starts on.
    pub(crate) line: i64,
    /// Its last record is the file's last and has no line end of its own (one
    /// has been added).
    pub(crate) unterminated: bool,
}

/// One record, as a range of [`TextBlocks::bytes`].
pub(crate) struct Record {
    pub(crate) line: i64,
    /// Without the line end.
    pub(crate) content: Range<usize>,
    pub(crate) faulty: bool,
    /// It is the file's last and has no line end.
    pub(crate) unterminated: bool,
}

impl TextBlocks {
    pub(crate) fn new(text: Text, dialect: Dialect, max_line: usize) -> Result<Self, ReadError> {
        let mut blocks = TextBlocks {
            text,
            dialect,
            max_line: max_line.min(LONGEST_LINE),
            block_bytes: BLOCK_BYTES,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            ended: false,
            unterminated: false,
        };
        blocks.fill(HEAD_BYTES)?;
        // The line end that was added to a last line is not the file's own.
        let own = &blocks.buffer[..blocks.buffer.len() - usize::from(blocks.unterminated)];
        if memchr(b'\n', own).is_none() && memchr(b'\r', own).is_some() {
            blocks.dialect.terminator = b'\r';
            blocks.terminate();
        }
        Ok(blocks)
    }

    #[cfg(test)]
    pub(crate) fn with_block_bytes(mut self, block_bytes: usize) -> Self {
        self.block_bytes = block_bytes;
        self
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What the ranges of a [`Record`] are ranges of.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The next record; `None` at the end.
    pub(crate) fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            if self.at == self.buffer.len() && self.ended {
                return Ok(None);
            }
            match self.dialect.end(&self.buffer, self.at, self.ended) {
                End::At { next, faulty } => {
                    let content = self.dialect.content(&self.buffer, self.at, next);
                    self.check_length(self.line, content.len())?;
                    let record = Record {
                        line: self.line,
                        content,
                        faulty,
                        unterminated: self.unterminated && next == self.buffer.len(),
                    };
                    self.line += self.lines(self.at..next);
                    self.at = next;
                    return Ok(Some(record));
                }
                End::Beyond { in_quotes } => self.read_on(self.at, in_quotes)?,
            }
        }
    }

    /// The next record, which comes again.
    pub(crate) fn peek_record(&mut self) -> Result<Option<Record>, ReadError> {
        let record = self.next_record()?;
        if let Some(record) = &record {
            self.at = record.content.start;
            self.line = record.line;
        }
        Ok(record)
    }

    /// The next block; `None` at the end.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, ReadError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        loop {
            self.fill(self.block_bytes)?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let (cut, in_quotes) = self.last_end()?;
            if cut == 0 {
                self.read_on(0, in_quotes)?;
                continue;
            }
            self.check_tail(cut, in_quotes)?;
            let mut tail = Vec::with_capacity(if self.ended {
                0
            } else {
                self.block_bytes + (64 << 10)
            });
            tail.extend_from_slice(&self.buffer[cut..]);
            self.buffer.truncate(cut);
            let line = self.line;
            self.line += self.lines(0..cut);
            let bytes = std::mem::replace(&mut self.buffer, tail);
            return Ok(Some(Block {
                bytes,
                line,
                unterminated: self.unterminated && self.buffer.is_empty(),
            }));
        }
    }

    /// Where the last whole record of the buffer ends; 0 if there is none.
    fn last_end(&self) -> Result<(usize, bool), ReadError> {
        let quotes = self
            .dialect
            .quote
            .is_some_and(|quote| memchr(quote, &self.buffer).is_some());
        if !quotes {
            return Ok((
                memrchr(self.dialect.terminator, &self.buffer).map_or(0, |last| last + 1),
                false,
            ));
        }
        let mut cut = 0;
        while cut < self.buffer.len() {
            match self.dialect.end(&self.buffer, cut, self.ended) {
                End::At { next, .. } => cut = next,
                End::Beyond { in_quotes } => return Ok((cut, in_quotes)),
            }
        }
        Ok((cut, false))
    }

    /// Makes sure that the buffer holds at least `want` bytes, if there are so
    /// many.
    fn fill(&mut self, want: usize) -> Result<(), ReadError> {
        while self.buffer.len() < want && !self.ended {
            let missing = want - self.buffer.len();
            if !self.text.fill(&mut self.buffer, missing)? {
                self.end();
            }
        }
        Ok(())
    }

    /// Reads more, because the record at `start` goes on beyond the buffer.
    fn read_on(&mut self, start: usize, in_quotes: bool) -> Result<(), ReadError> {
        self.check_tail(start, in_quotes)?;
        self.buffer.drain(..start);
        self.at -= start;
        self.fill(self.buffer.len() * 2 + HEAD_BYTES)
    }

    /// Checks the record that starts at `start` and has not ended yet.
    fn check_tail(&self, start: usize, in_quotes: bool) -> Result<(), ReadError> {
        let length = self.buffer.len() - start;
        if length <= self.max_line && !(in_quotes && self.ended) {
            return Ok(());
        }
        let line = self.line + self.lines(self.at..start);
        if in_quotes {
            return Err(ReadError::UnclosedQuote { line });
        }
        self.check_length(line, length)
    }

    fn check_length(&self, line: i64, length: usize) -> Result<(), ReadError> {
        if length > self.max_line {
            return Err(ReadError::LongLine {
                line,
                limit: self.max_line,
            });
        }
        Ok(())
    }

    fn lines(&self, range: Range<usize>) -> i64 {
        memchr_iter(self.dialect.terminator, &self.buffer[range]).count() as i64
    }

    fn end(&mut self) {
        self.ended = true;
        while self.buffer.last() == Some(&CTRL_Z) {
            self.buffer.pop();
        }
        self.terminate();
    }

    /// Gives the file's last record the line end it lacks, and remembers it.
    fn terminate(&mut self) {
        if !self.ended {
            return;
        }
        if self.unterminated {
            self.buffer.pop(); // It was added before the file's line ends were known.
        }
        self.unterminated = self
            .buffer
            .last()
            .is_some_and(|last| *last != self.dialect.terminator);
        if self.unterminated {
            self.buffer.push(self.dialect.terminator);
        }
    }
}
