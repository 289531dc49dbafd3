//! A SitRep workbook: NHS England's monthly count of people waiting for
//! community health services, by provider, service line and length of wait.
//!
//! A file is named for the month it was published; its figures are two months
//! older. Three layouts are made, as three were published: the header on row 6
//! with nothing above the organisations; on row 5 with labels; and on row 5 with
//! a column of organisation codes and names in capitals.

mod lines;

use crate::Error;
use crate::draw::{Draws, split};
use crate::text_file::{Dialect, TextFile};
use lines::{BANDS, EPUT_LINES, LINES, NOTES, ORGANISATIONS, Organisation, WITHHELD};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// One workbook to make.
pub(crate) struct Month {
    /// Path under the extracts' folder.
    pub(crate) path: &'static str,
    /// `July 2024`, the month the figures are for.
    pub(crate) data: &'static str,
    /// `2024-07-01`, the same month.
    data_month: &'static str,
    /// `12 September 2024`.
    pub(crate) published: &'static str,
    pub(crate) layout: Layout,
    /// Did EPUT send in a figure for occupational therapy this month?
    pub(crate) has_occupational_therapy: bool,
}

/// The three shapes a workbook has had.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Unlabelled,
    Labelled,
    Coded,
}

enum Figure {
    Waiting(i64),
    Star,
    Blank,
}

pub(crate) const MONTHS: [Month; 4] = [
    month(
        "eput/community_health_2024-09-01.xlsx",
        "July 2024",
        "2024-07-01",
        "12 September 2024",
        Layout::Unlabelled,
        true,
    ),
    month(
        "eput/community_health_2024-10-01.xlsx",
        "August 2024",
        "2024-08-01",
        "10 October 2024",
        Layout::Unlabelled,
        false,
    ),
    month(
        "eput/community_health_2024-11-01.xlsx",
        "September 2024",
        "2024-09-01",
        "14 November 2024",
        Layout::Labelled,
        false,
    ),
    month(
        "eput/community_health_2024-12-01.xlsx",
        "October 2024",
        "2024-10-01",
        "12 December 2024",
        Layout::Coded,
        false,
    ),
];

const fn month(
    path: &'static str,
    data: &'static str,
    data_month: &'static str,
    published: &'static str,
    layout: Layout,
    has_occupational_therapy: bool,
) -> Month {
    Month {
        path,
        data,
        data_month,
        published,
        layout,
        has_occupational_therapy,
    }
}

impl Month {
    /// The workbook's bytes, the same every time.
    pub(crate) fn bytes(&self, draws: Draws) -> Result<Vec<u8>, Error> {
        self.workbook(draws).map_err(|source| Error::Workbook {
            file: self.path.to_owned(),
            source,
        })
    }

    fn workbook(&self, draws: Draws) -> Result<Vec<u8>, XlsxError> {
        let mut book = dated_workbook()?;
        self.front_sheets(&mut book)?;
        for (band, (sheet, title, _)) in BANDS.iter().enumerate() {
            let sheet = book.add_worksheet().set_name(*sheet)?;
            self.table(sheet, band, &format!("{title}, {}", self.data), draws)?;
        }
        book.save_to_buffer()
    }

    /// The sheets that say what the workbook is; nothing in them is loaded.
    fn front_sheets(&self, book: &mut Workbook) -> Result<(), XlsxError> {
        let cover = book.add_worksheet().set_name("Cover page")?;
        let lines = [
            ("Title:", "Community Health Services Waiting Times"),
            ("Summary:", NOTES[1]),
            ("Basis:", "Provider"),
            ("Published:", self.published),
            ("Status:", "Made up"),
        ];
        for (row, (label, text)) in (1u32..).zip(lines) {
            cover
                .write_string(row, 1, label)?
                .write_string(row, 2, text)?;
        }
        let contents = book.add_worksheet().set_name("Contents")?;
        for (row, (sheet, title, _)) in (2u32..).zip(BANDS) {
            contents.write_string(row, 1, format!("{sheet}: {title}, {}", self.data))?;
        }
        Ok(())
    }

    fn table(
        &self,
        sheet: &mut Worksheet,
        band: usize,
        title: &str,
        draws: Draws,
    ) -> Result<(), XlsxError> {
        let first = u16::from(self.layout == Layout::Unlabelled);
        for (row, note) in (0u32..).zip([title].into_iter().chain(NOTES)) {
            sheet.write_string(row, first, note)?;
        }
        let labels: &[&str] = match self.layout {
            Layout::Unlabelled => &["", ""],
            // The publisher's sheet of the longest waits was labelled otherwise.
            Layout::Labelled if band == 7 => &["level", "name"],
            Layout::Labelled => &["Organisation Type", "Organisation Name"],
            Layout::Coded => &[
                "Organisation Type",
                "Organisation Code",
                "Organisation Name",
            ],
        };
        let header = if self.layout == Layout::Unlabelled {
            5
        } else {
            4
        };
        for (column, label) in (first..).zip(labels.iter().copied().chain(LINES)) {
            sheet.write_string(header, column, label)?;
        }
        for (row, place) in (header + 1..).zip(&ORGANISATIONS) {
            let capitals = place.name.to_uppercase();
            let mut cells: Vec<&str> = match self.layout {
                Layout::Unlabelled => vec![place.name],
                Layout::Labelled => vec![place.kind, place.name],
                Layout::Coded if place.kind == "National" => vec![place.kind, "", place.name],
                Layout::Coded => vec![place.kind, place.code, &capitals],
            };
            let at = first
                + if self.layout == Layout::Unlabelled {
                    1
                } else {
                    0
                };
            for (column, cell) in (at..).zip(cells.drain(..)) {
                sheet.write_string(row, column, cell)?;
            }
            let lines = first + labels.len() as u16;
            for (column, line) in (lines..).zip(LINES) {
                match self.figure(place, line, band, draws) {
                    Figure::Waiting(waiting) => sheet.write_number(row, column, waiting as f64)?,
                    Figure::Star => sheet.write_string(row, column, "*")?,
                    Figure::Blank => sheet,
                };
            }
        }
        if self.layout == Layout::Unlabelled {
            merge_kinds(sheet, header + 1)?;
        }
        Ok(())
    }

    /// What stands in a cell.
    fn figure(&self, place: &Organisation, line: &str, band: usize, draws: Draws) -> Figure {
        let is_withheld = WITHHELD.contains(&line) && (place.kind != "National" || band > 0);
        match self.waiting(place, line, band, draws) {
            // The latest layout leaves the cell empty where the others have a star.
            _ if is_withheld && self.layout == Layout::Coded => Figure::Blank,
            _ if is_withheld => Figure::Star,
            None => Figure::Blank,
            Some(waiting) => Figure::Waiting(waiting),
        }
    }

    /// How many wait; `None` when nobody sent a figure.
    fn waiting(&self, place: &Organisation, line: &str, band: usize, draws: Draws) -> Option<i64> {
        let providers = ORGANISATIONS.iter().filter(|provider| {
            provider.kind == "Provider"
                && (place.kind == "National"
                    || provider.name == place.name
                    || is_within(provider, place.code))
        });
        providers
            .filter_map(|provider| self.sent(provider, line, band, draws))
            .reduce(|sum, more| sum + more)
    }

    fn sent(&self, provider: &Organisation, line: &str, band: usize, draws: Draws) -> Option<i64> {
        let sends = match provider.code {
            "R1L" if line == "(CYP) Therapy interventions: Occupational therapy" => {
                self.has_occupational_therapy
            }
            "R1L" if line.starts_with("(CYP)") => EPUT_LINES.contains(&line),
            _ => draws.unit(&["sends", provider.code, line]) < 0.45 || WITHHELD.contains(&line),
        };
        let scale = match line {
            "(CYP) Community paediatric service" => 2_400.0,
            _ if WITHHELD.contains(&line) => 3.0,
            _ => 420.0,
        };
        let level = scale * draws.between(0.4, 1.4, &["level", provider.code, line]);
        let moved = draws.between(0.9, 1.15, &["month", provider.code, line, self.data]);
        let bands: Vec<f64> = BANDS[1..]
            .iter()
            .map(|(sheet, _, share)| {
                share * draws.between(0.5, 1.5, &[sheet, provider.code, line, self.data])
            })
            .collect();
        let total = (level * moved).round() as i64;
        sends.then(|| {
            if band == 0 {
                total
            } else {
                split(total, &bands)[band - 1]
            }
        })
    }
}

fn is_within(provider: &Organisation, code: &str) -> bool {
    provider.within == code
        || ORGANISATIONS
            .iter()
            .any(|board| board.code == provider.within && board.within == code && !code.is_empty())
}

/// The oldest layout names the kind of organisation once, in merged cells.
fn merge_kinds(sheet: &mut Worksheet, first: u32) -> Result<(), XlsxError> {
    for (kind, label) in [
        ("Region", "Region"),
        ("ICB", "ICB"),
        ("Provider", "Organisation"),
    ] {
        let rows: Vec<u32> = (first..)
            .zip(&ORGANISATIONS)
            .filter(|(_, o)| o.kind == kind)
            .map(|(row, _)| row)
            .collect();
        if let (Some(from), Some(to)) = (rows.first(), rows.last()) {
            sheet.merge_range(*from, 1, *to, 1, label, &Format::new())?;
        }
    }
    Ok(())
}

/// DfE's derived time series: children waiting in England, by month and line.
pub(crate) fn time_series(draws: Draws) -> TextFile {
    let header = [
        "",
        "Therapy",
        "Total waiting list",
        "Waiting >18-52 weeks",
        "Waiting >52 weeks",
        "Date",
        "Percentage waiting more than 18 weeks",
        "formattedDate",
    ];
    let mut file = TextFile::new(
        "reference/eng_ch_time_series_derived.csv",
        Dialect::QuotedTextLf,
        &header,
    );
    let lines = [
        ("Audiology", "(CYP) Audiology"),
        (
            "Community Paediatric Service",
            "(CYP) Community paediatric service",
        ),
        (
            "Occupational Therapy",
            "(CYP) Therapy interventions: Occupational therapy",
        ),
        (
            "Speech And Language",
            "(CYP) Therapy interventions: Speech and language",
        ),
    ];
    for month in &MONTHS {
        for (name, line) in lines {
            let waiting = |band| {
                month
                    .waiting(&ORGANISATIONS[0], line, band, draws)
                    .unwrap_or(0)
            };
            let (all, long, longest) = (waiting(0), waiting(6), waiting(7));
            file.push(&[
                &file.rows.len().to_string(),
                name,
                &all.to_string(),
                &long.to_string(),
                &longest.to_string(),
                &format!(" {}", month.data),
                &format!(
                    "{:.13}",
                    100.0 * (long + longest) as f64 / all.max(1) as f64
                ),
                month.data_month,
            ]);
        }
    }
    file
}

/// A workbook that says it was made on a fixed day, so that it is the same
/// bytes whenever it is made.
pub(crate) fn dated_workbook() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let day = ExcelDateTime::from_ymd(2024, 12, 12)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    Ok(book)
}
