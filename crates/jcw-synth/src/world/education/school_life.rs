//! A child's time at school.

use super::{Attendance, Enrolment, OutOfSchool, ReducedTimetable, SenProvision, Suspension};
use crate::world::World;
use crate::world::calendar::{Term, academic_year, after, day, school_age, working_day};
use crate::world::chance::Purpose;
use crate::world::family::Child;
use crate::world::need::Need;
use crate::world::setting::{self, Phase};
use chrono::NaiveDate;

/// Puts a child on the rolls that children without a plan are on.
pub(crate) fn enrol(child: &mut Child, world: &World) {
    let mut chance = child.chance(Purpose::School);
    let cohort = academic_year(child.born);
    let gone = child.left.map_or(world.last_day(), |(left, _)| left);
    let stages = [
        (Phase::Nursery, cohort + 4, cohort + 5, 0.7),
        (Phase::Primary, cohort + 5, cohort + 12, 0.985),
        (Phase::Secondary, cohort + 12, cohort + 17, 0.98),
        (Phase::Post16, cohort + 17, cohort + 19, 0.8),
    ];
    for (phase, first, last, share) in stages {
        let from = day(first, 9, 1).max(child.present_from());
        let until = day(last, 9, 1);
        let setting = setting::of_phase(phase, &mut chance);
        if chance.happens(share) && from < until && from < gone {
            child.enrolments.push(Enrolment {
                setting,
                from,
                until: Some(match child.left {
                    Some((left, _)) => left.min(until),
                    None => until,
                }),
            });
        }
    }
}

/// Attendance and trouble in the years that are simulated.
pub(crate) fn simulate(child: &mut Child, world: &World) {
    let mut chance = child.chance(Purpose::Education);
    let bad_at_school = {
        let by_need = match child.needs {
            Some(needs) if needs.include(Need::Semh) => 0.5,
            Some(needs) => 0.12 + 0.05 * f64::from(needs.severity),
            None => 0.0,
        };
        0.35 * chance.unit() + by_need * chance.unit()
    };
    // A term before the first year, so that its academic year is whole.
    let first = day(academic_year(world.first_day()), 9, 1);
    for term in Term::within(first, world.last_day()) {
        if !(4..=15).contains(&school_age(child.born, term.end())) {
            continue;
        }
        let Some(enrolment) = enrolment_in(child, term) else {
            continue;
        };
        // Schools report by pupil number: who has none is in no census.
        if child.upn_on(term.start().max(enrolment.from)).is_err() {
            continue;
        }
        let provision = provision_on(child, term.end());
        let possible = possible(enrolment, term);
        if possible > 0 {
            let missed = 0.01 + (0.06 + 0.3 * bad_at_school) * chance.unit();
            let missed = (f64::from(possible) * missed.min(0.95)) as u32;
            let unauthorised = (f64::from(missed) * 0.5 * bad_at_school) as u32;
            child.attendance.push(Attendance {
                term,
                setting: enrolment.setting,
                provision,
                possible,
                authorised: missed - unauthorised,
                unauthorised,
            });
        }
        if chance.happens(0.14 * bad_at_school * bad_at_school) {
            let on = working_day(chance.day(term.start(), after(term.end(), -7)));
            if enrolment.from <= on && enrolment.until.is_none_or(|until| until > on) {
                let permanent = chance.happens(0.02);
                let number = child.suspensions.len() as u64;
                child.suspensions.push(Suspension {
                    id: child.person * 100 + number,
                    on,
                    setting: enrolment.setting,
                    provision: provision_on(child, on),
                    permanent,
                    sessions: match permanent {
                        true => 0,
                        false => chance.between(1, 10) as u32,
                    },
                    reason: chance.pick(&["DB", "DB", "PP", "PA", "VA", "VP", "DM", "DA", "BU"]),
                });
            }
        }
        if child.needs.is_some() && chance.happens(0.06 * bad_at_school) {
            away(child, world, enrolment, term, &mut chance);
        }
    }
}

/// A part-time timetable, or a time out of school.
fn away(
    child: &mut Child,
    world: &World,
    enrolment: Enrolment,
    term: Term,
    chance: &mut crate::world::chance::Chance,
) {
    let last_day = child.left.map_or(world.last_day(), |(left, _)| {
        after(left, -1).min(world.last_day())
    });
    let from = working_day(chance.day(term.start().max(enrolment.from), term.end()));
    let until = Some(after(from, chance.between(14, 200))).filter(|until| *until <= last_day);
    if from > last_day {
        return;
    }
    let part_time = chance.happens(0.6);
    let weekly_hours = chance.between(2, 18) as u8;
    let agreed = chance.happens(0.85);
    let reviewed =
        Some(after(from, chance.between(14, 45))).filter(|on| *on <= until.unwrap_or(last_day));
    let provision = provision_on(child, from);
    let reason = match (part_time, provision) {
        (true, _) => chance.pick(&["reintegration", "medical", "behaviour", "transition"]),
        (false, SenProvision::Plan) => chance.pick(&["awaiting_placement", "medical", "other"]),
        (false, _) => chance.pick(&["medical", "medical", "excluded", "missing", "other"]),
    };
    let free = |earlier: Option<Option<NaiveDate>>| match earlier {
        None => true,
        Some(until) => until.is_some_and(|until| until < from),
    };
    if part_time && free(child.reduced_timetables.last().map(|last| last.until)) {
        child.reduced_timetables.push(ReducedTimetable {
            id: child.person * 100 + child.reduced_timetables.len() as u64,
            setting: enrolment.setting,
            from,
            until,
            provision,
            reason,
            weekly_hours,
            parent_agreed: agreed,
            reviewed,
        });
    } else if !part_time && free(child.out_of_school.last().map(|last| last.until)) {
        child.out_of_school.push(OutOfSchool {
            id: child.person * 100 + child.out_of_school.len() as u64,
            from,
            until,
            provision,
            reason,
            weekly_hours: weekly_hours.min(10),
        });
    }
}

/// The roll the child is on at the end of a term; the last one of the term if
/// the child left in it.
fn enrolment_in(child: &Child, term: Term) -> Option<Enrolment> {
    child
        .enrolments
        .iter()
        .rev()
        .find(|enrolment| {
            enrolment.from <= term.end() && enrolment.until.is_none_or(|until| until > term.start())
        })
        .copied()
}

/// Sessions of the part of the term that the child was on roll.
fn possible(enrolment: Enrolment, term: Term) -> u32 {
    let whole = (term.end() - term.start()).num_days() + 1;
    let from = enrolment.from.max(term.start());
    let until = enrolment
        .until
        .map_or(term.end(), |until| after(until, -1).min(term.end()));
    let part = ((until - from).num_days() + 1).max(0);
    (i64::from(term.sessions()) * part / whole) as u32
}

/// E with a plan, K with SEN support, N otherwise.
fn provision_on(child: &Child, on: NaiveDate) -> SenProvision {
    if child.plan_on(on).is_some() {
        return SenProvision::Plan;
    }
    match child.support_from {
        Some(from) if from <= on => SenProvision::Support,
        _ => SenProvision::None,
    }
}
