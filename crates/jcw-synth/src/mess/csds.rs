//! Rules of the Community Services Data Set over more than one column of a row.

use super::cell;
use super::rule::{Rule, put, put_moved, swap_dates};

pub(crate) const PATIENT: &[Rule] = &[
    Rule::query(
        "csds-nhs-number-status-says-why",
        |row| !row.has("nhs_number") && !row.has("nhs_number_status"),
        |_, _| false,
    ),
    Rule::new(
        "csds-birth-not-after-period",
        |row| row.is_after("date_of_birth", &row.context.to),
        |record, _| put_moved(record, "date_of_birth", 30),
    ),
    Rule::new(
        "csds-born-in-last-130-years",
        |row| {
            let first = cell::moved(&row.context.from, -130).unwrap_or_default();
            row.is_earlier("date_of_birth", &first)
        },
        |record, _| put_moved(record, "date_of_birth", -150),
    ),
    Rule::new(
        "csds-death-after-birth",
        |row| row.is_before("date_of_death", "date_of_birth"),
        |record, _| {
            let day = cell::moved(record.get("date_of_birth"), -1);
            if let Some(day) = &day {
                record.set("date_of_death", day);
            }
            day.is_some()
        },
    ),
    Rule::query(
        "csds-postcode-shape",
        |row| row.is("postcode", "SS00"),
        |record, _| put(record, "postcode", Some("SS00".to_owned())),
    ),
    Rule::query(
        "csds-local-id-is-the-providers",
        |row| {
            (row.value("org_id_local_patient_id")).is_some_and(|code| code != row.context.provider)
        },
        |record, _| put(record, "org_id_local_patient_id", Some("RAJ".to_owned())),
    ),
    Rule::query(
        "csds-mother-is-someone-else",
        |row| row.has("nhs_number") && row.value("nhs_number") == row.value("nhs_number_mother"),
        |record, _| {
            let number = record.get("nhs_number").to_owned();
            record.set("nhs_number_mother", &number);
            !number.is_empty()
        },
    ),
];

pub(crate) const GP: &[Rule] = &[
    Rule::new(
        "csds-gp-ends-after-it-starts",
        |row| row.is_before("gp_registration_end_date", "gp_registration_start_date"),
        |record, _| {
            let day = cell::moved(record.get("gp_registration_start_date"), -1);
            if let Some(day) = &day {
                record.set("gp_registration_end_date", day);
            }
            day.is_some()
        },
    ),
    Rule::new(
        "csds-gp-starts-by-period-end",
        |row| {
            // The day after the month is allowed.
            let limit = cell::day_after(&row.context.to);
            row.is_after("gp_registration_start_date", &limit)
        },
        |record, _| put_moved(record, "gp_registration_start_date", 40),
    ),
];

pub(crate) const REFERRAL: &[Rule] = &[
    Rule::new(
        "csds-received-by-period-end",
        |row| row.is_after("received_date", &row.context.to),
        |record, _| put_moved(record, "received_date", 40),
    ),
    Rule::new(
        "csds-discharge-after-received",
        |row| row.is_before("discharge_date", "received_date"),
        |record, _| swap_dates(record, "discharge_date", "received_date"),
    ),
    Rule::new(
        "csds-discharge-not-before-period",
        |row| row.is_earlier("discharge_date", &row.context.from),
        |record, context| {
            // Between the two, so that nothing else is wrong.
            let is_old = record.get("received_date") < context.from.as_str();
            let received = record.get("received_date").to_owned();
            if is_old {
                record.set("discharge_date", &received);
            }
            is_old && !received.is_empty()
        },
    ),
    Rule::query(
        "csds-discharge-by-period-end",
        |row| row.is_after("discharge_date", &row.context.to),
        |record, _| put_moved(record, "discharge_date", 1),
    ),
];

pub(crate) const SERVICE_TYPE: &[Rule] = &[
    Rule::new(
        "csds-closed-or-rejected",
        |row| row.has("closure_date") && row.has("rejection_date"),
        |record, context| {
            let day = context.from.clone();
            record.set("closure_date", &day);
            record.set("rejection_date", &day);
            true
        },
    ),
    Rule::query(
        "csds-closure-by-period-end",
        |row| row.is_after("closure_date", &row.context.to),
        |_, _| false,
    ),
    Rule::query(
        "csds-rejection-by-period-end",
        |row| row.is_after("rejection_date", &row.context.to),
        |_, _| false,
    ),
    Rule::query(
        "csds-closure-says-why",
        |row| row.has("closure_date") && !row.has("closure_reason"),
        |_, _| false,
    ),
    Rule::query(
        "csds-rejection-says-why",
        |row| row.has("rejection_date") && !row.has("rejection_reason"),
        |_, _| false,
    ),
];

pub(crate) const RTT: &[Rule] = &[
    Rule::new(
        "csds-rtt-starts-by-period-end",
        |row| row.is_after("rtt_start_date", &row.context.to),
        |record, _| put_moved(record, "rtt_start_date", 40),
    ),
    Rule::new(
        "csds-rtt-ends-after-it-starts",
        |row| row.is_before("rtt_end_date", "rtt_start_date"),
        |record, _| swap_dates(record, "rtt_end_date", "rtt_start_date"),
    ),
    Rule::new(
        "csds-rtt-ends-by-period-end",
        |row| row.is_after("rtt_end_date", &row.context.to),
        |record, _| put_moved(record, "rtt_end_date", 40),
    ),
];

pub(crate) const ONWARD_REFERRAL: &[Rule] = &[Rule::new(
    "csds-onward-referral-in-period",
    |row| {
        row.is_after("onward_referral_date", &row.context.to)
            || row.is_earlier("onward_referral_date", &row.context.from)
    },
    |record, _| put_moved(record, "onward_referral_date", -1),
)];

pub(crate) const CONTACT: &[Rule] = &[
    Rule::new(
        "csds-contact-in-period",
        |row| {
            row.is_after("contact_date", &row.context.to)
                || row.is_earlier("contact_date", &row.context.from)
        },
        |record, _| put_moved(record, "contact_date", 1),
    ),
    Rule::query(
        "csds-attended-not-cancelled",
        |row| {
            let seen = ["5", "6", "05", "06"];
            row.has("cancellation_date")
                && (row.is_in("attendance_status", &seen)
                    || (!row.has("attendance_status") && row.is_in("attended_or_not", &seen)))
        },
        |_, _| false,
    ),
    Rule::query(
        "csds-cancelled-says-when",
        |row| {
            let cancelled = ["2", "4", "02", "04"];
            !row.has("cancellation_date")
                && (row.is_in("attendance_status", &cancelled)
                    || (!row.has("attendance_status") && row.is_in("attended_or_not", &cancelled)))
        },
        |record, _| put(record, "cancellation_date", Some(String::new())),
    ),
    Rule::new(
        "csds-one-attendance",
        |row| match (row.value("attendance_status"), row.value("attended_or_not")) {
            (Some(new), Some(old)) => new.trim_start_matches('0') != old.trim_start_matches('0'),
            _ => false,
        },
        // A submission shows one of the two columns only.
        |_, _| false,
    ),
];

pub(crate) const ACTIVITY: &[Rule] = &[
    Rule::query(
        "csds-procedure-names-its-scheme",
        |row| row.has("coded_procedure") && !row.has("procedure_scheme"),
        |_, _| false,
    ),
    Rule::query(
        "csds-finding-names-its-scheme",
        |row| row.has("coded_finding") && !row.has("finding_scheme"),
        |_, _| false,
    ),
    Rule::query(
        "csds-observation-names-its-scheme",
        |row| row.has("coded_observation") && !row.has("observation_scheme"),
        |_, _| false,
    ),
];

pub(crate) const PRIMARY_DIAGNOSIS: &[Rule] = &[Rule::new(
    "csds-primary-diagnosis-by-period-end",
    |row| row.is_after("diagnosis_date", &row.context.to),
    |record, _| put_moved(record, "diagnosis_date", 40),
)];

pub(crate) const SECONDARY_DIAGNOSIS: &[Rule] = &[Rule::new(
    "csds-secondary-diagnosis-by-period-end",
    |row| row.is_after("diagnosis_date", &row.context.to),
    |record, _| put_moved(record, "diagnosis_date", 40),
)];
