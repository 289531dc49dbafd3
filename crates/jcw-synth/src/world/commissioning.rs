//! Commissioning: what the integrated care board holds about single children.

use super::ehc::{AdviceRequest, Agency};
use chrono::NaiveDate;

mod packages;

pub(super) use packages::simulate;

/// A package that several bodies pay for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JointPackage {
    /// The board's number of it.
    pub id: u64,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// What it is: `RESIDENTIAL`, `DAY_PLACEMENT`, `HOME_CARE`, `THERAPY`.
    pub kind: &'static str,
    /// Pounds a year from the council's education budget.
    pub education_pounds: u32,
    /// Pounds a year from its social care budget.
    pub social_care_pounds: u32,
    /// Pounds a year from the board.
    pub health_pounds: u32,
    /// Who provides it.
    pub provider: &'static str,
}

impl JointPackage {
    /// Pounds a year.
    #[must_use]
    pub fn annual_pounds(&self) -> u32 {
        self.education_pounds + self.social_care_pounds + self.health_pounds
    }

    /// It runs on this day.
    #[must_use]
    pub fn is_active_on(&self, on: NaiveDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| until >= on)
    }
}

/// A referral for children's continuing care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContinuingCare {
    /// The board's number of it.
    pub id: u64,
    /// Day the board received it.
    pub referred: NaiveDate,
    /// Day of the assessment.
    pub assessed: Option<NaiveDate>,
    /// Day of the decision; 42 days is within time.
    pub decided: Option<NaiveDate>,
    /// Eligible; `None` before the decision.
    pub eligible: Option<bool>,
    /// First day of the package; eligible children only.
    pub package_from: Option<NaiveDate>,
}

/// A personal health budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthBudget {
    /// The board's number of it.
    pub id: u64,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// `DIRECT_PAYMENT`, `NOTIONAL`, `THIRD_PARTY`.
    pub kind: &'static str,
    /// Pounds a year.
    pub annual_pounds: u32,
}

/// A child at risk of admission who has a learning disability or is autistic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportRegister {
    /// The board's number of the child's entry.
    pub id: u64,
    /// Day the family was asked.
    pub asked: NaiveDate,
    /// The family said yes. Without it the child is not on the register, which
    /// does not mean that there is no need.
    pub consent: bool,
    /// Day the child left the register.
    pub until: Option<NaiveDate>,
    /// Ratings, each from its day on: `RED`, `AMBER`, `GREEN`.
    pub ratings: Vec<(NaiveDate, &'static str)>,
}

impl SupportRegister {
    /// The rating on this day, if the child is on the register.
    #[must_use]
    pub fn rating_on(&self, on: NaiveDate) -> Option<&'static str> {
        (self.consent && self.until.is_none_or(|until| until > on))
            .then(|| {
                self.ratings
                    .iter()
                    .rev()
                    .find(|(from, _)| *from <= on)
                    .map(|(_, rating)| *rating)
            })
            .flatten()
    }
}

/// A care (education) and treatment review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreatmentReview {
    /// The board's number of it.
    pub id: u64,
    /// Day it was asked for.
    pub requested: NaiveDate,
    /// Day it was held.
    pub held: Option<NaiveDate>,
    /// Day of admission to hospital, if there was one.
    pub admitted: Option<NaiveDate>,
}

impl TreatmentReview {
    /// Held before admission, or there was none.
    #[must_use]
    pub fn is_before_admission(&self) -> bool {
        match (self.held, self.admitted) {
            (Some(held), Some(admitted)) => held <= admitted,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// One line of the designated clinical officer's tracker: the council's request
/// for health advice, as the board wrote it down.
#[must_use]
pub fn tracked(advice: &AdviceRequest) -> bool {
    advice.agency.is_health() && advice.agency != Agency::Camhs
}
