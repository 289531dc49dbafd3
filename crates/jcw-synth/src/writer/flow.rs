//! A flow is a provider's submissions, month by month, in two shapes: the
//! provider's own files, one set a submission, and the board's copies, in which
//! each day's set holds the submissions that had come by then.

use super::csds;
use super::mhsds;
use super::output::Output;
use super::record::Record;
use super::spool::FileId;
use super::submission::{Submission, Window};
use super::table::Table;
use super::tables::board::{CSDS_ACTIVE_SUBMISSION, MHSDS_ACTIVE_SUBMISSION};
use super::text::{DATABASE, PLAIN};
use crate::Error;
use crate::mess::Entry;
use crate::world::World;
use crate::world::health::Provider;
use chrono::{Datelike, NaiveDate};

/// What differs from one national data set to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataSet {
    pub(crate) provider: Provider,
    /// Its folders: the provider's and the board's.
    folders: (&'static str, &'static str),
    header: &'static str,
    /// Tables, names of their files, and of their totals in the header.
    tables: &'static [(&'static Table, &'static str, &'static str)],
    /// Labels of the header: version, provider, submitter, first and last day,
    /// time made, system.
    header_labels: [&'static str; 7],
    system: &'static str,
    version: fn(NaiveDate) -> &'static str,
}

/// Community services.
pub(crate) static CSDS: DataSet = DataSet {
    provider: Provider::Eput,
    folders: ("eput/csds", "commissioner/csds"),
    header: "CYP000Header",
    tables: &csds::TABLES,
    header_labels: [
        "Version",
        "OrgID_Provider",
        "OrgID_Submitter",
        "RP_StartDate",
        "RP_EndDate",
        "FileCreation_DateTime",
        "PrimarySystem",
    ],
    system: "SystmOne",
    version: |month| if month.year() < 2023 { "1.5" } else { "1.6" },
};

/// Mental health services.
pub(crate) static MHSDS: DataSet = DataSet {
    provider: Provider::Nelft,
    folders: ("nelft/mhsds", "commissioner/mhsds"),
    header: "MHS000Header",
    tables: &mhsds::TABLES,
    header_labels: [
        "DatSetVer",
        "OrgIDProvider",
        "OrgIDSubmit",
        "ReportingPeriodStartDate",
        "ReportingPeriodEndDate",
        "DateTimeDatSetCreate",
        "PrimSystemInUse",
    ],
    system: "RiO",
    version: |month| match (month.year(), month.month()) {
        (2024, 4..) | (2025.., _) => "6.0",
        _ => "5.0",
    },
};

/// What a board's file says on every row, before the columns of the table.
const COMMON: [&str; 7] = [
    "ORGANISATION IDENTIFIER (CODE OF PROVIDER)",
    "UNIQUE SUBMISSION ID",
    "FILE TYPE",
    "REPORTING PERIOD START DATE",
    "REPORTING PERIOD END DATE",
    "EFFECTIVE FROM",
    "PRIMARY DATA COLLECTION SYSTEM IN USE",
];

/// A data set's submissions as they grow.
#[derive(Debug)]
pub(crate) struct Flow {
    set: &'static DataSet,
    submissions: Vec<Growing>,
}

#[derive(Debug)]
struct Growing {
    submission: Submission,
    own: Vec<FileId>,
    copies: Vec<FileId>,
    /// What a board's file says on every row of this submission.
    common: Vec<u8>,
}

impl Flow {
    /// Begins every file of the world's years.
    pub(crate) fn begin(set: &'static DataSet, world: &World, output: &mut Output) -> Flow {
        let submissions = Submission::all(world, set.provider)
            .into_iter()
            .map(|submission| Growing {
                own: set.own_files(&submission, output),
                copies: set.copies(&submission, output),
                common: set.common(&submission),
                submission,
            })
            .collect();
        Flow { set, submissions }
    }

    /// The submissions, in order.
    pub(crate) fn submissions(&self) -> Vec<Submission> {
        let all = self.submissions.iter();
        all.map(|growing| growing.submission.clone()).collect()
    }

    /// Adds what a submission says of a child. `pseudonym` is the child's in
    /// the board's files.
    pub(crate) fn add(
        &mut self,
        submission: usize,
        pseudonym: &str,
        entries: &[Entry],
        output: &mut Output,
    ) -> Result<(), Error> {
        let growing = &self.submissions[submission];
        let year = growing.submission.month.year();
        for Entry { record, broken } in entries {
            let Some(place) = self.set.place(record.table) else {
                continue;
            };
            let table = record.table;
            let row = output.spool.record(growing.own[place], 1, |out| {
                PLAIN.record(out, record, |column| column.is_in(year));
            })?;
            output.note(growing.own[place], row, table, broken)?;
            let row = output.spool.record(growing.copies[place], 1, |out| {
                out.extend_from_slice(&growing.common);
                if place == 0 {
                    DATABASE.line_start(out, [pseudonym]);
                }
                DATABASE.record(out, record, |_| true);
            })?;
            output.note(growing.copies[place], row, table, broken)?;
        }
        Ok(())
    }

    /// Writes the headers, which state how many rows there are.
    pub(crate) fn end(self, output: &mut Output) -> Result<(), Error> {
        let set = self.set;
        for growing in &self.submissions {
            let submission = &growing.submission;
            let totals: Vec<String> = (growing.own.iter())
                .map(|file| output.spool.records(*file).to_string())
                .collect();
            let totals = || {
                (set.tables.iter().zip(&totals))
                    .filter(|((_, _, total), _)| !total.is_empty())
                    .map(|(_, total)| total.as_str())
            };
            let path = set.own_path(submission, set.header);
            let own = output.spool.file(&path, 2, || {
                let named = set.tables.iter().map(|(_, _, total)| total);
                let named: Vec<String> = (named.filter(|total| !total.is_empty()))
                    .map(|total| format!("Total_{total}"))
                    .collect();
                let labels = set.header_labels.into_iter();
                PLAIN.header(labels.chain(named.iter().map(String::as_str)))
            });
            let provider = set.provider.code();
            let (first, last) = (
                submission.month.to_string(),
                submission.last_day().to_string(),
            );
            let made = made(submission);
            let version = (set.version)(submission.month);
            let cells = [
                version, provider, provider, &first, &last, &made, set.system,
            ];
            output.spool.record(own, 1, |out| {
                PLAIN.line(out, cells.into_iter().chain(totals()));
            })?;
            let path = set.copy_path(submission, set.header);
            let copy = output.spool.file(&path, 2, || {
                let named = set.tables.iter().map(|(_, _, total)| total);
                let named: Vec<String> = (named.filter(|total| !total.is_empty()))
                    .map(|total| format!("TOTAL {total} POST PROCESSING ROW COUNT"))
                    .collect();
                let own = [
                    "DATA SET VERSION NUMBER",
                    "ORGANISATION IDENTIFIER (CODE OF SUBMITTING ORGANISATION)",
                ];
                let labels = COMMON.into_iter().chain(own);
                DATABASE.header(labels.chain(named.iter().map(String::as_str)))
            });
            output.spool.record(copy, 1, |out| {
                out.extend_from_slice(&growing.common);
                DATABASE.line(out, [version, provider].into_iter().chain(totals()));
            })?;
        }
        Ok(())
    }
}

impl DataSet {
    fn place(&self, table: &Table) -> Option<usize> {
        self.tables.iter().position(|(known, ..)| *known == table)
    }

    /// `extracts/eput/csds/R1L_2024-04_refresh_102912_CYP101Referral.csv`.
    fn own_path(&self, submission: &Submission, file: &str) -> String {
        format!(
            "extracts/{}/{}_{}_{}_{}_{file}.csv",
            self.folders.0,
            self.provider.code(),
            submission.month.format("%Y-%m"),
            submission.window_name(),
            submission.id,
        )
    }

    /// `shapes/icb/commissioner/csds/2024-06-15_CYP101Referral.csv`.
    fn copy_path(&self, submission: &Submission, file: &str) -> String {
        format!(
            "shapes/icb/{}/{}_{file}.csv",
            self.folders.1,
            submission.taken()
        )
    }

    fn own_files(&self, submission: &Submission, output: &mut Output) -> Vec<FileId> {
        let year = submission.month.year();
        (self.tables.iter())
            .map(|(table, file, _)| {
                let path = self.own_path(submission, file);
                output.spool.file(&path, 2, || {
                    let columns = table.columns.iter();
                    let shown = columns.filter(|column| column.is_in(year));
                    PLAIN.header(shown.map(|column| column.label))
                })
            })
            .collect()
    }

    fn copies(&self, submission: &Submission, output: &mut Output) -> Vec<FileId> {
        (self.tables.iter().enumerate())
            .map(|(place, (table, file, _))| {
                let path = self.copy_path(submission, file);
                output.spool.file(&path, 2, || {
                    let pseudonym = (place == 0).then_some("PERSON ID");
                    let titles = table.columns.iter().map(|column| column.title);
                    DATABASE.header(COMMON.into_iter().chain(pseudonym).chain(titles))
                })
            })
            .collect()
    }

    fn common(&self, submission: &Submission) -> Vec<u8> {
        let mut out = Vec::new();
        let (first, last) = (
            submission.month.to_string(),
            submission.last_day().to_string(),
        );
        DATABASE.line_start(
            &mut out,
            [
                self.provider.code(),
                &submission.id,
                submission.window_name(),
                &first,
                &last,
                &made(submission),
                self.system,
            ],
        );
        out
    }
}

fn made(submission: &Submission) -> String {
    format!("{}T09:00:00Z", submission.made())
}

/// The lists of submissions that count, one for each data set: the last one of
/// each month.
pub(crate) fn active(flows: &[Flow; 2]) -> Vec<Record> {
    let lists = flows
        .iter()
        .zip([&CSDS_ACTIVE_SUBMISSION, &MHSDS_ACTIVE_SUBMISSION]);
    lists
        .flat_map(|(flow, table)| {
            let last = flow.submissions.iter().map(|growing| &growing.submission);
            let last = last.filter(|submission| submission.window == Window::Refresh);
            last.map(move |submission| {
                Record::new(table)
                    .put("submission_id", &submission.id)
                    .put("org_id_provider", submission.provider.code())
                    .put("rp_start_date", submission.month)
                    .done()
            })
        })
        .collect()
}

/// Where those lists stand: made when the last submission had come.
pub(crate) fn active_paths(flows: &[Flow; 2]) -> Vec<(&'static Table, String)> {
    let lists = [
        (&CSDS_ACTIVE_SUBMISSION, "csds_active_submission"),
        (&MHSDS_ACTIVE_SUBMISSION, "mhsds_active_submission"),
    ];
    (flows.iter().zip(lists))
        .filter_map(|(flow, (table, name))| {
            let taken = flow.submissions.last()?.submission.taken();
            Some((
                table,
                format!("extracts/commissioner/{name}/{name}_{taken}.csv"),
            ))
        })
        .collect()
}
