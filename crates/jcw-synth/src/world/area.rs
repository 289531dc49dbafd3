//! The area as a whole: what is about no child in particular. The Local Offer
//! website, money by service line, contracts, and answers to surveys.

use super::health::{Provider, Service};
use chrono::NaiveDate;

mod figures;

pub use figures::Delivered;

/// A month of a page of the Local Offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOfferCount {
    /// First day of the month.
    pub month: NaiveDate,
    /// Which page.
    pub page: &'static str,
    /// Times it was looked at.
    pub views: u32,
    /// People who looked.
    pub visitors: u32,
}

/// A service's money in a financial year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceFinance {
    /// Year in which the financial year began.
    pub financial_year: i32,
    /// Who provides it at the end of the year.
    pub provider: Provider,
    /// Which service.
    pub service: Service,
    /// Pounds.
    pub budget_pounds: u32,
    /// Pounds.
    pub forecast_pounds: u32,
    /// Pounds.
    pub spent_pounds: u32,
    /// Full-time equivalents in post, tenths.
    pub staff_tenths: u32,
}

/// What a contract expects of a service in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractPlan {
    /// First day of the month.
    pub month: NaiveDate,
    /// Who provides it.
    pub provider: Provider,
    /// Which service.
    pub service: Service,
    /// Contacts.
    pub contacts: u32,
    /// Price of one, pounds.
    pub price_pounds: u32,
}

/// What was delivered of a contract in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractActual {
    /// First day of the month.
    pub month: NaiveDate,
    /// Who provided it.
    pub provider: Provider,
    /// Which service.
    pub service: Service,
    /// Contacts that were attended.
    pub contacts: u32,
    /// Price of one, pounds.
    pub price_pounds: u32,
}

/// One answer in a survey of parents and carers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurveyAnswer {
    /// Day on which the wave closed.
    pub wave: NaiveDate,
    /// Number of the questionnaire, unique over all waves; nobody's identity.
    pub response: u64,
    /// `parent` or `young_person`.
    pub respondent: &'static str,
    /// Question, one of [`SURVEY_QUESTIONS`].
    pub question: &'static str,
    /// 1 strongly disagree to 5 strongly agree, 0 does not apply; `None` if
    /// left out.
    pub answer: Option<u8>,
    /// Age of the child: `0-4`, `5-10`, `11-15`, `16-25`.
    pub age_band: &'static str,
    /// The child has a plan.
    pub has_plan: bool,
}

/// The questions of the survey, by the codes that its contract has.
pub const SURVEY_QUESTIONS: [&str; 8] = [
    "heard",
    "timely",
    "joined_up",
    "informed",
    "plan_right",
    "provision_received",
    "outcomes",
    "satisfied",
];
