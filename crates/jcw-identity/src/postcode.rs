//! Postcodes says in which lower layer super output area (LSOA 2021, some 1,500
//! people) a postcode lies, by the ONS postcode directory or an extract of it.
//! The file is read by the gate alone and goes nowhere else.

use crate::canonical;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A look-up from postcodes to areas, in memory: twelve bytes a postcode.
#[derive(Debug)]
pub struct Postcodes {
    /// Sorted: a postcode, and the number of its area.
    known: Vec<([u8; 8], u32)>,
    areas: Vec<String>,
    hash: String,
}

/// A look-up that does not read.
#[derive(Debug, thiserror::Error)]
pub enum PostcodeError {
    /// The file, or a line of it, does not read.
    #[error("reading the postcodes {}: {reason}; see `postcodes` in pipelines/identity.yaml", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why; never a cell.
        reason: String,
    },
    /// The file has no such column.
    #[error("the postcodes {} have no column `{column}`; ONS's directory calls it so", path.display())]
    Column {
        /// Where.
        path: PathBuf,
        /// Which.
        column: &'static str,
    },
}

impl Postcodes {
    /// Reads a CSV file with the columns `pcds` and `lsoa21`.
    pub fn read(path: &Path) -> Result<Postcodes, PostcodeError> {
        let failed = |reason: String| PostcodeError::Read {
            path: path.to_owned(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let hash = Sha256::digest(&bytes);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let headers = reader
            .byte_headers()
            .map_err(|error| failed(error.to_string()))?;
        let place = |column: &'static str| {
            let is_it = |header: &[u8]| {
                let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
                header.eq_ignore_ascii_case(column.as_bytes())
            };
            (headers.iter().position(is_it)).ok_or_else(|| PostcodeError::Column {
                path: path.to_owned(),
                column,
            })
        };
        let (postcode, area) = (place("pcds")?, place("lsoa21")?);
        let mut numbers: HashMap<Vec<u8>, u32> = HashMap::new();
        let (mut known, mut areas) = (Vec::new(), Vec::new());
        let mut record = csv::ByteRecord::new();
        let mut line = 1;
        while reader
            .read_byte_record(&mut record)
            .map_err(|_| failed(format!("line {} is not a row of it", line + 1)))?
        {
            line += 1;
            let text = |place: usize| std::str::from_utf8(record.get(place)?).ok();
            let (Some(postcode), Some(area)) = (text(postcode), text(area)) else {
                continue;
            };
            let (Some(postcode), false) = (key_of(postcode), area.trim().is_empty()) else {
                continue;
            };
            let area = area.trim();
            let number = match numbers.get(area.as_bytes()) {
                Some(number) => *number,
                None => {
                    let number = areas.len() as u32;
                    areas.push(area.to_owned());
                    numbers.insert(area.as_bytes().to_vec(), number);
                    number
                }
            };
            known.push((postcode, number));
        }
        known.sort_unstable();
        known.dedup_by_key(|(postcode, _)| *postcode);
        Ok(Postcodes {
            known,
            areas,
            hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The area of a postcode, however it is written.
    pub fn lsoa(&self, postcode: &str) -> Option<&str> {
        let key = key_of(postcode)?;
        let place = self.known.binary_search_by_key(&key, |(known, _)| *known);
        let (_, area) = self.known.get(place.ok()?)?;
        self.areas.get(*area as usize).map(String::as_str)
    }

    /// SHA-256 (hex) of the file.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn key_of(postcode: &str) -> Option<[u8; 8]> {
    let postcode = canonical::postcode(postcode)?;
    let mut key = [b' '; 8];
    key.get_mut(..postcode.len())?
        .copy_from_slice(postcode.as_bytes());
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_has_the_area_of_the_file_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postcodes.csv");
        let text = "PCDS,doterm,lsoa21\nSS1 1AA,,E01015857\nSS2 6ZZ,,E01015801\nSS9 9ZZ,,\n";
        std::fs::write(&path, text).unwrap();
        let postcodes = Postcodes::read(&path).unwrap();
        assert_eq!(postcodes.lsoa("ss11aa"), Some("E01015857"));
        assert_eq!(postcodes.lsoa("SS2 6ZZ"), Some("E01015801"));
        for unknown in ["SS9 9ZZ", "SS3 3AA", "ZZ99 3VZ", ""] {
            assert_eq!(postcodes.lsoa(unknown), None, "{unknown}");
        }
        std::fs::write(&path, "postcode,lsoa21\n").unwrap();
        let refused = Postcodes::read(&path).unwrap_err();
        assert!(matches!(
            refused,
            PostcodeError::Column { column: "pcds", .. }
        ));
    }
}
