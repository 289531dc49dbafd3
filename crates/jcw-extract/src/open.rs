//! Opening a kept file: what it is by its bytes, what the contract expects, and
//! the reader for it.

use crate::archive::Archive;
use crate::csv::CsvReader;
use crate::json_lines::JsonLinesReader;
use crate::magic::{HEAD, Kind, kind};
use crate::parquet::ParquetReader;
use crate::plan::{Plan, compile_whole};
use crate::read_error::ReadError;
use crate::reader::{Piece, Reader};
use crate::sheet::{SheetReader, hidden_rows};
use crate::tally::Summary;
use jcw_project::{Contract, Format, Limits};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Opens the kept copy at `path` of a file that came as `file_name`, to be read
/// as the contract's layout says.
///
/// A zip that is no workbook is opened too, and the members that the layout
/// names are read. The copy must not change while it is read. What is wrong with
/// the file may show here or with any piece.
pub fn open(
    contract: &Contract,
    limits: &Limits,
    file_name: &str,
    path: &Path,
) -> Result<Box<dyn Reader>, ReadError> {
    let file = File::open(path).map_err(opening)?;
    open_file(contract, limits, &[file_name], file)
}

/// `names` are the file's own name and then those of the zips it was in.
fn open_file(
    contract: &Contract,
    limits: &Limits,
    names: &[&str],
    mut file: File,
) -> Result<Box<dyn Reader>, ReadError> {
    let size = file.metadata().map_err(opening)?.len();
    if size == 0 {
        return Err(ReadError::Empty);
    }
    if size > limits.max_bytes && names.len() == 1 {
        return Err(ReadError::TooLarge {
            size,
            limit: limits.max_bytes,
        });
    }
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(opening)?;
    file.seek(SeekFrom::Start(0)).map_err(opening)?;

    let format = contract.layout.format;
    let expected = expected(format);
    match (format, kind(&head)) {
        (_, Kind::Zip) => open_zip(contract, limits, names, file),
        (Format::Csv, Kind::Text) => {
            let plan = Arc::new(Plan::new(contract, limits, names)?);
            Ok(Box::new(CsvReader::new(plan, Box::new(file))?))
        }
        (Format::JsonLines, Kind::Text) => {
            let plan = Arc::new(Plan::new(contract, limits, names)?);
            Ok(Box::new(JsonLinesReader::new(plan, Box::new(file))?))
        }
        (Format::Parquet, Kind::Parquet) => Ok(Box::new(ParquetReader::new(
            Arc::new(Plan::new(contract, limits, names)?),
            file,
        )?)),
        (Format::Xml, Kind::Xml) => Err(ReadError::Contract {
            what: "format",
            reason: "an XML file is read as a delivery of tables".to_owned(),
        }),
        (_, Kind::Xml) => Err(ReadError::WrongKind {
            found: "an XML document",
            wanted: expected,
        }),
        (_, Kind::Parquet) => Err(ReadError::WrongKind {
            found: "a Parquet file",
            wanted: expected,
        }),
        (_, Kind::Text) => Err(ReadError::WrongKind {
            found: "plain text",
            wanted: expected,
        }),
        (_, Kind::Other(found)) => Err(ReadError::WrongKind {
            found,
            wanted: expected,
        }),
    }
}

/// A zip is a workbook, or holds the files to read.
fn open_zip(
    contract: &Contract,
    limits: &Limits,
    names: &[&str],
    file: File,
) -> Result<Box<dyn Reader>, ReadError> {
    let copy = file.try_clone().map_err(opening)?;
    let mut archive = Archive::new(copy, limits)?;
    let format = contract.layout.format;
    let workbook = if archive.has("[Content_Types].xml") {
        Some(("an Office document", Format::Xlsx))
    } else if archive.has("content.xml") && archive.has("mimetype") {
        Some(("an OpenDocument file", Format::Ods))
    } else {
        None
    };
    match workbook {
        Some((_, kind)) if kind == format => {
            if archive
                .members()
                .iter()
                .any(|(_, name)| name.ends_with("vbaProject.bin"))
            {
                return Err(ReadError::Macros);
            }
            let plan = Arc::new(Plan::new(contract, limits, names)?);
            let hidden = hidden_rows(&mut archive)?;
            let mut file = file;
            file.seek(SeekFrom::Start(0)).map_err(opening)?;
            Ok(Box::new(SheetReader::new(plan, file, hidden)?))
        }
        Some((found, _)) => Err(ReadError::WrongKind {
            found,
            wanted: expected(format),
        }),
        None if names.len() > 1 => Err(ReadError::WrongKind {
            found: "a zip within a zip",
            wanted: expected(format),
        }),
        None => open_members(contract, limits, names, archive),
    }
}

fn open_members(
    contract: &Contract,
    limits: &Limits,
    names: &[&str],
    archive: Archive,
) -> Result<Box<dyn Reader>, ReadError> {
    let mut members = archive.members();
    match &contract.layout.member {
        Some(pattern) => {
            let pattern_whole = compile_whole("member pattern", pattern)?;
            members.retain(|(_, name)| pattern_whole.is_match(name));
            if members.is_empty() {
                return Err(ReadError::ZipNoMember {
                    pattern: pattern.value.clone(),
                });
            }
        }
        None if members.len() != 1 => {
            return Err(ReadError::ZipWhichMember {
                found: members.len(),
            });
        }
        None => {}
    }
    members.sort_by(|left, right| left.1.cmp(&right.1));
    Ok(Box::new(Members {
        archive,
        contract: contract.clone(),
        limits: *limits,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        waiting: members.into(),
        readers: Vec::new(),
    }))
}

/// The members of a zip, one after the other by name.
struct Members {
    archive: Archive,
    contract: Contract,
    limits: Limits,
    names: Vec<String>,
    waiting: VecDeque<(usize, String)>,
    /// Those opened so far; all but the last have been read.
    readers: Vec<Box<dyn Reader>>,
}

impl Members {
    fn open(&mut self, index: usize, name: &str) -> Result<Box<dyn Reader>, ReadError> {
        let file = self.archive.open_member(index)?;
        let own = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let names: Vec<&str> = std::iter::once(own)
            .chain(self.names.iter().map(String::as_str))
            .collect();
        open_file(&self.contract, &self.limits, &names, file)
    }
}

impl Reader for Members {
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>> {
        loop {
            if let Some(piece) = self.readers.last_mut().and_then(|last| last.next_piece()) {
                return Some(piece);
            }
            let (index, name) = self.waiting.pop_front()?;
            match self.open(index, &name) {
                Ok(reader) => self.readers.push(reader),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<Summary, ReadError> {
        let mut whole = Summary::default();
        for reader in self.readers {
            let part = reader.finish()?;
            whole.records += part.records;
            whole.rows += part.rows;
            whole.malformed += part.malformed;
            whole.warnings.extend(part.warnings);
        }
        Ok(whole)
    }
}

fn expected(format: Format) -> &'static str {
    match format {
        Format::Csv => "delimited text (CSV)",
        Format::Xlsx => "an Excel workbook (.xlsx)",
        Format::Ods => "an OpenDocument spreadsheet (.ods)",
        Format::JsonLines => "JSON lines",
        Format::Parquet => "a Parquet file",
        Format::Xml => "an XML file",
    }
}

fn opening(source: std::io::Error) -> ReadError {
    ReadError::Io {
        doing: "opening it",
        source,
    }
}

#[cfg(test)]
mod tests {
    use crate::read_error::ReadError;
    use crate::testing::*;
    use jcw_project::{Contract, Format, Limits, Origin};
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn ab() -> Contract {
        contract(layout(Format::Csv), columns(&["a", "b"]))
    }

    fn rule(result: Result<Whole, ReadError>) -> &'static str {
        result.unwrap_err().rule()
    }

    #[test]
    fn the_members_of_a_zip_are_read_one_after_the_other() {
        let mut contract = ab();
        contract.layout.member = Some(text(r".*\.csv"));
        contract
            .columns
            .push(column("month").from(Origin::FileName(text(r"(\d{4}-\d{2})"))));
        let bytes = zipped(&[
            ("b/2024-02.csv", b"b,a\n3,4\n"),
            ("../a/2024-01.csv", b"a,b\n1,2\n"),
            ("readme.txt", b"no"),
        ]);
        let whole = read(&contract, bytes).unwrap();
        assert_eq!(
            (whole.texts(0), whole.texts(1)),
            (vec!["1", "2", "2024-01"], vec!["3", "4", "2024-02"])
        );
        assert_eq!(whole.summary.records, 2);
    }

    #[test]
    fn a_zip_needs_one_member_or_a_pattern() {
        assert_eq!(
            read(&ab(), zipped(&[("x.csv", b"a,b\n1,2\n")]))
                .unwrap()
                .cells
                .len(),
            1
        );
        assert_eq!(
            rule(read(
                &ab(),
                zipped(&[("x.csv", b"a,b\n1,2\n"), ("y.csv", b"a,b\n")])
            )),
            "zip.ambiguous"
        );
        let mut contract = ab();
        contract.layout.member = Some(text("z.csv"));
        assert_eq!(
            rule(read(&contract, zipped(&[("x.csv", b"a,b\n1,2\n")]))),
            "zip.not_found"
        );
    }

    #[test]
    fn a_zip_that_swells_is_refused() {
        let bomb = zipped(&[("x.csv", &[b'a'; 8 << 20])]);
        let limits = Limits {
            max_zip_ratio: 100,
            ..Limits::default()
        };
        assert_eq!(
            rule(read_limited(&ab(), &limits, "x.zip", &bomb)),
            "zip.ratio"
        );
        let limits = Limits {
            max_zip_ratio: 1 << 40,
            max_unzipped_bytes: 1 << 20,
            ..Limits::default()
        };
        assert_eq!(
            rule(read_limited(&ab(), &limits, "x.zip", &bomb)),
            "zip.size"
        );
        let limits = Limits {
            max_zip_members: 1,
            ..Limits::default()
        };
        assert_eq!(
            rule(read_limited(
                &ab(),
                &limits,
                "x.zip",
                zipped(&[("x", b""), ("y", b"")])
            )),
            "zip.members"
        );
    }

    #[test]
    fn a_workbook_or_a_zip_within_a_zip_is_no_csv() {
        assert_eq!(
            rule(read(&ab(), zipped(&[("[Content_Types].xml", b"<x/>")]))),
            "file.format"
        );
        let macros = zipped(&[
            ("[Content_Types].xml", b"<x/>"),
            ("xl/vbaProject.bin", b"x"),
        ]);
        assert_eq!(
            rule(read(
                &contract(layout(Format::Xlsx), columns(&["a"])),
                macros
            )),
            "sheet.macros"
        );
        let inner = zipped(&[("x.csv", b"a,b\n1,2\n")]);
        assert_eq!(
            rule(read(&ab(), zipped(&[("x.zip", &inner)]))),
            "file.format"
        );
        assert_eq!(rule(read(&ab(), &inner[..inner.len() - 10])), "file.broken");
    }
}
