//! Packages, continuing care, personal health budgets, and the dynamic support
//! register, for the few who need them.

use super::{ContinuingCare, HealthBudget, JointPackage, SupportRegister, TreatmentReview};
use crate::world::World;
use crate::world::calendar::{after, age, day, working_day};
use crate::world::chance::{Chance, Purpose};
use crate::world::family::Child;
use crate::world::need::Need;
use chrono::NaiveDate;

/// What the board does about a child.
pub(crate) fn simulate(child: &mut Child, world: &World) {
    let Some(needs) = child.needs.filter(|needs| needs.severity == 3) else {
        return;
    };
    let mut chance = child.chance(Purpose::Commissioning);
    let last_day = child.left.map_or(world.last_day(), |(left, _)| {
        after(left, -1).min(world.last_day())
    });
    let complex = [Need::Pmld, Need::Sld, Need::Pd, Need::Msi]
        .iter()
        .any(|need| needs.include(*need));
    let autistic_or_disabled = complex || needs.include(Need::Asd) || needs.include(Need::Ds);
    if complex && chance.happens(0.22) {
        continuing_care(child, last_day, &mut chance);
    }
    if autistic_or_disabled && chance.happens(0.05) {
        support_register(child, last_day, &mut chance);
    }
    package(child, last_day, &mut chance);
}

/// A day between these ages, in the area and by the last day.
fn at_age(
    child: &Child,
    youngest: i64,
    oldest: i64,
    last_day: NaiveDate,
    chance: &mut Chance,
) -> Option<NaiveDate> {
    let years = chance.between(youngest * 365, oldest * 365);
    Some(working_day(after(child.born, years)))
        .filter(|on| *on >= child.present_from() && *on <= last_day)
}

fn continuing_care(child: &mut Child, last_day: NaiveDate, chance: &mut Chance) {
    let Some(referred) = at_age(child, 0, 16, last_day, chance) else {
        return;
    };
    let days = match chance.happens(0.7) {
        true => chance.between(14, 42),
        false => chance.between(43, 130),
    };
    let seen = |on: NaiveDate| Some(on).filter(|on| *on <= last_day);
    let decided = seen(after(referred, days));
    let eligible = chance.happens(0.45);
    let package_from = after(referred, days + chance.between(7, 60));
    child.continuing_care.push(ContinuingCare {
        id: child.person * 10,
        referred,
        assessed: seen(after(referred, days * 2 / 3)),
        decided,
        eligible: decided.map(|_| eligible),
        package_from: seen(package_from).filter(|_| eligible),
    });
    if eligible && chance.happens(0.4) {
        health_budget(
            child,
            after(package_from, chance.between(0, 90)),
            last_day,
            chance,
        );
    }
}

/// Those eligible for continuing care may have one; it ends at 18.
fn health_budget(child: &mut Child, from: NaiveDate, last_day: NaiveDate, chance: &mut Chance) {
    let adult = after(child.born, 18 * 365);
    if from > last_day || from >= adult {
        return;
    }
    let until = after(from, chance.between(300, 2500)).min(adult);
    child.health_budgets.push(HealthBudget {
        id: child.person * 10,
        from,
        until: Some(until).filter(|until| *until <= last_day),
        kind: chance.pick(&["DIRECT_PAYMENT", "NOTIONAL", "THIRD_PARTY"]),
        annual_pounds: chance.between(40, 900) as u32 * 100,
    });
}

/// The family is asked; the register holds those who say yes.
fn support_register(child: &mut Child, last_day: NaiveDate, chance: &mut Chance) {
    let Some(asked) = at_age(child, 9, 24, last_day, chance) else {
        return;
    };
    let consent = chance.happens(0.82);
    let until = Some(after(asked, chance.between(120, 1400))).filter(|until| *until <= last_day);
    let mut ratings = Vec::new();
    let mut from = asked;
    while from <= until.unwrap_or(last_day) && consent {
        ratings.push((
            from,
            chance.pick(&["RED", "AMBER", "AMBER", "GREEN", "GREEN"]),
        ));
        from = after(from, chance.between(40, 240));
    }
    let requested = after(asked, chance.between(5, 200));
    let admitted = Some(after(requested, chance.between(3, 60))).filter(|_| chance.happens(0.35));
    let held = Some(after(requested, chance.between(2, 35))).filter(|_| chance.happens(0.85));
    let past = |on: &NaiveDate| *on <= last_day;
    if chance.happens(0.5) && requested <= until.unwrap_or(last_day) {
        child.treatment_reviews.push(TreatmentReview {
            id: child.person * 10,
            requested,
            held: held.filter(past),
            admitted: admitted.filter(past),
        });
    }
    child.support_register = Some(SupportRegister {
        id: child.person,
        asked,
        consent,
        until,
        ratings,
    });
}

/// Three budgets share what one cannot pay: residential schools, complex care
/// at home.
fn package(child: &mut Child, last_day: NaiveDate, chance: &mut Chance) {
    let residential = child
        .plans()
        .find(|plan| plan.residential.is_some())
        .map(|plan| (plan.maintained_from(), plan.ceased.map(|cease| cease.on)));
    let care = child
        .continuing_care
        .iter()
        .find_map(|care| care.package_from)
        .map(|from| (from, None));
    let other = child
        .plans()
        .next()
        .map(|plan| (plan.maintained_from(), plan.ceased.map(|cease| cease.on)))
        .filter(|_| chance.happens(0.07));
    let (kind, (from, until), shares, most) = match (residential, care, other) {
        (Some(dates), _, _) => ("RESIDENTIAL", dates, [0.45, 0.35, 0.2], 260_000),
        (None, Some(dates), _) => ("HOME_CARE", dates, [0.0, 0.3, 0.7], 140_000),
        (None, None, Some(dates)) => match chance.happens(0.5) {
            true => ("DAY_PLACEMENT", dates, [0.6, 0.2, 0.2], 80_000),
            false => ("THERAPY", dates, [0.5, 0.0, 0.5], 18_000),
        },
        (None, None, None) => return,
    };
    let from = after(from, chance.between(0, 90));
    if from > last_day || age(child.born, from) > 24 {
        return;
    }
    let total = f64::from(most) * (0.4 + 0.6 * chance.unit());
    let part = |share: f64| (total * share) as u32;
    let grown = day(2100, 1, 1).min(after(child.born, 25 * 365));
    let ends = until.unwrap_or(grown).min(grown);
    child.packages.push(JointPackage {
        id: child.person * 10,
        from,
        until: match child.left {
            Some((left, _)) if left <= ends && after(left, -1) <= last_day => Some(after(left, -1)),
            _ => Some(after(ends, -1)).filter(|until| *until <= last_day && *until >= from),
        },
        kind,
        education_pounds: part(shares[0]),
        social_care_pounds: part(shares[1]),
        health_pounds: part(shares[2]),
        provider: chance.pick(&[
            "Marram Care",
            "Estuary Homes",
            "Turnstone Therapies",
            "Gullhaven Trust",
        ]),
    });
}
