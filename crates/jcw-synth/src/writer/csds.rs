//! What the provider of community services submits about one child and month.

use super::record::Record;
use super::submission::Submission;
use super::table::Table;
use super::tables::csds::{
    ACTIVITY, CONTACT, EDUCATION_NEED, GP, ONWARD_REFERRAL, PATIENT, PRIMARY_DIAGNOSIS, REFERRAL,
    RTT, SECONDARY_DIAGNOSIS, SERVICE_TYPE,
};
use crate::world::Sex;
use crate::world::family::Child;
use crate::world::health::{Contact, Provider, Referral, ReferralReason, ReferralSource};
use chrono::{Datelike, NaiveDate};

/// The board that pays for Southend's children.
pub(crate) const COMMISSIONER: &str = "99G";

/// Tables with the names of their files and of the header's total, parents
/// first.
pub(crate) static TABLES: [(&Table, &str, &str); 11] = [
    (&PATIENT, "CYP001MPI", "CYP001"),
    (&GP, "CYP002GP", "CYP002"),
    (&REFERRAL, "CYP101Referral", "CYP101"),
    (&SERVICE_TYPE, "CYP102ServiceTypeReferredTo", "CYP102"),
    (&RTT, "CYP104RTT", "CYP104"),
    (&ONWARD_REFERRAL, "CYP105OnwardReferral", "CYP105"),
    (&CONTACT, "CYP201CareContact", "CYP201"),
    (&ACTIVITY, "CYP202CareActivity", "CYP202"),
    (&EDUCATION_NEED, "CYP401SpEdNeedId", "CYP401"),
    (&PRIMARY_DIAGNOSIS, "CYP607PrimDiag", "CYP607"),
    (&SECONDARY_DIAGNOSIS, "CYP608SecDiag", "CYP608"),
];

/// The records of a child in a submission, parents first; none if no referral
/// was open in the month.
pub(crate) fn records(child: &Child, submission: &Submission) -> Vec<Record> {
    let open: Vec<&Referral> = (child.referrals.iter())
        .filter(|referral| is_sent(referral, submission))
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    let last = submission.last_day();
    let patient = child.local_patient_id(Provider::Eput);
    let mut records = vec![
        person(child, &patient, last),
        Record::new(&GP)
            .put("local_patient_id", &patient)
            .put("org_id_gp", child.practice)
            .put("gp_registration_start_date", child.present_from())
            .done(),
    ];
    for referral in &open {
        self::referral(&mut records, referral, &patient, submission);
    }
    // Half of the children whose needs are known have them written down.
    if let Some(needs) = child.needs
        && child.person.is_multiple_of(2)
    {
        let types = [Some(needs.primary), needs.secondary];
        records.extend(types.into_iter().flatten().map(|need| {
            Record::new(&EDUCATION_NEED)
                .put("local_patient_id", &patient)
                .put("education_need_type", need.code())
                .done()
        }));
    }
    records
}

/// The provider has the referral in the month, and it is not over before.
fn is_sent(referral: &Referral, submission: &Submission) -> bool {
    let last = submission.last_day();
    let over = referral.rejected.or(referral.discharged);
    referral.service.team_type().is_some()
        && referral.service.provider_on(last) == submission.provider
        && referral.received <= last
        && over.is_none_or(|day| day >= submission.month)
}

fn person(child: &Child, patient: &str, last: NaiveDate) -> Record {
    Record::new(&PATIENT)
        .put("local_patient_id", patient)
        .put("org_id_local_patient_id", Provider::Eput.code())
        .put("nhs_number", &child.nhs_number)
        .put("nhs_number_status", number_status(child))
        .put("date_of_birth", child.born)
        .put_some("postcode", child.home_on(last).map(|home| &home.postcode))
        .put("gender", gender(child))
        .put("ethnic_category", child.ethnicity.nhs)
        .put("language_preferred", "en")
        .put(
            "looked_after_indicator",
            if child.looked_after { "Y" } else { "N" },
        )
        .done()
}

/// Verified, or present and not traced.
pub(crate) fn number_status(child: &Child) -> &'static str {
    if child.nhs_number_verified {
        "01"
    } else {
        "02"
    }
}

/// As the NHS Data Dictionary has it.
pub(crate) fn gender(child: &Child) -> &'static str {
    match child.sex {
        Sex::Male => "1",
        Sex::Female => "2",
    }
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
    let over = rejected.or(known(referral.discharged));
    let service = referral.service.code();
    records.push(
        Record::new(&REFERRAL)
            .put("service_request_id", referral.id)
            .put("local_patient_id", patient)
            .put("org_id_commissioner", COMMISSIONER)
            .put("received_date", referral.received)
            .put("received_time", referral.received_at.format("%H:%M:%S"))
            .put("service_line_agreement", service)
            .put("source_of_referral", source(referral.source))
            .put("priority_type", referral.priority as u8)
            .put("primary_referral_reason", reason(referral.reason))
            .put_some("discharge_date", over)
            .done(),
    );
    let closed = known(referral.discharged).filter(|_| rejected.is_none());
    records.push(
        Record::new(&SERVICE_TYPE)
            .put("service_request_id", referral.id)
            .put("team_id_local", format_args!("LH-{service}"))
            .put(
                "team_type",
                referral.service.team_type().unwrap_or_default(),
            )
            .put_some("closure_date", closed)
            .put_some("rejection_date", rejected)
            .put_some("closure_reason", closed.map(|_| "01"))
            .put_some("rejection_reason", rejected.map(|_| "02"))
            .done(),
    );
    if let Some(clock) = referral.clock
        && clock.start <= last
        && clock.end.is_none_or(|end| end >= submission.month)
    {
        let end = known(clock.end);
        records.push(
            Record::new(&RTT)
                .put("service_request_id", referral.id)
                .put("patient_pathway_id", clock.pathway)
                .put("patient_pathway_org_id", submission.provider.code())
                .put("waiting_time_measurement_type", "01")
                .put("rtt_start_date", clock.start)
                .put_some("rtt_end_date", end)
                .put("rtt_status", if end.is_some() { "30" } else { "20" })
                .done(),
        );
    }
    if let Some((on, _)) = referral.onward
        && (submission.month..=last).contains(&on)
    {
        records.push(
            Record::new(&ONWARD_REFERRAL)
                .put("service_request_id", referral.id)
                .put("onward_referral_date", on)
                .put("onward_referral_reason", "01")
                .put("org_id_receiving", submission.provider.code())
                .done(),
        );
    }
    for contact in &referral.contacts {
        let is_late = submission.lacks(contact.id, 25);
        if (submission.month..=last).contains(&contact.on) && !is_late {
            self::contact(records, referral, contact, submission);
        }
    }
    for (place, diagnosis) in referral.diagnoses.iter().enumerate() {
        if diagnosis.on > last {
            continue;
        }
        let (table, column) = match place {
            0 => (&PRIMARY_DIAGNOSIS, "primary_diagnosis"),
            _ => (&SECONDARY_DIAGNOSIS, "secondary_diagnosis"),
        };
        records.push(
            Record::new(table)
                .put("service_request_id", referral.id)
                .put("diagnosis_scheme", "06")
                .put(column, diagnosis.snomed)
                .put("diagnosis_date", diagnosis.on)
                .done(),
        );
    }
}

fn contact(
    records: &mut Vec<Record>,
    referral: &Referral,
    contact: &Contact,
    submission: &Submission,
) {
    // Version 1.6 renamed two columns.
    let is_new = submission.month.year() >= 2023;
    let (mechanism, attendance) = match is_new {
        true => ("consultation_mechanism", "attendance_status"),
        false => ("consultation_medium_used", "attended_or_not"),
    };
    let is_unknown = submission.lacks(contact.id, 33);
    let status = contact.attendance as u8;
    // One team's system writes a nought before the digit.
    let status = match () {
        () if is_unknown => String::new(),
        () if referral.service.team_type() == Some("26") => format!("{status:02}"),
        () => status.to_string(),
    };
    records.push(
        Record::new(&CONTACT)
            .put("care_contact_id", contact.id)
            .put("service_request_id", referral.id)
            .put(
                "team_id_local",
                format_args!("LH-{}", referral.service.code()),
            )
            .put("contact_date", contact.on)
            .put("contact_time", contact.at.format("%H:%M:%S"))
            .put("org_id_commissioner", COMMISSIONER)
            .put("admin_category", "01")
            .put("contact_duration", contact.minutes)
            .put("consultation_type", if contact.first { "01" } else { "02" })
            .put("contact_subject", if contact.proxy { "02" } else { "01" })
            .put(mechanism, contact.mechanism)
            .put("location_type", contact.location)
            .put(
                "group_therapy_indicator",
                if contact.group { "Y" } else { "N" },
            )
            .put(attendance, status)
            .put_some("cancellation_date", contact.cancelled)
            .put_some("cancellation_reason", contact.cancelled.map(|_| "1"))
            .done(),
    );
    for activity in &contact.activities {
        records.push(
            Record::new(&ACTIVITY)
                .put("care_activity_id", activity.id)
                .put("care_contact_id", contact.id)
                .put("activity_type", activity.kind)
                .put(
                    "care_professional_id_local",
                    format_args!("S{:05}", contact.staff),
                )
                .put("activity_duration", activity.minutes)
                .done(),
        );
    }
}

/// National lists were not at hand; these have their shape.
fn source(source: ReferralSource) -> &'static str {
    match source {
        ReferralSource::Gp => "01",
        ReferralSource::HealthVisitor => "03",
        ReferralSource::Hospital => "05",
        ReferralSource::SocialCare => "06",
        ReferralSource::Education => "07",
        ReferralSource::Family => "08",
    }
}

fn reason(reason: ReferralReason) -> &'static str {
    match reason {
        ReferralReason::Development => "01",
        ReferralReason::Communication => "02",
        ReferralReason::Feeding => "03",
        ReferralReason::Motor => "04",
        ReferralReason::Mobility => "05",
        ReferralReason::SuspectedAutism => "25",
        ReferralReason::SuspectedAdhd => "26",
        _ => "97",
    }
}
