//! Tables of the provider of community services beside its national
//! submissions: the contract's flat file and the tracker of requests for
//! advice.

use crate::mess::eput as rules;
use crate::writer::table::Kind::{BritishDate, Code, Integer, NhsNumber, Organisation, Text};
use crate::writer::table::{Column, Table};

/// One row for each referral, contact or child on the caseload that EPUT reports for a month.
pub(crate) static CONTRACT_ACTIVITY: Table = Table {
    name: "eput.contract_activity",
    columns: &[
        Column::new("record_type", "Record Type", Code).required(),
        Column::new("record_id", "Record ID", Text)
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("local_patient_id", "Local Patient ID", Text)
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("nhs_number", "NHS Number", NhsNumber),
        Column::new("date_of_birth", "Date of Birth", BritishDate).required(),
        Column::new("gender", "Gender", Code),
        Column::new("team_name", "Team Name", Text).required(),
        Column::new("service_line", "Service Line", Code).required(),
        Column::new("commissioner_code", "Commissioner", Organisation).required(),
        Column::new("referral_id", "Referral ID", Text)
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("referral_date", "Referral Date", BritishDate).required(),
        Column::new("contact_date", "Contact Date", BritishDate),
        Column::new("attendance", "Attendance", Code),
        Column::new("contact_minutes", "Contact Minutes", Integer).not("1441"),
        Column::new("discharge_date", "Discharge Date", BritishDate),
    ],
    references: &[],
    rules: rules::CONTRACT_ACTIVITY,
    twin: Some("team_name"),
    key: "key",
};

/// One row for each request for health advice that reached EPUT.
pub(crate) static ADVICE_TRACKER: Table = Table {
    name: "eput.advice_tracker",
    columns: &[
        Column::new("request_id", "Request ID", Text).required(),
        Column::new("child_name", "Child", Text),
        Column::new("date_of_birth", "Date of birth", BritishDate).required(),
        Column::new("nhs_number", "NHS number", NhsNumber),
        Column::new("service", "Service", Code).required(),
        Column::new("requested_date", "Date requested by LA", BritishDate).required(),
        Column::new("due_date", "Due date", BritishDate).required(),
        Column::new("received_date", "Date received", BritishDate),
        Column::new("outcome", "Outcome", Code),
        Column::new("reason", "Reason", Text),
    ],
    references: &[],
    rules: rules::ADVICE_TRACKER,
    twin: Some("child_name"),
    key: "key",
};
