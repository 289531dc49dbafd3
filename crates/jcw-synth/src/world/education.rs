//! Education: where a child is on roll, and whether the child is there.

use super::calendar::Term;
use super::setting::Setting;
use chrono::NaiveDate;

mod school_life;

pub(super) use school_life::{enrol, simulate};

/// A child on roll at a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolment {
    /// Where.
    pub setting: &'static Setting,
    /// First day.
    pub from: NaiveDate,
    /// First day not on roll.
    pub until: Option<NaiveDate>,
}

/// SEN provision of the school census.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SenProvision {
    /// N: none.
    None,
    /// K: SEN support.
    Support,
    /// E: an EHC plan.
    Plan,
}

impl SenProvision {
    /// The school census code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            SenProvision::None => "N",
            SenProvision::Support => "K",
            SenProvision::Plan => "E",
        }
    }
}

/// A pupil's sessions in one term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// Which term.
    pub term: Term,
    /// Where.
    pub setting: &'static Setting,
    /// SEN provision at the end of the term.
    pub provision: SenProvision,
    /// Sessions that could be attended.
    pub possible: u32,
    /// Missed with leave.
    pub authorised: u32,
    /// Missed without.
    pub unauthorised: u32,
}

impl Attendance {
    /// Missed one session in ten or more.
    #[must_use]
    pub fn is_persistent_absence(&self) -> bool {
        10 * (self.authorised + self.unauthorised) >= self.possible && self.possible > 0
    }
}

/// A suspension, or a permanent exclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension {
    /// The council's number of it.
    pub id: u64,
    /// First day.
    pub on: NaiveDate,
    /// Where.
    pub setting: &'static Setting,
    /// SEN provision on that day.
    pub provision: SenProvision,
    /// For good.
    pub permanent: bool,
    /// Sessions lost; 0 if permanent.
    pub sessions: u32,
    /// Reason code of the school census.
    pub reason: &'static str,
}

/// A part-time timetable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReducedTimetable {
    /// The council's number of it.
    pub id: u64,
    /// Where.
    pub setting: &'static Setting,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// SEN provision on the first day.
    pub provision: SenProvision,
    /// `reintegration`, `medical`, `behaviour`, `transition`.
    pub reason: &'static str,
    /// Hours a week.
    pub weekly_hours: u8,
    /// The parent agreed.
    pub parent_agreed: bool,
    /// Day it was last looked at.
    pub reviewed: Option<NaiveDate>,
}

/// A time out of school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfSchool {
    /// The council's number of it.
    pub id: u64,
    /// First day.
    pub from: NaiveDate,
    /// Day back.
    pub until: Option<NaiveDate>,
    /// SEN provision on the first day.
    pub provision: SenProvision,
    /// `awaiting_placement` (with a plan only), `medical`, `excluded`,
    /// `missing`, `other`.
    pub reason: &'static str,
    /// Hours a week of other teaching.
    pub weekly_hours: u8,
}
