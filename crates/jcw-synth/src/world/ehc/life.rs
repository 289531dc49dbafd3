//! The life of a plan: where it places the child, how it is paid for, and how
//! it ends.

use super::decisions::Horizon;
use super::{
    Audit, Cease, PersonalBudget, Place, Placed, Placement, PlacementCost, Plan, Request,
    Residential, Strand, Transfer, WorkBased, provision, reviews,
};
use crate::world::World;
use crate::world::calendar::{academic_year, after, age, day, financial_year};
use crate::world::chance::Chance;
use crate::world::education::Enrolment;
use crate::world::family::Child;
use crate::world::need::Needs;
use crate::world::setting::{self, Group, Phase};
use chrono::NaiveDate;

/// A plan on the day it is issued.
pub(super) fn issued(
    id: u64,
    needs: Needs,
    start: NaiveDate,
    transfer: Option<(NaiveDate, u16)>,
) -> Plan {
    Plan {
        id,
        start,
        transfer_in: transfer.map(|(on, from)| Transfer { on, from }),
        ceased: None,
        needs,
        residential: None,
        work_based: None,
        budget: None,
        named: Vec::new(),
        placements: Vec::new(),
        provision: Vec::new(),
        reviews: Vec::new(),
        phase_transfers: Vec::new(),
        audits: Vec::new(),
        costs: Vec::new(),
    }
}

/// Everything that happens to a plan from the day Southend maintains it.
pub(super) fn live(child: &mut Child, world: &World, request: &mut Request, chance: &mut Chance) {
    let Some(mut plan) = request.plan.take() else {
        return;
    };
    let horizon = Horizon {
        last_day: world.last_day(),
        left: child.left,
    };
    plan.ceased = ceases(child, &plan, horizon, chance);
    place(child, &mut plan, horizon, chance);
    extras(child, &mut plan, horizon, chance);
    provision::specify(child, &mut plan, chance);
    reviews::hold(child, &mut plan, horizon, chance);
    audit(world, &mut plan, horizon, chance);
    plan.costs = costs(world, &plan, horizon, chance);
    request.plan = Some(plan);
}

/// The first reason that comes, year by year.
fn ceases(child: &Child, plan: &Plan, horizon: Horizon, chance: &mut Chance) -> Option<Cease> {
    let mut from = plan.maintained_from();
    let oldest = day(academic_year(child.born) + 26, 8, 31);
    let mut found = None;
    while found.is_none() && from <= horizon.last_day && from < oldest {
        let years = age(child.born, from);
        let chances = match years {
            ..16 => [0.011, 0.0, 0.0, 0.001, 0.0005, 0.003],
            16..19 => [0.025, 0.01, 0.03, 0.03, 0.0005, 0.01],
            _ => [0.05, 0.04, 0.10, 0.12, 0.001, 0.02],
        };
        let at = chance.day(after(from, 40), after(from, 364));
        let drawn = chance.unit();
        let mut sum = 0.0;
        for (chance, reason) in chances.into_iter().zip([2u8, 3, 4, 6, 8, 9]) {
            sum += chance;
            if drawn < sum {
                found = Some(Cease { on: at, reason });
                break;
            }
        }
        from = after(from, 365);
    }
    let at_the_end = [
        found,
        Some(Cease {
            on: oldest,
            reason: 1,
        }),
        child.left.map(|(on, to)| Cease {
            on,
            reason: if to == 0 { 7 } else { 5 },
        }),
    ];
    at_the_end
        .into_iter()
        .flatten()
        .min_by_key(|cease| cease.on)
        // A plan that is issued too late to be kept ceases on its first day.
        .map(|cease| Cease {
            on: cease.on.max(plan.maintained_from()),
            ..cease
        })
        .filter(|cease| cease.on <= horizon.last_day)
}

/// Sorts of placement that a plan may lead to.
const KINDS: [Kind; 8] = [
    Kind::Mainstream,
    Kind::Unit,
    Kind::Resourced,
    Kind::Special(Group::SpecialAcademy),
    Kind::Special(Group::SpecialMaintained),
    Kind::Special(Group::SpecialNonMaintained),
    Kind::Special(Group::SpecialIndependent),
    Kind::Elsewhere,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mainstream,
    Unit,
    Resourced,
    Special(Group),
    Elsewhere,
}

/// Names a placement in the plan, moves the child there, and follows the child
/// through the phases.
fn place(child: &mut Child, plan: &mut Plan, horizon: Horizon, chance: &mut Chance) {
    let weights = match plan.needs.severity {
        3 => [22.0, 6.0, 4.0, 30.0, 16.0, 3.0, 13.0, 6.0],
        2 => [62.0, 6.0, 4.0, 12.0, 6.0, 1.0, 4.0, 5.0],
        _ => [84.0, 4.0, 2.0, 3.0, 2.0, 0.0, 1.0, 4.0],
    };
    let kind = KINDS[chance.weighted(&weights)];
    let from = plan.maintained_from();
    let grown = day(academic_year(child.born) + 17, 9, 1);
    let leaves_school = match kind {
        Kind::Special(_) => day(academic_year(child.born) + 20, 9, 1),
        _ => grown,
    };
    match kind {
        Kind::Special(group) if from < leaves_school => {
            let entry = after(from, chance.between(0, 45));
            enter(
                child,
                setting::of_group(group, chance),
                entry,
                leaves_school,
            );
        }
        _ => {}
    }
    college(child, plan, leaves_school, horizon, chance);
    let elsewhere = (kind == Kind::Elsewhere).then(|| {
        let code = match age(child.born, from) {
            ..5 => chance.pick(&["EYP", "EYP", "NIEO", "OTH"]),
            5..16 => chance.pick(&["OLA", "OLA", "EHE", "EHE", "OPA", "NIEO", "OTH"]),
            _ => chance.pick(&["NEET", "NEET", "NEET", "OTH", "NIEC"]),
        };
        (code, after(from, chance.between(0, 30)))
    });
    let end = plan.ceased.map_or(horizon.last_day, |cease| cease.on);
    if let Some((code, entry)) = elsewhere {
        // A small child goes to school in the end; others stay where they are.
        let school = day(academic_year(child.born) + 5, 9, 1);
        let until = (school > entry).then_some(school);
        let later: Vec<Enrolment> = child
            .enrolments
            .iter()
            .filter(|enrolment| until.is_some_and(|until| enrolment.from >= until))
            .copied()
            .collect();
        leave(child, entry);
        child.enrolments.extend(later);
        if entry <= end {
            plan.placements.push(Placement {
                place: Place::Elsewhere(code),
                rank: 1,
                entry,
                leaving: until.filter(|until| *until <= horizon.last_day),
            });
        }
    }
    let flagged = |enrolment: &Enrolment| Place::Setting {
        setting: enrolment.setting,
        sen_unit: kind == Kind::Unit && enrolment.setting.sen_unit,
        resourced_provision: kind == Kind::Resourced && enrolment.setting.resourced_provision,
    };
    for enrolment in &child.enrolments {
        if enrolment.until.is_none_or(|until| until > from) && enrolment.from <= end {
            plan.placements.push(Placement {
                place: flagged(enrolment),
                rank: 1,
                entry: enrolment.from,
                leaving: enrolment.until.filter(|until| *until <= horizon.last_day),
            });
        }
    }
    neither(child, plan, grown, end, chance);
    plan.placements.sort_by_key(|placement| placement.entry);
    let first = plan
        .placements_on(after(from, 50))
        .next()
        .map(|placement| placement.place)
        .unwrap_or(Place::Elsewhere("OTH"));
    plan.named.push(Placed {
        place: first,
        rank: 1,
    });
    if chance.happens(0.03) && age(child.born, from) >= 11 {
        let setting = setting::of_group(Group::AlternativeMaintained, chance);
        let place = Place::Setting {
            setting,
            sen_unit: false,
            resourced_provision: false,
        };
        plan.named.push(Placed { place, rank: 2 });
        let entry = after(from, chance.between(0, 60));
        if entry <= end
            && plan
                .placements
                .iter()
                .any(|placement| placement.entry <= entry)
        {
            plan.placements.push(Placement {
                place,
                rank: 2,
                entry,
                leaving: Some(after(entry, chance.between(90, 500)))
                    .filter(|leaving| *leaving <= end),
            });
        }
    }
}

/// Takes a child off the roll from a day on.
fn leave(child: &mut Child, on: NaiveDate) {
    child.enrolments.retain(|enrolment| enrolment.from < on);
    if let Some(last) = child.enrolments.last_mut() {
        last.until = Some(last.until.map_or(on, |until| until.min(on)));
    }
}

/// Puts a child on another roll from a day to another.
fn enter(child: &mut Child, setting: &'static setting::Setting, on: NaiveDate, until: NaiveDate) {
    leave(child, on);
    let gone = child.left.map(|(left, _)| left);
    if gone.is_some_and(|gone| gone <= on) || until <= on {
        return;
    }
    child.enrolments.push(Enrolment {
        setting,
        from: on,
        until: Some(gone.map_or(until, |gone| gone.min(until))),
    });
}

/// Further education for those who still have a plan when school ends.
fn college(
    child: &mut Child,
    plan: &Plan,
    leaves_school: NaiveDate,
    horizon: Horizon,
    chance: &mut Chance,
) {
    let end = plan.ceased.map_or(horizon.last_day, |cease| cease.on);
    let from = leaves_school.max(plan.maintained_from());
    if from > end || !chance.happens(0.86) {
        return;
    }
    let group = match plan.needs.severity == 3 && chance.happens(0.3) {
        true => Group::SpecialistPost16,
        false => Group::FurtherEducation,
    };
    let until = plan
        .ceased
        .map_or(day(academic_year(child.born) + 26, 8, 31), |cease| cease.on);
    enter(child, setting::of_group(group, chance), from, until);
}

/// Over 16 and nowhere: not in education, employment or training.
fn neither(child: &Child, plan: &mut Plan, grown: NaiveDate, end: NaiveDate, chance: &mut Chance) {
    let from = grown.max(plan.maintained_from());
    let nowhere = plan
        .placements
        .iter()
        .all(|placement| placement.leaving.is_some_and(|leaving| leaving <= from));
    if nowhere && from <= end && age(child.born, end) >= 16 && chance.happens(0.8) {
        plan.placements.push(Placement {
            place: Place::Elsewhere("NEET"),
            rank: 1,
            entry: from,
            leaving: None,
        });
    }
}

/// Residential places, work-based learning, personal budgets.
fn extras(child: &Child, plan: &mut Plan, horizon: Horizon, chance: &mut Chance) {
    let from = plan.maintained_from();
    let end = plan.ceased.map_or(horizon.last_day, |cease| cease.on);
    let special = matches!(
        plan.named.first().map(|placed| placed.place),
        Some(Place::Setting { setting, .. })
            if matches!(setting.group, Group::SpecialIndependent | Group::SpecialNonMaintained | Group::SpecialistPost16)
    );
    plan.residential = match (special, chance.unit()) {
        (true, drawn) if drawn < 0.10 => Some(Residential::Termly),
        (true, drawn) if drawn < 0.18 => Some(Residential::AllYear),
        _ => None,
    };
    let internship = day(academic_year(child.born) + 18, 9, 1).max(from);
    if chance.happens(0.09) && internship <= end {
        let kind = match chance.weighted(&[4.0, 1.0, 5.0]) {
            0 => WorkBased::Apprenticeship,
            1 => WorkBased::Traineeship,
            _ => WorkBased::SupportedInternship,
        };
        plan.work_based = Some((internship, kind));
    }
    let budget_from = after(from, chance.between(0, 300));
    if chance.happens(0.07) && budget_from < end {
        let direct_payment = match chance.weighted(&[45.0, 20.0, 1.0, 6.0, 28.0]) {
            0 => Some(Strand::Education),
            1 => Some(Strand::SocialCare),
            2 => Some(Strand::Health),
            3 => Some(Strand::Integrated),
            _ => None,
        };
        plan.budget = Some(PersonalBudget {
            from: budget_from,
            organised: direct_payment.is_none() || chance.happens(0.15),
            direct_payment,
            annual_pounds: chance.between(8, 90) as u32 * 100,
        });
    }
}

/// A plan in twenty-five is audited each year that is simulated.
fn audit(world: &World, plan: &mut Plan, horizon: Horizon, chance: &mut Chance) {
    for year in world.years() {
        let on = chance.day(day(year, 1, 10), day(year, 12, 18));
        let good = chance.unit();
        let scores = [(); 5].map(|()| {
            let drawn = 0.6 * good + 0.4 * chance.unit();
            Some(1 + (drawn * 4.0).min(3.99) as u8)
        });
        let health_auditor = chance.happens(0.7);
        let social_care_auditor = chance.happens(0.6);
        if chance.happens(0.04) && plan.is_active_on(on) && on <= horizon.last_day {
            plan.audits.push(Audit {
                id: plan.id * 100 + u64::from(year.unsigned_abs() % 100),
                on,
                scores: [
                    scores[0],
                    scores[1],
                    scores[2].filter(|_| health_auditor),
                    scores[3].filter(|_| social_care_auditor),
                    scores[4],
                ],
                health_auditor,
                social_care_auditor,
            });
        }
    }
}

/// Costs of the financial years that the simulated years touch: one line for
/// the main place of each.
fn costs(world: &World, plan: &Plan, horizon: Horizon, chance: &mut Chance) -> Vec<PlacementCost> {
    let maintained = plan.maintained_from();
    let first = financial_year(world.first_day()).max(financial_year(maintained));
    let end = plan.ceased.map_or(horizon.last_day, |cease| cease.on);
    let share = 0.85 + 0.3 * chance.unit();
    let transported = chance.happens(0.35);
    let mut costs = Vec::new();
    for year in first..=financial_year(end) {
        let middle = day(year, 10, 1).min(end).max(maintained);
        let Some(placement) = plan.placements_on(middle).next() else {
            continue;
        };
        let Some(fees) = fees(placement.place) else {
            continue;
        };
        let inflation = 1.0 + 0.03 * f64::from(year - 2019);
        let transport = if transported { 5_900.0 } else { 0.0 };
        let education = (fees + transport) * share * inflation;
        let (social_care, health) = match plan.residential {
            Some(Residential::AllYear) => (education * 0.9, education * 0.5),
            Some(Residential::Termly) => (education * 0.5, education * 0.15),
            None => (0.0, 0.0),
        };
        let number = plan
            .placements
            .iter()
            .position(|other| other == placement)
            .unwrap_or(0);
        costs.push(PlacementCost {
            id: plan.id * 20 + number as u64,
            financial_year: year,
            placement: *placement,
            education_pounds: education as u32,
            social_care_pounds: social_care as u32,
            health_pounds: health as u32,
        });
    }
    costs
}

/// Pounds a year of place and top-up; nothing is paid for home education and
/// for those who are nowhere.
fn fees(place: Place) -> Option<f64> {
    match place {
        Place::Setting { setting, .. } => Some(match (setting.group, setting.phase) {
            (Group::SpecialIndependent | Group::SpecialNonMaintained, _) => 61_000.0,
            (Group::SpecialistPost16, _) => 30_000.0,
            (_, Phase::Special) => 24_500.0,
            (_, Phase::Alternative) => 19_500.0,
            _ => 11_600.0,
        }),
        Place::Elsewhere("OLA" | "OPA") => Some(19_000.0),
        Place::Elsewhere(_) => None,
    }
}
