//! What the council knows of one child's life in and out of school and in
//! social care, and what it pays for the child's place.

use super::council::{number, sex};
use super::record::Record;
use super::tables::council::{
    ATTENDANCE, CWD_REFERRAL, OUT_OF_SCHOOL, PLACEMENT_COST, REDUCED_TIMETABLE, SHORT_BREAK,
    SUSPENSION,
};
use crate::world::World;
use crate::world::calendar::academic_year;
use crate::world::ehc::{Place, PlacementCost, Plan};
use crate::world::family::Child;
use crate::world::setting::Group;

/// Everything of it on the world's last day.
pub(crate) fn records(child: &Child, world: &World) -> Vec<Record> {
    let mut records = Vec::new();
    for plan in child.plans() {
        let costs = plan.costs.iter();
        records.extend(costs.map(|cost| placement_cost(child, plan, cost)));
    }
    pupil(child, world, &mut records);
    social_care(child, world, &mut records);
    records
}

/// `2024-25` for the year that began in 2024.
pub(crate) fn financial_year(first: i32) -> String {
    format!("{first}-{:02}", (first + 1) % 100)
}

/// `202425` for the year that began in 2024.
fn census_year(first: i32) -> String {
    format!("{first}{:02}", (first + 1) % 100)
}

fn placement_cost(child: &Child, plan: &Plan, cost: &PlacementCost) -> Record {
    let kind = match (plan.residential, cost.placement.place) {
        (Some(_), _) => "residential",
        (None, Place::Elsewhere(_)) => "eotas",
        (None, Place::Setting { setting, .. }) => kind(setting.group),
    };
    let urn = match cost.placement.place {
        Place::Setting { setting, .. } => Some(setting.urn),
        Place::Elsewhere(_) => None,
    };
    let total = cost.education_pounds + cost.social_care_pounds + cost.health_pounds;
    Record::new(&PLACEMENT_COST)
        .put("financial_year", financial_year(cost.financial_year))
        .put("placement_id", number("L", cost.id))
        .put("plan_id", number("P", plan.id))
        .put("child_id", &child.council_child_id)
        .put_some("urn", urn)
        .put("kind", kind)
        .put("start_date", cost.placement.entry)
        .put_some("end_date", cost.placement.leaving)
        .put("education_cost", cost.education_pounds)
        .put("social_care_cost", cost.social_care_pounds)
        .put("health_cost", cost.health_pounds)
        .put("total_cost", total)
        .done()
}

fn kind(group: Group) -> &'static str {
    match group {
        Group::MainstreamMaintained
        | Group::MainstreamAcademy
        | Group::MainstreamFree
        | Group::MainstreamIndependent => "mainstream_top_up",
        Group::SpecialMaintained | Group::SpecialAcademy => "maintained_special",
        Group::SpecialNonMaintained | Group::SpecialIndependent => "independent_special",
        Group::AlternativeMaintained | Group::AlternativeAcademy => "alternative_provision",
        Group::FurtherEducation | Group::SpecialistPost16 => "post_16",
    }
}

fn pupil(child: &Child, world: &World, records: &mut Vec<Record>) {
    // A school gives every pupil a number: what stands here is the last one.
    let upn = child.upn_on(world.last_day()).ok();
    for attendance in &child.attendance {
        let season = ["autumn", "spring", "summer"];
        let season = season[usize::from(attendance.term.number.clamp(1, 3)) - 1];
        let term = format!("{}-{season}", census_year(attendance.term.academic_year));
        records.push(
            Record::new(&ATTENDANCE)
                .put("term", term)
                .put("child_id", &child.council_child_id)
                .put_some("upn", upn)
                .put("date_of_birth", child.born)
                .put("urn", attendance.setting.urn)
                .put("sen_status", attendance.provision.code())
                .put("sessions_possible", attendance.possible)
                .put("sessions_authorised", attendance.authorised)
                .put("sessions_unauthorised", attendance.unauthorised)
                .done(),
        );
    }
    for suspension in &child.suspensions {
        let kind = if suspension.permanent {
            "permanent"
        } else {
            "suspension"
        };
        let sessions = (!suspension.permanent).then_some(suspension.sessions.clamp(1, 90));
        records.push(
            Record::new(&SUSPENSION)
                .put("academic_year", census_year(academic_year(suspension.on)))
                .put("suspension_id", number("X", suspension.id))
                .put("child_id", &child.council_child_id)
                .put_some("upn", upn)
                .put("date_of_birth", child.born)
                .put("urn", suspension.setting.urn)
                .put("sen_status", suspension.provision.code())
                .put("kind", kind)
                .put("reason", suspension.reason)
                .put("start_date", suspension.on)
                .put_some("sessions", sessions)
                .done(),
        );
    }
    for timetable in &child.reduced_timetables {
        records.push(
            Record::new(&REDUCED_TIMETABLE)
                .put("timetable_id", number("T", timetable.id))
                .put("child_id", &child.council_child_id)
                .put_some("upn", upn)
                .put("urn", timetable.setting.urn)
                .put("sen_status", timetable.provision.code())
                .put("reason", timetable.reason)
                .put("start_date", timetable.from)
                .put_some("review_date", timetable.reviewed)
                .put_some("end_date", timetable.until)
                .put("hours_per_week", timetable.weekly_hours)
                .put_flag("parent_agreed", timetable.parent_agreed)
                .done(),
        );
    }
    let postcode = child.home_on(world.last_day()).map(|home| &home.postcode);
    for spell in &child.out_of_school {
        records.push(
            Record::new(&OUT_OF_SCHOOL)
                .put("spell_id", number("O", spell.id))
                .put("child_id", &child.council_child_id)
                .put_some("upn", upn)
                .put("surname", &child.surname)
                .put("forename", child.forename)
                .put("date_of_birth", child.born)
                .put_some("postcode", postcode)
                .put("sen_status", spell.provision.code())
                .put("reason", spell.reason)
                .put("start_date", spell.from)
                .put_some("end_date", spell.until)
                .put("hours_per_week", spell.weekly_hours)
                .done(),
        );
    }
}

fn social_care(child: &Child, world: &World, records: &mut Vec<Record>) {
    let postcode = child.home_on(world.last_day()).map(|home| &home.postcode);
    for referral in &child.care_referrals {
        let decision = referral.decision.filter(|_| referral.decided.is_some());
        // Social care has the NHS number of every other child.
        let known = child.person.is_multiple_of(2).then_some(&child.nhs_number);
        records.push(
            Record::new(&CWD_REFERRAL)
                .put("referral_id", number("W", referral.id))
                .put("child_id", &child.council_child_id)
                .put_some("nhs_number", known)
                .put("surname", &child.surname)
                .put("forename", child.forename)
                .put("date_of_birth", child.born)
                .put("sex", sex(child))
                .put_some("postcode", postcode)
                .put("referral_date", referral.received)
                .put("source", referral.source)
                .put_some("decision", decision)
                .put_some(
                    "decision_date",
                    referral.decided.filter(|_| decision.is_some()),
                )
                .put_some("closed_date", referral.closed)
                .done(),
        );
    }
    for one in &child.short_breaks {
        records.push(
            Record::new(&SHORT_BREAK)
                .put("short_break_id", number("B", one.id))
                .put("child_id", &child.council_child_id)
                .put("referral_id", number("W", one.referral))
                .put("kind", one.kind)
                .put("start_date", one.from)
                .put_some("end_date", one.until)
                .put("hours_granted", one.annual_hours)
                .put("hours_taken", one.used_hours)
                .put("funder", "social_care")
                .put("annual_cost", one.annual_pounds)
                .done(),
        );
    }
}
