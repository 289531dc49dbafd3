//! The tables of the Mental Health Services Data Set, version 6, that the
//! provider of mental health services submits each month. Labels are the
//! element names of a submission; titles are those of the NHS Data Dictionary,
//! which what a board receives shows.

use crate::mess::mhsds as rules;
use crate::writer::table::Kind::{Code, Date, DateTime, Integer, NhsNumber, Organisation, Text};
use crate::writer::table::{Column, Reference, Table};

/// One row for each person in a submission (master patient index).
pub(crate) static PATIENT: Table = Table {
    name: "nelft.mhsds_patient",
    columns: &[
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .unlike("123456789012345678901234567890"),
        Column::new(
            "org_id_local_patient_id",
            "OrgIDLocalPatientID",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)"),
        Column::new(
            "org_id_education_establishment",
            "OrgIDEduEstab",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (EDUCATIONAL ESTABLISHMENT)"),
        Column::new("nhs_number", "NHSNumber", NhsNumber).titled("NHS NUMBER"),
        Column::new("nhs_number_status", "NHSNumberStatus", Code)
            .titled("NHS NUMBER STATUS INDICATOR CODE (MENTAL HEALTH AND MATERNITY)")
            .queried(),
        Column::new("date_of_birth", "PersonBirthDate", Date).titled("PERSON BIRTH DATE"),
        Column::new("postcode", "Postcode", Text).titled("POSTCODE OF USUAL ADDRESS"),
        Column::new("gender", "Gender", Code)
            .titled("PERSON STATED GENDER CODE")
            .queried(),
        Column::new("gender_identity", "GenderIDCode", Text)
            .titled("GENDER IDENTITY CODE")
            .unlike("?")
            .queried(),
        Column::new("gender_same_at_birth", "GenderSameAtBirth", Code)
            .titled("GENDER IDENTITY SAME AT BIRTH INDICATOR")
            .queried(),
        Column::new("marital_status", "MaritalStatus", Text).titled("PERSON MARITAL STATUS"),
        Column::new("ethnic_category", "EthnicCategory", Text)
            .titled("ETHNIC CATEGORY")
            .unlike("?")
            .queried(),
        Column::new("language_preferred", "LanguageCodePreferred", Text)
            .titled("LANGUAGE CODE (PREFERRED)"),
        Column::new("date_of_death", "PersDeathDate", Date).titled("PERSON DEATH DATE"),
    ],
    references: &[],
    rules: rules::PATIENT,
    twin: Some("date_of_birth"),
    key: "MHS00144",
};

/// One row for each referral that was open in the reporting period.
pub(crate) static REFERRAL: Table = Table {
    name: "nelft.mhsds_referral",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .unlike("123456789012345678901234567890"),
        Column::new("org_id_commissioner", "OrgIDComm", Organisation)
            .titled("ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)"),
        Column::new("team_id_local", "CareProfTeamLocalID", Text)
            .titled("CARE PROFESSIONAL TEAM LOCAL IDENTIFIER")
            .unlike("1234567890123456789012345678901234567890"),
        Column::new("received_date", "ReferralRequestReceivedDate", Date)
            .titled("REFERRAL REQUEST RECEIVED DATE"),
        Column::new("received_time", "ReferralRequestReceivedTime", Text)
            .titled("REFERRAL REQUEST RECEIVED TIME")
            .unlike("?"),
        Column::new("service_agreement_line", "NHSServAgreeLineID", Text)
            .titled("NHS SERVICE AGREEMENT LINE IDENTIFIER"),
        Column::new("specialised_service_code", "SpecialisedMHServiceCode", Text)
            .titled("SPECIALISED MENTAL HEALTH SERVICE CATEGORY CODE"),
        Column::new("source_of_referral", "SourceOfReferralMH", Text)
            .titled("SOURCE OF REFERRAL FOR MENTAL HEALTH SERVICES DATA SET")
            .unlike("?")
            .queried(),
        Column::new("org_id_referring", "OrgIDReferringOrg", Organisation)
            .titled("ORGANISATION IDENTIFIER (REFERRING ORGANISATION)"),
        Column::new(
            "referring_professional_type",
            "ReferringCareProfessionalType",
            Text,
        )
        .titled("REFERRING CARE PROFESSIONAL TYPE (MENTAL HEALTH)"),
        Column::new("priority_type", "ClinRespPriorityType", Text)
            .titled("CLINICAL RESPONSE PRIORITY TYPE")
            .unlike("?")
            .queried(),
        Column::new("primary_referral_reason", "PrimReasonReferralMH", Text)
            .titled("PRIMARY REASON FOR REFERRAL (MENTAL HEALTH)")
            .unlike("?")
            .queried(),
        Column::new("out_of_area_reason", "ReasonOAT", Text)
            .titled("REASON FOR OUT OF AREA REFERRAL (ADULT ACUTE MENTAL HEALTH)"),
        Column::new("decision_to_treat_date", "DecisionToTreatDate", Date)
            .titled("DECISION TO TREAT DATE (MENTAL HEALTH HOME TREATMENT)"),
        Column::new("decision_to_treat_time", "DecisionToTreatTime", Text)
            .titled("DECISION TO TREAT TIME (MENTAL HEALTH HOME TREATMENT)")
            .unlike("?"),
        Column::new("discharge_plan_created_date", "DischPlanCreationDate", Date)
            .titled("DISCHARGE PLAN CREATION DATE"),
        Column::new("discharge_plan_created_time", "DischPlanCreationTime", Text)
            .titled("DISCHARGE PLAN CREATION TIME")
            .unlike("?"),
        Column::new(
            "discharge_plan_updated_date",
            "DischPlanLastUpdatedDate",
            Date,
        )
        .titled("DISCHARGE PLAN LAST UPDATED DATE"),
        Column::new(
            "discharge_plan_updated_time",
            "DischPlanLastUpdatedTime",
            Text,
        )
        .titled("DISCHARGE PLAN LAST UPDATED TIME")
        .unlike("?"),
        Column::new("discharge_date", "ServDischDate", Date).titled("SERVICE DISCHARGE DATE"),
        Column::new("discharge_time", "ServDischTime", Text)
            .titled("SERVICE DISCHARGE TIME")
            .unlike("?"),
        Column::new("rejection_date", "ReferRejectionDate", Date).titled("REFERRAL REJECTION DATE"),
        Column::new("rejection_time", "ReferRejectionTime", Text)
            .titled("REFERRAL REJECTION TIME")
            .unlike("?"),
        Column::new("rejection_reason", "ReferRejectReason", Text)
            .titled("REFERRAL REJECTION REASON")
            .unlike("?")
            .queried(),
        Column::new("closure_reason", "ReferClosReason", Text)
            .titled("REFERRAL CLOSURE REASON")
            .unlike("?")
            .queried(),
    ],
    references: &[Reference::new(
        "MHS10101",
        "nelft.mhsds_patient",
        &[("local_patient_id", "local_patient_id")],
    )],
    rules: rules::REFERRAL,
    twin: Some("service_agreement_line"),
    key: "MHS10103",
};

/// One row for each other team that a referral involves.
pub(crate) static SERVICE_TYPE: Table = Table {
    name: "nelft.mhsds_service_type",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("team_id_local", "OtherCareProfTeamLocalID", Text)
            .titled("OTHER CARE PROFESSIONAL TEAM LOCAL IDENTIFIER")
            .unlike("1234567890123456789012345678901234567890"),
        Column::new("closure_date", "ReferClosureDate", Date).titled("REFERRAL CLOSURE DATE"),
        Column::new("closure_time", "ReferClosureTime", Text)
            .titled("REFERRAL CLOSURE TIME")
            .unlike("?"),
        Column::new("rejection_date", "ReferRejectionDate", Date).titled("REFERRAL REJECTION DATE"),
        Column::new("rejection_time", "ReferRejectionTime", Text)
            .titled("REFERRAL REJECTION TIME")
            .unlike("?"),
        Column::new("closure_reason", "ReferClosReason", Text)
            .titled("REFERRAL CLOSURE REASON")
            .unlike("?")
            .queried(),
        Column::new("rejection_reason", "ReferRejectReason", Text)
            .titled("REFERRAL REJECTION REASON")
            .unlike("?")
            .queried(),
    ],
    references: &[Reference::new(
        "MHS10228",
        "nelft.mhsds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::SERVICE_TYPE,
    twin: Some("closure_reason"),
    key: "MHS10229",
};

/// One row for each waiting time period of a referral.
pub(crate) static RTT: Table = Table {
    name: "nelft.mhsds_rtt",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("patient_pathway_id", "PatPathID", Text).titled("PATIENT PATHWAY IDENTIFIER"),
        Column::new(
            "patient_pathway_org_id",
            "OrgIDPatPathIDIssuer",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (PATIENT PATHWAY IDENTIFIER ISSUER)"),
        Column::new("waiting_time_measurement_type", "WaitTimeMeasureType", Text)
            .titled("WAITING TIME MEASUREMENT TYPE (MENTAL HEALTH)")
            .unlike("?")
            .queried(),
        Column::new("rtt_start_date", "ReferToTreatPeriodStartDate", Date)
            .titled("REFERRAL TO TREATMENT PERIOD START DATE"),
        Column::new("rtt_end_date", "ReferToTreatPeriodEndDate", Date)
            .titled("REFERRAL TO TREATMENT PERIOD END DATE"),
        Column::new("rtt_status", "ReferToTreatPeriodStatus", Text)
            .titled("REFERRAL TO TREATMENT PERIOD STATUS")
            .unlike("?")
            .queried(),
    ],
    references: &[Reference::new(
        "MHS10417",
        "nelft.mhsds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::RTT,
    twin: Some("patient_pathway_id"),
    key: "MHS10418",
};

/// One row for each care contact in the reporting period, attended or not.
pub(crate) static CONTACT: Table = Table {
    name: "nelft.mhsds_contact",
    columns: &[
        Column::new("care_contact_id", "CareContactID", Text)
            .titled("CARE CONTACT IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("team_id_local", "OtherCareProfTeamLocalID", Text)
            .titled("OTHER CARE PROFESSIONAL TEAM LOCAL IDENTIFIER")
            .unlike("1234567890123456789012345678901234567890"),
        Column::new("contact_date", "CareContDate", Date).titled("CARE CONTACT DATE"),
        Column::new("contact_time", "CareContTime", Text)
            .titled("CARE CONTACT TIME")
            .unlike("?"),
        Column::new("org_id_commissioner", "OrgIDComm", Organisation)
            .titled("ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)"),
        Column::new("admin_category", "AdminCatCode", Text)
            .titled("ADMINISTRATIVE CATEGORY CODE")
            .unlike("?")
            .queried(),
        Column::new("specialised_service_code", "SpecialisedMHServiceCode", Text)
            .titled("SPECIALISED MENTAL HEALTH SERVICE CATEGORY CODE"),
        Column::new("contact_duration", "ClinContDurOfCareCont", Integer)
            .titled("CLINICAL CONTACT DURATION OF CARE CONTACT")
            .not("1441"),
        Column::new("consultation_type", "ConsType", Text)
            .titled("CONSULTATION TYPE")
            .unlike("?")
            .queried(),
        Column::new("contact_subject", "CareContSubj", Code)
            .titled("CARE CONTACT SUBJECT")
            .queried(),
        Column::new("consultation_mechanism", "ConsMechanismMH", Code)
            .titled("CONSULTATION MECHANISM (MENTAL HEALTH)")
            .queried(),
        Column::new("location_type", "ActLocTypeCode", Text)
            .titled("ACTIVITY LOCATION TYPE CODE")
            .unlike("?")
            .queried(),
        Column::new("place_of_safety", "PlaceOfSafetyInd", Code)
            .titled("PLACE OF SAFETY INDICATOR")
            .queried(),
        Column::new("treatment_org_site_id", "SiteIDOfTreat", Organisation)
            .titled("ORGANISATION SITE IDENTIFIER (OF TREATMENT)"),
        Column::new("language_of_treatment", "LanguageCodeTreat", Text)
            .titled("LANGUAGE CODE (TREATMENT)"),
        Column::new("interpreter_present", "InterpreterPresentInd", Text)
            .titled("INTERPRETER PRESENT AT CARE CONTACT INDICATION CODE"),
        Column::new(
            "perinatal_partner_offer",
            "ComPeriMHPartAssessOfferInd",
            Text,
        )
        .titled("COMMUNITY PERINATAL MENTAL HEALTH PARTNER ASSESSMENT OFFER INDICATOR"),
        Column::new("planned", "PlannedCareContIndicator", Code)
            .titled("PLANNED CARE CONTACT INDICATOR")
            .queried(),
        Column::new("therapy_mode", "CareContPatientTherMode", Text)
            .titled("CARE CONTACT PATIENT THERAPY MODE"),
        Column::new("attendance_status", "AttendStatus", Code)
            .titled("ATTENDANCE STATUS")
            .queried(),
        Column::new("reasonable_offer_date", "EarliestReasonOfferDate", Date)
            .titled("EARLIEST REASONABLE OFFER DATE"),
        Column::new("clinically_appropriate_date", "EarliestClinAppDate", Date)
            .titled("EARLIEST CLINICALLY APPROPRIATE DATE"),
        Column::new("cancellation_date", "CareContCancelDate", Date)
            .titled("CARE CONTACT CANCELLATION DATE"),
        Column::new("cancellation_reason", "CareContCancelReas", Text)
            .titled("CARE CONTACT CANCELLATION REASON")
            .unlike("?")
            .queried(),
        Column::new(
            "reasonable_adjustment_made",
            "ReasonableAdjustmentMade",
            Code,
        )
        .titled("REASONABLE ADJUSTMENT MADE INDICATOR")
        .queried(),
        Column::new("no_capacity_advocate_reason", "ReasonPatientNoIMCA", Text)
            .titled("REASON PATIENT DOES NOT HAVE INDEPENDENT MENTAL CAPACITY ADVOCATE"),
        Column::new("no_health_advocate_reason", "ReasonPatientNoIMHA", Text)
            .titled("REASON PATIENT DOES NOT HAVE INDEPENDENT MENTAL HEALTH ADVOCATE"),
    ],
    references: &[Reference::new(
        "MHS20142",
        "nelft.mhsds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::CONTACT,
    twin: Some("contact_duration"),
    key: "MHS20143",
};

/// One row for each thing that was done in a care contact.
pub(crate) static ACTIVITY: Table = Table {
    name: "nelft.mhsds_activity",
    columns: &[
        Column::new("care_activity_id", "CareActID", Text)
            .titled("CARE ACTIVITY IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("care_contact_id", "CareContactID", Text)
            .titled("CARE CONTACT IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("activity_duration", "ClinContactDurOfCareAct", Integer)
            .titled("CLINICAL CONTACT DURATION OF CARE ACTIVITY")
            .not("1441"),
        Column::new("coded_procedure", "Procedure", Text)
            .titled("PROCEDURE (SNOMED CT EXPRESSION)"),
        Column::new("finding_scheme", "FindSchemeInUse", Text)
            .titled("FINDING SCHEME IN USE (MENTAL HEALTH)")
            .unlike("?")
            .queried(),
        Column::new("coded_finding", "Finding", Text)
            .titled("CODED FINDING (CODED CLINICAL ENTRY)"),
        Column::new("coded_observation", "Observation", Text)
            .titled("CODED OBSERVATION (SNOMED CT)"),
        Column::new("observation_value", "ObsValue", Text).titled("OBSERVATION VALUE"),
        Column::new("unit_of_measurement", "UnitofMeasurement_UCUM", Text)
            .titled("UNIT OF MEASUREMENT (UCUM)"),
    ],
    references: &[Reference::new(
        "MHS20224",
        "nelft.mhsds_contact",
        &[("care_contact_id", "care_contact_id")],
    )],
    rules: rules::ACTIVITY,
    twin: Some("activity_duration"),
    key: "MHS20225",
};

/// One row for each primary diagnosis made under a referral.
pub(crate) static DIAGNOSIS: Table = Table {
    name: "nelft.mhsds_diagnosis",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("diagnosis_scheme", "DiagSchemeInUse", Text)
            .titled("DIAGNOSIS SCHEME IN USE (MENTAL HEALTH)")
            .unlike("?")
            .queried(),
        Column::new("primary_diagnosis", "PrimDiag", Text)
            .titled("PRIMARY DIAGNOSIS (CODED CLINICAL ENTRY)"),
        Column::new("diagnosed_at", "CodedDiagTimestamp", DateTime)
            .titled("CODED DIAGNOSIS TIMESTAMP"),
    ],
    references: &[Reference::new(
        "MHS60412",
        "nelft.mhsds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::DIAGNOSIS,
    twin: Some("diagnosis_scheme"),
    key: "MHS60413",
};
