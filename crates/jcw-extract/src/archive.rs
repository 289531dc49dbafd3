//! An archive is a zip: a delivery of several files, or a workbook. It is only
//! ever opened within limits, and the names in it are never used as paths.

use crate::read_error::ReadError;
use crate::sheet::{HiddenRows, Look, is_streamed};
use jcw_project::Limits;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use zip::ZipArchive;

/// A small member may be all padding; what matters is what it grows to.
const RATIO_FROM_BYTES: u64 = 1 << 20;

/// A zip file.
pub(crate) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    limits: Limits,
    /// Bytes opened so far, over all members.
    opened: u64,
}

impl Archive {
    pub(crate) fn new(file: File, limits: &Limits) -> Result<Self, ReadError> {
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        if zip.len() > limits.max_zip_members {
            return Err(ReadError::ZipMembers {
                found: zip.len(),
                limit: limits.max_zip_members,
            });
        }
        Ok(Archive {
            zip,
            limits: *limits,
            opened: 0,
        })
    }

    /// Position and name of each file in it; folders left out.
    pub(crate) fn members(&self) -> Vec<(usize, String)> {
        let names = (0..self.zip.len())
            .filter_map(|index| Some((index, self.zip.name_for_index(index)?.ok()?.into_owned())));
        names.filter(|(_, name)| !name.ends_with('/')).collect()
    }

    /// Whether it has a member of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Copies a member to a file of its own, without a name.
    pub(crate) fn open_member(&mut self, index: usize) -> Result<File, ReadError> {
        let mut file = tempfile::tempfile().map_err(|source| ReadError::Io {
            doing: "opening a member of the zip",
            source,
        })?;
        self.copy_member(index, &mut file)?;
        file.seek(SeekFrom::Start(0))
            .map_err(|source| ReadError::Io {
                doing: "opening a member of the zip",
                source,
            })?;
        Ok(file)
    }

    /// Opens every member of a workbook and looks the bytes over as they go by:
    /// what it claims to hold is not to be believed before it has been counted.
    pub(crate) fn check_workbook(&mut self) -> Result<HiddenRows, ReadError> {
        let mut hidden = HiddenRows::default();
        for (index, name) in self.members() {
            let mut look = Look::new(self.limits.max_line_bytes, !is_streamed(&name));
            self.copy_member(index, &mut look)?;
            look.check()?;
            if is_streamed(&name) {
                hidden.insert(name, look.hidden_rows);
            }
        }
        Ok(hidden)
    }

    /// A small member's text.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, ReadError> {
        let mut bytes = Vec::new();
        if let Some(index) = self.zip.index_for_name(name) {
            self.copy_member(index, &mut bytes)?;
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn copy_member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), ReadError> {
        let member = self.zip.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(reason) if reason.contains("assword") => {
                ReadError::ZipEncrypted
            }
            error => broken(&error),
        })?;
        let zipped = member.compressed_size().max(1);
        let by_ratio = zipped
            .saturating_mul(self.limits.max_zip_ratio)
            .max(RATIO_FROM_BYTES);
        let by_size = self.limits.max_unzipped_bytes.saturating_sub(self.opened);
        let most = by_ratio.min(by_size);
        let copied = copy(&mut member.take(most.saturating_add(1)), to)?;
        if copied > most {
            return Err(if by_size < by_ratio {
                ReadError::ZipSize {
                    limit: self.limits.max_unzipped_bytes,
                }
            } else {
                ReadError::ZipRatio {
                    limit: self.limits.max_zip_ratio,
                }
            });
        }
        self.opened += copied;
        Ok(())
    }
}

/// Like [`std::io::copy`], telling a broken member from a full disk.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, ReadError> {
    let mut buffer = vec![0; 64 << 10];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer).map_err(|error| broken(&error))?;
        if read == 0 {
            return Ok(copied);
        }
        to.write_all(&buffer[..read])
            .map_err(|source| ReadError::Io {
                doing: "opening a member of the zip",
                source,
            })?;
        copied += read as u64;
    }
}

fn broken(error: &dyn std::error::Error) -> ReadError {
    ReadError::Broken {
        kind: "zip",
        reason: error.to_string(),
    }
}
