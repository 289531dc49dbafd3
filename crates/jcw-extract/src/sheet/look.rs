//! A look at a workbook's members as they are opened for the first time: what
//! would fill the memory, and which rows are hidden.

use crate::archive::Archive;
use crate::read_error::ReadError;
use memchr::{memchr, memmem};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::io::Write;

/// Largest member that the library holds whole: texts, styles, links.
const MOST_HELD: u64 = 256 << 20;
/// Bytes that a text of a workbook takes at least: `<si/>`.
const LEAST_TEXT: u64 = 5;
/// Bytes of a tag that are looked at.
const LOOKED_AT: usize = 1_024;
const WORKBOOK: &str = "xl/workbook.xml";
const LINKS: &str = "xl/_rels/workbook.xml.rels";
/// These two say where the sheets are, and are read whole.
const MOST_WHOLE: usize = 16 << 20;

/// How many rows are hidden, by member or by sheet.
pub(crate) type HiddenRows = BTreeMap<String, u64>;

/// Whether a member is read cell by cell rather than held.
pub(crate) fn is_streamed(member: &str) -> bool {
    member.starts_with("xl/worksheets/")
}

/// Checks a workbook and counts the hidden rows of each sheet by its name.
pub(crate) fn hidden_rows(archive: &mut Archive) -> Result<HiddenRows, ReadError> {
    let by_member = archive.check_workbook()?;
    if by_member.values().all(|rows| *rows == 0) {
        return Ok(HiddenRows::new());
    }
    let (workbook, links) = (archive.text(WORKBOOK)?, archive.text(LINKS)?);
    let members = attributes(&links, "Relationship", "Id", "Target");
    let sheets = attributes(&workbook, "sheet", "name", "id");
    let rows = |link: &String| {
        let target = members.get(link)?.trim_start_matches("/xl/");
        by_member.get(&format!("xl/{target}")).copied()
    };
    Ok(sheets
        .iter()
        .filter_map(|(name, link)| Some((name.clone(), rows(link)?)))
        .collect())
}

/// Two attributes of every element of that name, the first naming the second.
fn attributes(xml: &str, element: &str, name: &str, value: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if xml.len() > MOST_WHOLE {
        return found;
    }
    let attribute = |tag: &BytesStart<'_>, wanted: &str| {
        let mut all = tag.attributes().flatten();
        let one = all.find(|one| one.key.local_name().into_inner() == wanted)?;
        quick_xml::escape::unescape(&one.value)
            .ok()
            .map(|text| text.into_owned())
    };
    let mut reader = Reader::from_str(xml);
    // What is broken is told by the library that reads the sheets.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().into_inner() == element => {
                if let (Some(name), Some(value)) = (attribute(&tag, name), attribute(&tag, value)) {
                    found.insert(name, value);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

/// Takes a member's bytes and keeps none of them.
pub(crate) struct Look {
    is_held: bool,
    max_text: usize,
    bytes: u64,
    /// Bytes since the last tag began, and the most there ever were.
    since: usize,
    longest: usize,
    is_in_tag: bool,
    /// The start of the tag.
    tag: Vec<u8>,
    pub(crate) hidden_rows: u64,
    /// How many texts it says that it has: room is made for them unseen.
    texts: u64,
}

impl Look {
    pub(crate) fn new(max_text: usize, is_held: bool) -> Self {
        Look {
            is_held,
            max_text,
            bytes: 0,
            since: 0,
            longest: 0,
            is_in_tag: false,
            tag: Vec::new(),
            hidden_rows: 0,
            texts: 0,
        }
    }

    /// Whether the member can be read without filling the memory.
    pub(crate) fn check(&self) -> Result<(), ReadError> {
        if self.is_held && self.bytes > MOST_HELD {
            return Err(ReadError::ZipSize { limit: MOST_HELD });
        }
        if self.texts.saturating_mul(LEAST_TEXT) > self.bytes {
            return Err(ReadError::Broken {
                kind: "workbook",
                reason: "it says that it has more texts than there is room for".to_owned(),
            });
        }
        if !self.is_held && self.longest > self.max_text.saturating_mul(2) {
            return Err(ReadError::LongCell {
                limit: self.max_text,
            });
        }
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.since += bytes;
        self.longest = self.longest.max(self.since);
    }
}

impl Write for Look {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let mark = if self.is_in_tag { b'>' } else { b'<' };
            let found = memchr(mark, rest);
            let (part, after) = rest.split_at(found.map_or(rest.len(), |found| found + 1));
            self.advance(part.len());
            if self.is_in_tag {
                let room = LOOKED_AT.saturating_sub(self.tag.len()).min(part.len());
                self.tag.extend_from_slice(&part[..room]);
            }
            if found.is_some() && self.is_in_tag {
                self.hidden_rows += u64::from(is_hidden_row(&self.tag));
                if let Some(texts) = texts(&self.tag) {
                    self.is_held = true;
                    self.texts = self.texts.max(texts);
                }
            } else if found.is_some() {
                self.tag.clear();
                self.since = 0;
            }
            self.is_in_tag ^= found.is_some();
            rest = after;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many texts a list of texts says that it has; too many where it is not to
/// be made out.
fn texts(tag: &[u8]) -> Option<u64> {
    let name = tag.split(|byte| b" \t\r\n/>".contains(byte)).next()?;
    if name.rsplit(|byte| *byte == b':').next() != Some(b"sst") {
        return None;
    }
    let Ok(text) = std::str::from_utf8(tag) else {
        return Some(u64::MAX);
    };
    let text = text.trim_end_matches(['>', '/']);
    let mut most = if tag.len() < LOOKED_AT { 0 } else { u64::MAX };
    for attribute in BytesStart::from_content(text, name.len()).attributes() {
        most = match attribute {
            Err(_) => u64::MAX,
            Ok(one) if one.key.into_inner() == "uniqueCount" => {
                most.max(one.value.trim().parse().unwrap_or(u64::MAX))
            }
            Ok(_) => most,
        };
    }
    Some(most)
}

fn is_hidden_row(tag: &[u8]) -> bool {
    if memmem::find(tag, b"hidden=").is_none() {
        return false;
    }
    let text = String::from_utf8_lossy(tag);
    let mut words = text.split_ascii_whitespace();
    let is_row = words
        .next()
        .is_some_and(|name| name.rsplit(':').next() == Some("row"));
    is_row
        && words.any(|word| {
            let word = word.trim_end_matches(['>', '/']);
            ["hidden=\"1\"", "hidden='1'", "hidden=\"true\""].contains(&word)
        })
}
