//! A family is one household: its children, where they live, when they came and
//! went. It is the smallest thing that is made alone.

use super::care::{CareReferral, ShortBreak};
use super::chance::{Chance, Purpose};
use super::commissioning::{
    ContinuingCare, HealthBudget, JointPackage, SupportRegister, TreatmentReview,
};
use super::education::{Attendance, Enrolment, OutOfSchool, ReducedTimetable, Suspension};
use super::ehc::{Plan, Request};
use super::ethnicity::Ethnicity;
use super::health::{Provider, Referral};
use super::need::Needs;
use super::{World, identifier};
use chrono::NaiveDate;

mod birth;

pub(super) use birth::{count, make};

/// One household.
#[derive(Debug, Clone)]
pub struct Family {
    /// Its number, from 0.
    pub number: u64,
    /// Its children, in the order of their person numbers, eldest first.
    pub children: Vec<Child>,
}

/// Sex at birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// An address, from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// First day.
    pub from: NaiveDate,
    /// First day at the next address.
    pub until: Option<NaiveDate>,
    /// Made up, well formed, SS0 to SS9.
    pub postcode: String,
}

/// A unique pupil number, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upn {
    /// The number; `None` if the child never gets one.
    pub value: Option<String>,
    /// Day from which the child has it.
    pub from: NaiveDate,
    /// UPNunknown while there is none: UN1 to UN7.
    pub unknown: &'static str,
}

/// A move to or from the area: its day and the other authority's DfE number,
/// 0 if outside England.
pub type Move = (NaiveDate, u16);

/// One child or young person, from birth or arrival to the world's last day.
#[derive(Debug, Clone)]
pub struct Child {
    /// Who it is, from 1: the same number in no extract, known to the truth
    /// only.
    pub person: u64,
    /// The seed of the world, which local identifiers depend on.
    pub(super) seed: u64,
    /// What the council knows the child by.
    pub council_child_id: String,
    /// Sex.
    pub sex: Sex,
    /// Day of birth.
    pub born: NaiveDate,
    /// Forename.
    pub forename: &'static str,
    /// Surname.
    pub surname: String,
    /// Ethnicity in both sorts of records.
    pub ethnicity: Ethnicity,
    /// Has a twin, with the next or the last person number.
    pub twin: bool,
    /// Day the family came, and from where.
    pub arrived: Option<Move>,
    /// Day the family left, and for where.
    pub left: Option<Move>,
    /// Addresses in the area, in order.
    pub homes: Vec<Home>,
    /// Code of the general practice.
    pub practice: &'static str,
    /// Valid, beginning with 5.
    pub nhs_number: String,
    /// Health services have traced the number (status 01); otherwise it is
    /// present but unverified (02).
    pub nhs_number_verified: bool,
    /// Pupil number.
    pub upn: Upn,
    /// Learner number and the day from which the child has it, about 14.
    pub uln: Option<(String, NaiveDate)>,
    /// Looked after by the authority.
    pub looked_after: bool,
    /// What the child needs; `None` for most.
    pub needs: Option<Needs>,
    /// Day from which a school gives SEN support.
    pub support_from: Option<NaiveDate>,
    /// Settings, in order.
    pub enrolments: Vec<Enrolment>,
    /// Requests for an assessment, in order, with plans.
    pub requests: Vec<Request>,
    /// Attendance by term, within the world's years; school ages only.
    pub attendance: Vec<Attendance>,
    /// Suspensions and exclusions, within the world's years.
    pub suspensions: Vec<Suspension>,
    /// Part-time timetables.
    pub reduced_timetables: Vec<ReducedTimetable>,
    /// Times out of school.
    pub out_of_school: Vec<OutOfSchool>,
    /// Referrals to the Children with Disabilities team.
    pub care_referrals: Vec<CareReferral>,
    /// Short breaks.
    pub short_breaks: Vec<ShortBreak>,
    /// Referrals to health services, in order.
    pub referrals: Vec<Referral>,
    /// Jointly funded packages.
    pub packages: Vec<JointPackage>,
    /// Continuing care.
    pub continuing_care: Vec<ContinuingCare>,
    /// Personal health budgets.
    pub health_budgets: Vec<HealthBudget>,
    /// Dynamic support register.
    pub support_register: Option<SupportRegister>,
    /// Care (education) and treatment reviews.
    pub treatment_reviews: Vec<TreatmentReview>,
}

impl Child {
    /// First day in the area.
    #[must_use]
    pub fn present_from(&self) -> NaiveDate {
        self.arrived.map_or(self.born, |(on, _)| on.max(self.born))
    }

    /// Lives in the area on this day.
    #[must_use]
    pub fn is_present_on(&self, on: NaiveDate) -> bool {
        self.present_from() <= on && self.left.is_none_or(|(left, _)| left > on)
    }

    /// The address on this day; the last one after the child has left.
    #[must_use]
    pub fn home_on(&self, on: NaiveDate) -> Option<&Home> {
        self.homes
            .iter()
            .rev()
            .find(|home| home.from <= on)
            .or(self.homes.first())
    }

    /// The pupil number on this day, or why there is none.
    pub fn upn_on(&self, on: NaiveDate) -> Result<&str, &'static str> {
        self.upn
            .value
            .as_deref()
            .filter(|_| self.upn.from <= on)
            .ok_or(self.upn.unknown)
    }

    /// The learner number on this day.
    #[must_use]
    pub fn uln_on(&self, on: NaiveDate) -> Option<&str> {
        self.uln
            .as_ref()
            .filter(|(_, from)| *from <= on)
            .map(|(uln, _)| uln.as_str())
    }

    /// Where the child is on roll on this day.
    #[must_use]
    pub fn enrolment_on(&self, on: NaiveDate) -> Option<&Enrolment> {
        self.enrolments.iter().find(|enrolment| {
            enrolment.from <= on && enrolment.until.is_none_or(|until| until > on)
        })
    }

    /// The plans, oldest first.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.requests
            .iter()
            .filter_map(|request| request.plan.as_ref())
    }

    /// The plan that Southend maintains on this day.
    #[must_use]
    pub fn plan_on(&self, on: NaiveDate) -> Option<&Plan> {
        self.plans().find(|plan| plan.is_active_on(on))
    }

    /// What a provider knows the child by. Every provider counts for itself:
    /// the same number means another child elsewhere.
    #[must_use]
    pub fn local_patient_id(&self, provider: Provider) -> String {
        let multiplier = match provider {
            Provider::Eput => 9_999_991,
            Provider::Mseft => 1_234_567,
            Provider::Nelft => 4_567_893,
        };
        identifier::local_patient_id(self.person, self.seed, multiplier)
    }

    /// A provider has had a referral of the child by this day.
    #[must_use]
    pub fn is_patient_of(&self, provider: Provider, by: NaiveDate) -> bool {
        self.referrals.iter().any(|referral| {
            referral.received <= by
                && (referral.service.provider_on(referral.received) == provider
                    || referral.is_handed_to(provider, by))
        })
    }

    /// The stream of chance for one side of the child's life.
    pub(super) fn chance(&self, purpose: Purpose) -> Chance {
        Chance::new(self.seed, self.person, purpose)
    }
}

/// Everything that happens to a child who has just been born into a world.
fn live(child: &mut Child, world: &World) {
    super::education::enrol(child, world);
    super::ehc::simulate(child, world);
    super::education::simulate(child, world);
    super::health::simulate(child, world);
    super::care::simulate(child, world);
    super::commissioning::simulate(child, world);
}
