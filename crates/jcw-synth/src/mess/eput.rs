//! Rules of the provider's contract file and of its tracker over more than one
//! column of a row.

use super::cell::{day_after, moved};
use super::council::is_not_six_weeks;
use super::rule::{Context, Rule, blank, put, put_moved, swap_dates};
use crate::writer::record::Record;

pub(crate) const CONTRACT_ACTIVITY: &[Rule] = &[
    Rule::new(
        "contract-contact-has-date",
        |row| row.is("record_type", "CONTACT") && !row.has("contact_date"),
        |record, _| blank(record, "contact_date"),
    ),
    Rule::new(
        "contract-contact-not-after-month",
        |row| row.is_after("contact_date", &row.context.to),
        |record, _| put_moved(record, "contact_date", 2),
    ),
    Rule::new(
        "contract-referral-not-after-month",
        |row| row.is_after("referral_date", &row.context.to),
        |record, context| {
            let day = moved(&context.to, 2);
            put(record, "referral_date", day)
        },
    ),
    Rule::new(
        "contract-contact-after-referral",
        |row| row.is_before("contact_date", "referral_date"),
        |record, _| swap_dates(record, "contact_date", "referral_date"),
    ),
    Rule::new(
        "contract-discharge-after-referral",
        |row| row.is_before("discharge_date", "referral_date"),
        |record, _| swap_dates(record, "discharge_date", "referral_date"),
    ),
    Rule::new(
        "contract-birth-before-referral",
        |row| row.is_before("referral_date", "date_of_birth"),
        |record, _| put_moved(record, "date_of_birth", 30),
    ),
    Rule::query(
        "contract-late-row",
        |row| {
            let day = match row.value("record_type") {
                _ if row.has("contact_date") => row.value("contact_date"),
                Some("REFERRAL") => row.value("referral_date"),
                _ => None,
            };
            day.is_some_and(|day| *day < *row.context.from)
        },
        |_, _| false,
    ),
];

/// A tracker's dates after the day on which it was sent.
pub(super) fn after_extract(record: &mut Record, context: &Context) -> bool {
    let day = moved(&context.to, 2);
    put(record, "received_date", day)
}

pub(crate) const ADVICE_TRACKER: &[Rule] = &[
    Rule::query(
        "advice-due-in-six-weeks",
        |row| is_not_six_weeks(row, "requested_date"),
        |record, _| {
            let day = day_after(record.get("due_date"));
            put(record, "due_date", Some(day))
        },
    ),
    Rule::new(
        "advice-received-after-request",
        |row| row.is_before("received_date", "requested_date"),
        |record, _| put_moved(record, "received_date", -5),
    ),
    Rule::new(
        "advice-not-in-future",
        |row| {
            row.is_after("requested_date", &row.context.to)
                || row.is_after("received_date", &row.context.to)
        },
        after_extract,
    ),
    Rule::new(
        "advice-answer-has-date",
        |row| row.has("outcome") && !row.is("outcome", "NIL") && !row.has("received_date"),
        |record, _| record.get("outcome") != "NIL" && blank(record, "received_date"),
    ),
    Rule::new(
        "advice-nil-has-no-date",
        |row| row.is("outcome", "NIL") && row.has("received_date"),
        |record, _| {
            !record.get("received_date").is_empty()
                && put(record, "outcome", Some("NIL".to_owned()))
        },
    ),
    Rule::query(
        "advice-late-is-late",
        |row| {
            row.is("outcome", "LATE")
                && row.has("due_date")
                && row.has("received_date")
                && !row.is_before("due_date", "received_date")
        },
        |record, _| {
            record.get("outcome") == "ADVICE" && put(record, "outcome", Some("LATE".to_owned()))
        },
    ),
];
