//! Rules of the SEN2 return over more than one column of a row, from the
//! Department's guides, its common rules, and the SEND Regulations 2014.

use super::cell::{moved, other_first_letter, other_last_digit, upn_letter, weighted_sum};
use super::rule::{Row, Rule, put, swap_dates};

pub(crate) const PERSON: &[Rule] = &[
    Rule::new(
        "1510",
        |row| {
            let upn = row.value("upn").unwrap_or_default();
            upn_letter(upn).is_some_and(|letter| !upn.starts_with(letter))
        },
        |record, _| {
            let other = other_first_letter(record.get("upn"));
            put(record, "upn", other)
        },
    ),
    Rule::new(
        "upn-length",
        |row| row.value("upn").is_some_and(|upn| upn.len() != 13),
        |record, _| {
            let short = record.get("upn").get(..12).map(str::to_owned);
            put(record, "upn", short)
        },
    ),
    Rule::new(
        "1540",
        |row| {
            row.value("upn").is_some_and(|upn| {
                upn.len() == 13 && !upn[4..12].bytes().all(|byte| byte.is_ascii_digit())
            })
        },
        |record, _| {
            let upn = record.get("upn");
            let other = (upn.len() == 13).then(|| format!("{}X{}", &upn[..7], &upn[8..]));
            put(record, "upn", other)
        },
    ),
    Rule::new(
        "1550",
        |row| {
            row.value("upn").is_some_and(|upn| {
                let last = upn.as_bytes().get(12).copied().unwrap_or(b'0');
                let is_wrong = !last.is_ascii_alphanumeric() || b"IOS".contains(&last);
                upn.len() == 13 && is_wrong
            })
        },
        |record, _| {
            let other = record.get("upn").get(..12).map(|upn| format!("{upn}O"));
            put(record, "upn", other)
        },
    ),
    Rule::new(
        "1575",
        |row| {
            (row.value("unique_learner_number"))
                .is_some_and(|uln| weighted_sum(uln).is_none_or(|sum| sum % 11 != 10))
        },
        |record, _| {
            let other = other_last_digit(record.get("unique_learner_number"));
            put(record, "unique_learner_number", other)
        },
    ),
    Rule::new(
        "4180",
        |row| !row.has("sex") && !row.has("gender_current"),
        |record, context| {
            let column = if context.year < 2024 {
                "gender_current"
            } else {
                "sex"
            };
            put(record, column, Some(String::new()))
        },
    ),
    Rule::new(
        "4220",
        |row| !row.has("ethnicity"),
        |record, _| put(record, "ethnicity", Some(String::new())),
    ),
    Rule::new(
        "8520",
        |row| row.is_after("person_birth_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("person_birth_date"), 30);
            put(record, "person_birth_date", later)
        },
    ),
    Rule::query(
        "8770Q",
        |row| {
            let is_older = row.has("person_birth_date")
                && !row.is_after("person_birth_date", &years_before(row, 5));
            is_older
                && !["upn", "unique_learner_number", "upn_unknown"]
                    .iter()
                    .any(|one| row.has(one))
        },
        |_, _| false,
    ),
    Rule::query("8775Q", |row| is_older_than(row, 26), |_, _| false),
    Rule::new(
        "annex-a-102b",
        |row| is_older_than(row, 27),
        |record, _| {
            let earlier = moved(record.get("person_birth_date"), -30);
            put(record, "person_birth_date", earlier)
        },
    ),
    Rule::query(
        "name-missing",
        |row| !row.has("surname") || !row.has("forename"),
        |record, _| put(record, "forename", Some(String::new())),
    ),
    Rule::query(
        "age-at-31-august",
        |row| {
            let day = format!("{}-08-31", row.context.year - 27);
            row.has("person_birth_date") && !row.is_after("person_birth_date", &day)
        },
        |_, _| false,
    ),
    Rule::query(
        "postcode-form",
        |row| row.is("postcode", "SS00"),
        |record, _| put(record, "postcode", Some("SS00".to_owned())),
    ),
];

/// The census day so many years before.
fn years_before(row: &Row, years: i32) -> String {
    moved(&row.context.to, -years).unwrap_or_default()
}

fn is_older_than(row: &Row, years: i32) -> bool {
    row.has("person_birth_date") && !row.is_after("person_birth_date", &years_before(row, years))
}

pub(crate) const REQUEST: &[Rule] = &[
    Rule::new(
        "request-before-census",
        |row| row.is_after("received_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("received_date"), 30);
            put(record, "received_date", later)
        },
    ),
    Rule::new(
        "request-decided-after-received",
        |row| row.is_before("request_outcome_date", "received_date"),
        |record, _| swap_dates(record, "request_outcome_date", "received_date"),
    ),
    Rule::new(
        "request-decided-before-census",
        |row| row.is_after("request_outcome_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("request_outcome_date"), 30);
            put(record, "request_outcome_date", later)
        },
    ),
    Rule::new(
        "request-decision-dated",
        |row| row.is_in("request_outcome", &["Y", "N"]) && !row.has("request_outcome_date"),
        |record, _| {
            matches!(record.get("request_outcome"), "Y" | "N")
                && put(record, "request_outcome_date", Some(String::new()))
        },
    ),
    Rule::query(
        "request-undecided-dated",
        |row| row.is_in("request_outcome", &["A", "W"]) && row.has("request_outcome_date"),
        |_, _| false,
    ),
    Rule::query(
        "request-source-given",
        |row| {
            row.context.year >= 2025
                && row.has("request_outcome")
                && !row.is("request_outcome", "H")
                && !row.has("request_source")
        },
        |record, _| put(record, "request_source", Some(String::new())),
    ),
    Rule::query(
        "request-challenge-of-refusal",
        |row| {
            row.is_in("request_outcome", &["A", "W"])
                && (row.is("request_mediation", "1") || row.is("request_tribunal", "1"))
        },
        |_, _| false,
    ),
];

pub(crate) const ASSESSMENT: &[Rule] = &[
    Rule::new(
        "assessment-decided-before-census",
        |row| row.is_after("assessment_outcome_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("assessment_outcome_date"), 30);
            put(record, "assessment_outcome_date", later)
        },
    ),
    Rule::new(
        "assessment-decision-dated",
        |row| row.is_in("assessment_outcome", &["Y", "N"]) && !row.has("assessment_outcome_date"),
        |record, _| {
            matches!(record.get("assessment_outcome"), "Y" | "N")
                && put(record, "assessment_outcome_date", Some(String::new()))
        },
    ),
    Rule::query(
        "assessment-undecided-dated",
        |row| row.is_in("assessment_outcome", &["A", "W"]) && row.has("assessment_outcome_date"),
        |_, _| false,
    ),
    Rule::query(
        "assessment-challenge-of-refusal",
        |row| {
            row.is_in("assessment_outcome", &["A", "W"])
                && (row.is("assessment_mediation", "1") || row.is("assessment_tribunal", "1"))
        },
        |_, _| false,
    ),
    Rule::query(
        "assessment-exceptions-said",
        |row| !row.has("week20"),
        |record, _| put(record, "week20", Some(String::new())),
    ),
];

pub(crate) const NAMED_PLAN: &[Rule] = &[
    Rule::new(
        "plan-started-before-census",
        |row| row.is_after("start_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("start_date"), 30);
            put(record, "start_date", later)
        },
    ),
    Rule::new(
        "plan-ceased-after-start",
        |row| row.is_before("cease_date", "start_date"),
        |record, _| swap_dates(record, "cease_date", "start_date"),
    ),
    Rule::new(
        "plan-ceased-before-census",
        |row| row.is_after("cease_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("cease_date"), 30);
            put(record, "cease_date", later)
        },
    ),
    Rule::new(
        "plan-cease-reason",
        |row| row.has("cease_date") != row.has("cease_reason"),
        |record, _| {
            put(record, "cease_reason", Some(String::new())) || {
                record.set("cease_reason", "9");
                true
            }
        },
    ),
    Rule::query(
        "plan-cease-reason-other",
        |row| row.is("cease_reason", "9"),
        |_, _| false,
    ),
    Rule::query(
        "plan-budget-parts",
        |row| row.is("pb", "0") && (row.is("oa", "1") || row.has("dp")),
        |_, _| false,
    ),
];

/// A placement needs one of them.
fn has_setting(row: &Row) -> bool {
    row.has("urn") || row.has("ukprn") || row.has("sen_setting")
}

fn unset(record: &mut crate::writer::record::Record) -> bool {
    for column in ["urn", "ukprn", "sen_setting"] {
        record.set(column, "");
    }
    true
}

fn lacks_indicators(row: &Row) -> bool {
    row.has("urn") && !(row.has("sen_unit_indicator") && row.has("resourced_provision_indicator"))
}

pub(crate) const PLAN_DETAIL: &[Rule] = &[
    Rule::new(
        "named-placement-setting",
        |row| !has_setting(row),
        |record, _| unset(record),
    ),
    Rule::query(
        "named-placement-setting-beside-urn",
        |row| row.has("sen_setting") && (row.has("urn") || row.has("ukprn")),
        |_, _| false,
    ),
    Rule::query(
        "named-placement-other-said",
        |row| row.is("sen_setting", "OTH") && !row.has("sen_setting_other"),
        |_, _| false,
    ),
    Rule::query(
        "named-placement-indicators",
        lacks_indicators,
        |record, _| put(record, "sen_unit_indicator", Some(String::new())),
    ),
    Rule::query(
        "named-placement-unit-or-provision",
        |row| row.is("sen_unit_indicator", "1") && row.is("resourced_provision_indicator", "1"),
        |_, _| false,
    ),
];

pub(crate) const ACTIVE_PLAN: &[Rule] = &[
    Rule::new(
        "review-decided-after-meeting",
        |row| row.is_before("last_review", "review_meeting"),
        |record, _| swap_dates(record, "last_review", "review_meeting"),
    ),
    Rule::new(
        "review-before-census",
        |row| {
            row.is_after("review_meeting", &row.context.to)
                || row.is_after("last_review", &row.context.to)
        },
        |record, _| {
            let later = moved(record.get("last_review"), 30);
            put(record, "last_review", later)
        },
    ),
    Rule::new(
        "review-outcome-needs-meeting",
        |row| row.context.year >= 2024 && row.has("review_outcome") && !row.has("review_meeting"),
        |record, context| {
            context.year >= 2024
                && !record.get("review_outcome").is_empty()
                && put(record, "review_meeting", Some(String::new()))
        },
    ),
    Rule::query(
        "review-outcome-dated",
        |row| row.has("review_outcome") && !row.has("last_review"),
        |_, _| false,
    ),
    Rule::query(
        "review-draft-of-amendment",
        |row| {
            row.has("review_draft") && row.has("review_outcome") && !row.is("review_outcome", "A")
        },
        |_, _| false,
    ),
    Rule::new(
        "review-draft-after-meeting",
        |row| row.is_before("review_draft", "review_meeting"),
        |record, _| {
            let earlier = moved(record.get("review_draft"), -5);
            !record.get("review_meeting").is_empty() && put(record, "review_draft", earlier)
        },
    ),
    Rule::query(
        "phase-transfer-final-given",
        |row| row.has("phase_transfer_final_date") && !row.has("phase_transfer_due_date"),
        |_, _| false,
    ),
];

pub(crate) const PLACEMENT_DETAIL: &[Rule] = &[
    Rule::new(
        "placement-left-after-entry",
        |row| row.is_before("leaving_date", "entry_date"),
        |record, _| swap_dates(record, "leaving_date", "entry_date"),
    ),
    Rule::new(
        "placement-entry-before-census",
        |row| row.is_after("entry_date", &row.context.to),
        |record, _| {
            let later = moved(record.get("entry_date"), 30);
            put(record, "entry_date", later)
        },
    ),
    Rule::query(
        "placement-entry-given",
        |row| !row.has("entry_date"),
        |record, _| put(record, "entry_date", Some(String::new())),
    ),
    Rule::new(
        "placement-setting",
        |row| !has_setting(row),
        |record, _| unset(record),
    ),
    Rule::query(
        "placement-setting-beside-urn",
        |row| row.has("sen_setting") && (row.has("urn") || row.has("ukprn")),
        |_, _| false,
    ),
    Rule::query(
        "placement-other-said",
        |row| row.is_in("sen_setting", &["OTH", "NIEO"]) && !row.has("sen_setting_other"),
        |_, _| false,
    ),
    Rule::query("placement-indicators", lacks_indicators, |record, _| {
        put(record, "sen_unit_indicator", Some(String::new()))
    }),
    Rule::query(
        "placement-unit-or-provision",
        |row| row.is("sen_unit_indicator", "1") && row.is("resourced_provision_indicator", "1"),
        |_, _| false,
    ),
];

pub(crate) const SEN_NEED: &[Rule] = &[Rule::query(
    "need-ranked",
    |row| !row.has("sen_type_rank"),
    |record, _| put(record, "sen_type_rank", Some(String::new())),
)];
