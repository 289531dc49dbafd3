//! The path of one child: when somebody asks for an assessment, and whether
//! anybody asks again.
//!
//! Rates are those of Southend as DfE published them: requests for each 1,000
//! children and the shares refused, by year received.

use super::decisions;
use super::life;
use super::{Request, Source};
use crate::world::World;
use crate::world::calendar::{after, age, day, working_day};
use crate::world::chance::{Chance, Purpose};
use crate::world::family::Child;
use chrono::{Datelike, NaiveDate};

/// Requests a year for each 1,000 people under 25. The years before 2019 are
/// higher than they were: they stand for the statements of special educational
/// needs that became plans.
fn rate(year: i32) -> f64 {
    match year {
        ..=2014 => 5.0,
        2015..=2018 => 11.5,
        2019 => 5.6,
        2020 => 4.3,
        2021 => 6.9,
        2022 => 8.1,
        2023 => 9.9,
        2024 => 10.9,
        _ => 11.3,
    }
}

/// How much more likely a request is at an age than over all ages.
const BY_AGE: [f64; 25] = [
    0.05, 0.3, 1.0, 2.4, 2.2, 1.8, 1.7, 1.7, 1.7, 1.8, 2.1, 1.5, 1.3, 1.2, 1.1, 1.0, 0.6, 0.5, 0.4,
    0.2, 0.1, 0.1, 0.1, 0.1, 0.1,
];

/// Share of children with needs, and what is lost because those with a plan
/// or a request under way do not ask again.
const ASKING: f64 = 0.201 / 1.42;

/// Everything of the statutory process that happens to a child.
pub(crate) fn simulate(child: &mut Child, world: &World) {
    let Some(needs) = child.needs else { return };
    let mut chance = child.chance(Purpose::Requests);
    let mut requests: Vec<Request> = Vec::new();
    let mut free_from = child.present_from().max(day(2014, 9, 1));
    if let Some(request) = transferred_in(child, &mut chance) {
        free_from = settle(child, world, request, &mut requests);
    }
    let by_severity = [0.55, 1.1, 2.2][usize::from(needs.severity.clamp(1, 3)) - 1];
    let gone = child.left.map_or(world.last_day(), |(left, _)| left);
    for year in free_from.year()..=gone.year() {
        let at = day(year, 1, 1);
        let years = age(child.born, day(year, 7, 1));
        let by_age = usize::try_from(years)
            .ok()
            .and_then(|age| BY_AGE.get(age))
            .copied()
            .unwrap_or(0.0);
        let expected = rate(year) / 1000.0 * by_age * by_severity / ASKING;
        if !chance.happens(expected) {
            continue;
        }
        let received = working_day(chance.day(at, day(year, 12, 31)));
        if received < free_from || received >= gone {
            continue;
        }
        let request = asked(child, received, requests.len(), &mut chance);
        free_from = settle(child, world, request, &mut requests);
        if free_from >= gone {
            break;
        }
    }
    child.requests = requests;
}

/// Lets a request take its course, and says from when another can be made.
fn settle(
    child: &mut Child,
    world: &World,
    mut request: Request,
    requests: &mut Vec<Request>,
) -> NaiveDate {
    let mut chance = Chance::new(child.seed, request.id, Purpose::Plan);
    if request.plan.is_none() {
        decisions::decide(child, world, &mut request, &mut chance);
    }
    if request.plan.is_some() {
        life::live(child, world, &mut request, &mut chance);
    }
    let over = request.over();
    requests.push(request);
    // Nobody asks again while something is under way, nor within half a year.
    over.map_or(NaiveDate::MAX, |over| after(over, 183))
}

/// A request by somebody who had reason to.
fn asked(child: &Child, received: NaiveDate, before: usize, chance: &mut Chance) -> Request {
    let young = age(child.born, received) < 5;
    let source = match chance.weighted(match young {
        true => &[30.0, 35.0, 28.0, 3.0, 4.0],
        false => &[41.0, 50.0, 4.0, 3.0, 2.0],
    }) {
        0 => Source::Family,
        1 => Source::School,
        2 => Source::Health,
        3 => Source::SocialCare,
        _ => Source::Other,
    };
    Request {
        id: child.person * 10 + before as u64,
        received,
        source,
        youth_accommodation: age(child.born, received) >= 14 && chance.happens(0.004),
        setting: child
            .enrolment_on(received)
            .map(|enrolment| enrolment.setting),
        panel: None,
        decision: None,
        exported: None,
        assessment: None,
        plan: None,
        disputes: Vec::new(),
        caseworker: chance.between(1, 14) as u8,
    }
}

/// The request behind a plan that another authority issued before the family
/// came.
fn transferred_in(child: &Child, chance: &mut Chance) -> Option<Request> {
    let (on, from) = child.arrived.filter(|(_, from)| *from > 0)?;
    let needs = child.needs?;
    let share = [0.02, 0.10, 0.42][usize::from(needs.severity.clamp(1, 3)) - 1];
    let earliest = day(2014, 9, 1).max(after(child.born, 500));
    let start = after(on, -chance.between(370, 2000)).max(after(earliest, 140));
    // A plan issued in the year of the move would look like a new one.
    if !chance.happens(share) || start.year() >= on.year() || age(child.born, on) > 22 {
        return None;
    }
    let received = working_day(after(start, -chance.between(110, 139)));
    let mut request = asked(child, received, 0, chance);
    request.setting = None;
    request.plan = Some(life::issued(request.id, needs, start, Some((on, from))));
    Some(request)
}
