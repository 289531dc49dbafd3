//! Care: the council's Children with Disabilities team and short breaks.

use chrono::NaiveDate;

mod referrals;

pub(super) use referrals::simulate;

/// A referral to the Children with Disabilities team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CareReferral {
    /// The council's number of it.
    pub id: u64,
    /// Day received.
    pub received: NaiveDate,
    /// Who referred: `family`, `education`, `health`, `social_care`.
    pub source: &'static str,
    /// Day the threshold decision was made.
    pub decided: Option<NaiveDate>,
    /// The threshold was met; `None` before the decision.
    pub accepted: Option<bool>,
    /// The decision in the council's words: `accepted`, `early_help`,
    /// `not_accepted`.
    pub decision: Option<&'static str>,
    /// Day the team closed the case; accepted ones only.
    pub closed: Option<NaiveDate>,
    /// Disability code of the CIN census.
    pub disability: &'static str,
}

/// A short break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortBreak {
    /// The council's number of it.
    pub id: u64,
    /// The referral that led to it.
    pub referral: u64,
    /// `overnight`, `day`, `home`, `direct_payment`.
    pub kind: &'static str,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Hours allowed for a year.
    pub annual_hours: u32,
    /// Of the hours of the last year, those used.
    pub used_hours: u32,
    /// Pounds a year.
    pub annual_pounds: u32,
}
