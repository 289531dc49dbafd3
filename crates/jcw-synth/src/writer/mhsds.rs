//! What the provider of mental health services submits about one child and
//! month.

use super::csds::{COMMISSIONER, gender, number_status};
use super::record::Record;
use super::submission::Submission;
use super::table::Table;
use super::tables::mhsds::{ACTIVITY, CONTACT, DIAGNOSIS, PATIENT, REFERRAL, RTT, SERVICE_TYPE};
use crate::world::family::Child;
use crate::world::health::{
    Contact, Priority, Provider, Referral, ReferralReason, ReferralSource, Service,
};
use chrono::NaiveDate;

/// Tables with the names of their files, parents first.
pub(crate) static TABLES: [(&Table, &str, &str); 7] = [
    (&PATIENT, "MHS001MPI", ""),
    (&REFERRAL, "MHS101Referral", ""),
    (&SERVICE_TYPE, "MHS102OtherServiceType", ""),
    (&RTT, "MHS104RTT", ""),
    (&CONTACT, "MHS201CareContact", ""),
    (&ACTIVITY, "MHS202CareActivity", ""),
    (&DIAGNOSIS, "MHS604PrimDiag", ""),
];

/// The records of a child in a submission, parents first; none if no referral
/// was open in the month.
pub(crate) fn records(child: &Child, submission: &Submission) -> Vec<Record> {
    let last = submission.last_day();
    let open: Vec<&Referral> = (child.referrals.iter())
        .filter(|referral| {
            let over = referral.rejected.or(referral.discharged);
            referral.service.provider_on(last) == Provider::Nelft
                && referral.received <= last
                && over.is_none_or(|day| day >= submission.month)
        })
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    let patient = child.local_patient_id(Provider::Nelft);
    let mut records = vec![
        Record::new(&PATIENT)
            .put("local_patient_id", &patient)
            .put("org_id_local_patient_id", Provider::Nelft.code())
            .put("nhs_number", &child.nhs_number)
            .put("nhs_number_status", number_status(child))
            .put("date_of_birth", child.born)
            .put_some("postcode", child.home_on(last).map(|home| &home.postcode))
            .put("gender", gender(child))
            .put("gender_same_at_birth", "Y")
            .put("ethnic_category", child.ethnicity.nhs)
            .put("language_preferred", "en")
            .done(),
    ];
    for referral in open {
        self::referral(&mut records, referral, &patient, submission);
    }
    records
}

fn referral(
    records: &mut Vec<Record>,
    referral: &Referral,
    patient: &str,
    submission: &Submission,
) {
    let last = submission.last_day();
    let known = |day: Option<NaiveDate>| day.filter(|day| *day <= last);
    let rejected = known(referral.rejected);
    let discharged = known(referral.discharged).filter(|_| rejected.is_none());
    let service = referral.service.code();
    records.push(
        Record::new(&REFERRAL)
            .put("service_request_id", referral.id)
            .put("local_patient_id", patient)
            .put("org_id_commissioner", COMMISSIONER)
            .put("team_id_local", format_args!("SET-{service}"))
            .put("received_date", referral.received)
            .put("received_time", referral.received_at.format("%H:%M:%S"))
            .put("service_agreement_line", service)
            .put("source_of_referral", source(referral.source))
            .put("priority_type", priority(referral.priority))
            .put("primary_referral_reason", reason(referral.reason))
            .put_some("discharge_date", discharged)
            .put_some("rejection_date", rejected)
            .put_some("rejection_reason", rejected.map(|_| "02"))
            .put_some("closure_reason", discharged.map(|_| "01"))
            .done(),
    );
    // Another team looks at one referral in six.
    if referral.id.is_multiple_of(6) {
        records.push(
            Record::new(&SERVICE_TYPE)
                .put("service_request_id", referral.id)
                .put("team_id_local", "SET-FAMILY")
                .put_some("closure_date", discharged)
                .put_some("closure_reason", discharged.map(|_| "01"))
                .done(),
        );
    }
    clock(records, referral, submission);
    for contact in &referral.contacts {
        let is_late = submission.lacks(contact.id, 25);
        if (submission.month..=last).contains(&contact.on) && !is_late {
            self::contact(records, referral, contact, submission);
        }
    }
    if let Some(diagnosis) = referral.diagnoses.first()
        && diagnosis.on <= last
    {
        records.push(
            Record::new(&DIAGNOSIS)
                .put("service_request_id", referral.id)
                .put("diagnosis_scheme", "02")
                .put("primary_diagnosis", diagnosis.icd10)
                .put("diagnosed_at", format_args!("{}T12:00:00Z", diagnosis.on))
                .done(),
        );
    }
}

/// From the referral to the first time that the child was seen.
fn clock(records: &mut Vec<Record>, referral: &Referral, submission: &Submission) {
    if referral.service != Service::EatingDisorders {
        return;
    }
    let end = referral.first_seen().map(|contact| contact.on);
    if end.is_some_and(|end| end < submission.month) {
        return;
    }
    let end = end.filter(|end| *end <= submission.last_day());
    records.push(
        Record::new(&RTT)
            .put("service_request_id", referral.id)
            .put("patient_pathway_id", format_args!("ED{}", referral.id))
            .put("patient_pathway_org_id", Provider::Nelft.code())
            .put("waiting_time_measurement_type", "04")
            .put("rtt_start_date", referral.received)
            .put_some("rtt_end_date", end)
            .put("rtt_status", if end.is_some() { "30" } else { "20" })
            .done(),
    );
}

fn contact(
    records: &mut Vec<Record>,
    referral: &Referral,
    contact: &Contact,
    submission: &Submission,
) {
    let status = (!submission.lacks(contact.id, 33)).then_some(contact.attendance as u8);
    records.push(
        Record::new(&CONTACT)
            .put("care_contact_id", contact.id)
            .put("service_request_id", referral.id)
            .put(
                "team_id_local",
                format_args!("SET-{}", referral.service.code()),
            )
            .put("contact_date", contact.on)
            .put("contact_time", contact.at.format("%H:%M:%S"))
            .put("org_id_commissioner", COMMISSIONER)
            .put("admin_category", "01")
            .put("contact_duration", contact.minutes)
            .put("consultation_type", if contact.first { "01" } else { "02" })
            .put("contact_subject", if contact.proxy { "02" } else { "01" })
            .put("consultation_mechanism", contact.mechanism)
            .put("location_type", contact.location)
            .put("planned", "Y")
            .put_some("attendance_status", status)
            .put_some("cancellation_date", contact.cancelled)
            .put_some("cancellation_reason", contact.cancelled.map(|_| "1"))
            .done(),
    );
    for activity in &contact.activities {
        records.push(
            Record::new(&ACTIVITY)
                .put("care_activity_id", activity.id)
                .put("care_contact_id", contact.id)
                .put("activity_duration", activity.minutes)
                .done(),
        );
    }
}

fn source(source: ReferralSource) -> &'static str {
    match source {
        ReferralSource::Gp => "A1",
        ReferralSource::HealthVisitor => "A2",
        ReferralSource::Family => "B1",
        ReferralSource::SocialCare => "C1",
        ReferralSource::Education => "C2",
        ReferralSource::Hospital => "I1",
    }
}

/// CLINICAL RESPONSE PRIORITY TYPE.
fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "2",
        Priority::Routine => "3",
    }
}

/// 25 is suspected autism; the others have the shape of the national list.
fn reason(reason: ReferralReason) -> &'static str {
    match reason {
        ReferralReason::Anxiety => "05",
        ReferralReason::LowMood => "04",
        ReferralReason::SelfHarm => "16",
        ReferralReason::EatingDisorder => "12",
        ReferralReason::Behaviour => "18",
        ReferralReason::SuspectedAutism => "25",
        ReferralReason::SuspectedAdhd => "26",
        _ => "19",
    }
}
