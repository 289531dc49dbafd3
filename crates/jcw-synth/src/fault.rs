//! A planted fault is a place where a made-up file was spoilt on purpose, and
//! what the warehouse must do about it.

use crate::Error;
use crate::text_file::TextFile;

/// What kind of rule a planted fault breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleFamily {
    /// A cell is not what its column's type says: `1O4`, 31 February.
    Type,
    /// A code that is in no list.
    Code,
    /// A number outside its range.
    Range,
    /// A cell that must be filled in is blank.
    Required,
    /// A key that was there already.
    Key,
    /// A row with more cells than the header has labels.
    Shape,
    /// A rule between columns is broken and the row is refused.
    CrossField,
    /// A rule between columns is broken, which is told, and the row is kept.
    Warning,
    /// A file that cannot be read at all: empty, or cut off.
    File,
    /// The bytes of another file, under another name.
    SameBytes,
}

/// One fault, where it is and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Path under the extracts' folder, with `/`.
    pub file: String,
    /// 1-based line of the text file; `None` when the whole file is at fault.
    pub line: Option<u64>,
    /// The column's label in the file's header, when one cell is at fault.
    pub column: Option<String>,
    /// What kind of rule it breaks.
    pub family: RuleFamily,
    /// What was done, for a reader.
    pub what: String,
}

/// A fault to plant: the row that has these cells, and what to do to it.
pub(crate) struct Fault {
    pub(crate) file: &'static str,
    /// Label and cell; the first row that has them all.
    pub(crate) row: &'static [(&'static str, &'static str)],
    pub(crate) harm: Harm,
    pub(crate) family: RuleFamily,
    pub(crate) what: &'static str,
}

pub(crate) enum Harm {
    /// Writes this into the column.
    Write(&'static str, &'static str),
    /// Adds this to the number in the column.
    Add(&'static str, i64),
    /// Puts the row in a second time, behind itself.
    Repeat,
    /// Breaks the column's cell in two at its first space, as a comma that
    /// nobody quoted does.
    Shift(&'static str),
}

impl Fault {
    /// Spoils the file and says where.
    pub(crate) fn plant(&self, file: &mut TextFile) -> Result<Planted, Error> {
        let missing = |what: String| Error::NoSuchPlace {
            file: self.file.to_owned(),
            what,
        };
        let header = file.rows.first().cloned().unwrap_or_default();
        let place = |label: &str| {
            header
                .iter()
                .position(|cell| cell == label)
                .ok_or_else(|| missing(format!("column {label:?}")))
        };
        let mut wanted = Vec::new();
        for (label, cell) in self.row {
            wanted.push((place(label)?, *cell));
        }
        let found = file.rows.iter().position(|row| {
            wanted
                .iter()
                .all(|(at, cell)| row.get(*at).is_some_and(|found| found == cell))
        });
        let found = found.ok_or_else(|| missing(format!("row with {:?}", self.row)))?;
        let mut line = found as u64 + 1;
        let mut column = None;
        match self.harm {
            Harm::Write(label, text) => {
                text.clone_into(&mut file.rows[found][place(label)?]);
                column = Some(label);
            }
            Harm::Add(label, more) => {
                let cell = &mut file.rows[found][place(label)?];
                let number: i64 = cell
                    .parse()
                    .map_err(|_| missing(format!("number in column {label:?}")))?;
                *cell = (number + more).to_string();
                column = Some(label);
            }
            Harm::Repeat => {
                let again = file.rows[found].clone();
                file.rows.insert(found + 1, again);
                line += 1;
            }
            Harm::Shift(label) => {
                let at = place(label)?;
                let (first, rest) = file.rows[found][at]
                    .split_once(' ')
                    .map(|(first, rest)| (first.to_owned(), rest.to_owned()))
                    .ok_or_else(|| missing(format!("space in column {label:?}")))?;
                file.rows[found].splice(at..=at, [first, rest]);
            }
        }
        Ok(Planted {
            file: file.path.clone(),
            line: Some(line),
            column: column.map(str::to_owned),
            family: self.family,
            what: self.what.to_owned(),
        })
    }
}

/// What is planted in the text files of the demo. No row of Southend is
/// touched, so that its figures are whole.
pub(crate) const FAULTS: [Fault; 9] = [
    Fault {
        file: "council/requests.csv",
        row: &[
            ("time_period", "2024"),
            ("la_name", "Thurrock"),
            ("breakdown", "Aged 7"),
        ],
        harm: Harm::Write("requests_received_in_year", "1O4"),
        family: RuleFamily::Type,
        what: "a letter O where the number has a nought",
    },
    Fault {
        file: "council/newplans.csv",
        row: &[
            ("time_period", "2023"),
            ("la_name", "Portsmouth"),
            ("breakdown", "Male"),
        ],
        harm: Harm::Write("geographic_level", "Unitary"),
        family: RuleFamily::Code,
        what: "a geographic level that the Department does not have",
    },
    Fault {
        file: "council/residential_settings.csv",
        row: &[
            ("time_period", "202324"),
            ("la_name", "East Sussex"),
            ("breakdown", "Female"),
        ],
        harm: Harm::Write("Res_52", "-2"),
        family: RuleFamily::Range,
        what: "fewer than no children",
    },
    Fault {
        file: "council/personal_budgets.csv",
        row: &[
            ("time_period", "202425"),
            ("la_name", "Bedford"),
            ("breakdown", "age 11"),
        ],
        harm: Harm::Write("breakdown", ""),
        family: RuleFamily::Required,
        what: "a breakdown without its label",
    },
    Fault {
        file: "council/assessments.csv",
        row: &[
            ("time_period", "2024"),
            ("la_name", "Bedford"),
            ("breakdown", "Female"),
        ],
        harm: Harm::Repeat,
        family: RuleFamily::Key,
        what: "the same row twice",
    },
    Fault {
        file: "council/timeliness_20_week.csv",
        row: &[
            ("time_period", "2024"),
            ("la_name", "Milton Keynes"),
            ("breakdown", "age 4"),
        ],
        harm: Harm::Shift("la_name"),
        family: RuleFamily::Shape,
        what: "a comma in a name that was not quoted, so that every cell after it is one too far right",
    },
    Fault {
        file: "council/ceased_plans.csv",
        row: &[
            ("time_period", "2024"),
            ("la_name", "Essex"),
            ("breakdown", "Male"),
        ],
        harm: Harm::Add("needs_met", 5_000),
        family: RuleFamily::CrossField,
        what: "more plans ceased for one reason than ceased",
    },
    Fault {
        file: "council/work_based_placements.csv",
        row: &[
            ("la_name", "East Sussex"),
            ("breakdown_topic", "Sex"),
            ("breakdown", "Male"),
        ],
        harm: Harm::Add("open_wbp", 1),
        family: RuleFamily::Warning,
        what: "a total that is one more than its parts",
    },
    Fault {
        file: "reference/gias_links_edubasealldata20250422.csv",
        row: &[("URN", "900004")],
        harm: Harm::Write("LinkEstablishedDate", "31-02-2022"),
        family: RuleFamily::Type,
        what: "a day that is not in the calendar",
    },
];
