//! Education, health and care: the statutory process, from a request for an
//! assessment to the day a plan ceases.
//!
//! Dates are those on which things happened; a date after the world's last day
//! has not happened and is `None`. What was known on an earlier day (a census)
//! is what is dated up to it.

use super::need::Needs;
use super::setting::Setting;
use chrono::NaiveDate;

mod decisions;
mod life;
mod pathway;
mod provision;
mod reviews;

pub(super) use pathway::simulate;

/// Who asked for an assessment (RequestSource).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// 1: the young person or a parent.
    Family = 1,
    /// 2: school or another education setting.
    School,
    /// 3: health professionals.
    Health,
    /// 4: social care professionals.
    SocialCare,
    /// 5: anybody else.
    Other,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// To assess; to issue a plan.
    Yes,
    /// Not to.
    No,
    /// Nothing: it was withdrawn, or the child left before.
    Withdrawn,
}

/// An outcome and its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub outcome: Outcome,
    /// The day the family was told; for a withdrawal, the day it ended.
    pub on: NaiveDate,
}

/// One request for an assessment and all that follows from it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The council's number of the case; unique in the council.
    pub id: u64,
    /// Day the council received it; for a plan transferred in, day the other
    /// authority did.
    pub received: NaiveDate,
    /// Who asked.
    pub source: Source,
    /// Made while in relevant youth accommodation.
    pub youth_accommodation: bool,
    /// Setting at which the child was when it was made.
    pub setting: Option<&'static Setting>,
    /// Day of the panel that looked at it.
    pub panel: Option<NaiveDate>,
    /// Whether to assess.
    pub decision: Option<Decision>,
    /// Day the child left the area before the assessment was completed
    /// (Exported), and to which authority (DfE number; 0 unknown).
    pub exported: Option<(NaiveDate, u16)>,
    /// The assessment, if there is one.
    pub assessment: Option<Assessment>,
    /// The plan, if there is one; without an assessment here if it was
    /// transferred in.
    pub plan: Option<Plan>,
    /// Mediation and appeals.
    pub disputes: Vec<Dispute>,
    /// Number of the person at the council who has the case.
    pub caseworker: u8,
}

impl Request {
    /// The day on which nothing more was to be done: refused, withdrawn,
    /// no plan issued, the child gone, the plan ceased.
    #[must_use]
    pub fn over(&self) -> Option<NaiveDate> {
        if let Some(plan) = &self.plan {
            return plan.ceased.map(|cease| cease.on);
        }
        let ended = |decision: Option<Decision>| {
            decision
                .filter(|decision| decision.outcome != Outcome::Yes)
                .map(|decision| decision.on)
        };
        let assessment = self.assessment.as_ref();
        ended(self.decision)
            .or_else(|| ended(assessment.and_then(|assessment| assessment.decision)))
            .or(self.exported.map(|(on, _)| on))
    }

    /// Received by this day and not over, no plan yet: an assessment or the
    /// decision about it is under way.
    #[must_use]
    pub fn is_open_on(&self, on: NaiveDate) -> bool {
        self.received <= on
            && self.over().is_none_or(|over| over > on)
            && self.plan.as_ref().is_none_or(|plan| plan.start > on)
    }
}

/// An EHC needs assessment.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// Advice asked for, from whom and when.
    pub advice: Vec<AdviceRequest>,
    /// Day of the panel that looked at the advice.
    pub panel: Option<NaiveDate>,
    /// Whether to issue a plan.
    pub decision: Option<Decision>,
    /// Day the draft plan was sent to the family.
    pub draft: Option<NaiveDate>,
    /// Week20: an exception to the time limits applied, at any step.
    pub exception: bool,
}

/// Who gives advice, attends reviews, provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agency {
    /// Educational psychology, of the council.
    EducationalPsychology,
    /// Speech and language therapy.
    SpeechLanguage,
    /// Occupational therapy.
    OccupationalTherapy,
    /// Physiotherapy.
    Physiotherapy,
    /// Community paediatrics.
    Paediatrics,
    /// Child and adolescent mental health.
    Camhs,
    /// Social care, of the council.
    SocialCare,
}

impl Agency {
    /// Every agency.
    pub const ALL: [Agency; 7] = [
        Agency::EducationalPsychology,
        Agency::SpeechLanguage,
        Agency::OccupationalTherapy,
        Agency::Physiotherapy,
        Agency::Paediatrics,
        Agency::Camhs,
        Agency::SocialCare,
    ];

    /// `EP`, `SLT`, `OT`, `PHYSIO`, `PAEDS`, `CAMHS`, `SOCIAL_CARE`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Agency::EducationalPsychology => "EP",
            Agency::SpeechLanguage => "SLT",
            Agency::OccupationalTherapy => "OT",
            Agency::Physiotherapy => "PHYSIO",
            Agency::Paediatrics => "PAEDS",
            Agency::Camhs => "CAMHS",
            Agency::SocialCare => "SOCIAL_CARE",
        }
    }

    /// Whether it is a health service, which the advice tracker is about.
    #[must_use]
    pub fn is_health(self) -> bool {
        !matches!(self, Agency::EducationalPsychology | Agency::SocialCare)
    }
}

/// What came of a request for advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdviceOutcome {
    /// Advice was given.
    Advice,
    /// "Not known to the service": a reply without advice.
    NotKnown,
    /// Nothing came before the decision was taken without it.
    Nil,
}

/// One body asked for advice on one child.
#[derive(Debug, Clone, Copy)]
pub struct AdviceRequest {
    /// The council's number of the request for advice.
    pub id: u64,
    /// Who was asked.
    pub agency: Agency,
    /// Day the council sent it and the body received it.
    pub sent: NaiveDate,
    /// Day by which it must answer: 42 days later (SEND Regulations 2014,
    /// reg. 8).
    pub due: NaiveDate,
    /// Day the answer came.
    pub received: Option<NaiveDate>,
    /// What came of it; `None` while it is open.
    pub outcome: Option<AdviceOutcome>,
    /// The child missed the appointment, which is an exception to the time
    /// limit.
    pub missed_appointment: bool,
}

/// Mediation or an appeal.
#[derive(Debug, Clone, Copy)]
pub struct Dispute {
    /// The council's number of it.
    pub id: u64,
    /// Mediation or tribunal.
    pub kind: DisputeKind,
    /// About which decision.
    pub about: DisputeAbout,
    /// Day it was registered.
    pub registered: NaiveDate,
    /// Day it ended.
    pub concluded: Option<NaiveDate>,
    /// How it ended; `None` while it is open.
    pub result: Option<DisputeResult>,
}

/// The way a decision is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisputeKind {
    /// Mediation.
    Mediation,
    /// Appeal to the First-tier Tribunal.
    Tribunal,
}

/// The decision disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisputeAbout {
    /// Not to assess.
    RefusalToAssess,
    /// Not to issue a plan.
    RefusalToIssue,
    /// What the plan says.
    Content,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisputeResult {
    /// Mediation ended in an agreement.
    Agreed,
    /// Mediation did not.
    NotAgreed,
    /// The family withdrew the appeal.
    Withdrawn,
    /// The authority conceded before the hearing.
    Conceded,
    /// The tribunal found for the family.
    Upheld,
    /// The tribunal found for the authority.
    Dismissed,
}

/// An EHC plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The council's number of the plan.
    pub id: u64,
    /// Day it was first issued, by whichever authority.
    pub start: NaiveDate,
    /// Where it came from, if another authority issued it.
    pub transfer_in: Option<Transfer>,
    /// When and why it ceased.
    pub ceased: Option<Cease>,
    /// What the child needs.
    pub needs: Needs,
    /// Residential placement, from the start of the plan.
    pub residential: Option<Residential>,
    /// Work-based learning, with its first day.
    pub work_based: Option<(NaiveDate, WorkBased)>,
    /// Personal budget.
    pub budget: Option<PersonalBudget>,
    /// What section I names, rank 1 and 2, from the start.
    pub named: Vec<Placed>,
    /// Where the child is taught, in order of entry.
    pub placements: Vec<Placement>,
    /// Sections F and G: what must be provided.
    pub provision: Vec<Provision>,
    /// Annual reviews due, held or not, in order.
    pub reviews: Vec<Review>,
    /// Phase transfers, in order.
    pub phase_transfers: Vec<PhaseTransfer>,
    /// Quality audits.
    pub audits: Vec<Audit>,
    /// Costs of the placement by financial year.
    pub costs: Vec<PlacementCost>,
}

impl Plan {
    /// Day from which Southend maintains it.
    #[must_use]
    pub fn maintained_from(&self) -> NaiveDate {
        self.transfer_in.map_or(self.start, |transfer| transfer.on)
    }

    /// Maintained on this day: begun on it or before, not ceased by it.
    #[must_use]
    pub fn is_active_on(&self, on: NaiveDate) -> bool {
        self.maintained_from() <= on && self.ceased.is_none_or(|cease| cease.on > on)
    }

    /// Where the child is taught on this day, main place first.
    pub fn placements_on(&self, on: NaiveDate) -> impl Iterator<Item = &Placement> {
        self.placements.iter().filter(move |placement| {
            placement.entry <= on && placement.leaving.is_none_or(|leaving| leaving > on)
        })
    }

    /// The last review held by this day.
    #[must_use]
    pub fn last_review_on(&self, on: NaiveDate) -> Option<&Review> {
        self.reviews
            .iter()
            .filter(|review| review.meeting.is_some_and(|meeting| meeting <= on))
            .max_by_key(|review| review.meeting)
    }
}

/// A plan that came with the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Day of the move.
    pub on: NaiveDate,
    /// DfE number of the authority that issued the plan.
    pub from: u16,
}

/// The end of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cease {
    /// First day without it.
    pub on: NaiveDate,
    /// CeaseReason 1 to 9.
    pub reason: u8,
}

/// Residential placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Residential {
    /// A: 38 to 51 weeks.
    Termly,
    /// B: 52 weeks.
    AllYear,
}

/// Work-based learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkBased {
    /// Apprenticeship.
    Apprenticeship,
    /// Traineeship.
    Traineeship,
    /// Supported internship.
    SupportedInternship,
}

/// A personal budget taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonalBudget {
    /// First day; never before the plan is maintained.
    pub from: NaiveDate,
    /// OA: organised arrangements.
    pub organised: bool,
    /// DP: direct payments, by strand.
    pub direct_payment: Option<Strand>,
    /// Pounds a year.
    pub annual_pounds: u32,
}

/// What a direct payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strand {
    /// Education.
    Education,
    /// Social care.
    SocialCare,
    /// Health.
    Health,
    /// More than one.
    Integrated,
}

/// Where a child is placed: a setting with a number, or a code for there being
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A school or college; in its SEN unit, in its resourced provision.
    Setting {
        /// Which.
        setting: &'static Setting,
        /// In the SEN unit.
        sen_unit: bool,
        /// In the resourced provision.
        resourced_provision: bool,
    },
    /// SENsetting: OLA, OPA, EHE, EYP, OTH, NEET, NIEC, NIEO.
    Elsewhere(&'static str),
}

/// A place and its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Where.
    pub place: Place,
    /// PlacementRank, 1 or 2.
    pub rank: u8,
}

/// A place that a child is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Where.
    pub place: Place,
    /// PlacementRank, 1 or 2.
    pub rank: u8,
    /// First day.
    pub entry: NaiveDate,
    /// Day the child left.
    pub leaving: Option<NaiveDate>,
}

/// A line of section F, G or H of the plan.
#[derive(Debug, Clone)]
pub struct Provision {
    /// The council's number of the line.
    pub id: u64,
    /// F special educational, G health, H1 or H2 social care.
    pub section: &'static str,
    /// Which service provides it; `None` if the setting does.
    pub agency: Option<Agency>,
    /// Contacts (sessions) that the plan specifies for each term.
    pub contacts_per_term: u32,
    /// Minutes of each.
    pub minutes: u32,
    /// First day.
    pub from: NaiveDate,
    /// Day it ended; an amended plan ends it.
    pub until: Option<NaiveDate>,
}

/// One annual review.
#[derive(Debug, Clone)]
pub struct Review {
    /// The council's number of it.
    pub id: u64,
    /// Day by which it should be held: 12 months after the last, or after the
    /// plan began.
    pub due: NaiveDate,
    /// Day it was held.
    pub meeting: Option<NaiveDate>,
    /// Day the family was told, and what: A amend, C cease, M maintain.
    pub decision: Option<(NaiveDate, ReviewOutcome)>,
    /// Day the draft amended plan was sent; amendments only.
    pub draft: Option<NaiveDate>,
    /// Day the final amended plan was sent; amendments only.
    pub last: Option<NaiveDate>,
    /// The child or young person was there.
    pub child_attended: bool,
    /// A parent was there.
    pub parent_attended: bool,
    /// Agencies that were invited.
    pub invited: Vec<Invited>,
}

/// One agency's part in a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// Who.
    pub agency: Agency,
    /// Somebody came.
    pub attended: bool,
    /// A report came beforehand.
    pub reported: bool,
}

/// What a review decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewOutcome {
    /// A.
    Amend,
    /// C.
    Cease,
    /// M.
    Maintain,
}

/// A change of phase and the plan amended for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseTransfer {
    /// 15 February, or 31 March from secondary to post-16.
    pub due: NaiveDate,
    /// Day the final plan was sent.
    pub last: Option<NaiveDate>,
}

/// A plan's quality looked at by several agencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// The council's number of it.
    pub id: u64,
    /// Day.
    pub on: NaiveDate,
    /// Scores 1 (poor) to 4 of the voice of the child, education, health,
    /// social care, outcomes; none of a service whose auditor was not there.
    pub scores: [Option<u8>; 5],
    /// An auditor of health was there.
    pub health_auditor: bool,
    /// An auditor of social care was there.
    pub social_care_auditor: bool,
}

impl Audit {
    /// The grade of the whole: the lowest of the scores but one.
    #[must_use]
    pub fn grade(&self) -> u8 {
        let mut sorted: Vec<u8> = self.scores.into_iter().flatten().collect();
        sorted.sort_unstable();
        sorted.get(1).copied().unwrap_or(1)
    }
}

/// What a placement cost in a financial year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacementCost {
    /// The council's number of the placement; unique in the council.
    pub id: u64,
    /// Year in which the financial year began.
    pub financial_year: i32,
    /// Where, since when, until when.
    pub placement: Placement,
    /// Pounds from the high-needs block: place, top-up, transport.
    pub education_pounds: u32,
    /// Pounds from social care.
    pub social_care_pounds: u32,
    /// Pounds from the board.
    pub health_pounds: u32,
}
