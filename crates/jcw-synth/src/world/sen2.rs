//! The SEN2 person-level return of one year, as a council that knows its
//! children would send it: who is in scope, and what was known on census day.
//!
//! A return covers the calendar year before its census day and the day itself.
//! In it are requests that were not over when the year began. What was decided
//! before the year is `H`, historical; what has not been decided by census day
//! is `A`, awaiting.

use super::calendar::{census_day, day};
use super::ehc::{
    Assessment, Cease, Decision, DisputeAbout, DisputeKind, Outcome, PersonalBudget, Placed,
    Placement, Plan, Request, Residential, ReviewOutcome, WorkBased,
};
use super::family::Child;
use super::need::Needs;
use chrono::NaiveDate;

/// A child and what of its records is in the return.
#[derive(Debug)]
pub struct Person<'a> {
    /// Who.
    pub child: &'a Child,
    /// Postcode on census day, or the last before leaving.
    pub postcode: Option<&'a str>,
    /// Pupil number on census day, or the reason for having none.
    pub upn: Result<&'a str, &'static str>,
    /// Learner number on census day.
    pub uln: Option<&'a str>,
    /// Requests, oldest first.
    pub requests: Vec<RequestRecord<'a>>,
}

/// RequestOutcome and AssessmentOutcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Y.
    Yes,
    /// N.
    No,
    /// H: decided before the period.
    Historical,
    /// A: not decided by census day.
    Awaiting,
    /// W.
    Withdrawn,
}

/// One `Requests` record.
#[derive(Debug)]
pub struct RequestRecord<'a> {
    /// The request behind it.
    pub request: &'a Request,
    /// RequestOutcome.
    pub outcome: Code,
    /// RequestOutcomeDate; with Y and N only.
    pub outcome_date: Option<NaiveDate>,
    /// RequestMediation.
    pub mediation: bool,
    /// RequestTribunal.
    pub tribunal: bool,
    /// Exported: DfE number of the authority the child moved to before the
    /// assessment was completed.
    pub exported: Option<u16>,
    /// `Assessment`.
    pub assessment: Option<AssessmentRecord<'a>>,
    /// `ActivePlans`.
    pub active_plan: Option<ActivePlanRecord<'a>>,
}

/// One `Assessment` record.
#[derive(Debug)]
pub struct AssessmentRecord<'a> {
    /// AssessmentOutcome.
    pub outcome: Code,
    /// AssessmentOutcomeDate; with Y and N only.
    pub outcome_date: Option<NaiveDate>,
    /// AssessmentMediation.
    pub mediation: bool,
    /// AssessmentTribunal.
    pub tribunal: bool,
    /// OtherMediation.
    pub other_mediation: bool,
    /// OtherTribunal.
    pub other_tribunal: bool,
    /// Week20.
    pub exception: bool,
    /// `NamedPlan`.
    pub named_plan: Option<NamedPlanRecord<'a>>,
}

/// One `NamedPlan` record with its `PlanDetail` records.
#[derive(Debug)]
pub struct NamedPlanRecord<'a> {
    /// The plan behind it.
    pub plan: &'a Plan,
    /// StartDate.
    pub start: NaiveDate,
    /// PlanRes.
    pub residential: Option<Residential>,
    /// PlanWBP.
    pub work_based: Option<WorkBased>,
    /// PB, OA, DP.
    pub budget: Option<PersonalBudget>,
    /// CeaseDate and CeaseReason.
    pub ceased: Option<Cease>,
    /// Settings named in the plan.
    pub details: &'a [Placed],
}

/// One `ActivePlans` record with its placements and needs.
#[derive(Debug)]
pub struct ActivePlanRecord<'a> {
    /// The plan behind it.
    pub plan: &'a Plan,
    /// TransferLA: it came during the calendar year, from this authority.
    pub transfer_in: Option<u16>,
    /// ReviewMeeting: the last one held.
    pub review_meeting: Option<NaiveDate>,
    /// ReviewOutcome of that review, if decided.
    pub review_outcome: Option<ReviewOutcome>,
    /// LastReview: day of that decision.
    pub review_decision: Option<NaiveDate>,
    /// ReviewDraft of that review.
    pub review_draft: Option<NaiveDate>,
    /// PhaseTransferDueDate.
    pub phase_transfer_due: Option<NaiveDate>,
    /// PhaseTransferFinalDate.
    pub phase_transfer_final: Option<NaiveDate>,
    /// Res.
    pub residential: Option<Residential>,
    /// WBP.
    pub work_based: Option<WorkBased>,
    /// Places at which the child was at any time of the year, up to census
    /// day; leaving dates after that day are not there.
    pub placements: Vec<Placement>,
    /// SENtype rank 1 and 2.
    pub needs: Needs,
}

/// What the return of this year says of a child; `None` if the child is not in
/// scope.
#[must_use]
pub fn person(child: &Child, return_year: i32) -> Option<Person<'_>> {
    let census = census_day(return_year);
    let period = Period {
        first: day(return_year - 1, 1, 1),
        census,
    };
    let requests: Vec<RequestRecord<'_>> = child
        .requests
        .iter()
        .filter(|request| period.has(request))
        .map(|request| period.request(request))
        .collect();
    (!requests.is_empty()).then(|| Person {
        child,
        postcode: child.home_on(census).map(|home| home.postcode.as_str()),
        upn: child.upn_on(census),
        uln: child.uln_on(census),
        requests,
    })
}

/// The calendar year and the census day that a return is about.
#[derive(Debug, Clone, Copy)]
struct Period {
    first: NaiveDate,
    census: NaiveDate,
}

impl Period {
    /// Begun by census day, and not over when the year began.
    fn has(self, request: &Request) -> bool {
        let begun = match request.plan.as_ref().and_then(|plan| plan.transfer_in) {
            Some(transfer) => transfer.on,
            None => request.received,
        };
        begun <= self.census && request.over().is_none_or(|over| over >= self.first)
    }

    fn known(self, date: Option<NaiveDate>) -> Option<NaiveDate> {
        date.filter(|date| *date <= self.census)
    }

    /// The code of a decision, and its date if it is Y or N.
    fn code(self, decision: Option<Decision>) -> (Code, Option<NaiveDate>) {
        match decision.filter(|decision| decision.on <= self.census) {
            None => (Code::Awaiting, None),
            Some(decision) if decision.on < self.first => (Code::Historical, None),
            Some(decision) => match decision.outcome {
                Outcome::Yes => (Code::Yes, Some(decision.on)),
                Outcome::No => (Code::No, Some(decision.on)),
                Outcome::Withdrawn => (Code::Withdrawn, None),
            },
        }
    }

    fn request(self, request: &Request) -> RequestRecord<'_> {
        let disputed = |about, kind| {
            request.disputes.iter().any(|dispute| {
                dispute.about == about && dispute.kind == kind && dispute.registered <= self.census
            })
        };
        let transferred = request
            .plan
            .as_ref()
            .is_some_and(|plan| plan.transfer_in.is_some());
        let (outcome, outcome_date) = match transferred {
            true => (Code::Historical, None),
            false => self.code(request.decision),
        };
        let decided = matches!(outcome, Code::Yes | Code::Historical);
        RequestRecord {
            request,
            outcome,
            outcome_date,
            mediation: disputed(DisputeAbout::RefusalToAssess, DisputeKind::Mediation),
            tribunal: disputed(DisputeAbout::RefusalToAssess, DisputeKind::Tribunal),
            exported: request
                .exported
                .filter(|(on, _)| *on <= self.census)
                .map(|(_, to)| to),
            assessment: request
                .assessment
                .as_ref()
                .filter(|_| decided)
                .map(|assessment| {
                    let mut record = self.assessment(assessment, request.plan.as_ref());
                    record.mediation =
                        disputed(DisputeAbout::RefusalToIssue, DisputeKind::Mediation);
                    record.tribunal = disputed(DisputeAbout::RefusalToIssue, DisputeKind::Tribunal);
                    record.other_mediation =
                        disputed(DisputeAbout::Content, DisputeKind::Mediation);
                    record.other_tribunal = disputed(DisputeAbout::Content, DisputeKind::Tribunal);
                    record
                })
                .or_else(|| self.assessment_elsewhere(request)),
            active_plan: request
                .plan
                .as_ref()
                .filter(|plan| plan.maintained_from() <= self.census)
                .map(|plan| self.active(plan)),
        }
    }

    fn assessment<'a>(
        self,
        assessment: &Assessment,
        plan: Option<&'a Plan>,
    ) -> AssessmentRecord<'a> {
        let (outcome, outcome_date) = self.code(assessment.decision);
        AssessmentRecord {
            outcome,
            outcome_date,
            mediation: false,
            tribunal: false,
            other_mediation: false,
            other_tribunal: false,
            exception: assessment.exception,
            named_plan: plan
                .filter(|plan| plan.start <= self.census)
                .map(|plan| self.named(plan)),
        }
    }

    /// A plan that was transferred in has no assessment and no named plan in
    /// the return of the year in which it came, unless it ceased in it; from
    /// the next year on both are there as history.
    fn assessment_elsewhere(self, request: &Request) -> Option<AssessmentRecord<'_>> {
        let plan = request.plan.as_ref()?;
        let transfer = plan.transfer_in?;
        let ceased = plan.ceased.is_some_and(|cease| cease.on <= self.census);
        (transfer.on < self.first || ceased).then(|| AssessmentRecord {
            outcome: Code::Historical,
            outcome_date: None,
            mediation: false,
            tribunal: false,
            other_mediation: false,
            other_tribunal: false,
            exception: false,
            named_plan: Some(self.named(plan)),
        })
    }

    fn named(self, plan: &Plan) -> NamedPlanRecord<'_> {
        NamedPlanRecord {
            plan,
            start: plan.start,
            residential: plan.residential,
            work_based: self.work_based(plan),
            budget: plan.budget.filter(|budget| budget.from <= self.census),
            ceased: plan.ceased.filter(|cease| cease.on <= self.census),
            details: &plan.named,
        }
    }

    fn work_based(self, plan: &Plan) -> Option<WorkBased> {
        plan.work_based
            .filter(|(from, _)| *from <= self.census)
            .map(|(_, kind)| kind)
    }

    fn active(self, plan: &Plan) -> ActivePlanRecord<'_> {
        let review = plan.last_review_on(self.census);
        let decision = review
            .and_then(|review| review.decision)
            .filter(|(on, _)| *on <= self.census);
        let transfer = plan
            .phase_transfers
            .iter()
            .find(|transfer| transfer.due >= self.first);
        ActivePlanRecord {
            plan,
            transfer_in: plan
                .transfer_in
                .filter(|transfer| transfer.on >= self.first)
                .map(|transfer| transfer.from),
            review_meeting: review.and_then(|review| review.meeting),
            review_outcome: decision.map(|(_, outcome)| outcome),
            review_decision: decision.map(|(on, _)| on),
            review_draft: self.known(review.and_then(|review| review.draft)),
            phase_transfer_due: transfer.map(|transfer| transfer.due),
            phase_transfer_final: self.known(transfer.and_then(|transfer| transfer.last)),
            residential: plan.residential,
            work_based: self.work_based(plan),
            placements: plan
                .placements
                .iter()
                .filter(|placement| {
                    placement.entry <= self.census
                        && placement.leaving.is_none_or(|day| day >= self.first)
                })
                .map(|placement| Placement {
                    leaving: self.known(placement.leaving),
                    ..*placement
                })
                .collect(),
            needs: plan.needs,
        }
    }
}
