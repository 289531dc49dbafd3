//! Which figures there are: ids, parts and units as in the metrics' own files,
//! where there are such files.

use super::period::{Period, Periods};
use crate::world::area::SURVEY_QUESTIONS;

/// Which periods a figure is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// Something that happens: by month, quarter, financial, academic and
    /// calendar year.
    Flow,
    /// Something that lasts: as it is at the end of each month, and of each of
    /// those longer periods.
    Stock,
    /// Calendar years only.
    Year,
    Census,
    Term,
    Wave,
}

impl Grain {
    /// Every period that has a figure.
    pub(super) fn periods(self, periods: &Periods) -> Box<dyn Iterator<Item = Period> + '_> {
        match self {
            Grain::Flow | Grain::Stock => Box::new(
                (periods.months().flat_map(Period::around)).filter(|period| periods.has(*period)),
            ),
            Grain::Year => Box::new(periods.years().map(Period::Year)),
            Grain::Census => Box::new(periods.years().map(|year| Period::Census(year + 1))),
            Grain::Term => Box::new(periods.terms().map(Period::Term)),
            Grain::Wave => Box::new(
                periods
                    .years()
                    .map(|year| Period::Wave(crate::world::calendar::day(year, 10, 31))),
            ),
        }
    }
}

/// What is done with the numerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Nothing.
    Count,
    /// Pounds, not divided.
    Pounds,
    /// 100 x numerator / denominator.
    Percent,
    /// Numerator / denominator.
    Weeks,
    /// It is a percentile of days.
    Percentile(f64),
}

impl Shape {
    pub(super) fn unit(self) -> &'static str {
        match self {
            Shape::Count => "count",
            Shape::Pounds => "pounds",
            Shape::Percent => "percent",
            Shape::Weeks => "weeks",
            Shape::Percentile(_) => "days",
        }
    }

    pub(super) fn divides(self) -> bool {
        matches!(self, Shape::Percent | Shape::Weeks)
    }
}

/// One part of one metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    pub(super) metric: &'static str,
    pub(super) part: &'static str,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) grain: Grain,
}

/// Every figure, in the order in which they are written.
pub(super) fn definitions() -> impl Iterator<Item = Definition> {
    let questions = SURVEY_QUESTIONS.into_iter().map(|question| Definition {
        metric: "O09",
        part: question,
        name: question,
        shape: Shape::Percent,
        grain: Grain::Wave,
    });
    TABLE.into_iter().chain(questions)
}

const fn made(
    metric: &'static str,
    part: &'static str,
    name: &'static str,
    shape: Shape,
    grain: Grain,
) -> Definition {
    Definition {
        metric,
        part,
        name,
        shape,
        grain,
    }
}

use Grain::{Census, Flow, Stock, Term, Wave, Year};
use Shape::{Count, Percent, Percentile, Pounds, Weeks};

#[rustfmt::skip] // A table is read by its columns.
const TABLE: [Definition; 152] = [
    made("E01", "all", "Requests for an EHC needs assessment", Count, Flow),
    made("E02", "family", "Young person or parent", Percent, Flow),
    made("E02", "school", "School or other setting", Percent, Flow),
    made("E02", "health", "Health professionals", Percent, Flow),
    made("E02", "social_care", "Social care professionals", Percent, Flow),
    made("E02", "other", "Others", Percent, Flow),
    made("E03", "all", "Refusal-to-assess rate (DfE)", Percent, Flow),
    made("E04", "all", "Refusal-to-assess rate (operational)", Percent, Flow),
    made("E05", "all", "Request decided within 6 weeks", Percent, Flow),
    made("E06", "all", "Requests undecided for more than 6 weeks", Percent, Stock),
    made("E07", "all", "Requests withdrawn", Percent, Flow),
    made("E08", "mediation", "Mediation", Percent, Flow),
    made("E08", "tribunal", "Tribunal", Percent, Flow),
    made("E08", "tribunal_after_mediation", "Tribunal after mediation", Percent, Flow),
    made("E09", "all", "Assessments that lead to a plan", Percent, Year),
    made("E10", "all", "Assessments that do not lead to a plan", Percent, Year),
    made("E11", "all", "No-plan decision within 16 weeks", Percent, Flow),
    made("E12", "all", "Plans within 20 weeks, exceptions included", Percent, Flow),
    made("E13", "all", "Plans within 20 weeks, exceptions left out", Percent, Flow),
    made("E14", "weeks_20_to_52", "20 to 52 weeks", Percent, Flow),
    made("E14", "over_52_weeks", "Over 52 weeks", Percent, Flow),
    made("E14", "weeks_20_to_52_no_exception", "20 to 52 weeks, exceptions left out", Percent, Flow),
    made("E14", "over_52_weeks_no_exception", "Over 52 weeks, exceptions left out", Percent, Flow),
    made("E15", "all", "Mean weeks to a plan", Weeks, Flow),
    made("E15", "no_exception", "Mean weeks to a plan, exceptions left out", Weeks, Flow),
    made("E16", "all", "Plans with a permitted exception", Percent, Flow),
    made("E17", "all", "Advice within 6 weeks", Percent, Flow),
    made("E18", "median_days_late", "Median days late", Percentile(0.5), Flow),
    made("E18", "late", "Advice late", Percent, Flow),
    made("E18", "nil", "Nil returns", Percent, Flow),
    made("E19", "all", "Draft plans by week 16", Percent, Flow),
    made("E20", "all", "EHC plans maintained", Count, Census),
    made("E21", "all", "New EHC plans", Count, Flow),
    made("E22", "mainstream", "Mainstream school", Percent, Census),
    made("E22", "special", "Special school", Percent, Census),
    made("E22", "alternative_provision", "Alternative provision or pupil referral unit", Percent, Census),
    made("E22", "further_education", "Further education", Percent, Census),
    made("E22", "elsewhere", "Educated elsewhere", Percent, Census),
    made("E22", "early_years", "Non-maintained early years", Percent, Census),
    made("E22", "unknown", "Placement not recorded", Percent, Census),
    made("E22N", "mainstream", "Mainstream school", Percent, Flow),
    made("E22N", "special", "Special school", Percent, Flow),
    made("E22N", "alternative_provision", "Alternative provision or pupil referral unit", Percent, Flow),
    made("E22N", "further_education", "Further education", Percent, Flow),
    made("E22N", "elsewhere", "Educated elsewhere", Percent, Flow),
    made("E22N", "early_years", "Non-maintained early years", Percent, Flow),
    made("E22N", "unknown", "Placement not recorded", Percent, Flow),
    made("E23", "all", "Independent and non-maintained special placements", Percent, Census),
    made("E24", "neet", "Not in education, employment or training", Percent, Census),
    made("E24", "notice_to_cease", "Not in education or training, notice to cease issued", Percent, Census),
    made("E24", "other_ages", "Not in education or training, other ages", Percent, Census),
    made("E24", "school_age", "Not in education or training, compulsory school age", Percent, Census),
    made("E24", "unknown", "Placement not recorded", Percent, Census),
    made("E25", "asd", "Autistic spectrum disorder", Percent, Census),
    made("E25", "hi", "Hearing impairment", Percent, Census),
    made("E25", "mld", "Moderate learning difficulty", Percent, Census),
    made("E25", "msi", "Multi-sensory impairment", Percent, Census),
    made("E25", "oth", "Other difficulty or disability", Percent, Census),
    made("E25", "pd", "Physical disability", Percent, Census),
    made("E25", "pmld", "Profound and multiple learning difficulty", Percent, Census),
    made("E25", "semh", "Social, emotional and mental health", Percent, Census),
    made("E25", "slcn", "Speech, language and communication needs", Percent, Census),
    made("E25", "sld", "Severe learning difficulty", Percent, Census),
    made("E25", "spld", "Specific learning difficulty", Percent, Census),
    made("E25", "vi", "Visual impairment", Percent, Census),
    made("E25N", "asd", "Autistic spectrum disorder", Percent, Flow),
    made("E25N", "hi", "Hearing impairment", Percent, Flow),
    made("E25N", "mld", "Moderate learning difficulty", Percent, Flow),
    made("E25N", "msi", "Multi-sensory impairment", Percent, Flow),
    made("E25N", "oth", "Other difficulty or disability", Percent, Flow),
    made("E25N", "pd", "Physical disability", Percent, Flow),
    made("E25N", "pmld", "Profound and multiple learning difficulty", Percent, Flow),
    made("E25N", "semh", "Social, emotional and mental health", Percent, Flow),
    made("E25N", "slcn", "Speech, language and communication needs", Percent, Flow),
    made("E25N", "sld", "Severe learning difficulty", Percent, Flow),
    made("E25N", "spld", "Specific learning difficulty", Percent, Flow),
    made("E25N", "vi", "Visual impairment", Percent, Flow),
    made("E26", "max_age", "Maximum age reached", Percent, Flow),
    made("E26", "needs_met", "Needs met without a plan", Percent, Flow),
    made("E26", "higher_education", "Moved to higher education", Percent, Flow),
    made("E26", "employment", "Moved to paid employment", Percent, Flow),
    made("E26", "transferred", "Transferred to another authority", Percent, Flow),
    made("E26", "disengaged", "No longer wishes to engage", Percent, Flow),
    made("E26", "left_england", "Moved outside England", Percent, Flow),
    made("E26", "deceased", "Died", Percent, Flow),
    made("E26", "other_reason", "Another reason", Percent, Flow),
    made("E27", "all", "Annual review meetings held", Percent, Year),
    made("E28", "all", "Annual review decided within 4 weeks", Percent, Flow),
    made("E29", "all", "Final amended plan within 12 weeks", Percent, Flow),
    made("E30", "overdue", "No meeting in the year or since", Percent, Year),
    made("E30", "last_meeting_before", "Last meeting before the year", Percent, Year),
    made("E30", "no_meeting", "No meeting recorded", Percent, Year),
    made("E31", "all", "Phase transfers final in time", Percent, Flow),
    made("E32", "mediation", "Mediation", Percent, Flow),
    made("E32", "tribunal", "Tribunal", Percent, Flow),
    made("E32", "tribunal_after_mediation", "Tribunal after mediation", Percent, Flow),
    made("E34", "personal_budget", "Personal budget", Percent, Census),
    made("E34", "organised", "Organised arrangements", Percent, Census),
    made("E34", "health", "Direct payment, health", Percent, Census),
    made("E34", "education", "Direct payment, education", Percent, Census),
    made("E34", "social_care", "Direct payment, social care", Percent, Census),
    made("E34", "integrated", "Direct payment, more than one", Percent, Census),
    made("E35", "all", "All residential placements", Percent, Census),
    made("E35", "weeks_38_to_51", "38 to 51 weeks", Percent, Census),
    made("E35", "weeks_52", "52 weeks", Percent, Census),
    made("E36", "all", "Any work-based placement", Percent, Census),
    made("E36", "supported_internship", "Supported internship", Percent, Census),
    made("E36", "apprenticeship", "Apprenticeship", Percent, Census),
    made("E36", "traineeship", "Traineeship", Percent, Census),
    made("E37", "all", "Transfers to another authority", Percent, Year),
    made("E37", "in", "Transfers from another authority", Percent, Year),
    made("H01", "all", "Children waiting for community services", Count, Stock),
    made("H02", "all", "Waiting over 18 weeks", Percent, Stock),
    made("H03", "all", "Waiting over 52 weeks", Count, Stock),
    made("H04", "median", "Median days to the first contact", Percentile(0.5), Flow),
    made("H04", "percentile_95", "95th percentile of days to the first contact", Percentile(0.95), Flow),
    made("H05", "all", "Incomplete pathways within 18 weeks", Percent, Stock),
    made("H06", "received", "Referrals received", Count, Flow),
    made("H06", "accepted", "Referrals accepted", Percent, Flow),
    made("H06", "rejected", "Referrals rejected", Percent, Flow),
    made("H07", "all", "Did not attend", Percent, Flow),
    made("H08", "all", "Contacts delivered against the contract", Percent, Flow),
    made("H09", "all", "Cancelled by the provider", Percent, Flow),
    made("H10", "all", "Suspected autism, waiting over 13 weeks", Percent, Stock),
    made("H11", "one_contact", "Seen at least once in twelve months", Count, Stock),
    made("H11", "two_contacts", "Seen at least twice in twelve months", Count, Stock),
    made("H12", "urgent", "Urgent, first seen within 1 week", Percent, Flow),
    made("H12", "routine", "Routine, first seen within 4 weeks", Percent, Flow),
    made("H13", "all", "Plan holders on the EPUT caseload", Percent, Stock),
    made("H14", "all", "Section G contacts delivered", Percent, Term),
    made("H15", "all", "Assessments under way, waiting for therapy", Percent, Stock),
    made("J01", "packages", "Packages", Count, Stock),
    made("J01", "cost", "Cost a year", Pounds, Stock),
    made("J01", "education", "Education", Pounds, Stock),
    made("J01", "social_care", "Social care", Pounds, Stock),
    made("J01", "health", "Health", Pounds, Stock),
    made("J02", "referrals", "Referrals", Count, Flow),
    made("J02", "in_time", "Decided within 6 weeks", Percent, Flow),
    made("J02", "eligible", "Eligible", Percent, Flow),
    made("J03", "all", "Eligible children with a personal health budget", Percent, Stock),
    made("J04", "red", "On the register, red", Count, Stock),
    made("J04", "amber", "On the register, amber", Count, Stock),
    made("J04", "green", "On the register, green", Count, Stock),
    made("J04R", "before_admission", "Reviews held before admission", Percent, Flow),
    made("J08", "accepted", "Referrals that met the threshold", Percent, Flow),
    made("J08S", "short_breaks", "Children with a short break", Count, Stock),
    made("J10", "all", "Children who can be linked", Percent, Census),
    made("O01", "absence", "Sessions missed", Percent, Term),
    made("O01", "persistent", "Persistently absent", Percent, Term),
    made("O02", "suspensions", "Suspensions for each 100 pupils", Percent, Term),
    made("O02", "exclusions", "Permanent exclusions for each 100 pupils", Percent, Term),
    made("O09", "all", "Positive answers", Percent, Wave),
];
