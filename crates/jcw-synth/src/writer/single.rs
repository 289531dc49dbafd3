//! Single tables: extracts of one file each, a CSV in the dialect of the system
//! that made it or a workbook that people keep.

use super::output::Output;
use super::table::Table;
use super::tables::{board, council, eput};
use super::text::{DATABASE, Dialect, PLAIN, SPREADSHEET};
use crate::Error;
use crate::mess::{Context, Entry};
use crate::world::World;
use chrono::Datelike;
use std::collections::HashMap;

/// How an extract is written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Csv(&'static Dialect),
    /// A sheet of this name, below a title.
    Sheet(&'static str, &'static str),
}

/// The extracts that are made on the world's last day, with their folder.
static SINGLES: [(&Table, &str, Form); 26] = [
    (
        &council::EHCNA_CASE,
        "council/ehcna_case",
        Form::Csv(&PLAIN),
    ),
    (
        &council::EHCNA_ADVICE_REQUEST,
        "council/ehcna_advice_request",
        Form::Csv(&PLAIN),
    ),
    (
        &council::PLAN_PROVISION,
        "council/plan_provision",
        Form::Csv(&PLAIN),
    ),
    (
        &council::ANNUAL_REVIEW,
        "council/annual_review",
        Form::Csv(&PLAIN),
    ),
    (
        &council::MEDIATION_APPEAL,
        "council/mediation_appeal",
        Form::Csv(&PLAIN),
    ),
    (
        &council::PLAN_AUDIT,
        "council/plan_audit",
        Form::Sheet("Audits", "Multi-agency audits of EHC plans"),
    ),
    (
        &council::CWD_REFERRAL,
        "council/cwd_referral",
        Form::Csv(&SPREADSHEET),
    ),
    (
        &council::SHORT_BREAK,
        "council/short_break",
        Form::Csv(&SPREADSHEET),
    ),
    (
        &council::PLACEMENT_COST,
        "council/placement_cost",
        Form::Csv(&DATABASE),
    ),
    (
        &council::ATTENDANCE,
        "council/attendance",
        Form::Csv(&DATABASE),
    ),
    (
        &council::SUSPENSION,
        "council/suspension",
        Form::Csv(&DATABASE),
    ),
    (
        &council::REDUCED_TIMETABLE,
        "council/reduced_timetable",
        Form::Csv(&PLAIN),
    ),
    (
        &council::OUT_OF_SCHOOL,
        "council/out_of_school",
        Form::Csv(&PLAIN),
    ),
    (
        &council::PARENT_CARER_SURVEY,
        "council/parent_carer_survey",
        Form::Sheet("Answers", "Parent and carer survey"),
    ),
    (
        &council::LOCAL_OFFER_COUNT,
        "council/local_offer_count",
        Form::Csv(&PLAIN),
    ),
    (
        &eput::ADVICE_TRACKER,
        "eput/advice_tracker",
        Form::Sheet("Tracker", "EHCNA health advice tracker"),
    ),
    (
        &board::CONTRACT_PLAN,
        "commissioner/contract_plan",
        Form::Csv(&DATABASE),
    ),
    (
        &board::CONTRACT_ACTUAL,
        "commissioner/contract_actual",
        Form::Csv(&DATABASE),
    ),
    (
        &board::SERVICE_FINANCE,
        "commissioner/service_finance",
        Form::Csv(&DATABASE),
    ),
    (
        &board::JOINT_PACKAGE,
        "commissioner/joint_package",
        Form::Csv(&PLAIN),
    ),
    (
        &board::CONTINUING_CARE,
        "commissioner/continuing_care",
        Form::Csv(&PLAIN),
    ),
    (
        &board::PERSONAL_HEALTH_BUDGET,
        "commissioner/personal_health_budget",
        Form::Csv(&PLAIN),
    ),
    (
        &board::DYNAMIC_SUPPORT_REGISTER,
        "commissioner/dynamic_support_register",
        Form::Csv(&PLAIN),
    ),
    (&board::CETR, "commissioner/cetr", Form::Csv(&PLAIN)),
    (
        &board::DCO_ADVICE_TRACKER,
        "commissioner/dco_advice_tracker",
        Form::Sheet("Advice", "Designated clinical officer: health advice"),
    ),
    (
        &board::CSDS_PERSON_BRIDGE,
        "commissioner/csds_person_bridge",
        Form::Csv(&DATABASE),
    ),
];

/// The tables of single extracts.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    SINGLES.iter().map(|(table, ..)| *table)
}

/// The extracts as they grow. One of which there is nothing to say is not made:
/// an extract without rows would be held, not loaded.
#[derive(Debug)]
pub(crate) struct Singles {
    /// By the table's name.
    forms: HashMap<&'static str, (String, Form)>,
}

impl Singles {
    /// The extracts of the world's last day, and `others` of other days with
    /// their paths.
    pub(crate) fn begin(world: &World, others: &[(&'static Table, String)]) -> Singles {
        let day = world.last_day();
        let own = SINGLES.iter().map(|(table, folder, form)| {
            let name = folder.split('/').next_back().unwrap_or(folder);
            let ending = match form {
                Form::Csv(_) => "csv",
                Form::Sheet(..) => "xlsx",
            };
            let path = format!("extracts/{folder}/{name}_{day}.{ending}");
            (table.name, (path, *form))
        });
        let others =
            (others.iter()).map(|(table, path)| (table.name, (path.clone(), Form::Csv(&PLAIN))));
        Singles {
            forms: own.chain(others).collect(),
        }
    }

    /// Adds rows, each to the extract of its table.
    pub(crate) fn add(&self, entries: &[Entry], output: &mut Output) -> Result<(), Error> {
        for Entry { record, broken } in entries {
            let table = record.table;
            let Some((path, form)) = self.forms.get(table.name) else {
                continue;
            };
            let labels = table.columns.iter().map(|column| column.label);
            match form {
                Form::Csv(dialect) => {
                    let id = output.spool.file(path, 2, || dialect.header(labels));
                    let row = output.spool.record(id, 1, |out| {
                        dialect.record(out, record, |_| true);
                    })?;
                    output.note(id, row, table, broken)?;
                }
                Form::Sheet(sheet, title) => {
                    let id = output.books.book(path, || {
                        vec![((*sheet).to_owned(), (*title).to_owned(), labels.collect())]
                    })?;
                    let row = output.books.record(id, 0, record, |_| true)?;
                    output.note_in_book(id, row, table, broken)?;
                }
            }
        }
        Ok(())
    }

    /// What each extract says about all of its rows.
    pub(crate) fn context(world: &World) -> Context {
        Context {
            from: world.first_day().to_string(),
            to: world.last_day().to_string(),
            made: world.last_day().to_string(),
            year: world.last_day().year(),
            provider: "",
        }
    }
}
