//! Tables of the council's own systems, which are in no national
//! specification: casework, reviews, social care, schools.

use crate::mess::council as rules;
use crate::writer::table::Kind::{
    BritishDate, Code, Date, Decimal, Flag, Integer, NhsNumber, Text, Upn,
};
use crate::writer::table::{Column, Table};

/// One row for each request for an EHC needs assessment, from its receipt to the final plan.
pub(crate) static EHCNA_CASE: Table = Table {
    name: "council.ehcna_case",
    columns: &[
        Column::new("request_id", "request_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn),
        Column::new("surname", "surname", Text).required(),
        Column::new("forename", "forename", Text).required(),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("sex", "sex", Code),
        Column::new("ethnicity", "ethnicity", Code),
        Column::new("postcode", "postcode", Text),
        Column::new("school_urn", "school_urn", Text).unlike("?"),
        Column::new("primary_need", "primary_need", Code),
        Column::new("received_date", "received_date", Date).required(),
        Column::new("request_source", "request_source", Code).required(),
        Column::new("request_panel_date", "request_panel_date", Date),
        Column::new("request_outcome", "request_outcome", Code),
        Column::new("request_outcome_date", "request_outcome_date", Date),
        Column::new("withdrawn_date", "withdrawn_date", Date),
        Column::new("issue_panel_date", "issue_panel_date", Date),
        Column::new("assessment_outcome", "assessment_outcome", Code),
        Column::new("assessment_outcome_date", "assessment_outcome_date", Date),
        Column::new("closed_date", "closed_date", Date),
        Column::new("draft_plan_date", "draft_plan_date", Date),
        Column::new("final_plan_date", "final_plan_date", Date),
        Column::new("plan_id", "plan_id", Text).unlike("?"),
        Column::new("exception", "exception", Code),
        Column::new("team", "team", Text),
    ],
    references: &[],
    rules: rules::EHCNA_CASE,
    twin: Some("team"),
    key: "key",
};

/// One row for each request for advice that the council sent to one body for one assessment.
pub(crate) static EHCNA_ADVICE_REQUEST: Table = Table {
    name: "council.ehcna_advice_request",
    columns: &[
        Column::new("advice_id", "advice_id", Text)
            .required()
            .unlike("?"),
        Column::new("request_id", "request_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("agency", "agency", Code).required(),
        Column::new("sent_date", "sent_date", Date).required(),
        Column::new("due_date", "due_date", Date).required(),
        Column::new("received_date", "received_date", Date),
        Column::new("outcome", "outcome", Code),
        Column::new("late_reason", "late_reason", Code),
    ],
    references: &[],
    rules: rules::EHCNA_ADVICE_REQUEST,
    twin: Some("sent_date"),
    key: "key",
};

/// One row for each provision that a plan specifies, by section and service.
pub(crate) static PLAN_PROVISION: Table = Table {
    name: "council.plan_provision",
    columns: &[
        Column::new("provision_id", "provision_id", Text)
            .required()
            .unlike("?"),
        Column::new("plan_id", "plan_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("section", "section", Code).required(),
        Column::new("service", "service", Code).required(),
        Column::new("sessions", "sessions", Integer)
            .required()
            .not("201"),
        Column::new("frequency", "frequency", Code).required(),
        Column::new("hours_each", "hours_each", Decimal)
            .required()
            .not("51"),
        Column::new("funder", "funder", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("end_date", "end_date", Date),
    ],
    references: &[],
    rules: rules::PLAN_PROVISION,
    twin: Some("sessions"),
    key: "key",
};

/// One row for each annual review of a plan, held or due.
pub(crate) static ANNUAL_REVIEW: Table = Table {
    name: "council.annual_review",
    columns: &[
        Column::new("review_id", "review_id", Text)
            .required()
            .unlike("?"),
        Column::new("plan_id", "plan_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn),
        Column::new("surname", "surname", Text).required(),
        Column::new("forename", "forename", Text).required(),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("postcode", "postcode", Text),
        Column::new("school_urn", "school_urn", Text).unlike("?"),
        Column::new("due_date", "due_date", Date).required(),
        Column::new("meeting_date", "meeting_date", Date),
        Column::new("is_phase_transfer", "is_phase_transfer", Flag).required(),
        Column::new("decision", "decision", Code),
        Column::new("decision_date", "decision_date", Date),
        Column::new("draft_date", "draft_date", Date),
        Column::new("final_date", "final_date", Date),
        Column::new("health_invited", "health_invited", Flag).required(),
        Column::new("health_attended", "health_attended", Flag),
        Column::new("health_reported", "health_reported", Flag),
        Column::new("social_care_invited", "social_care_invited", Flag).required(),
        Column::new("social_care_attended", "social_care_attended", Flag),
        Column::new("social_care_reported", "social_care_reported", Flag),
        Column::new("family_attended", "family_attended", Flag),
        Column::new("child_views_recorded", "child_views_recorded", Flag),
    ],
    references: &[],
    rules: rules::ANNUAL_REVIEW,
    twin: Some("due_date"),
    key: "key",
};

/// One row for each mediation or appeal about a decision or a plan.
pub(crate) static MEDIATION_APPEAL: Table = Table {
    name: "council.mediation_appeal",
    columns: &[
        Column::new("dispute_id", "dispute_id", Text)
            .required()
            .unlike("?"),
        Column::new("request_id", "request_id", Text)
            .required()
            .unlike("?"),
        Column::new("plan_id", "plan_id", Text).unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("kind", "kind", Code).required(),
        Column::new("about", "about", Code).required(),
        Column::new("decision_date", "decision_date", Date).required(),
        Column::new("opened_date", "opened_date", Date).required(),
        Column::new("held_date", "held_date", Date),
        Column::new("outcome", "outcome", Code),
        Column::new("closed_date", "closed_date", Date),
        Column::new("health_attended", "health_attended", Flag),
        Column::new("social_care_attended", "social_care_attended", Flag),
    ],
    references: &[],
    rules: rules::MEDIATION_APPEAL,
    twin: Some("social_care_attended"),
    key: "key",
};

/// One row for each plan that was audited by several agencies, with the score of each part.
pub(crate) static PLAN_AUDIT: Table = Table {
    name: "council.plan_audit",
    columns: &[
        Column::new("audit_id", "audit_id", Text)
            .required()
            .unlike("?"),
        Column::new("plan_id", "plan_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("audit_date", "audit_date", Date).required(),
        Column::new("child_voice_score", "Voice of the child (1-4)", Integer).not("5"),
        Column::new("education_score", "Education advice (1-4)", Integer).not("5"),
        Column::new("health_score", "Health advice (1-4)", Integer).not("5"),
        Column::new("social_care_score", "Social care advice (1-4)", Integer).not("5"),
        Column::new("outcomes_score", "Outcomes (1-4)", Integer).not("5"),
        Column::new("overall_score", "Overall (1-4)", Integer)
            .required()
            .not("5"),
        Column::new("health_auditor_present", "Health auditor present", Flag).required(),
        Column::new(
            "social_care_auditor_present",
            "Social care auditor present",
            Flag,
        )
        .required(),
    ],
    references: &[],
    rules: rules::PLAN_AUDIT,
    twin: Some("audit_date"),
    key: "key",
};

/// One row for each referral to the Children with Disabilities team.
pub(crate) static CWD_REFERRAL: Table = Table {
    name: "council.cwd_referral",
    columns: &[
        Column::new("referral_id", "referral_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("surname", "surname", Text).required(),
        Column::new("forename", "forename", Text).required(),
        Column::new("date_of_birth", "date_of_birth", BritishDate).required(),
        Column::new("sex", "sex", Code),
        Column::new("postcode", "postcode", Text),
        Column::new("referral_date", "referral_date", BritishDate).required(),
        Column::new("source", "source", Code).required(),
        Column::new("decision", "decision", Code),
        Column::new("decision_date", "decision_date", BritishDate),
        Column::new("closed_date", "closed_date", BritishDate),
    ],
    references: &[],
    rules: rules::CWD_REFERRAL,
    twin: Some("forename"),
    key: "key",
};

/// One row for each short break that a disabled child was granted.
pub(crate) static SHORT_BREAK: Table = Table {
    name: "council.short_break",
    columns: &[
        Column::new("short_break_id", "short_break_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("referral_id", "referral_id", Text).unlike("?"),
        Column::new("kind", "kind", Code).required(),
        Column::new("start_date", "start_date", BritishDate).required(),
        Column::new("end_date", "end_date", BritishDate),
        Column::new("hours_granted", "hours_granted", Decimal)
            .required()
            .not("-1"),
        Column::new("hours_taken", "hours_taken", Decimal).not("-1"),
        Column::new("funder", "funder", Code).required(),
        Column::new("annual_cost", "annual_cost", Decimal)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::SHORT_BREAK,
    twin: Some("hours_granted"),
    key: "key",
};

/// One row for each high-needs placement and financial year, with who pays what of it.
pub(crate) static PLACEMENT_COST: Table = Table {
    name: "council.placement_cost",
    columns: &[
        Column::new("financial_year", "financial_year", Text)
            .required()
            .unlike("?"),
        Column::new("placement_id", "placement_id", Text)
            .required()
            .unlike("?"),
        Column::new("plan_id", "plan_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("urn", "urn", Text).unlike("?"),
        Column::new("kind", "kind", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("end_date", "end_date", Date),
        Column::new("education_cost", "education_cost", Decimal)
            .required()
            .not("-1"),
        Column::new("social_care_cost", "social_care_cost", Decimal)
            .required()
            .not("-1"),
        Column::new("health_cost", "health_cost", Decimal)
            .required()
            .not("-1"),
        Column::new("total_cost", "total_cost", Decimal)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::PLACEMENT_COST,
    twin: Some("urn"),
    key: "key",
};

/// One row for each pupil, school and term, with the sessions possible and missed.
pub(crate) static ATTENDANCE: Table = Table {
    name: "council.attendance",
    columns: &[
        Column::new("term", "term", Text).required().unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn).required(),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("urn", "urn", Text).required().unlike("?"),
        Column::new("sen_status", "sen_status", Code).required(),
        Column::new("sessions_possible", "sessions_possible", Integer)
            .required()
            .not("201"),
        Column::new("sessions_authorised", "sessions_authorised", Integer)
            .required()
            .not("-1"),
        Column::new("sessions_unauthorised", "sessions_unauthorised", Integer)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::ATTENDANCE,
    twin: Some("sessions_possible"),
    key: "key",
};

/// One row for each suspension or permanent exclusion of a pupil.
pub(crate) static SUSPENSION: Table = Table {
    name: "council.suspension",
    columns: &[
        Column::new("academic_year", "academic_year", Text)
            .required()
            .unlike("?"),
        Column::new("suspension_id", "suspension_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn).required(),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("urn", "urn", Text).required().unlike("?"),
        Column::new("sen_status", "sen_status", Code).required(),
        Column::new("kind", "kind", Code).required(),
        Column::new("reason", "reason", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("sessions", "sessions", Integer).not("91"),
    ],
    references: &[],
    rules: rules::SUSPENSION,
    twin: Some("sessions"),
    key: "key",
};

/// One row for each part-time timetable of a pupil.
pub(crate) static REDUCED_TIMETABLE: Table = Table {
    name: "council.reduced_timetable",
    columns: &[
        Column::new("timetable_id", "timetable_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn).required(),
        Column::new("urn", "urn", Text).required().unlike("?"),
        Column::new("sen_status", "sen_status", Code).required(),
        Column::new("reason", "reason", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("review_date", "review_date", Date),
        Column::new("end_date", "end_date", Date),
        Column::new("hours_per_week", "hours_per_week", Decimal)
            .required()
            .not("41"),
        Column::new("parent_agreed", "parent_agreed", Flag).required(),
    ],
    references: &[],
    rules: rules::REDUCED_TIMETABLE,
    twin: Some("review_date"),
    key: "key",
};

/// One row for each time that a child was out of school.
pub(crate) static OUT_OF_SCHOOL: Table = Table {
    name: "council.out_of_school",
    columns: &[
        Column::new("spell_id", "spell_id", Text)
            .required()
            .unlike("?"),
        Column::new("child_id", "child_id", Text)
            .required()
            .unlike("?"),
        Column::new("upn", "upn", Upn),
        Column::new("surname", "surname", Text).required(),
        Column::new("forename", "forename", Text).required(),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("postcode", "postcode", Text),
        Column::new("sen_status", "sen_status", Code).required(),
        Column::new("reason", "reason", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("end_date", "end_date", Date),
        Column::new("hours_per_week", "hours_per_week", Decimal)
            .required()
            .not("41"),
    ],
    references: &[],
    rules: rules::OUT_OF_SCHOOL,
    twin: Some("forename"),
    key: "key",
};

/// One row for each answer to one question of one questionnaire.
pub(crate) static PARENT_CARER_SURVEY: Table = Table {
    name: "council.parent_carer_survey",
    columns: &[
        Column::new("response_id", "Response", Text)
            .required()
            .unlike("?"),
        Column::new("wave", "wave", Text).required().unlike("?"),
        Column::new("respondent", "respondent", Code).required(),
        Column::new("age_band", "Age of the child", Code),
        Column::new("has_plan", "Has an EHC plan", Flag),
        Column::new("question", "question", Code).required(),
        Column::new("answer", "answer", Code),
    ],
    references: &[],
    rules: rules::PARENT_CARER_SURVEY,
    twin: Some("has_plan"),
    key: "key",
};

/// One row for each page of the Local Offer and month, with how often it was read.
pub(crate) static LOCAL_OFFER_COUNT: Table = Table {
    name: "council.local_offer_count",
    columns: &[
        Column::new("month", "month", Text).required().unlike("?"),
        Column::new("page", "page", Text).required().unlike("?"),
        Column::new("section", "section", Text),
        Column::new("page_views", "page_views", Integer)
            .required()
            .not("-1"),
        Column::new("unique_visitors", "unique_visitors", Integer)
            .required()
            .not("-1"),
        Column::new("from_search", "from_search", Integer).not("-1"),
        Column::new("mean_seconds", "mean_seconds", Decimal).not("-1"),
    ],
    references: &[],
    rules: rules::LOCAL_OFFER_COUNT,
    twin: Some("section"),
    key: "key",
};
