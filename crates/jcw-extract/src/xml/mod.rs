//! XML, taken apart in one streaming pass into one table a record path.
//!
//! A record is an element at the path that a contract's `record` names; its
//! cells are the elements without children in it, down to where the next record
//! begins. Groups that are no records are flattened. Each table is kept as a
//! part on disk, in batches, so that memory does not grow with the file, and
//! each part is then read like any other file.
//!
//! The file as a whole is refused when it is not well-formed, has a document
//! type, or declares an encoding that it is not in.

mod batch;
mod elements;
mod part;
mod read_part;
mod remarks;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod walk;

pub(crate) use read_part::XmlPiece;
pub(crate) use text::At;

use crate::archive::Archive;
use crate::magic::{HEAD, Kind, kind};
use crate::plan::compile_whole;
use crate::read_error::ReadError;
use crate::reader::Reader;
use crate::tally::Warning;
use jcw_project::{Contract, Limits};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use text::XmlText;
use tree::Tree;
use walk::Walk;

/// The label under which every record shows its own number.
pub(crate) const RECORD_ID: &str = "record_id";

/// One table to be taken out of an XML file.
#[derive(Debug, Clone, Copy)]
pub struct XmlTable<'a> {
    /// What the delivery calls it: records within one of its records show its
    /// number as `<name>_id`.
    pub name: &'a str,
    /// Its contract; the layout's `record` is the path.
    pub contract: &'a Contract,
}

/// One table taken out of an XML file, on disk.
#[derive(Debug)]
pub struct XmlPart {
    /// As in [`XmlTable`].
    pub name: String,
    /// Its records, those included that cannot be made into rows.
    pub records: u64,
    path: PathBuf,
    /// Place among the contract's columns and label of each column shown.
    shown: Vec<(usize, String)>,
    /// The label for the number of the record that each stands in.
    parent: Option<String>,
    warnings: Vec<Warning>,
}

/// Takes the file at `path` apart into files in `folder`, one a table, in the
/// order given. They are of use as long as the folder is there.
///
/// A zip is opened where it holds one file, or one that the layout's `member`
/// names.
pub fn take_apart(
    tables: &[XmlTable<'_>],
    limits: &Limits,
    path: &Path,
    folder: &Path,
) -> Result<Vec<XmlPart>, ReadError> {
    let file = File::open(path).map_err(opening)?;
    let size = file.metadata().map_err(opening)?.len();
    if size > limits.max_bytes {
        return Err(ReadError::TooLarge {
            size,
            limit: limits.max_bytes,
        });
    }
    let file = xml_file(tables, limits, file, true)?;
    take_apart_text(tables, limits, Box::new(file), folder)
}

/// As [`take_apart`], of bytes that come from anywhere.
fn take_apart_text(
    tables: &[XmlTable<'_>],
    limits: &Limits,
    source: Box<dyn Read + Send>,
    folder: &Path,
) -> Result<Vec<XmlPart>, ReadError> {
    let tree = Tree::new(tables)?;
    let encoding = tables
        .first()
        .map_or("utf-8", |table| table.contract.layout.encoding.as_str());
    let text = XmlText::new(source, encoding, limits.max_line_bytes)?;
    Walk::new(tables, limits, tree, text, folder)?.take_apart()
}

impl XmlPart {
    /// Opens the part to be read as its contract says. `file_name` is that of
    /// the file it was taken from.
    pub fn open(
        &self,
        contract: &Contract,
        limits: &Limits,
        file_name: &str,
    ) -> Result<Box<dyn Reader>, ReadError> {
        Ok(Box::new(read_part::PartReader::new(
            self, contract, limits, file_name,
        )?))
    }
}

/// The file itself, or the one in the zip that it is.
fn xml_file(
    tables: &[XmlTable<'_>],
    limits: &Limits,
    mut file: File,
    may_be_zip: bool,
) -> Result<File, ReadError> {
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(opening)?;
    file.seek(SeekFrom::Start(0)).map_err(opening)?;
    if head.is_empty() {
        return Err(ReadError::Empty);
    }
    match kind(&head) {
        Kind::Xml => Ok(file),
        // Not much of it may be in the head.
        Kind::Text if head.trim_ascii_start().starts_with(b"<") => Ok(file),
        Kind::Zip if may_be_zip => {
            let mut archive = Archive::new(file, limits)?;
            if archive.has("[Content_Types].xml") {
                return Err(wrong_kind("an Office document"));
            }
            let member = member(tables, &archive)?;
            let file = archive.open_member(member)?;
            xml_file(tables, limits, file, false)
        }
        Kind::Zip => Err(wrong_kind("a zip within a zip")),
        Kind::Parquet => Err(wrong_kind("a Parquet file")),
        Kind::Text => Err(wrong_kind("plain text")),
        Kind::Other(found) => Err(wrong_kind(found)),
    }
}

fn member(tables: &[XmlTable<'_>], archive: &Archive) -> Result<usize, ReadError> {
    let mut members = archive.members();
    let pattern = tables
        .first()
        .and_then(|table| table.contract.layout.member.as_ref());
    if let Some(pattern) = pattern {
        let pattern_whole = compile_whole("member pattern", pattern)?;
        members.retain(|(_, name)| pattern_whole.is_match(name));
        if members.is_empty() {
            return Err(ReadError::ZipNoMember {
                pattern: pattern.value.clone(),
            });
        }
    }
    match members.as_slice() {
        [(index, _)] => Ok(*index),
        found => Err(ReadError::ZipWhichMember { found: found.len() }),
    }
}

fn wrong_kind(found: &'static str) -> ReadError {
    ReadError::WrongKind {
        found,
        wanted: "an XML file",
    }
}

fn opening(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "opening it",
        source,
    }
}
