//! What the council's own systems say about one child: casework, plans,
//! reviews, disputes.

use super::record::Record;
use super::tables::council::{
    ANNUAL_REVIEW, EHCNA_ADVICE_REQUEST, EHCNA_CASE, MEDIATION_APPEAL, PLAN_AUDIT, PLAN_PROVISION,
};
use crate::world::ehc::{
    AdviceOutcome, AdviceRequest, Agency, Decision, Dispute, DisputeAbout, DisputeKind,
    DisputeResult, Outcome, Place, Plan, Provision, Request, Review, ReviewOutcome,
};
use crate::world::family::Child;
use crate::world::{Sex, World};
use chrono::{Days, NaiveDate};

/// The council's number of a request, a plan, ...
pub(crate) fn number(letter: &str, id: u64) -> String {
    format!("{letter}{id:07}")
}

/// As the Department has it.
pub(crate) fn sex(child: &Child) -> &'static str {
    match child.sex {
        Sex::Female => "F",
        Sex::Male => "M",
    }
}

/// Everything that the casework system says of a child on the world's last day.
pub(crate) fn records(child: &Child, world: &World) -> Vec<Record> {
    let mut records = Vec::new();
    for request in &child.requests {
        let is_ours = (request.plan.as_ref()).is_none_or(|plan| plan.transfer_in.is_none());
        if is_ours {
            records.push(case(child, request, world));
            if let Some(assessment) = &request.assessment {
                let asked = assessment.advice.iter();
                records.extend(asked.map(|advice| self::advice(child, request, advice)));
            }
        }
        for dispute in &request.disputes {
            records.extend(self::dispute(child, request, dispute));
        }
        if let Some(plan) = &request.plan {
            let lines = plan.provision.iter();
            records.extend(lines.map(|line| provision(child, plan, line)));
            let reviews = plan.reviews.iter();
            records.extend(reviews.map(|review| self::review(child, plan, review, world)));
            let audits = plan.audits.iter();
            records.extend(audits.map(|audit| {
                let [voice, education, health, social_care, outcomes] = audit.scores;
                Record::new(&PLAN_AUDIT)
                    .put("audit_id", number("Q", audit.id))
                    .put("plan_id", number("P", plan.id))
                    .put("child_id", &child.council_child_id)
                    .put("audit_date", audit.on)
                    .put_some("child_voice_score", voice)
                    .put_some("education_score", education)
                    .put_some("health_score", health)
                    .put_some("social_care_score", social_care)
                    .put_some("outcomes_score", outcomes)
                    .put("overall_score", audit.grade())
                    .put_flag("health_auditor_present", audit.health_auditor)
                    .put_flag("social_care_auditor_present", audit.social_care_auditor)
                    .done()
            }));
        }
    }
    records
}

fn letter(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Yes => "Y",
        Outcome::No => "N",
        Outcome::Withdrawn => "W",
    }
}

/// The day of a decision that is one, and not a withdrawal.
fn told(decision: Option<Decision>) -> Option<NaiveDate> {
    decision
        .filter(|decision| decision.outcome != Outcome::Withdrawn)
        .map(|decision| decision.on)
}

fn case(child: &Child, request: &Request, world: &World) -> Record {
    let decision = request.decision;
    let assessment = request.assessment.as_ref();
    let issue = assessment.and_then(|assessment| assessment.decision);
    let withdrawn = decision
        .filter(|decision| decision.outcome == Outcome::Withdrawn)
        .map(|decision| decision.on);
    // What ended neither in a decision nor in a plan.
    let abandoned = issue
        .filter(|issue| issue.outcome == Outcome::Withdrawn)
        .map(|issue| issue.on)
        .or(request.exported.map(|(on, _)| on));
    let plan = request.plan.as_ref();
    let exception = assessment.filter(|assessment| assessment.exception);
    let postcode = child.home_on(world.last_day()).map(|home| &home.postcode);
    let urn = request.setting.map(|setting| setting.urn);
    Record::new(&EHCNA_CASE)
        .put("request_id", number("R", request.id))
        .put("child_id", &child.council_child_id)
        .put("upn", child.upn_on(world.last_day()).unwrap_or_default())
        .put("surname", &child.surname)
        .put("forename", child.forename)
        .put("date_of_birth", child.born)
        .put("sex", sex(child))
        .put("ethnicity", child.ethnicity.dfe)
        .put_some("postcode", postcode)
        .put_some("school_urn", urn)
        .put_some(
            "primary_need",
            child.needs.map(|needs| needs.primary.code()),
        )
        .put("received_date", request.received)
        .put("request_source", request.source as u8)
        .put_some("request_panel_date", request.panel)
        .put_some(
            "request_outcome",
            decision.map(|decision| letter(decision.outcome)),
        )
        .put_some("request_outcome_date", told(decision))
        .put_some("withdrawn_date", withdrawn)
        .put_some(
            "issue_panel_date",
            assessment.and_then(|assessment| assessment.panel),
        )
        .put_some(
            "assessment_outcome",
            issue.map(|issue| letter(issue.outcome)),
        )
        .put_some("assessment_outcome_date", told(issue))
        .put_some("closed_date", abandoned)
        .put_some(
            "draft_plan_date",
            assessment.and_then(|assessment| assessment.draft),
        )
        .put_some("final_plan_date", plan.map(|plan| plan.start))
        .put_some("plan_id", plan.map(|plan| number("P", plan.id)))
        .put_some(
            "exception",
            exception.map(|_| ["a", "b", "c", "d"][request.id as usize % 4]),
        )
        .put("team", format_args!("Team {}", 1 + request.caseworker % 3))
        .done()
}

fn advice(child: &Child, request: &Request, advice: &AdviceRequest) -> Record {
    // A reply that never came has neither day nor outcome here.
    let outcome = advice.outcome.filter(|_| advice.received.is_some());
    let is_late = advice.received.is_some_and(|day| day > advice.due);
    let reason = match advice.missed_appointment {
        true => "appointment_missed",
        false => "capacity",
    };
    Record::new(&EHCNA_ADVICE_REQUEST)
        .put("advice_id", number("A", advice.id))
        .put("request_id", number("R", request.id))
        .put("child_id", &child.council_child_id)
        .put("agency", agency(advice.agency))
        .put("sent_date", advice.sent)
        .put("due_date", advice.due)
        .put_some(
            "received_date",
            advice.received.filter(|_| outcome.is_some()),
        )
        .put_some(
            "outcome",
            outcome.map(|outcome| match outcome {
                AdviceOutcome::Advice => "advice",
                AdviceOutcome::NotKnown => "not_known",
                AdviceOutcome::Nil => "nil",
            }),
        )
        .put_some("late_reason", is_late.then_some(reason))
        .done()
}

fn agency(agency: Agency) -> &'static str {
    match agency {
        Agency::EducationalPsychology => "educational_psychology",
        Agency::SpeechLanguage => "speech_language",
        Agency::OccupationalTherapy => "occupational_therapy",
        Agency::Physiotherapy => "physiotherapy",
        Agency::Paediatrics => "community_paediatrics",
        Agency::Camhs => "camhs",
        Agency::SocialCare => "social_care",
    }
}

fn provision(child: &Child, plan: &Plan, line: &Provision) -> Record {
    let service = match (line.agency, line.section) {
        (Some(Agency::SocialCare), _) => "short_break",
        (Some(agency), _) => self::agency(agency),
        (None, "G") => "nursing",
        (None, "F") => "learning_support",
        (None, _) => "other",
    };
    let funder = match line.section {
        "G" => "icb",
        "H1" | "H2" => "social_care",
        _ => "school",
    };
    let hours = f64::from(line.minutes) / 60.0;
    Record::new(&PLAN_PROVISION)
        .put("provision_id", number("V", line.id))
        .put("plan_id", number("P", plan.id))
        .put("child_id", &child.council_child_id)
        .put("section", line.section)
        .put("service", service)
        .put("sessions", line.contacts_per_term.clamp(1, 200))
        .put("frequency", "term")
        .put("hours_each", format_args!("{hours:.2}"))
        .put("funder", funder)
        .put("start_date", line.from)
        .put_some("end_date", line.until)
        .done()
}

fn review(child: &Child, plan: &Plan, review: &Review, world: &World) -> Record {
    let on = review.meeting.unwrap_or(review.due);
    let urn = plan
        .placements_on(on)
        .find_map(|placement| match placement.place {
            Place::Setting { setting, .. } => Some(setting.urn),
            Place::Elsewhere(_) => None,
        });
    let is_transfer = (plan.phase_transfers.iter()).any(|transfer| {
        let year_before = transfer.due.checked_sub_days(Days::new(365));
        year_before.is_some_and(|first| (first..transfer.due).contains(&on))
    });
    let health = |agency: Agency| agency.is_health();
    let care = |agency: Agency| agency == Agency::SocialCare;
    let invited =
        |side: &dyn Fn(Agency) -> bool| review.invited.iter().any(|invited| side(invited.agency));
    let attended = |side: &dyn Fn(Agency) -> bool| {
        (review.invited.iter()).any(|invited| side(invited.agency) && invited.attended)
    };
    let reported = |side: &dyn Fn(Agency) -> bool| {
        (review.invited.iter()).any(|invited| side(invited.agency) && invited.reported)
    };
    // Nothing is known of a meeting that was not held.
    let known = |is_so: bool| review.meeting.map(|_| if is_so { "1" } else { "0" });
    let decision = review.decision.map(|(_, outcome)| match outcome {
        ReviewOutcome::Amend => "A",
        ReviewOutcome::Cease => "C",
        ReviewOutcome::Maintain => "M",
    });
    let amended = |day: Option<NaiveDate>| day.filter(|_| decision == Some("A"));
    Record::new(&ANNUAL_REVIEW)
        .put("review_id", number("AR", review.id))
        .put("plan_id", number("P", plan.id))
        .put("child_id", &child.council_child_id)
        .put("upn", child.upn_on(world.last_day()).unwrap_or_default())
        .put("surname", &child.surname)
        .put("forename", child.forename)
        .put("date_of_birth", child.born)
        .put_some(
            "postcode",
            child.home_on(world.last_day()).map(|home| &home.postcode),
        )
        .put_some("school_urn", urn)
        .put("due_date", review.due)
        .put_some("meeting_date", review.meeting)
        .put_flag("is_phase_transfer", is_transfer)
        .put_some("decision", decision)
        .put_some("decision_date", review.decision.map(|(on, _)| on))
        .put_some("draft_date", amended(review.draft))
        .put_some("final_date", amended(review.last))
        .put_flag("health_invited", invited(&health))
        .put_some("health_attended", known(attended(&health)))
        .put_some("health_reported", known(reported(&health)))
        .put_flag("social_care_invited", invited(&care))
        .put_some("social_care_attended", known(attended(&care)))
        .put_some("social_care_reported", known(reported(&care)))
        .put_some("family_attended", known(review.parent_attended))
        .put_some("child_views_recorded", known(review.child_attended))
        .done()
}

/// `None`: the decision that it is about is not dated, so there is nothing to
/// dispute.
fn dispute(child: &Child, request: &Request, dispute: &Dispute) -> Option<Record> {
    let assessment = request.assessment.as_ref();
    let plan = request.plan.as_ref();
    let (about, decided, plan) = match dispute.about {
        DisputeAbout::RefusalToAssess => ("refusal_to_assess", told(request.decision), None),
        DisputeAbout::RefusalToIssue => {
            let issue = assessment.and_then(|assessment| assessment.decision);
            ("refusal_to_issue", told(issue), None)
        }
        DisputeAbout::Content => ("content", plan.map(|plan| plan.start), plan),
    };
    let decided = decided?;
    let (kind, is_heard) = match dispute.kind {
        DisputeKind::Mediation => ("mediation", true),
        DisputeKind::Tribunal => (
            "appeal",
            matches!(
                dispute.result,
                Some(DisputeResult::Upheld | DisputeResult::Dismissed)
            ),
        ),
    };
    let result = dispute.result.map(|result| match result {
        DisputeResult::Agreed => "agreed",
        DisputeResult::NotAgreed => "not_agreed",
        DisputeResult::Withdrawn => "withdrawn",
        DisputeResult::Conceded => "conceded",
        DisputeResult::Upheld => "upheld",
        DisputeResult::Dismissed => "dismissed",
    });
    let closed = dispute.concluded.filter(|_| result.is_some());
    let held = closed.filter(|_| is_heard);
    let came = |is_so: bool| held.map(|_| if is_so { "1" } else { "0" });
    let record = Record::new(&MEDIATION_APPEAL)
        .put("dispute_id", number("D", dispute.id))
        .put("request_id", number("R", request.id))
        .put_some("plan_id", plan.map(|plan| number("P", plan.id)))
        .put("child_id", &child.council_child_id)
        .put("kind", kind)
        .put("about", about)
        .put("decision_date", decided)
        .put("opened_date", dispute.registered.max(decided))
        .put_some("held_date", held)
        .put_some("outcome", result.filter(|_| closed.is_some()))
        .put_some("closed_date", closed)
        .put_some("health_attended", came(dispute.id.is_multiple_of(3)))
        .put_some("social_care_attended", came(dispute.id.is_multiple_of(4)));
    Some(record.done())
}
