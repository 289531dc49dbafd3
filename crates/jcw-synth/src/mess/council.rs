//! Rules of the council's casework over more than one column of a row, and those
//! of its other systems beside them.

use super::cell::{day_after, days_after, moved};
use super::rule::{Context, Row, Rule, blank, put, put_moved, swap_dates};
pub(crate) use super::school::{
    ATTENDANCE, CWD_REFERRAL, LOCAL_OFFER_COUNT, OUT_OF_SCHOOL, PARENT_CARER_SURVEY,
    PLACEMENT_COST, REDUCED_TIMETABLE, SHORT_BREAK, SUSPENSION,
};
use crate::writer::record::Record;

/// A year after the day of the extract.
pub(super) fn after_extract(record: &mut Record, context: &Context, column: &str) -> bool {
    let day = moved(&context.to, 1);
    put(record, column, day)
}

/// One of two cells that belong together is blanked.
pub(super) fn part(record: &mut Record, one: &str, other: &str) -> bool {
    blank(record, one) || blank(record, other)
}

pub(crate) const EHCNA_CASE: &[Rule] = &[
    Rule::new(
        "ehcna-case-born-before-request",
        |row| row.is_before("received_date", "date_of_birth"),
        |record, _| put_moved(record, "date_of_birth", 30),
    ),
    Rule::new(
        "ehcna-case-under-26",
        |row| match (row.value("date_of_birth"), row.value("received_date")) {
            (Some(born), Some(received)) => *born <= *moved(received, -26).unwrap_or_default(),
            _ => false,
        },
        |record, _| put_moved(record, "date_of_birth", -30),
    ),
    Rule::new(
        "ehcna-case-received-by-extract",
        |row| row.is_after("received_date", &row.context.to),
        |record, context| after_extract(record, context, "received_date"),
    ),
    Rule::new(
        "ehcna-case-decided-after-received",
        |row| row.is_before("request_outcome_date", "received_date"),
        |record, _| swap_dates(record, "request_outcome_date", "received_date"),
    ),
    Rule::new(
        "ehcna-case-decision-dated",
        |row| row.is_in("request_outcome", &["Y", "N"]) && !row.has("request_outcome_date"),
        |record, _| {
            matches!(record.get("request_outcome"), "Y" | "N")
                && blank(record, "request_outcome_date")
        },
    ),
    Rule::query(
        "ehcna-case-withdrawn-dated",
        |row| row.is("request_outcome", "W") != row.has("withdrawn_date"),
        |record, _| blank(record, "withdrawn_date"),
    ),
    Rule::new(
        "ehcna-case-assessed-after-yes",
        |row| row.has("assessment_outcome") && !row.is("request_outcome", "Y"),
        |record, _| {
            !record.get("assessment_outcome").is_empty()
                && put(record, "request_outcome", Some("N".to_owned()))
        },
    ),
    Rule::new(
        "ehcna-case-outcome-after-decision",
        |row| row.is_before("assessment_outcome_date", "request_outcome_date"),
        |record, _| swap_dates(record, "assessment_outcome_date", "request_outcome_date"),
    ),
    Rule::new(
        "ehcna-case-final-after-draft",
        |row| row.is_before("final_plan_date", "draft_plan_date"),
        |record, _| swap_dates(record, "final_plan_date", "draft_plan_date"),
    ),
    Rule::new(
        "ehcna-case-final-after-yes",
        |row| row.has("final_plan_date") && !row.is("assessment_outcome", "Y"),
        |record, _| {
            !record.get("final_plan_date").is_empty()
                && put(record, "assessment_outcome", Some("N".to_owned()))
        },
    ),
    Rule::new(
        "ehcna-case-plan-numbered",
        |row| row.has("plan_id") != row.has("final_plan_date"),
        |record, _| blank(record, "plan_id"),
    ),
    Rule::query(
        "ehcna-case-comments-on-draft",
        |row| match (row.value("draft_plan_date"), row.value("final_plan_date")) {
            (Some(draft), Some(last)) => *last < *days_after(draft, 15),
            _ => false,
        },
        |_, _| false,
    ),
    Rule::query(
        "ehcna-case-panel-before-told",
        |row| {
            row.is_before("request_outcome_date", "request_panel_date")
                || row.is_before("assessment_outcome_date", "issue_panel_date")
        },
        |_, _| false,
    ),
    Rule::query(
        "ehcna-case-postcode-form",
        |row| row.is("postcode", "SS00"),
        |record, _| put(record, "postcode", Some("SS00".to_owned())),
    ),
];

pub(crate) const EHCNA_ADVICE_REQUEST: &[Rule] = &[
    Rule::query(
        "ehcna-advice-request-due-in-six-weeks",
        |row| is_not_six_weeks(row, "sent_date"),
        |record, _| {
            let day = day_after(record.get("due_date"));
            put(record, "due_date", Some(day))
        },
    ),
    Rule::new(
        "ehcna-advice-request-due-after-sent",
        |row| row.is_before("due_date", "sent_date"),
        |record, _| put_moved(record, "due_date", -1),
    ),
    Rule::new(
        "ehcna-advice-request-received-after-sent",
        |row| row.is_before("received_date", "sent_date"),
        |record, _| put_moved(record, "received_date", -5),
    ),
    Rule::new(
        "ehcna-advice-request-sent-by-extract",
        |row| {
            row.is_after("sent_date", &row.context.to)
                || row.is_after("received_date", &row.context.to)
        },
        |record, context| after_extract(record, context, "received_date"),
    ),
    Rule::new(
        "ehcna-advice-request-outcome",
        |row| row.has("received_date") != row.has("outcome"),
        |record, _| blank(record, "outcome"),
    ),
    Rule::query(
        "ehcna-advice-request-late-reason",
        |row| {
            let came = row.value("received_date").unwrap_or(&row.context.to);
            row.has("late_reason") && row.value("due_date").is_some_and(|due| came <= due)
        },
        |_, _| false,
    ),
];

/// The due date is another than 42 days after the request.
pub(super) fn is_not_six_weeks(row: &Row, asked: &str) -> bool {
    match (row.value(asked), row.value("due_date")) {
        (Some(asked), Some(due)) => *due != *days_after(asked, 42),
        _ => false,
    }
}

pub(crate) const PLAN_PROVISION: &[Rule] = &[
    Rule::new(
        "plan-provision-ends-after-start",
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    ),
    Rule::new(
        "plan-provision-hours",
        |row| row.number("hours_each").is_some_and(|hours| hours <= 0.0),
        |record, _| put(record, "hours_each", Some("0".to_owned())),
    ),
    Rule::new(
        "plan-provision-health-service",
        |row| {
            let others = ["educational_psychology", "learning_support", "sensory"];
            row.is("section", "G") && row.is_in("service", &others)
        },
        |record, _| {
            record.get("section") == "G"
                && put(record, "service", Some("learning_support".to_owned()))
        },
    ),
    Rule::query(
        "plan-provision-health-funder",
        |row| {
            row.is("section", "G") && row.has("funder") && !row.is_in("funder", &["icb", "joint"])
        },
        |record, _| {
            record.get("section") == "G" && put(record, "funder", Some("school".to_owned()))
        },
    ),
    Rule::query(
        "plan-provision-plausible-hours",
        |row| {
            let weeks = match row.value("frequency") {
                Some("week") => 38.0,
                Some("fortnight") => 19.0,
                Some("half_term") => 6.0,
                Some("term") => 3.0,
                _ => 1.0,
            };
            match (row.number("sessions"), row.number("hours_each")) {
                (Some(sessions), Some(hours)) => sessions * hours * weeks > 1500.0,
                _ => false,
            }
        },
        |_, _| false,
    ),
];

pub(crate) const ANNUAL_REVIEW: &[Rule] = &[
    Rule::new(
        "annual-review-held-by-extract",
        |row| row.is_after("meeting_date", &row.context.to),
        |record, context| after_extract(record, context, "meeting_date"),
    ),
    Rule::new(
        "annual-review-decided-after-meeting",
        |row| row.is_before("decision_date", "meeting_date"),
        |record, _| swap_dates(record, "decision_date", "meeting_date"),
    ),
    Rule::new(
        "annual-review-decision-needs-meeting",
        |row| row.has("decision") && !row.has("meeting_date"),
        |record, _| !record.get("decision").is_empty() && blank(record, "meeting_date"),
    ),
    Rule::new(
        "annual-review-decision-dated",
        |row| row.has("decision") != row.has("decision_date"),
        |record, _| blank(record, "decision_date"),
    ),
    Rule::new(
        "annual-review-draft-of-amendment",
        |row| {
            (row.has("draft_date") || row.has("final_date"))
                && row.has("decision")
                && !row.is("decision", "A")
        },
        |record, _| {
            let has_draft = !record.get("draft_date").is_empty();
            has_draft && put(record, "decision", Some("M".to_owned()))
        },
    ),
    Rule::new(
        "annual-review-final-after-draft",
        |row| row.is_before("final_date", "draft_date"),
        |record, _| swap_dates(record, "final_date", "draft_date"),
    ),
    Rule::new(
        "annual-review-attendance-of-held",
        |row| {
            let somebody = ["health_attended", "social_care_attended", "family_attended"];
            !row.has("meeting_date") && somebody.iter().any(|column| row.is(column, "1"))
        },
        |record, _| {
            let is_due = record.get("meeting_date").is_empty();
            if is_due {
                record.set("family_attended", "1");
            }
            is_due
        },
    ),
    Rule::query(
        "annual-review-attendance-known",
        |row| {
            row.has("meeting_date")
                && !(row.has("health_attended") && row.has("social_care_attended"))
        },
        |record, _| !record.get("meeting_date").is_empty() && blank(record, "health_attended"),
    ),
];

pub(crate) const MEDIATION_APPEAL: &[Rule] = &[
    Rule::new(
        "mediation-appeal-opened-after-decision",
        |row| row.is_before("opened_date", "decision_date"),
        |record, _| swap_dates(record, "opened_date", "decision_date"),
    ),
    Rule::new(
        "mediation-appeal-opened-by-extract",
        |row| row.is_after("opened_date", &row.context.to),
        |record, context| after_extract(record, context, "opened_date"),
    ),
    Rule::new(
        "mediation-appeal-held-after-opened",
        |row| row.is_before("held_date", "opened_date"),
        |record, _| swap_dates(record, "held_date", "opened_date"),
    ),
    Rule::new(
        "mediation-appeal-closed",
        |row| row.has("outcome") != row.has("closed_date"),
        |record, _| part(record, "outcome", "closed_date"),
    ),
    Rule::new(
        "mediation-appeal-closed-after-opened",
        |row| row.is_before("closed_date", "opened_date"),
        |record, _| swap_dates(record, "closed_date", "opened_date"),
    ),
    Rule::new(
        "mediation-appeal-outcome-of-kind",
        |row| row.is("kind", "mediation") && row.is_in("outcome", &["upheld", "dismissed"]),
        |record, _| {
            record.get("kind") == "mediation" && put(record, "outcome", Some("upheld".to_owned()))
        },
    ),
    Rule::new(
        "mediation-appeal-plan",
        |row| {
            row.has("about")
                && !row.is_in("about", &["refusal_to_assess", "refusal_to_issue"])
                && !row.has("plan_id")
        },
        |record, _| blank(record, "plan_id"),
    ),
];

pub(crate) const PLAN_AUDIT: &[Rule] = &[
    Rule::new(
        "plan-audit-by-extract",
        |row| row.is_after("audit_date", &row.context.to),
        |record, context| after_extract(record, context, "audit_date"),
    ),
    Rule::new(
        "plan-audit-health-scored",
        |row| row.has("health_score") && row.is("health_auditor_present", "0"),
        |record, _| {
            !record.get("health_score").is_empty()
                && put(record, "health_auditor_present", Some("0".to_owned()))
        },
    ),
    Rule::new(
        "plan-audit-social-care-scored",
        |row| row.has("social_care_score") && row.is("social_care_auditor_present", "0"),
        |record, _| {
            !record.get("social_care_score").is_empty()
                && put(record, "social_care_auditor_present", Some("0".to_owned()))
        },
    ),
    Rule::query(
        "plan-audit-overall-within-parts",
        |row| {
            let parts = [
                "child_voice_score",
                "education_score",
                "health_score",
                "social_care_score",
                "outcomes_score",
            ];
            let scores: Vec<f64> = parts.iter().filter_map(|part| row.number(part)).collect();
            row.number("overall_score").is_some_and(|overall| {
                let is_above = scores.iter().all(|score| *score < overall);
                let is_below = scores.iter().all(|score| *score > overall);
                !scores.is_empty() && (is_above || is_below)
            })
        },
        |_, _| false,
    ),
];
