//! The demo is one folder of made-up extracts of all three partners, small,
//! with a few faults in it, and the list of those faults.

use crate::draw::Draws;
use crate::fault::{FAULTS, Planted, RuleFamily};
use crate::{Error, commissioner, council, reference, sitrep, tribunal};
use std::fs;
use std::path::Path;

/// The demo's own seed; another one makes other figures of the same kind.
const SEED: u64 = 882;

/// What was written and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// Every file, in order of path.
    pub extracts: Vec<Extract>,
    /// Every fault, in order of file and line.
    pub planted: Vec<Planted>,
}

/// One file of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extract {
    /// Path under the extracts' folder, with `/`; its first part is the partner.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// Writes the demo's extracts into `dir` (made when it is not there), in one
/// folder for each partner. The same bytes every time; files of the same name
/// are written over, others are left alone.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_demo(dir: &Path) -> Result<Demo, Error> {
    let (files, mut planted) = files(Draws::new(SEED))?;
    let mut extracts = Vec::new();
    for (path, bytes) in files {
        write(dir, &path, &bytes)?;
        extracts.push(Extract {
            path,
            bytes: bytes.len() as u64,
        });
    }
    extracts.sort_by(|a, b| a.path.cmp(&b.path));
    planted.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(Demo { extracts, planted })
}

/// A path under the extracts' folder, and what to write there.
type NamedBytes = (String, Vec<u8>);

/// Every file, and the faults in them.
fn files(draws: Draws) -> Result<(Vec<NamedBytes>, Vec<Planted>), Error> {
    let mut texts = council::files(draws);
    texts.push(tribunal::file(draws));
    texts.extend(commissioner::files(draws));
    texts.extend(reference::files(draws));
    let mut planted = Vec::new();
    for fault in &FAULTS {
        let file = texts.iter_mut().find(|text| text.path == fault.file);
        let no_file = || Error::NoSuchPlace {
            file: fault.file.to_owned(),
            what: "file of that name".to_owned(),
        };
        planted.push(fault.plant(file.ok_or_else(no_file)?)?);
    }
    let mut files = vec![(commissioner::GRANT.to_owned(), commissioner::grant(draws)?)];
    for text in &texts {
        files.push((text.path.clone(), text.bytes()?));
    }
    let mut latest = Vec::new();
    for month in &sitrep::MONTHS {
        latest = month.bytes(draws)?;
        files.push((month.path.to_owned(), latest.clone()));
    }
    for (path, bytes, family, what) in whole_file_faults(latest) {
        files.push((path.to_owned(), bytes));
        planted.push(Planted {
            file: path.to_owned(),
            line: None,
            column: None,
            family,
            what: what.to_owned(),
        });
    }
    Ok((files, planted))
}

/// Deliveries that are wrong as a whole, made from the latest good workbook.
fn whole_file_faults(latest: Vec<u8>) -> [(&'static str, Vec<u8>, RuleFamily, &'static str); 3] {
    let half = latest[..latest.len() / 2].to_vec();
    [
        (
            "eput/community_health_2024-12-01_resent.xlsx",
            latest,
            RuleFamily::SameBytes,
            "the December workbook once more, under another name",
        ),
        (
            "eput/community_health_2025-01-01.xlsx",
            Vec::new(),
            RuleFamily::File,
            "an empty file",
        ),
        (
            "eput/community_health_2025-02-01.xlsx",
            half,
            RuleFamily::File,
            "a workbook cut off in the middle",
        ),
    ]
}

fn write(dir: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let target = path
        .split('/')
        .fold(dir.to_owned(), |at, part| at.join(part));
    let folder = target.parent().unwrap_or(dir);
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })?;
    // A file that is there already keeps its date, so that it is no news.
    if fs::read(&target).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(&target, bytes).map_err(|source| Error::Write {
        path: target.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn made() -> (BTreeMap<String, Vec<u8>>, Vec<Planted>) {
        let (files, planted) = files(Draws::new(SEED)).unwrap();
        (files.into_iter().collect(), planted)
    }

    /// Rows by label, of a good file of the council.
    fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
        let text = std::str::from_utf8(bytes)
            .unwrap()
            .trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let cells = |row: csv::StringRecord| {
            header
                .iter()
                .zip(row.iter())
                .map(|(label, cell)| (label.to_owned(), cell.to_owned()))
                .collect()
        };
        reader.records().map(|row| cells(row.unwrap())).collect()
    }

    #[test]
    fn the_same_bytes_are_made_every_time() {
        assert_eq!(made(), made());
    }

    #[test]
    fn another_seed_makes_other_figures_in_files_of_the_same_names() {
        let (demo, _) = files(Draws::new(SEED)).unwrap();
        let (other, _) = files(Draws::new(1)).unwrap();
        let names =
            |files: &[NamedBytes]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
        assert_eq!(names(&demo), names(&other));
        assert_ne!(demo, other);
    }

    #[test]
    fn every_fault_stands_on_the_line_that_the_demo_tells() {
        let (files, planted) = made();
        for fault in planted.iter().filter(|fault| fault.line.is_some()) {
            let text = String::from_utf8_lossy(&files[&fault.file]);
            let line = text.lines().nth(fault.line.unwrap() as usize - 1).unwrap();
            match fault.family {
                RuleFamily::Type => assert!(
                    line.contains("1O4") || line.contains("31-02-2022"),
                    "{line}"
                ),
                RuleFamily::Code => assert!(line.contains("Unitary"), "{line}"),
                RuleFamily::Range => assert!(line.contains(",-2,"), "{line}"),
                RuleFamily::Shape => assert!(line.contains("Milton,Keynes"), "{line}"),
                RuleFamily::Key => {
                    assert_eq!(
                        Some(line),
                        text.lines().nth(fault.line.unwrap() as usize - 2)
                    );
                }
                _ => assert!(
                    line.contains("Bedford") || line.contains("Essex") || line.contains("Sussex"),
                    "{line}"
                ),
            }
        }
    }

    #[test]
    fn england_is_at_least_its_regions_and_a_region_at_least_its_authorities() {
        let (files, _) = made();
        let mut plans = BTreeMap::<_, i64>::new();
        for row in rows(&files["council/caseload.csv"]) {
            let group =
                ["time_period", "breakdown_topic", "breakdown"].map(|label| row[label].clone());
            let count: i64 = row["ehcplans"].parse().unwrap();
            *plans
                .entry((group, row["geographic_level"].clone()))
                .or_default() += count;
        }
        let of = |group: &[String; 3], level: &str| plans[&(group.clone(), level.to_owned())];
        for (group, _) in plans.keys() {
            assert!(of(group, "National") > of(group, "Regional"), "{group:?}");
            assert!(
                of(group, "Regional") > of(group, "Local authority"),
                "{group:?}"
            );
        }
        assert!(plans.len() > 100);
    }

    #[test]
    fn what_must_agree_between_columns_and_files_does() {
        let (files, planted) = made();
        let number = |row: &BTreeMap<String, String>, label: &str| row[label].parse::<i64>().ok();
        let spoilt: Vec<&str> = planted.iter().map(|fault| fault.file.as_str()).collect();
        assert!(!spoilt.contains(&"council/annual_reviews.csv"));
        for row in rows(&files["council/annual_reviews.csv"]) {
            let n = |label: &str| number(&row, label).unwrap();
            assert_eq!(
                n("total_ehc_plans"),
                n("review_expected") + n("review_not_expected")
            );
            assert_eq!(
                n("review_expected"),
                n("total_review_meeting") + n("no_review_meeting")
            );
            assert_eq!(
                n("review_decision_outstanding"),
                n("total_review_meeting")
                    - n("review_decision25")
                    - n("review_decision24")
                    - n("review_decision_prior24")
                    - n("review_decision_not_due")
            );
            assert_eq!(
                n("no_outcome"),
                n("total_review_meeting")
                    - n("outcome_amend")
                    - n("outcome_cease")
                    - n("outcome_maintan")
            );
        }
        let total = |file: &str, column: &str| -> Vec<Option<i64>> {
            let rows = rows(&files[file]);
            let totals = rows.iter().filter(|row| {
                row["breakdown_topic"] == row["breakdown"] && row["time_period"] == "2024"
            });
            totals.map(|row| number(row, column)).collect()
        };
        assert_eq!(
            total("council/newplans.csv", "new_ehc_plans"),
            total("council/assessments.csv", "assess_issued")
        );
        assert_eq!(
            total("council/newplans.csv", "new_ehc_plans"),
            total("council/sen_need_newplans.csv", "ehc_plans")
        );
    }

    #[test]
    fn occupational_therapy_is_blank_when_eput_did_not_send_it() {
        use calamine::{Data, Reader, Xlsx};
        let (files, _) = made();
        let waiting = |path: &str, header: usize, name: &str, line: &str| {
            let mut book = Xlsx::new(std::io::Cursor::new(files[path].clone())).unwrap();
            let sheet = book.worksheet_range("Table 4").unwrap();
            let row = |at: usize| {
                (0..60)
                    .map(|column| sheet.get_value((at as u32, column)).cloned())
                    .collect::<Vec<_>>()
            };
            let column = row(header)
                .iter()
                .position(|cell| matches!(cell, Some(Data::String(text)) if text == line))
                .unwrap();
            let found = (header..header + 30)
                .map(row)
                .find(|row| row.iter().flatten().any(|cell| matches!(cell, Data::String(text) if text.eq_ignore_ascii_case(name))))
                .unwrap();
            found[column].clone()
        };
        let eput = "Essex Partnership University NHS Foundation Trust";
        let therapy = "(CYP) Therapy interventions: Occupational therapy";
        let july = waiting("eput/community_health_2024-09-01.xlsx", 5, eput, therapy);
        assert!(
            matches!(july, Some(Data::Float(waiting)) if waiting > 0.0),
            "{july:?}"
        );
        let october = waiting("eput/community_health_2024-12-01.xlsx", 4, eput, therapy);
        assert!(matches!(october, None | Some(Data::Empty)), "{october:?}");
    }
}
