//! The nine tables of the Department for Education's SEN2 person-level return,
//! specifications 1.1 (2023) to 1.3 (2025 on). Labels are the element names of
//! a message; titles are the labels of the workbook. A column without a label
//! is an id that nesting makes unnecessary in a message.

use crate::mess::sen2 as rules;
use crate::writer::table::Kind::{Code, Date, DateTime, Flag, Integer, Text};
use crate::writer::table::{Column, Reference, Table};

/// Its header.
pub(crate) static RETURN: Table = Table::new(
    "council.sen2_return",
    &[
        Column::new("collection", "Collection", Text).titled("Collection name (SEN2)"),
        Column::new("year", "Year", Integer).titled("Collection year"),
        Column::new("reference_date", "ReferenceDate", Date).titled("Census date"),
        Column::new("source_level", "SourceLevel", Text).titled("L for local authority"),
        Column::new("lea", "LEA", Text).titled("LA number e.g. 882"),
        Column::new("software_code", "SoftwareCode", Text).titled("Supplier software"),
        Column::new("release", "Release", Text).titled("Software release"),
        Column::new("serial_no", "SerialNo", Integer).titled("Return serial number"),
        Column::new("datetime", "DateTime", DateTime).titled("Creation timestamp"),
        Column::new("dmo", "DMO", Flag).titled("Designated Medical Officer in post"),
        Column::new("dco", "DCO", Flag).titled("Designated Clinical Officer in post"),
        Column::new("dsco", "DSCO", Flag)
            .titled("Designated Social Care Officer in post")
            .since(2025),
    ],
);

pub(crate) static PERSON: Table = Table {
    name: "council.sen2_person",
    columns: &[
        Column::new("person_id", "", Integer)
            .titled("Person ID (This must be a unique ID for each Person record)")
            .safe(),
        Column::new("surname", "Surname", Text),
        Column::new("forename", "Forename", Text),
        Column::new("person_birth_date", "PersonBirthDate", Date)
            .titled("Date of birth")
            .required(),
        Column::new("gender_current", "GenderCurrent", Code)
            .titled("Gender")
            .until(2023),
        Column::new("sex", "Sex", Code)
            .titled("Sex (M/F)")
            .since(2024),
        Column::new("ethnicity", "Ethnicity", Code),
        Column::new("postcode", "PostCode", Text),
        Column::new("upn", "UPN", Text).titled("Unique Pupil Number"),
        Column::new("unique_learner_number", "UniqueLearnerNumber", Text).titled("ULN"),
        Column::new("upn_unknown", "UPNunknown", Code).titled("UPN and ULN unavailable - reason"),
    ],
    references: &[],
    rules: rules::PERSON,
    twin: None,
    key: "key",
};

pub(crate) static REQUEST: Table = Table {
    name: "council.sen2_request",
    columns: &[
        Column::new("request_id", "", Integer)
            .titled("Requests record ID (This must be a unique ID for each Requests record)")
            .safe(),
        Column::new("person_id", "", Integer)
            .titled("Person ID (This must match the relevant ID in the Person record table)")
            .safe(),
        Column::new("received_date", "ReceivedDate", Date)
            .titled("Date request was received")
            .required(),
        Column::new("request_source", "RequestSource", Code)
            .titled("Source of request")
            .since(2025),
        Column::new("rya", "RYA", Flag)
            .titled("Initial request whilst in relevant youth accommodation"),
        Column::new("request_outcome_date", "RequestOutcomeDate", Date)
            .titled("Request outcome date"),
        Column::new("request_outcome", "RequestOutcome", Code)
            .titled("Request outcome")
            .required(),
        Column::new("request_mediation", "RequestMediation", Flag)
            .titled("Mediation re decision not to assess"),
        Column::new("request_tribunal", "RequestTribunal", Flag)
            .titled("Tribunal re decision not to assess"),
        Column::new("exported", "Exported", Text)
            .titled("Child moves out of LA before assessment is completed"),
    ],
    references: &[Reference::nested(
        "request-of-person",
        "council.sen2_person",
        &[("person_id", "person_id")],
    )],
    rules: rules::REQUEST,
    twin: None,
    key: "key",
};

pub(crate) static ASSESSMENT: Table = Table {
    name: "council.sen2_assessment",
    columns: &[
        Column::new("assessment_id", "", Integer)
            .titled("Assessment ID")
            .safe(),
        Column::new("request_id", "", Integer)
            .titled("Requests record ID (This must match the relevant ID in the Requests table)")
            .safe(),
        Column::new("assessment_outcome", "AssessmentOutcome", Code)
            .titled("Decision to issue EHC plan")
            .required(),
        Column::new("assessment_outcome_date", "AssessmentOutcomeDate", Date)
            .titled("Assessment outcome date"),
        Column::new("assessment_mediation", "AssessmentMediation", Flag)
            .titled("Mediation re decision not to issue"),
        Column::new("assessment_tribunal", "AssessmentTribunal", Flag)
            .titled("Tribunal re decision not to issue"),
        Column::new("other_mediation", "OtherMediation", Flag)
            .titled("Mediation re other matters (plan content)"),
        Column::new("other_tribunal", "OtherTribunal", Flag).titled("Tribunal re other matters"),
        Column::new("week20", "Week20", Flag).titled("20-week time limit exceptions apply (1/0)"),
    ],
    references: &[Reference::nested(
        "assessment-of-request",
        "council.sen2_request",
        &[("request_id", "request_id")],
    )],
    rules: rules::ASSESSMENT,
    twin: None,
    key: "key",
};

pub(crate) static NAMED_PLAN: Table = Table {
    name: "council.sen2_named_plan",
    columns: &[
        Column::new("named_plan_id", "", Integer)
            .titled("Named plan ID")
            .safe(),
        Column::new("assessment_id", "", Integer)
            .titled("Assessment ID")
            .safe(),
        Column::new("start_date", "StartDate", Date)
            .titled("EHC plan start date")
            .required(),
        Column::new("plan_res", "PlanRes", Code).titled("Residential settings"),
        Column::new("plan_wbp", "PlanWBP", Code).titled("Work-based learning activity"),
        Column::new("pb", "PB", Flag).titled("Personal budget taken up"),
        Column::new("oa", "OA", Flag).titled("Personal budget - organised arrangements"),
        Column::new("dp", "DP", Code).titled("Personal budget - direct payments"),
        Column::new("cease_date", "CeaseDate", Date).titled("Date EHC plan ceased"),
        Column::new("cease_reason", "CeaseReason", Code).titled("Reason EHC plan ceased"),
    ],
    references: &[Reference::nested(
        "plan-of-assessment",
        "council.sen2_assessment",
        &[("assessment_id", "assessment_id")],
    )],
    rules: rules::NAMED_PLAN,
    twin: None,
    key: "key",
};

pub(crate) static PLAN_DETAIL: Table = Table {
    name: "council.sen2_plan_detail",
    columns: &[
        Column::new("plan_detail_id", "", Integer)
            .titled("Plan detail ID")
            .safe(),
        Column::new("named_plan_id", "", Integer)
            .titled("Named plan ID")
            .safe(),
        Column::new("urn", "URN", Text)
            .titled("Establishment URN named in plan")
            .unlike("SCHOOL"),
        Column::new("ukprn", "UKPRN", Text).unlike("COLLEGE"),
        Column::new("sen_setting", "SENsetting", Code).titled("SEN setting - establishment type"),
        Column::new("sen_setting_other", "SENsettingOther", Text).titled("SEN setting - Other"),
        Column::new("placement_rank", "PlacementRank", Integer)
            .titled("Placement rank 1/2")
            .not("3"),
        Column::new("sen_unit_indicator", "SENunitIndicator", Flag).titled("SEN unit indicator"),
        Column::new(
            "resourced_provision_indicator",
            "ResourcedProvisionIndicator",
            Flag,
        )
        .titled("Resourced provision indicator"),
    ],
    references: &[Reference::nested(
        "named-placement-of-plan",
        "council.sen2_named_plan",
        &[("named_plan_id", "named_plan_id")],
    )],
    rules: rules::PLAN_DETAIL,
    twin: None,
    key: "key",
};

pub(crate) static ACTIVE_PLAN: Table = Table {
    name: "council.sen2_active_plan",
    columns: &[
        Column::new("active_plan_id", "", Integer)
            .titled("Active plan ID")
            .safe(),
        Column::new("request_id", "", Integer)
            .titled("Requests record ID (This must match the relevant ID in the Requests table)")
            .safe(),
        Column::new("transfer_la", "TransferLA", Text)
            .titled("EHC plan transferred in from another LA during calendar year")
            .unlike("Essex")
            .queried(),
        Column::new("res", "Res", Code)
            .titled("Residential settings")
            .until(2023),
        Column::new("wbp", "WBP", Code)
            .titled("Work Based Learning Activity")
            .until(2023),
        Column::new("review_meeting", "ReviewMeeting", Date)
            .titled("Annual review meeting date")
            .since(2024),
        Column::new("review_outcome", "ReviewOutcome", Code)
            .titled("Annual review decision")
            .since(2024),
        Column::new("review_draft", "ReviewDraft", Date)
            .titled("Annual review - date draft amended EHC plan issued")
            .since(2025),
        Column::new("phase_transfer_due_date", "PhaseTransferDueDate", Date)
            .titled("Phase transfer review - due date for any amended plan")
            .since(2025),
        Column::new("phase_transfer_final_date", "PhaseTransferFinalDate", Date)
            .titled("Phase transfer review - final plan date")
            .since(2025),
        Column::new("last_review", "LastReview", Date).titled("Annual review decision date"),
    ],
    references: &[Reference::nested(
        "active-plan-of-request",
        "council.sen2_request",
        &[("request_id", "request_id")],
    )],
    rules: rules::ACTIVE_PLAN,
    twin: None,
    key: "key",
};

pub(crate) static PLACEMENT_DETAIL: Table = Table {
    name: "council.sen2_placement_detail",
    columns: &[
        Column::new("placement_detail_id", "", Integer)
            .titled("Placement detail ID")
            .safe(),
        Column::new("active_plan_id", "", Integer)
            .titled("Active plan ID")
            .safe(),
        Column::new("urn", "URN", Text)
            .titled("Establishment URN attended")
            .unlike("SCHOOL"),
        Column::new("ukprn", "UKPRN", Text).unlike("COLLEGE"),
        Column::new("sen_setting", "SENsetting", Code).titled("SEN setting"),
        Column::new("sen_setting_other", "SENsettingOther", Text)
            .titled("Not in education - Other"),
        Column::new("placement_rank", "PlacementRank", Integer)
            .titled("Placement rank 1/2")
            .not("3"),
        Column::new("entry_date", "EntryDate", Date).titled("Placement start date"),
        Column::new("leaving_date", "LeavingDate", Date).titled("Placement leaving date"),
        Column::new("attendance_pattern", "AttendancePattern", Code)
            .titled("Attendance pattern")
            .until(2023)
            .queried(),
        Column::new("sen_unit_indicator", "SENunitIndicator", Flag).titled("SEN unit indicator"),
        Column::new(
            "resourced_provision_indicator",
            "ResourcedProvisionIndicator",
            Flag,
        )
        .titled("Resourced provision indicator"),
        Column::new("res", "Res", Code)
            .titled("Residential settings")
            .since(2024),
        Column::new("wbp", "WBP", Code)
            .titled("Work Based Learning Activity")
            .since(2024),
    ],
    references: &[Reference::nested(
        "placement-of-active-plan",
        "council.sen2_active_plan",
        &[("active_plan_id", "active_plan_id")],
    )],
    rules: rules::PLACEMENT_DETAIL,
    twin: None,
    key: "key",
};

pub(crate) static SEN_NEED: Table = Table {
    name: "council.sen2_sen_need",
    columns: &[
        Column::new("sen_need_id", "", Integer)
            .titled("SEN need ID")
            .safe(),
        Column::new("active_plan_id", "", Integer)
            .titled("Active plan ID")
            .safe(),
        Column::new("sen_type", "SENtype", Code)
            .titled("SEN type of need")
            .required(),
        Column::new("sen_type_rank", "SENtypeRank", Integer)
            .titled("SEN type rank 1/2")
            .not("3"),
    ],
    references: &[Reference::nested(
        "need-of-active-plan",
        "council.sen2_active_plan",
        &[("active_plan_id", "active_plan_id")],
    )],
    rules: rules::SEN_NEED,
    twin: None,
    key: "key",
};

/// Those of a message below its header, parents first.
pub(crate) static PERSON_TABLES: [&Table; 8] = [
    &PERSON,
    &REQUEST,
    &ASSESSMENT,
    &NAMED_PLAN,
    &PLAN_DETAIL,
    &ACTIVE_PLAN,
    &PLACEMENT_DETAIL,
    &SEN_NEED,
];
