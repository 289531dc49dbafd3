//! Rules of the council's systems for schools, social care, money and the Local
//! Offer over more than one column of a row.

use super::cell::{days_after, moved};
use super::council::{after_extract, part};
use super::rule::{Rule, blank, put, put_moved, swap_dates};

pub(crate) const CWD_REFERRAL: &[Rule] = &[
    Rule::new(
        "cwd-referral-born-before",
        |row| row.is_before("referral_date", "date_of_birth"),
        |record, _| put_moved(record, "date_of_birth", 30),
    ),
    Rule::query(
        "cwd-referral-under-18",
        |row| match (row.value("date_of_birth"), row.value("referral_date")) {
            (Some(born), Some(referred)) => *born <= *moved(referred, -18).unwrap_or_default(),
            _ => false,
        },
        |record, _| put_moved(record, "date_of_birth", -20),
    ),
    Rule::new(
        "cwd-referral-by-extract",
        |row| row.is_after("referral_date", &row.context.to),
        |record, context| after_extract(record, context, "referral_date"),
    ),
    Rule::new(
        "cwd-referral-decided-after",
        |row| row.is_before("decision_date", "referral_date"),
        |record, _| swap_dates(record, "decision_date", "referral_date"),
    ),
    Rule::new(
        "cwd-referral-decision-dated",
        |row| row.has("decision") != row.has("decision_date"),
        |record, _| part(record, "decision_date", "decision"),
    ),
    Rule::query(
        "cwd-referral-closed-of-accepted",
        |row| row.has("closed_date") && row.has("decision") && !row.is("decision", "accepted"),
        |_, _| false,
    ),
    Rule::new(
        "cwd-referral-closed-after-decision",
        |row| row.is_before("closed_date", "decision_date"),
        |record, _| {
            // The team closes hardly any case: any that it took can be closed.
            let day = moved(record.get("decision_date"), -1);
            let is_taken = record.get("decision") == "accepted" && day.is_some();
            if is_taken {
                record.set("closed_date", day.as_deref().unwrap_or_default());
            }
            is_taken
        },
    ),
];

pub(crate) const SHORT_BREAK: &[Rule] = &[
    Rule::new(
        "short-break-ends-after-start",
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    ),
    Rule::query(
        "short-break-starts-by-extract",
        |row| row.is_after("start_date", &row.context.to),
        |_, _| false,
    ),
    Rule::query(
        "short-break-hours-taken",
        |row| row.number("hours_taken") > row.number("hours_granted") && row.has("hours_granted"),
        |record, _| put(record, "hours_taken", Some("9999".to_owned())),
    ),
    Rule::new(
        "short-break-overnight-referred",
        |row| row.is("kind", "overnight") && !row.has("referral_id"),
        |record, _| record.get("kind") == "overnight" && blank(record, "referral_id"),
    ),
];

pub(crate) const PLACEMENT_COST: &[Rule] = &[
    Rule::new(
        "placement-cost-total",
        |row| {
            let parts = ["education_cost", "social_care_cost", "health_cost"];
            let sum: Option<f64> = parts.iter().map(|part| row.number(part)).sum();
            match (sum, row.number("total_cost")) {
                (Some(sum), Some(total)) => (sum - total).abs() > 0.001,
                _ => false,
            }
        },
        |record, _| {
            let total: Option<f64> = record.get("total_cost").parse().ok();
            put(
                record,
                "total_cost",
                total.map(|total| (total + 1000.0).to_string()),
            )
        },
    ),
    Rule::new(
        "placement-cost-ends-after-start",
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    ),
    Rule::new(
        "placement-cost-in-year",
        |row| {
            let year: i32 = (row.value("financial_year").and_then(|year| year.get(..4)))
                .and_then(|year| year.parse().ok())
                .unwrap_or_default();
            year > 0
                && (row
                    .value("start_date")
                    .is_some_and(|start| *start >= *format!("{}-04-01", year + 1))
                    || row.is_earlier("end_date", &format!("{year}-04-01")))
        },
        |record, _| put_moved(record, "start_date", 20),
    ),
    Rule::query(
        "placement-cost-residential-shared",
        |row| {
            let nothing = |column| row.number(column).is_some_and(|pounds| pounds <= 0.0);
            row.is("kind", "residential") && nothing("social_care_cost") && nothing("health_cost")
        },
        |_, _| false,
    ),
];

pub(crate) const ATTENDANCE: &[Rule] = &[
    Rule::new(
        "attendance-missed-within-possible",
        |row| {
            let missed = [
                row.number("sessions_authorised"),
                row.number("sessions_unauthorised"),
            ];
            let missed: Option<f64> = missed.into_iter().sum();
            match (missed, row.number("sessions_possible")) {
                (Some(missed), Some(possible)) => missed > possible,
                _ => false,
            }
        },
        |record, _| put(record, "sessions_authorised", Some("205".to_owned())),
    ),
    Rule::query(
        "attendance-some-possible",
        |row| {
            row.number("sessions_possible")
                .is_some_and(|possible| possible <= 0.0)
        },
        |_, _| false,
    ),
];

pub(crate) const SUSPENSION: &[Rule] = &[
    Rule::new(
        "suspension-in-year",
        |row| {
            let year: i32 = (row.value("academic_year").and_then(|year| year.get(..4)))
                .and_then(|year| year.parse().ok())
                .unwrap_or_default();
            year > 0
                && (row.is_earlier("start_date", &format!("{year}-09-01"))
                    || (row.value("start_date"))
                        .is_some_and(|day| *day >= *format!("{}-09-01", year + 1)))
        },
        |record, _| put_moved(record, "start_date", -2),
    ),
    Rule::new(
        "suspension-by-extract",
        |row| row.is_after("start_date", &row.context.to),
        |record, _| put_moved(record, "start_date", 20),
    ),
    Rule::new(
        "suspension-sessions",
        |row| row.has("kind") && row.is("kind", "suspension") != row.has("sessions"),
        |record, _| blank(record, "sessions"),
    ),
];

pub(crate) const REDUCED_TIMETABLE: &[Rule] = &[
    Rule::new(
        "reduced-timetable-ends-after-start",
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    ),
    Rule::new(
        "reduced-timetable-starts-by-extract",
        |row| row.is_after("start_date", &row.context.to),
        |record, context| after_extract(record, context, "start_date"),
    ),
    Rule::new(
        "reduced-timetable-is-reduced",
        |row| {
            row.number("hours_per_week")
                .is_some_and(|hours| hours >= 25.0)
        },
        |record, _| put(record, "hours_per_week", Some("32".to_owned())),
    ),
    Rule::query(
        "reduced-timetable-agreed",
        |row| row.is("parent_agreed", "0"),
        |_, _| false,
    ),
    Rule::query(
        "reduced-timetable-long",
        |row| {
            let end = row.value("end_date").unwrap_or(&row.context.to);
            row.value("start_date")
                .is_some_and(|start| *end > *days_after(start, 84))
        },
        |_, _| false,
    ),
];

pub(crate) const OUT_OF_SCHOOL: &[Rule] = &[
    Rule::new(
        "out-of-school-ends-after-start",
        |row| row.is_before("end_date", "start_date"),
        |record, _| swap_dates(record, "end_date", "start_date"),
    ),
    Rule::new(
        "out-of-school-starts-by-extract",
        |row| row.is_after("start_date", &row.context.to),
        |record, context| after_extract(record, context, "start_date"),
    ),
    Rule::new(
        "out-of-school-born-before",
        |row| match (row.value("date_of_birth"), row.value("start_date")) {
            (Some(born), Some(start)) => born >= start,
            _ => false,
        },
        |record, _| put_moved(record, "date_of_birth", 30),
    ),
    Rule::query(
        "out-of-school-age",
        |row| match (row.value("date_of_birth"), row.value("start_date")) {
            (Some(born), Some(start)) => {
                *born < *moved(start, -19).unwrap_or_default()
                    || *born > *moved(start, -4).unwrap_or_default()
            }
            _ => false,
        },
        |_, _| false,
    ),
    Rule::query(
        "out-of-school-placement-has-plan",
        |row| {
            row.is("reason", "awaiting_placement")
                && row.has("sen_status")
                && !row.is("sen_status", "E")
        },
        |_, _| false,
    ),
];

pub(crate) const PARENT_CARER_SURVEY: &[Rule] = &[
    Rule::query(
        "parent-carer-survey-plan-question",
        |row| {
            row.has("answer")
                && !row.is("answer", "0")
                && row.is_in("question", &["plan_right", "provision_received"])
                && row.is("has_plan", "0")
        },
        |_, _| false,
    ),
    Rule::new(
        "parent-carer-survey-by-extract",
        |row| {
            let year = row.value("wave").and_then(|wave| wave.get(..4));
            let shown = row.context.to.get(..4).unwrap_or_default();
            year.is_some_and(|year| year.parse::<i32>().is_ok() && year > shown)
        },
        |record, _| put(record, "wave", Some("2099-autumn".to_owned())),
    ),
];

pub(crate) const LOCAL_OFFER_COUNT: &[Rule] = &[
    Rule::new(
        "local-offer-count-visitors",
        |row| row.has("page_views") && row.number("unique_visitors") > row.number("page_views"),
        |record, _| put(record, "unique_visitors", Some("99999999".to_owned())),
    ),
    Rule::new(
        "local-offer-count-from-search",
        |row| row.has("page_views") && row.number("from_search") > row.number("page_views"),
        |record, _| put(record, "from_search", Some("99999999".to_owned())),
    ),
    Rule::query(
        "local-offer-count-whole-month",
        |row| {
            let month = row.context.to.get(..7).unwrap_or_default();
            row.value("month")
                .is_some_and(|value| value.starts_with("20") && value >= month)
        },
        |_, _| false,
    ),
];
