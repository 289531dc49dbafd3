//! The tables of the Community Services Data Set, version 1.6, that the
//! provider of community services submits each month. Labels are the field
//! names of a submission; titles are those of the NHS Data Dictionary, which
//! what a board receives shows.

use crate::mess::csds as rules;
use crate::writer::table::Kind::{Code, Date, Integer, NhsNumber, Organisation, Text};
use crate::writer::table::{Column, Reference, Table};

/// One row for each person in a submission (master patient index).
pub(crate) static PATIENT: Table = Table {
    name: "eput.csds_patient",
    columns: &[
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new(
            "org_id_local_patient_id",
            "OrgID_LocalPatientID",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (LOCAL PATIENT IDENTIFIER)"),
        Column::new(
            "org_id_education_establishment",
            "OrgID_EducationEstablishment",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (EDUCATIONAL ESTABLISHMENT)"),
        Column::new("nhs_number", "NHSNumber", NhsNumber).titled("NHS NUMBER"),
        Column::new("nhs_number_status", "NHSNumber_Status", Code)
            .titled("NHS NUMBER STATUS INDICATOR CODE"),
        Column::new("date_of_birth", "DateOfBirth", Date).titled("PERSON BIRTH DATE"),
        Column::new("postcode", "Postcode", Text).titled("POSTCODE OF USUAL ADDRESS"),
        Column::new("gender", "Gender", Code).titled("PERSON STATED GENDER CODE"),
        Column::new("ethnic_category", "EthnicCategory", Text)
            .titled("ETHNIC CATEGORY")
            .unlike("?"),
        Column::new("ethnic_category_2021", "EthnicCategory2021", Text)
            .titled("ETHNIC CATEGORY 2021"),
        Column::new("language_preferred", "LanguagePreferred", Text)
            .titled("LANGUAGE CODE (PREFERRED)"),
        Column::new("relationship_main_carer", "Relationship_MainCarer", Text)
            .titled("PERSON RELATIONSHIP (MAIN CARER)"),
        Column::new("hv_first_antenatal_visit_date", "HVFAV_Date", Date)
            .titled("HEALTH VISITOR FIRST ANTENATAL VISIT DATE"),
        Column::new("looked_after_indicator", "ChildLookedAfter_Indicator", Code)
            .titled("LOOKED AFTER CHILD INDICATOR"),
        Column::new("safeguarding_indicator", "Safeguarding_Indicator", Code)
            .titled("SAFEGUARDING VULNERABILITY FACTORS INDICATOR"),
        Column::new(
            "disability_supervision_indicator",
            "Disability_SupervisionAndCare_Indicator",
            Code,
        )
        .titled("CONSTANT SUPERVISION AND CARE REQUIRED DUE TO DISABILITY INDICATOR"),
        Column::new("education_assessment", "EducationAssessment", Text)
            .titled("EDUCATIONAL ASSESSMENT OUTCOME"),
        Column::new(
            "death_location_discussed_indicator",
            "DiscussedPreferredDeathLocation_Indicator",
            Code,
        )
        .titled("PREFERRED DEATH LOCATION DISCUSSED INDICATOR"),
        Column::new(
            "risk_of_unexpected_death_indicator",
            "RiskOfUnexpectedDeath_Indicator",
            Code,
        )
        .titled("PERSON AT RISK OF UNEXPECTED DEATH INDICATOR"),
        Column::new(
            "death_location_preferred",
            "DeathLocationPreferred_Type",
            Text,
        )
        .titled("DEATH LOCATION TYPE CODE (PREFERRED)"),
        Column::new("date_of_death", "DateOfDeath", Date).titled("PERSON DEATH DATE"),
        Column::new("death_location_actual", "DeathLocationActual_Type", Text)
            .titled("DEATH LOCATION TYPE CODE (ACTUAL)"),
        Column::new(
            "not_at_preferred_location_reason",
            "NotAtPreferredLocation_Reason",
            Text,
        )
        .titled("DEATH NOT AT PREFERRED LOCATION REASON"),
        Column::new("nhs_number_mother", "NHSNumber_Mother", NhsNumber)
            .titled("NHS NUMBER (MOTHER)"),
        Column::new("nhs_number_status_mother", "NHSNumberStatus_Mother", Code)
            .titled("NHS NUMBER STATUS INDICATOR CODE (MOTHER)"),
    ],
    references: &[],
    rules: rules::PATIENT,
    twin: Some("date_of_birth"),
    key: "key",
};

/// One row for each registration of a person with a general practice.
pub(crate) static GP: Table = Table {
    name: "eput.csds_gp",
    columns: &[
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("org_id_gp", "OrgID_GP", Organisation)
            .titled("GENERAL MEDICAL PRACTICE CODE (PATIENT REGISTRATION)")
            .required(),
        Column::new(
            "gp_registration_start_date",
            "GPRegistration_StartDate",
            Date,
        )
        .titled("START DATE (GMP PATIENT REGISTRATION)"),
        Column::new("gp_registration_end_date", "GPRegistration_EndDate", Date)
            .titled("END DATE (GMP PATIENT REGISTRATION)"),
    ],
    references: &[Reference::new(
        "csds-gp-has-patient",
        "eput.csds_patient",
        &[("local_patient_id", "local_patient_id")],
    )],
    rules: rules::GP,
    twin: Some("gp_registration_end_date"),
    key: "key",
};

/// One row for each referral that was open in the reporting period.
pub(crate) static REFERRAL: Table = Table {
    name: "eput.csds_referral",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("org_id_commissioner", "OrgID_Commissioner", Organisation)
            .titled("ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)")
            .required(),
        Column::new("received_date", "ReferralRequest_ReceivedDate", Date)
            .titled("REFERRAL REQUEST RECEIVED DATE")
            .required(),
        Column::new("received_time", "ReferralRequest_ReceivedTime", Text)
            .titled("REFERRAL REQUEST RECEIVED TIME")
            .unlike("?"),
        Column::new("service_line_agreement", "ServiceLineAgreement", Text)
            .titled("NHS SERVICE AGREEMENT LINE NUMBER"),
        Column::new("source_of_referral", "SourceOfReferral", Text)
            .titled("SOURCE OF REFERRAL FOR COMMUNITY")
            .unlike("?"),
        Column::new("org_id_referring", "OrgID_Referring", Organisation)
            .titled("ORGANISATION IDENTIFIER (REFERRING)"),
        Column::new("referring_staff_group", "Referring_StaffGroup", Text)
            .titled("REFERRING CARE PROFESSIONAL STAFF GROUP (MENTAL HEALTH AND COMMUNITY CARE)"),
        Column::new("priority_type", "Priority_Type", Text)
            .titled("PRIORITY TYPE CODE")
            .unlike("?"),
        Column::new("primary_referral_reason", "PrimaryReferralReason", Text)
            .titled("PRIMARY REASON FOR REFERRAL (COMMUNITY CARE)")
            .unlike("?"),
        Column::new("discharge_date", "Discharge_Date", Date).titled("SERVICE DISCHARGE DATE"),
        Column::new(
            "discharge_letter_issued_date",
            "Discharge_LetterIssuedDate",
            Date,
        )
        .titled("DISCHARGE LETTER ISSUED DATE (MENTAL HEALTH AND COMMUNITY CARE)"),
    ],
    references: &[Reference::new(
        "csds-referral-has-patient",
        "eput.csds_patient",
        &[("local_patient_id", "local_patient_id")],
    )],
    rules: rules::REFERRAL,
    twin: Some("service_line_agreement"),
    key: "key",
};

/// One row for each service that a referral was made to.
pub(crate) static SERVICE_TYPE: Table = Table {
    name: "eput.csds_service_type",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("team_id_local", "TeamID_Local", Text)
            .titled("CARE PROFESSIONAL TEAM LOCAL IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("team_type", "TeamType", Code)
            .titled("SERVICE OR TEAM TYPE REFERRED TO (COMMUNITY CARE)")
            .required(),
        Column::new("closure_date", "Referral_ClosureDate", Date).titled("REFERRAL CLOSURE DATE"),
        Column::new("rejection_date", "Referral_RejectionDate", Date)
            .titled("REFERRAL REJECTION DATE"),
        Column::new("closure_reason", "Referral_ClosureReason", Text)
            .titled("REFERRAL CLOSURE REASON")
            .unlike("?"),
        Column::new("rejection_reason", "Referral_RejectionReason", Text)
            .titled("REFERRAL REJECTION REASON")
            .unlike("?"),
    ],
    references: &[Reference::new(
        "csds-service-type-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::SERVICE_TYPE,
    twin: Some("closure_reason"),
    key: "key",
};

/// One row for each waiting time period of a referral.
pub(crate) static RTT: Table = Table {
    name: "eput.csds_rtt",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("booking_reference", "BookingReference", Text)
            .titled("UNIQUE BOOKING REFERENCE NUMBER (CONVERTED)"),
        Column::new("patient_pathway_id", "PatientPathwayID", Text)
            .titled("PATIENT PATHWAY IDENTIFIER"),
        Column::new(
            "patient_pathway_org_id",
            "PatientPathwayID_OrgID",
            Organisation,
        )
        .titled("ORGANISATION IDENTIFIER (PATIENT PATHWAY IDENTIFIER ISSUER)"),
        Column::new(
            "waiting_time_measurement_type",
            "WaitingTime_MeasurementType",
            Text,
        )
        .titled("WAITING TIME MEASUREMENT TYPE")
        .required()
        .unlike("?"),
        Column::new("rtt_start_date", "RTT_StartDate", Date)
            .titled("REFERRAL TO TREATMENT PERIOD START DATE")
            .required(),
        Column::new("rtt_start_time", "RTT_StartTime", Text)
            .titled("REFERRAL TO TREATMENT PERIOD START TIME")
            .unlike("?"),
        Column::new("rtt_end_date", "RTT_EndDate", Date)
            .titled("REFERRAL TO TREATMENT PERIOD END DATE"),
        Column::new("rtt_end_time", "RTT_EndTime", Text)
            .titled("REFERRAL TO TREATMENT PERIOD END TIME")
            .unlike("?"),
        Column::new("rtt_status", "RTT_Status", Text)
            .titled("REFERRAL TO TREATMENT PERIOD STATUS")
            .unlike("?"),
    ],
    references: &[Reference::new(
        "csds-rtt-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::RTT,
    twin: Some("patient_pathway_id"),
    key: "key",
};

/// One row for each time a referral was passed on to somebody else.
pub(crate) static ONWARD_REFERRAL: Table = Table {
    name: "eput.csds_onward_referral",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("onward_referral_date", "Onward_ReferralDate", Date)
            .titled("ONWARD REFERRAL DATE")
            .required(),
        Column::new("onward_referral_reason", "Onward_ReferralReason", Text)
            .titled("ONWARD REFERRAL REASON")
            .unlike("?"),
        Column::new("org_id_receiving", "OrgID_Receiving", Organisation)
            .titled("ORGANISATION IDENTIFIER (RECEIVING)"),
    ],
    references: &[Reference::new(
        "csds-onward-referral-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::ONWARD_REFERRAL,
    twin: Some("onward_referral_reason"),
    key: "key",
};

/// One row for each care contact in the reporting period, attended or not.
pub(crate) static CONTACT: Table = Table {
    name: "eput.csds_contact",
    columns: &[
        Column::new("care_contact_id", "CareContactID", Text)
            .titled("CARE CONTACT IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("team_id_local", "TeamID_Local", Text)
            .titled("CARE PROFESSIONAL TEAM LOCAL IDENTIFIER")
            .unlike("123456789012345678901234567890"),
        Column::new("contact_date", "Contact_Date", Date)
            .titled("CARE CONTACT DATE")
            .required(),
        Column::new("contact_time", "Contact_Time", Text)
            .titled("CARE CONTACT TIME")
            .unlike("?"),
        Column::new("org_id_commissioner", "OrgID_Commissioner", Organisation)
            .titled("ORGANISATION IDENTIFIER (CODE OF COMMISSIONER)"),
        Column::new("admin_category", "AdminCategory", Text)
            .titled("ADMINISTRATIVE CATEGORY CODE")
            .unlike("?"),
        Column::new("contact_duration", "CareContact_Duration", Integer)
            .titled("CLINICAL CONTACT DURATION OF CARE CONTACT")
            .not("1441"),
        Column::new("consultation_type", "Consultation_Type", Code).titled("CONSULTATION TYPE"),
        Column::new("contact_subject", "CareContact_Subject", Code).titled("CARE CONTACT SUBJECT"),
        Column::new("consultation_mechanism", "ConsMechanism", Code)
            .titled("CONSULTATION MECHANISM (COMMUNITY CARE)")
            .since(2023),
        Column::new("consultation_medium_used", "Consultation_MediumUsed", Code)
            .titled("CONSULTATION MEDIUM USED")
            .until(2022),
        Column::new("location_type", "Activity_LocationType", Text)
            .titled("ACTIVITY LOCATION TYPE CODE")
            .unlike("?"),
        Column::new("treatment_org_site_id", "Treatment_OrgSiteID", Organisation)
            .titled("ORGANISATION SITE IDENTIFIER (OF TREATMENT)"),
        Column::new("group_therapy_indicator", "GroupTherapyIndicator", Code)
            .titled("GROUP THERAPY INDICATOR"),
        Column::new("attendance_status", "AttendanceStatus", Code)
            .titled("ATTENDANCE STATUS")
            .since(2023),
        Column::new("attended_or_not", "AttendOrNot", Code)
            .titled("ATTENDED OR DID NOT ATTEND CODE")
            .until(2022),
        Column::new("reasonable_offer_date", "ReasonableOffer_Date", Date)
            .titled("EARLIEST REASONABLE OFFER DATE"),
        Column::new(
            "clinically_appropriate_date",
            "ClinicallyAppropriate_Date",
            Date,
        )
        .titled("EARLIEST CLINICALLY APPROPRIATE DATE"),
        Column::new("cancellation_date", "Contact_CancellationDate", Date)
            .titled("CARE CONTACT CANCELLATION DATE"),
        Column::new("cancellation_reason", "Contact_CancellationReason", Text)
            .titled("CARE CONTACT CANCELLATION REASON")
            .unlike("?"),
        Column::new(
            "replacement_offered_date",
            "ReplacementAppointment_OfferedDate",
            Date,
        )
        .titled("REPLACEMENT APPOINTMENT DATE OFFERED"),
        Column::new(
            "replacement_booked_date",
            "ReplacementAppointment_BookedDate",
            Date,
        )
        .titled("REPLACEMENT APPOINTMENT BOOKED DATE"),
    ],
    references: &[Reference::new(
        "csds-contact-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::CONTACT,
    twin: Some("contact_duration"),
    key: "key",
};

/// One row for each thing that was done in a care contact.
pub(crate) static ACTIVITY: Table = Table {
    name: "eput.csds_activity",
    columns: &[
        Column::new("care_activity_id", "CareActivityID", Text)
            .titled("CARE ACTIVITY IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("care_contact_id", "CareContactID", Text)
            .titled("CARE CONTACT IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("activity_type", "Activity_Type", Code).titled("COMMUNITY CARE ACTIVITY TYPE"),
        Column::new(
            "care_professional_id_local",
            "CareProfessionalID_Local",
            Text,
        )
        .titled("CARE PROFESSIONAL LOCAL IDENTIFIER"),
        Column::new("activity_duration", "CareActivity_Duration", Integer)
            .titled("CLINICAL CONTACT DURATION OF CARE ACTIVITY")
            .not("1441"),
        Column::new("procedure_scheme", "Procedure_Scheme", Text)
            .titled("PROCEDURE SCHEME IN USE")
            .unlike("?"),
        Column::new("coded_procedure", "CodedProcedure", Text)
            .titled("CODED PROCEDURE (CLINICAL TERMINOLOGY)"),
        Column::new("finding_scheme", "Finding_Scheme", Text)
            .titled("FINDING SCHEME IN USE")
            .unlike("?"),
        Column::new("coded_finding", "CodedFinding", Text)
            .titled("CODED FINDING (CODED CLINICAL ENTRY)"),
        Column::new("observation_scheme", "Observation_Scheme", Text)
            .titled("OBSERVATION SCHEME IN USE")
            .unlike("?"),
        Column::new("coded_observation", "CodedObservation", Text)
            .titled("CODED OBSERVATION (CLINICAL TERMINOLOGY)"),
        Column::new("observation_value", "ObservationValue", Text).titled("OBSERVATION VALUE"),
        Column::new("unit_of_measurement", "UC_UnitOfMeasurement", Text)
            .titled("UCUM UNIT OF MEASUREMENT"),
    ],
    references: &[Reference::new(
        "csds-activity-has-contact",
        "eput.csds_contact",
        &[("care_contact_id", "care_contact_id")],
    )],
    rules: rules::ACTIVITY,
    twin: Some("activity_duration"),
    key: "key",
};

/// One row for each special educational need recorded for a person.
pub(crate) static EDUCATION_NEED: Table = Table {
    name: "eput.csds_education_need",
    columns: &[
        Column::new("local_patient_id", "LocalPatientID", Text)
            .titled("LOCAL PATIENT IDENTIFIER (EXTENDED)")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("education_need_type", "EducationNeed_Type", Text)
            .titled("SPECIAL EDUCATIONAL NEED TYPE")
            .required()
            .unlike("?"),
    ],
    references: &[Reference::new(
        "csds-education-need-has-patient",
        "eput.csds_patient",
        &[("local_patient_id", "local_patient_id")],
    )],
    rules: &[],
    twin: None,
    key: "key",
};

/// One row for each primary diagnosis made under a referral.
pub(crate) static PRIMARY_DIAGNOSIS: Table = Table {
    name: "eput.csds_primary_diagnosis",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("diagnosis_scheme", "Diagnosis_Scheme", Text)
            .titled("DIAGNOSIS SCHEME IN USE")
            .unlike("?"),
        Column::new("primary_diagnosis", "PrimaryDiagnosis", Text)
            .titled("PRIMARY DIAGNOSIS (CODED CLINICAL ENTRY)")
            .required(),
        Column::new("diagnosis_date", "PrimaryDiagnosis_Date", Date).titled("DIAGNOSIS DATE"),
    ],
    references: &[Reference::new(
        "csds-primary-diagnosis-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::PRIMARY_DIAGNOSIS,
    twin: Some("diagnosis_scheme"),
    key: "key",
};

/// One row for each further diagnosis made under a referral.
pub(crate) static SECONDARY_DIAGNOSIS: Table = Table {
    name: "eput.csds_secondary_diagnosis",
    columns: &[
        Column::new("service_request_id", "ServiceRequestID", Text)
            .titled("SERVICE REQUEST IDENTIFIER")
            .required()
            .unlike("123456789012345678901234567890"),
        Column::new("diagnosis_scheme", "Diagnosis_Scheme", Text)
            .titled("DIAGNOSIS SCHEME IN USE")
            .unlike("?"),
        Column::new("secondary_diagnosis", "SecondaryDiagnosis", Text)
            .titled("SECONDARY DIAGNOSIS (CODED CLINICAL ENTRY)")
            .required(),
        Column::new("diagnosis_date", "SecondaryDiagnosis_Date", Date).titled("DIAGNOSIS DATE"),
    ],
    references: &[Reference::new(
        "csds-secondary-diagnosis-has-referral",
        "eput.csds_referral",
        &[("service_request_id", "service_request_id")],
    )],
    rules: rules::SECONDARY_DIAGNOSIS,
    twin: Some("diagnosis_scheme"),
    key: "key",
};
