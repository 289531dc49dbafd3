//! Rules of the Mental Health Services Data Set over more than one column of a
//! row, by their national numbers.

use super::cell;
use super::rule::{Rule, put, put_moved, swap_dates};

/// A blank is wrong where the data set says so by a number of its own.
macro_rules! blank {
    ($id:literal, $column:literal) => {
        Rule::new(
            $id,
            |row| !row.has($column),
            |record, _| put(record, $column, Some(String::new())),
        )
    };
}

/// As `blank`, where it is only queried.
macro_rules! blank_query {
    ($id:literal, $column:literal) => {
        Rule::query(
            $id,
            |row| !row.has($column),
            |record, _| put(record, $column, Some(String::new())),
        )
    };
}

pub(crate) const PATIENT: &[Rule] = &[
    blank!("MHS00103", "local_patient_id"),
    blank!("MHS00151", "org_id_local_patient_id"),
    Rule::query(
        "MHS00153",
        |row| {
            (row.value("org_id_local_patient_id")).is_some_and(|code| code != row.context.provider)
        },
        |record, _| put(record, "org_id_local_patient_id", Some("R1L".to_owned())),
    ),
    blank_query!("MHS00111", "nhs_number"),
    Rule::query(
        "MHS00117",
        |row| row.has("nhs_number") && row.is("nhs_number_status", "07"),
        |record, _| put(record, "nhs_number_status", Some("07".to_owned())),
    ),
    Rule::query(
        "MHS00118",
        |row| !row.has("nhs_number") && !row.has("nhs_number_status"),
        |_, _| false,
    ),
    Rule::query(
        "MHS00119",
        |row| {
            !row.has("nhs_number")
                && row.has("nhs_number_status")
                && !row.is("nhs_number_status", "07")
        },
        |_, _| false,
    ),
    blank_query!("MHS00120", "date_of_birth"),
    Rule::new(
        "MHS00168",
        |row| row.is_after("date_of_birth", &row.context.to),
        |record, _| put_moved(record, "date_of_birth", 40),
    ),
    Rule::new(
        "MHS00171",
        |row| {
            let first = cell::moved(&row.context.from, -130).unwrap_or_default();
            row.is_earlier("date_of_birth", &first)
        },
        |record, _| put_moved(record, "date_of_birth", -150),
    ),
    blank_query!("MHS00123", "postcode"),
    Rule::query(
        "MHS00125",
        |row| row.is("postcode", "SS00"),
        |record, _| put(record, "postcode", Some("SS00".to_owned())),
    ),
    Rule::new(
        "MHS00141",
        |row| row.is_earlier("date_of_death", &row.context.from),
        |record, context| {
            let day = cell::moved(&context.from, -1);
            record.set("date_of_death", day.as_deref().unwrap_or_default());
            day.is_some()
        },
    ),
    Rule::new(
        "MHS00142",
        |row| row.is_after("date_of_death", &row.context.to),
        |record, context| {
            let day = cell::moved(&context.to, 1);
            record.set("date_of_death", day.as_deref().unwrap_or_default());
            day.is_some()
        },
    ),
];

pub(crate) const REFERRAL: &[Rule] = &[
    blank!("MHS10104", "service_request_id"),
    blank!("MHS10106", "local_patient_id"),
    blank!("MHS10108", "org_id_commissioner"),
    blank!("MHS10111", "received_date"),
    Rule::new(
        "MHS10113",
        |row| row.is_after("received_date", &row.context.to),
        |record, _| put_moved(record, "received_date", 40),
    ),
    Rule::new(
        "MHS10150",
        |row| row.is_after("decision_to_treat_date", &row.context.to),
        |record, context| after_period(record, context, "decision_to_treat_date"),
    ),
    Rule::new(
        "MHS10137",
        |row| row.is_before("discharge_plan_created_date", "received_date"),
        |record, _| {
            let day = cell::moved(record.get("received_date"), -1);
            record.set(
                "discharge_plan_created_date",
                day.as_deref().unwrap_or_default(),
            );
            day.is_some()
        },
    ),
    Rule::new(
        "MHS10138",
        |row| row.is_after("discharge_plan_created_date", &row.context.to),
        |record, context| after_period(record, context, "discharge_plan_created_date"),
    ),
    Rule::new(
        "MHS10140",
        |row| row.is_before("discharge_plan_updated_date", "discharge_plan_created_date"),
        |record, _| {
            let received = record.get("received_date").to_owned();
            let day = cell::moved(&received, -1);
            record.set("discharge_plan_created_date", &received);
            record.set(
                "discharge_plan_updated_date",
                day.as_deref().unwrap_or_default(),
            );
            day.is_some()
        },
    ),
    Rule::new(
        "MHS10141",
        |row| row.is_after("discharge_plan_updated_date", &row.context.to),
        |record, context| after_period(record, context, "discharge_plan_updated_date"),
    ),
    Rule::new(
        "MHS10128",
        |row| row.is_before("discharge_date", "received_date"),
        |record, _| swap_dates(record, "discharge_date", "received_date"),
    ),
    Rule::new(
        "MHS10129",
        |row| row.is_earlier("discharge_date", &row.context.from),
        |record, context| {
            let received = record.get("received_date").to_owned();
            let can = !received.is_empty() && received < context.from;
            if can {
                record.set("discharge_date", &received);
            }
            can
        },
    ),
    Rule::query(
        "MHS10130",
        |row| row.is_after("discharge_date", &cell::day_after(&row.context.to)),
        |_, _| false,
    ),
    Rule::new(
        "MHS10131",
        |row| row.is_after("discharge_date", &row.context.made),
        |record, _| put_moved(record, "discharge_date", 40),
    ),
    Rule::query(
        "MHS10158",
        |row| row.is_after("rejection_date", &row.context.to),
        |_, _| false,
    ),
    Rule::new(
        "MHS10159",
        |row| row.is_earlier("rejection_date", &row.context.from),
        |record, context| {
            let received = record.get("received_date").to_owned();
            let can = !received.is_empty() && received < context.from;
            if can {
                record.set("rejection_date", &received);
            }
            can
        },
    ),
    Rule::new(
        "MHS10160",
        |row| row.is_after("rejection_date", &row.context.made),
        |record, context| after_period(record, context, "rejection_date"),
    ),
    Rule::new(
        "MHS10161",
        |row| row.is_before("rejection_date", "received_date"),
        |record, _| {
            let day = cell::moved(record.get("received_date"), -1);
            record.set("rejection_date", day.as_deref().unwrap_or_default());
            day.is_some()
        },
    ),
];

/// A year after the reporting period, and after the submission was made.
fn after_period(
    record: &mut crate::writer::record::Record,
    context: &super::Context,
    column: &str,
) -> bool {
    let day = cell::moved(&context.to, 1);
    record.set(column, day.as_deref().unwrap_or_default());
    day.is_some()
}

pub(crate) const SERVICE_TYPE: &[Rule] = &[
    blank!("MHS10202", "service_request_id"),
    blank!("MHS10233", "team_id_local"),
    Rule::new(
        "MHS10213",
        |row| row.is_earlier("closure_date", &row.context.from),
        |record, _| put_moved(record, "closure_date", -1),
    ),
    Rule::new(
        "MHS10214",
        |row| row.is_after("closure_date", &row.context.made),
        |record, context| after_period(record, context, "closure_date"),
    ),
    Rule::query(
        "MHS10215",
        |row| row.is_after("closure_date", &row.context.to),
        |_, _| false,
    ),
    Rule::new(
        "MHS10218",
        |row| row.is_earlier("rejection_date", &row.context.from),
        |record, context| {
            let day = cell::moved(&context.from, -1);
            record.set("rejection_date", day.as_deref().unwrap_or_default());
            day.is_some()
        },
    ),
    Rule::new(
        "MHS10219",
        |row| row.is_after("rejection_date", &row.context.made),
        |record, context| after_period(record, context, "rejection_date"),
    ),
    Rule::query(
        "MHS10220",
        |row| row.is_after("rejection_date", &row.context.to),
        |_, _| false,
    ),
    Rule::query(
        "MHS10224",
        |row| row.has("closure_date") && !row.has("closure_reason"),
        |_, _| false,
    ),
    Rule::query(
        "MHS10227",
        |row| row.has("rejection_date") && !row.has("rejection_reason"),
        |_, _| false,
    ),
];

pub(crate) const RTT: &[Rule] = &[
    blank!("MHS10401", "service_request_id"),
    blank!("MHS10421", "waiting_time_measurement_type"),
    Rule::new(
        "MHS10410",
        |row| row.is_after("rtt_start_date", &row.context.to),
        |record, _| put_moved(record, "rtt_start_date", 40),
    ),
    Rule::new(
        "MHS10412",
        |row| row.is_earlier("rtt_end_date", &row.context.from),
        |record, context| {
            let start = record.get("rtt_start_date").to_owned();
            let can = !start.is_empty() && start < context.from;
            if can {
                record.set("rtt_end_date", &start);
            }
            can
        },
    ),
    Rule::new(
        "MHS10413",
        |row| row.is_after("rtt_end_date", &row.context.to),
        |record, context| after_period(record, context, "rtt_end_date"),
    ),
    Rule::new(
        "MHS10414",
        |row| row.is_before("rtt_end_date", "rtt_start_date"),
        |record, _| {
            let day = cell::moved(record.get("rtt_start_date"), -1);
            record.set("rtt_end_date", day.as_deref().unwrap_or_default());
            day.is_some()
        },
    ),
];

pub(crate) const CONTACT: &[Rule] = &[
    blank!("MHS20101", "care_contact_id"),
    blank!("MHS20103", "service_request_id"),
    blank!("MHS20106", "contact_date"),
    Rule::new(
        "MHS20167",
        |row| row.is_earlier("contact_date", &row.context.from),
        |record, _| put_moved(record, "contact_date", -1),
    ),
    Rule::new(
        "MHS20168",
        |row| row.is_after("contact_date", &row.context.to),
        |record, _| put_moved(record, "contact_date", 1),
    ),
    Rule::query(
        "MHS20137",
        |row| row.has("cancellation_date") && !row.has("cancellation_reason"),
        |record, _| {
            !record.get("cancellation_date").is_empty()
                && put(record, "cancellation_reason", Some(String::new()))
        },
    ),
];

pub(crate) const ACTIVITY: &[Rule] = &[
    blank!("MHS20201", "care_activity_id"),
    blank!("MHS20203", "care_contact_id"),
    Rule::query(
        "MHS20232",
        |row| row.has("coded_finding") && !row.has("finding_scheme"),
        |_, _| false,
    ),
    Rule::query(
        "MHS20233",
        |row| row.has("finding_scheme") && !row.has("coded_finding"),
        |_, _| false,
    ),
    Rule::query(
        "MHS20227",
        |row| row.has("observation_value") && !row.has("unit_of_measurement"),
        |_, _| false,
    ),
];

pub(crate) const DIAGNOSIS: &[Rule] = &[
    blank!("MHS60401", "service_request_id"),
    blank!("MHS60403", "diagnosis_scheme"),
    blank!("MHS60406", "primary_diagnosis"),
    Rule::new(
        "MHS60410",
        |row| {
            // The day counts, not the time on it.
            (row.value("diagnosed_at")).is_some_and(|instant| instant[..10] > *row.context.to)
        },
        |record, _| put_moved(record, "diagnosed_at", 40),
    ),
];
