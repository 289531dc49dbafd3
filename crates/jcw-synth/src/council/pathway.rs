//! The way to a plan and its review: requests, assessments, the twenty weeks,
//! annual reviews.
//!
//! Column names keep the publisher's spelling, typing errors included.

use super::topics::{
    AGE, AGED, DECISIONS, ETHNICITY, NEW_PLANS, NO_PLAN, PLACEMENT, PLANS, REQUESTS, SEX,
    YEARS_IN_PLACE,
};
use super::{Group, Table, Whole, n, pc};

pub(super) const TABLES: [Table; 4] = [
    Table {
        file: "requests.csv",
        is_stock: false,
        total: "All requests for EHC needs assessments",
        topics: &[AGED, ETHNICITY, SEX],
        years: 3,
        groups: &[
            Group {
                whole: REQUESTS,
                kinds: &[
                    (0.6, "requests_received_in_year requests_decided_to_assess"),
                    (
                        0.2,
                        "requests_received_in_year requests_decided_not_to_assess",
                    ),
                    (
                        0.03,
                        "requests_received_in_year requests_decided_not_to_assess mediation_related_request",
                    ),
                    (
                        0.02,
                        "requests_received_in_year requests_decided_not_to_assess tribunal_related_request",
                    ),
                    (
                        0.01,
                        "requests_received_in_year requests_decided_not_to_assess mediation_related_request tribunal_related_request tribunal_after_mediation_request",
                    ),
                    (0.1, "requests_received_in_year requests_decision_not_made"),
                    (0.01, "requests_received_in_year requests_withdrawn"),
                    (
                        0.01,
                        "requests_received_in_year requests_rya requests_decided_to_assess",
                    ),
                ],
            },
            Group {
                whole: DECISIONS,
                kinds: &[
                    (0.85, "request_outcome_six_weeks"),
                    (0.15, "request_outcome_over_6_weeks"),
                ],
            },
        ],
        columns: &[&[
            n("requests_received_in_year"),
            n("requests_rya"),
            n("requests_decided_to_assess").since_2023(),
            n("requests_decided_not_to_assess"),
            n("requests_decision_not_made").since_2023(),
            n("requests_withdrawn").since_2023(),
            pc("request_assess_pc", "requests_decided_to_assess", RECEIVED).since_2023(),
            pc(
                "request_not_assess_pc",
                "requests_decided_not_to_assess",
                RECEIVED,
            )
            .since_2023(),
            pc(
                "request_outstanding_pc",
                "requests_decision_not_made",
                RECEIVED,
            )
            .since_2023(),
            pc("request_withdrawn_pc", "requests_withdrawn", RECEIVED).since_2023(),
            n("request_outcome_six_weeks").since_2023(),
            n("request_outcome_over_6_weeks").since_2023(),
            pc(
                "request_outcome_six_weeks_pc",
                "request_outcome_six_weeks",
                SIX_WEEKS,
            )
            .since_2023(),
            pc(
                "request_outcome_over_6_weeks_pc",
                "request_outcome_over_6_weeks",
                SIX_WEEKS,
            )
            .since_2023(),
            n("mediation_related_request").since_2023(),
            n("tribunal_related_request").since_2023(),
            n("tribunal_after_mediation_request").since_2023(),
        ]],
    },
    Table {
        file: "assessments.csv",
        is_stock: false,
        total: "All EHC needs assessments",
        topics: &[AGED, ETHNICITY, SEX],
        years: 3,
        groups: &[
            Group {
                whole: NEW_PLANS,
                kinds: &[
                    (0.96, "assess_in_year assess_issued"),
                    (0.02, "assess_in_year assess_issued number_other_mediation"),
                    (0.02, "assess_in_year assess_issued number_other_tribunal"),
                ],
            },
            Group {
                whole: NO_PLAN,
                kinds: &[
                    (
                        0.25,
                        "assess_in_year assess_not_issued outcome_decision_within_time",
                    ),
                    (
                        0.5,
                        "assess_in_year assess_not_issued outcome_decision_over_time",
                    ),
                    (
                        0.1,
                        "assess_in_year assess_not_issued outcome_decision_within_time number_assess_mediation",
                    ),
                    (
                        0.1,
                        "assess_in_year assess_not_issued outcome_decision_over_time number_assess_tribunal",
                    ),
                ],
            },
            Group {
                whole: Whole("unfinished assessments", 0.01),
                kinds: &[
                    (0.7, "assess_in_year assess_not_made"),
                    (0.3, "assess_in_year assess_withdrawn"),
                ],
            },
        ],
        columns: &[&[
            n("assess_in_year").since_2023(),
            n("assess_issued"),
            pc("assess_issued_pc", "assess_issued", ASSESSED).since_2023(),
            n("assess_not_issued"),
            pc("assess_not_issued_pc", "assess_not_issued", ASSESSED).since_2023(),
            n("assess_not_made").since_2023(),
            pc("assess_not_made_pc", "assess_not_made", ASSESSED).since_2023(),
            n("assess_withdrawn").since_2023(),
            pc("assess_withdrawn_pc", "assess_withdrawn", ASSESSED).since_2023(),
            n("outcome_decision_within_time").since_2023(),
            n("outcome_decision_over_time").since_2023(),
            pc(
                "outcome_decision_within_time_pc",
                "outcome_decision_within_time",
                SIXTEEN_WEEKS,
            )
            .since_2023(),
            pc(
                "outcome_decision_over_time_pc",
                "outcome_decision_over_time",
                SIXTEEN_WEEKS,
            )
            .since_2023(),
            n("number_assess_mediation").since_2023(),
            n("number_assess_tribunal").since_2023(),
            n("number_asssess_mediation_tribunal").since_2023(),
            n("number_other_mediation").since_2023(),
            n("number_other_tribunal").since_2023(),
            n("number_other_mediation_tribunal").since_2023(),
        ]],
    },
    Table {
        file: "timeliness_20_week.csv",
        is_stock: false,
        total: "All EHC plans issued",
        topics: &[AGE, ETHNICITY, SEX],
        years: 3,
        groups: &[Group {
            whole: NEW_PLANS,
            kinds: &[
                (
                    0.44,
                    "plans_issued_den plans_issued_den_ex plans_issued_within_20_weeks plans_issued_20_weeks_ex",
                ),
                (0.03, "plans_issued_den plans_issued_within_20_weeks"),
                (
                    0.4,
                    "plans_issued_den plans_issued_den_ex plans_issued_gt20weeks_ltYear plans_issued_gt20weeks_ltYear_ex",
                ),
                (0.04, "plans_issued_den plans_issued_gt20weeks_ltYear"),
                (
                    0.07,
                    "plans_issued_den plans_issued_den_ex plans_issued_gt_1_year plans_issued_gt_1_year_ex",
                ),
                (0.02, "plans_issued_den plans_issued_gt_1_year"),
            ],
        }],
        columns: &[&[
            n("plans_issued_den"),
            n("plans_issued_den_ex"),
            n("plans_issued_within_20_weeks"),
            n("plans_issued_20_weeks_ex"),
            pc(
                "pc_plans_issued_within_20_weeks",
                "plans_issued_within_20_weeks",
                ISSUED,
            ),
            pc(
                "PC_plans_issued_20_weeks_ex",
                "plans_issued_20_weeks_ex",
                ISSUED_EX,
            ),
            n("plans_issued_gt20weeks_ltYear").since_2023(),
            n("plans_issued_gt20weeks_ltYear_ex").since_2023(),
            pc(
                "pc_plans_issued_gt20weeks_ltYear",
                "plans_issued_gt20weeks_ltYear",
                ISSUED,
            )
            .since_2023(),
            pc(
                "PC_plans_issued_gt20weeks_ltYear_ex",
                "plans_issued_gt20weeks_ltYear_ex",
                ISSUED_EX,
            )
            .since_2023(),
            n("plans_issued_gt_1_year").since_2023(),
            n("plans_issued_gt_1_year_ex").since_2023(),
            pc(
                "pc_plans_issued_gt_1_year",
                "plans_issued_gt_1_year",
                ISSUED,
            )
            .since_2023(),
            pc(
                "PC_plans_issued_gt_1_year_ex",
                "plans_issued_gt_1_year_ex",
                ISSUED_EX,
            )
            .since_2023(),
        ]],
    },
    Table {
        file: "annual_reviews.csv",
        is_stock: false,
        total: "All annual reviews",
        topics: &[AGED, ETHNICITY, SEX, PLACEMENT, YEARS_IN_PLACE],
        years: 1,
        groups: &[Group {
            whole: PLANS,
            kinds: REVIEWS,
        }],
        columns: &[&[
            n("total_ehc_plans"),
            n("review_expected"),
            n("review_not_expected"),
            n("review_meeting_25"),
            n("review_meeting_24"),
            n("review_meeting_prior_24"),
            // The publisher's file has this header twice, with the same figures.
            n("review_meeting_prior_24"),
            n("total_review_meeting"),
            n("no_review_meeting"),
            n("review_decision25"),
            n("review_decision24"),
            n("review_decision_prior24"),
            n("review_decision_not_due"),
            n("review_decision_outstanding"),
            n("outcome_amend"),
            n("outcome_cease"),
            n("outcome_maintan"),
            n("no_outcome"),
            n("number_decsion_4weeks"),
            n("number_decision_gt_4weeks"),
            pc("pc_decsion_4weeks", "number_decsion_4weeks", FOUR_WEEKS),
            pc(
                "pc_decision_gt_4weeks",
                "number_decision_gt_4weeks",
                FOUR_WEEKS,
            ),
        ]],
    },
];

const RECEIVED: &[&str] = &["requests_received_in_year"];
const SIX_WEEKS: &[&str] = &["request_outcome_six_weeks", "request_outcome_over_6_weeks"];
const ASSESSED: &[&str] = &["assess_in_year"];
const SIXTEEN_WEEKS: &[&str] = &["outcome_decision_within_time", "outcome_decision_over_time"];
const ISSUED: &[&str] = &["plans_issued_den"];
const ISSUED_EX: &[&str] = &["plans_issued_den_ex"];
const FOUR_WEEKS: &[&str] = &["number_decsion_4weeks", "number_decision_gt_4weeks"];

/// A review that was not expected; one that was and did not meet; and the
/// meetings, by when the decision came. The last kind is a decision recorded
/// without a meeting: it makes the publisher's own columns negative, as they
/// really are in some places.
const REVIEWS: &[(f64, &str)] = &[
    (0.18, "total_ehc_plans review_not_expected"),
    (0.06, "total_ehc_plans review_expected no_review_meeting"),
    (
        0.03,
        "total_ehc_plans review_expected total_review_meeting review_meeting_25 review_decision_not_due no_outcome",
    ),
    (
        0.05,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision_outstanding no_outcome",
    ),
    (
        0.22,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision24 outcome_amend number_decsion_4weeks",
    ),
    (
        0.1,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision25 outcome_amend number_decision_gt_4weeks",
    ),
    (
        0.12,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision24 outcome_maintan number_decsion_4weeks",
    ),
    (
        0.08,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision24 outcome_maintan number_decision_gt_4weeks",
    ),
    (
        0.01,
        "total_ehc_plans review_expected total_review_meeting review_meeting_24 review_decision24 outcome_cease number_decsion_4weeks",
    ),
    (
        0.14,
        "total_ehc_plans review_expected total_review_meeting review_meeting_prior_24 review_decision_prior24 outcome_maintan number_decision_gt_4weeks",
    ),
    (
        0.01,
        "total_ehc_plans review_not_expected review_decision24 outcome_maintan number_decsion_4weeks -review_decision_outstanding -no_outcome",
    ),
];
