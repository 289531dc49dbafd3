//! Tables of the board: contracts and money, registers of children who need
//! much, and what it gets beside national data.

use crate::mess::board as rules;
use crate::writer::table::Kind::{
    BritishDate, Code, Date, Decimal, Flag, Integer, NhsNumber, Organisation, Text,
};
use crate::writer::table::{Column, Table};

/// One row for each provider, service line, currency and month, what the contract plans.
pub(crate) static CONTRACT_PLAN: Table = Table {
    name: "commissioner.contract_plan",
    columns: &[
        Column::new("financial_year", "financial_year", Text)
            .required()
            .unlike("?"),
        Column::new("provider_code", "provider_code", Organisation).required(),
        Column::new("service_line", "service_line", Code).required(),
        Column::new("currency", "currency", Code).required(),
        Column::new("month", "month", Date).required(),
        Column::new("planned_activity", "planned_activity", Integer)
            .required()
            .not("-1"),
        Column::new("unit_price_gbp", "unit_price_gbp", Decimal).not("-1"),
        Column::new("planned_cost_gbp", "planned_cost_gbp", Decimal)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::CONTRACT_PLAN,
    twin: Some("planned_activity"),
    key: "key",
};

/// One row for each provider, service line, currency and month, what was delivered under the contract.
pub(crate) static CONTRACT_ACTUAL: Table = Table {
    name: "commissioner.contract_actual",
    columns: &[
        Column::new("month", "month", Date).required(),
        Column::new("provider_code", "provider_code", Organisation).required(),
        Column::new("service_line", "service_line", Code).required(),
        Column::new("currency", "currency", Code).required(),
        Column::new("actual_activity", "actual_activity", Integer)
            .required()
            .not("-1"),
        Column::new("actual_cost_gbp", "actual_cost_gbp", Decimal).not("-1"),
    ],
    references: &[],
    rules: rules::CONTRACT_ACTUAL,
    twin: Some("actual_activity"),
    key: "key",
};

/// One row for each financial year, service line, provider and funder, what was budgeted and spent.
pub(crate) static SERVICE_FINANCE: Table = Table {
    name: "commissioner.service_finance",
    columns: &[
        Column::new("financial_year", "financial_year", Text)
            .required()
            .unlike("?"),
        Column::new("service_line", "service_line", Code).required(),
        Column::new("provider_code", "provider_code", Organisation).required(),
        Column::new("funder", "funder", Code).required(),
        Column::new("budget_gbp", "budget_gbp", Decimal)
            .required()
            .not("-1"),
        Column::new("spend_gbp", "spend_gbp", Decimal).required(),
    ],
    references: &[],
    rules: rules::SERVICE_FINANCE,
    twin: Some("spend_gbp"),
    key: "key",
};

/// One row for each package that several bodies pay for.
pub(crate) static JOINT_PACKAGE: Table = Table {
    name: "commissioner.joint_package",
    columns: &[
        Column::new("package_id", "package_id", Text).required(),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("postcode", "postcode", Text),
        Column::new("package_type", "package_type", Code).required(),
        Column::new("primary_need", "primary_need", Code),
        Column::new("provider_name", "provider_name", Text).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("end_date", "end_date", Date),
        Column::new("annual_cost_gbp", "annual_cost_gbp", Decimal)
            .required()
            .not("-1"),
        Column::new("education_gbp", "education_gbp", Decimal)
            .required()
            .not("-1"),
        Column::new("social_care_gbp", "social_care_gbp", Decimal)
            .required()
            .not("-1"),
        Column::new("health_gbp", "health_gbp", Decimal)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::JOINT_PACKAGE,
    twin: Some("provider_name"),
    key: "key",
};

/// One row for each referral for children's continuing care.
pub(crate) static CONTINUING_CARE: Table = Table {
    name: "commissioner.continuing_care",
    columns: &[
        Column::new("referral_id", "referral_id", Text).required(),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("postcode", "postcode", Text),
        Column::new("sub_icb_code", "sub_icb_code", Organisation).required(),
        Column::new("referred_date", "referred_date", Date).required(),
        Column::new("assessed_date", "assessed_date", Date),
        Column::new("decided_date", "decided_date", Date),
        Column::new("eligible", "eligible", Flag),
        Column::new("package_start_date", "package_start_date", Date),
    ],
    references: &[],
    rules: rules::CONTINUING_CARE,
    twin: Some("date_of_birth"),
    key: "key",
};

/// One row for each personal health budget of a child.
pub(crate) static PERSONAL_HEALTH_BUDGET: Table = Table {
    name: "commissioner.personal_health_budget",
    columns: &[
        Column::new("budget_id", "budget_id", Text).required(),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("date_of_birth", "date_of_birth", Date).required(),
        Column::new("postcode", "postcode", Text),
        Column::new("sub_icb_code", "sub_icb_code", Organisation).required(),
        Column::new("budget_type", "budget_type", Code).required(),
        Column::new("start_date", "start_date", Date).required(),
        Column::new("end_date", "end_date", Date),
        Column::new("annual_budget_gbp", "annual_budget_gbp", Decimal)
            .required()
            .not("-1"),
    ],
    references: &[],
    rules: rules::PERSONAL_HEALTH_BUDGET,
    twin: Some("annual_budget_gbp"),
    key: "key",
};

/// One row for each rating of a child on the register, and one for each family that did not consent.
pub(crate) static DYNAMIC_SUPPORT_REGISTER: Table = Table {
    name: "commissioner.dynamic_support_register",
    columns: &[
        Column::new("register_id", "register_id", Text).required(),
        Column::new("consent", "consent", Flag).required(),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("family_name", "family_name", Text),
        Column::new("given_name", "given_name", Text),
        Column::new("date_of_birth", "date_of_birth", Date),
        Column::new("asked_date", "asked_date", Date).required(),
        Column::new("rating", "rating", Code),
        Column::new("rated_date", "rated_date", Date),
        Column::new("left_date", "left_date", Date),
    ],
    references: &[],
    rules: rules::DYNAMIC_SUPPORT_REGISTER,
    twin: Some("family_name"),
    key: "key",
};

/// One row for each care (education) and treatment review asked for.
pub(crate) static CETR: Table = Table {
    name: "commissioner.cetr",
    columns: &[
        Column::new("review_id", "review_id", Text).required(),
        Column::new("consent", "consent", Flag).required(),
        Column::new("nhs_number", "nhs_number", NhsNumber),
        Column::new("family_name", "family_name", Text),
        Column::new("given_name", "given_name", Text),
        Column::new("date_of_birth", "date_of_birth", Date),
        Column::new("requested_date", "requested_date", Date).required(),
        Column::new("held_date", "held_date", Date),
        Column::new("admitted_date", "admitted_date", Date),
        Column::new("discharged_date", "discharged_date", Date),
    ],
    references: &[],
    rules: rules::CETR,
    twin: Some("family_name"),
    key: "key",
};

/// One row for each request for health advice that the designated clinical officer follows.
pub(crate) static DCO_ADVICE_TRACKER: Table = Table {
    name: "commissioner.dco_advice_tracker",
    columns: &[
        Column::new("request_id", "Request ID", Text).required(),
        Column::new("nhs_number", "NHS number", NhsNumber),
        Column::new("date_of_birth", "Date of birth", BritishDate).required(),
        Column::new("service", "Service", Code).required(),
        Column::new("provider_code", "Provider", Organisation).required(),
        Column::new("requested_date", "Date requested by LA", BritishDate).required(),
        Column::new("due_date", "Due date", BritishDate).required(),
        Column::new("received_date", "Date received", BritishDate),
        Column::new("outcome", "Outcome", Code),
        Column::new("missed_appointment", "Missed appointment", Flag).required(),
        Column::new("times_chased", "Times chased", Integer).not("-1"),
    ],
    references: &[],
    rules: rules::DCO_ADVICE_TRACKER,
    twin: Some("date_of_birth"),
    key: "key",
};

/// One row for each CSDS submission that counts.
pub(crate) static CSDS_ACTIVE_SUBMISSION: Table = Table {
    name: "commissioner.csds_active_submission",
    columns: &[
        Column::new("submission_id", "UNIQUE SUBMISSION ID", Text)
            .titled("UniqSubmissionID")
            .required(),
        Column::new(
            "org_id_provider",
            "ORGANISATION IDENTIFIER (CODE OF PROVIDER)",
            Organisation,
        ),
        Column::new("rp_start_date", "REPORTING PERIOD START DATE", Date),
    ],
    references: &[],
    rules: &[],
    twin: Some("org_id_provider"),
    key: "key",
};

/// One row for each person of a provider, with the national pseudonym.
pub(crate) static CSDS_PERSON_BRIDGE: Table = Table {
    name: "commissioner.csds_person_bridge",
    columns: &[
        Column::new("person_id", "PERSON ID", Text)
            .titled("Person_ID")
            .required(),
        Column::new(
            "org_id_provider",
            "ORGANISATION IDENTIFIER (CODE OF PROVIDER)",
            Organisation,
        )
        .required(),
        Column::new(
            "local_patient_id",
            "LOCAL PATIENT IDENTIFIER (EXTENDED)",
            Text,
        )
        .required()
        .unlike("123456789012345678901234567890"),
        Column::new("nhs_number_pseudonym", "NHSNumber Pseudo", Text).titled("Pseudo_NHS_Number"),
    ],
    references: &[],
    rules: &[],
    twin: Some("person_id"),
    key: "bridge-one-person",
};

/// One row for each MHSDS submission that counts.
pub(crate) static MHSDS_ACTIVE_SUBMISSION: Table = Table {
    name: "commissioner.mhsds_active_submission",
    columns: &[
        Column::new("submission_id", "UNIQUE SUBMISSION ID", Text)
            .titled("UniqSubmissionID")
            .required(),
        Column::new(
            "org_id_provider",
            "ORGANISATION IDENTIFIER (CODE OF PROVIDER)",
            Organisation,
        ),
        Column::new("rp_start_date", "REPORTING PERIOD START DATE", Date),
    ],
    references: &[],
    rules: &[],
    twin: Some("org_id_provider"),
    key: "key",
};
