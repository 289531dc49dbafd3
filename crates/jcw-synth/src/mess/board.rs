//! Rules of the board's tables over more than one column of a row.

use super::cell::{day_after, moved};
use super::council::is_not_six_weeks;
use super::eput::after_extract;
use super::rule::{Row, Rule, blank, put, put_moved, swap_dates};

/// A financial year's first year, if it is written as one.
fn first_year(row: &Row) -> Option<i32> {
    let year = row.value("financial_year")?;
    (year.len() == 7).then(|| year[..4].parse().ok()).flatten()
}

/// `2024-26` for a year.
fn is_wrong_year(row: &Row) -> bool {
    let second = (row.value("financial_year"))
        .and_then(|year| year.get(5..))
        .and_then(|year| year.parse::<i32>().ok());
    match (first_year(row), second) {
        (Some(first), Some(second)) => second != (first + 1) % 100,
        _ => false,
    }
}

fn other_year(record: &mut crate::writer::record::Record) -> bool {
    let year = record.get("financial_year");
    let other = year.get(..5).map(|first| format!("{first}99"));
    put(record, "financial_year", other)
}

/// The 15th.
fn mid_month(record: &mut crate::writer::record::Record) -> bool {
    let day = record
        .get("month")
        .get(..8)
        .map(|month| format!("{month}15"));
    put(record, "month", day)
}

fn is_mid_month(row: &Row) -> bool {
    row.value("month")
        .is_some_and(|month| !month.ends_with("-01"))
}

pub(crate) const CONTRACT_PLAN: &[Rule] = &[
    Rule::new(
        "plan-month-in-year",
        |row| match (first_year(row), row.value("month")) {
            (Some(year), Some(month)) => {
                let (first, after) = (format!("{year}-04-01"), format!("{}-04-01", year + 1));
                !(*month >= *first && *month < *after)
            }
            _ => false,
        },
        |record, _| put_moved(record, "month", 3),
    ),
    Rule::new("plan-month-first-day", is_mid_month, |record, _| {
        mid_month(record)
    }),
    Rule::new("plan-year-follows", is_wrong_year, |record, _| {
        other_year(record)
    }),
    Rule::query(
        "plan-cost-is-price-times-activity",
        |row| match (
            row.number("planned_cost_gbp"),
            row.number("planned_activity"),
            row.number("unit_price_gbp"),
        ) {
            (Some(cost), Some(activity), Some(price)) => (cost - activity * price).abs() > 1.0,
            _ => false,
        },
        |record, _| put(record, "planned_cost_gbp", Some("1234567.00".to_owned())),
    ),
];

pub(crate) const CONTRACT_ACTUAL: &[Rule] = &[
    Rule::new("actual-month-first-day", is_mid_month, |record, _| {
        mid_month(record)
    }),
    Rule::new(
        "actual-not-in-future",
        |row| row.is_after("month", &row.context.to),
        |record, _| put_moved(record, "month", 20),
    ),
];

pub(crate) const SERVICE_FINANCE: &[Rule] = &[
    Rule::new("finance-year-follows", is_wrong_year, |record, _| {
        other_year(record)
    }),
    Rule::query(
        "finance-spend-near-budget",
        |row| match (row.number("budget_gbp"), row.number("spend_gbp")) {
            (Some(budget), Some(spend)) => budget != 0.0 && spend.abs() > 2.0 * budget,
            _ => false,
        },
        |record, _| put(record, "spend_gbp", Some("99999999999.00".to_owned())),
    ),
];

/// Of a table of dated entries about a child.
const fn born_before_start(id: &'static str) -> Rule {
    Rule::new(
        id,
        |row| row.is_before("start_date", "date_of_birth"),
        |record, _| put_moved(record, "date_of_birth", 40),
    )
}

const fn ends_after_start(id: &'static str) -> Rule {
    Rule::new(
        id,
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    )
}

pub(crate) const JOINT_PACKAGE: &[Rule] = &[
    Rule::new(
        "package-split-is-whole",
        |row| {
            let parts = ["education_gbp", "social_care_gbp", "health_gbp"];
            let sum: Option<f64> = parts.iter().map(|part| row.number(part)).sum();
            match (sum, row.number("annual_cost_gbp")) {
                (Some(sum), Some(whole)) => (sum - whole).abs() > 0.001,
                _ => false,
            }
        },
        |record, _| {
            let whole: Option<f64> = record.get("annual_cost_gbp").parse().ok();
            let other = whole.map(|whole| format!("{:.2}", whole + 500.0));
            put(record, "annual_cost_gbp", other)
        },
    ),
    Rule::query(
        "package-is-joint",
        |row| {
            let parts = ["education_gbp", "social_care_gbp", "health_gbp"];
            let paying = parts
                .iter()
                .filter(|part| row.number(part).is_some_and(|gbp| gbp > 0.0));
            paying.count() < 2
        },
        |_, _| false,
    ),
    ends_after_start("package-ends-after-it-starts"),
    born_before_start("package-birth-before-start"),
];

pub(crate) const CONTINUING_CARE: &[Rule] = &[
    Rule::new(
        "care-assessed-after-referral",
        |row| row.is_before("assessed_date", "referred_date"),
        |record, _| put_moved(record, "assessed_date", -5),
    ),
    Rule::new(
        "care-decided-after-referral",
        |row| row.is_before("decided_date", "referred_date"),
        |record, _| put_moved(record, "decided_date", -5),
    ),
    Rule::new(
        "care-decided-after-assessment",
        |row| row.is_before("decided_date", "assessed_date"),
        |record, _| swap_dates(record, "decided_date", "assessed_date"),
    ),
    Rule::new(
        "care-decision-says-what",
        |row| row.has("decided_date") != row.has("eligible"),
        |record, _| blank(record, "eligible"),
    ),
    Rule::new(
        "care-package-needs-eligibility",
        |row| row.has("package_start_date") && !row.is("eligible", "1"),
        |record, _| {
            !record.get("package_start_date").is_empty()
                && put(record, "eligible", Some("0".to_owned()))
        },
    ),
    Rule::new(
        "care-not-in-future",
        |row| {
            row.is_after("referred_date", &row.context.to)
                || row.is_after("decided_date", &row.context.to)
        },
        |record, context| {
            let day = moved(&context.to, 2);
            put(record, "decided_date", day)
        },
    ),
];

pub(crate) const PERSONAL_HEALTH_BUDGET: &[Rule] = &[
    ends_after_start("budget-ends-after-it-starts"),
    born_before_start("budget-birth-before-start"),
];

/// Says who a child is though nobody consented.
fn names_anyway(row: &Row) -> bool {
    let who = ["nhs_number", "family_name", "given_name", "date_of_birth"];
    row.is("consent", "0") && who.iter().any(|column| row.has(column))
}

pub(crate) const DYNAMIC_SUPPORT_REGISTER: &[Rule] = &[
    Rule::new(
        "register-no-consent-no-person",
        names_anyway,
        |record, _| {
            let is_nobody = record.get("consent") == "0";
            if is_nobody {
                record.set("given_name", "Alex");
            }
            is_nobody
        },
    ),
    Rule::new(
        "register-no-consent-no-rating",
        |row| row.is("consent", "0") && (row.has("rating") || row.has("rated_date")),
        |record, _| {
            let is_nobody = record.get("consent") == "0";
            if is_nobody {
                record.set("rating", "GREEN");
            }
            is_nobody
        },
    ),
    Rule::new(
        "register-consent-has-rating",
        |row| row.is("consent", "1") && !(row.has("rating") && row.has("rated_date")),
        |record, _| blank(record, "rating"),
    ),
    Rule::new(
        "register-rated-after-asked",
        |row| row.is_before("rated_date", "asked_date"),
        |record, _| put_moved(record, "rated_date", -10),
    ),
    Rule::new(
        "register-left-after-asked",
        |row| row.is_before("left_date", "asked_date"),
        |record, _| {
            let day = moved(record.get("asked_date"), -1);
            if let Some(day) = &day {
                record.set("left_date", day);
            }
            day.is_some()
        },
    ),
];

pub(crate) const CETR: &[Rule] = &[
    Rule::new("review-no-consent-no-person", names_anyway, |record, _| {
        let is_named = !record.get("family_name").is_empty();
        put(record, "consent", Some("0".to_owned()))
            && (is_named || {
                record.set("family_name", "Smith");
                true
            })
    }),
    Rule::new(
        "review-held-after-request",
        |row| row.is_before("held_date", "requested_date"),
        |record, _| put_moved(record, "held_date", -5),
    ),
    Rule::new(
        "review-discharge-after-admission",
        |row| {
            row.has("discharged_date")
                && (!row.has("admitted_date") || row.is_before("discharged_date", "admitted_date"))
        },
        |record, _| {
            let day = record.get("requested_date").to_owned();
            let can = record.get("admitted_date").is_empty() && !day.is_empty();
            if can {
                record.set("discharged_date", &day);
            }
            can
        },
    ),
    Rule::new(
        "review-not-in-future",
        |row| {
            row.is_after("requested_date", &row.context.to)
                || row.is_after("held_date", &row.context.to)
        },
        |record, context| {
            let day = moved(&context.to, 2);
            put(record, "held_date", day)
        },
    ),
];

pub(crate) const DCO_ADVICE_TRACKER: &[Rule] = &[
    Rule::query(
        "dco-due-in-six-weeks",
        |row| is_not_six_weeks(row, "requested_date"),
        |record, _| {
            let day = day_after(record.get("due_date"));
            put(record, "due_date", Some(day))
        },
    ),
    Rule::new(
        "dco-received-after-request",
        |row| row.is_before("received_date", "requested_date"),
        |record, _| put_moved(record, "received_date", -5),
    ),
    Rule::new(
        "dco-not-in-future",
        |row| {
            row.is_after("requested_date", &row.context.to)
                || row.is_after("received_date", &row.context.to)
        },
        after_extract,
    ),
    Rule::new(
        "dco-answer-has-date",
        |row| row.has("outcome") && !row.is("outcome", "NIL") && !row.has("received_date"),
        |record, _| record.get("outcome") != "NIL" && blank(record, "received_date"),
    ),
];
