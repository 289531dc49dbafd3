//! The flat file that the contract asks the provider of community services for
//! each month: referrals, contacts and the caseload under each other. What was
//! missed in a month comes with the next file.

use super::csds::{COMMISSIONER, gender};
use super::record::Record;
use super::tables::eput::CONTRACT_ACTIVITY;
use crate::mess::{Context, mixed};
use crate::world::World;
use crate::world::calendar::{after, month_end, months, next_month};
use crate::world::family::Child;
use crate::world::health::{Contact, Provider, Referral, lighthouse_transfer};
use chrono::{Datelike, NaiveDate};

/// The months that have a file: their first days.
pub(crate) fn all_months(world: &World) -> Vec<NaiveDate> {
    let last = crate::world::calendar::day(*world.years().end(), 12, 31);
    months(world.first_day().max(lighthouse_transfer()), last).collect()
}

/// `extracts/eput/contract/EPUT_CYP_2024-04_20240514.csv`.
pub(crate) fn path(month: NaiveDate) -> String {
    format!(
        "extracts/eput/contract/EPUT_CYP_{}_{}.csv",
        month.format("%Y-%m"),
        made(month).format("%Y%m%d")
    )
}

fn made(month: NaiveDate) -> NaiveDate {
    after(next_month(month), 13)
}

/// What the file says about all of its rows.
pub(crate) fn context(month: NaiveDate) -> Context {
    Context {
        from: month.to_string(),
        to: month_end(month).to_string(),
        made: made(month).to_string(),
        year: month.year(),
        provider: Provider::Eput.code(),
    }
}

/// One contact in thirty is missed in its month.
fn is_missed(contact: &Contact) -> bool {
    mixed(contact.id).is_multiple_of(30)
}

/// The lines about a child in the file of a month.
pub(crate) fn records(child: &Child, month: NaiveDate) -> Vec<Record> {
    let last = month_end(month);
    let before = crate::world::calendar::month_start(after(month, -1));
    let mut records = Vec::new();
    for referral in &child.referrals {
        let is_ours = referral.service.provider_on(last) == Provider::Eput;
        if !is_ours || referral.received > last {
            continue;
        }
        if referral.received >= month {
            records.push(line(child, referral, None, "REFERRAL", last));
        }
        for contact in &referral.contacts {
            let is_missed = is_missed(contact);
            let is_now = (month..=last).contains(&contact.on) && !is_missed;
            let is_late = (before..month).contains(&contact.on)
                && is_missed
                && before >= lighthouse_transfer();
            if is_now || is_late {
                records.push(line(child, referral, Some(contact), "CONTACT", last));
            }
        }
        if referral.is_open_on(last) {
            records.push(line(child, referral, None, "CASELOAD", last));
        }
    }
    records
}

fn line(
    child: &Child,
    referral: &Referral,
    contact: Option<&Contact>,
    kind: &str,
    last: NaiveDate,
) -> Record {
    let minutes = contact.map(|contact| contact.minutes);
    Record::new(&CONTRACT_ACTIVITY)
        .put("record_type", kind)
        .put(
            "record_id",
            contact.map_or(referral.id, |contact| contact.id),
        )
        .put("local_patient_id", child.local_patient_id(Provider::Eput))
        .put("nhs_number", &child.nhs_number)
        .put("date_of_birth", child.born)
        .put("gender", gender(child))
        .put(
            "team_name",
            format_args!("Lighthouse {}", referral.service.name()),
        )
        .put("service_line", referral.service.code())
        .put("commissioner_code", COMMISSIONER)
        .put("referral_id", referral.id)
        .put("referral_date", referral.received)
        .put_some("contact_date", contact.map(|contact| contact.on))
        .put_some(
            "attendance",
            contact.map(|contact| contact.attendance as u8),
        )
        .put_some("contact_minutes", minutes)
        .put_some(
            "discharge_date",
            referral.discharged.filter(|day| *day <= last),
        )
        .done()
}
